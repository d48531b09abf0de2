"""Options that several commands share."""

import os
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from lenet_sklearn.cli._options import (
    Colour,
    DataHome,
    Fit,
    ImageShape,
    LabelColumn,
    Resize,
    Separator,
    Size,
    check_data_home,
    check_file,
    data_option,
    file_option,
    results_option,
    seed_option,
)


def run(command, *args):
    """Run one function as a command; its options are read as in the application."""
    app = typer.Typer(rich_markup_mode="rich")
    app.command()(command)
    return CliRunner().invoke(app, [*map(str, args)], env={"COLUMNS": "200", "FORCE_COLOR": None})


def test_a_file_that_can_be_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    old = tmp_path / "old.html"
    old.write_text("old")
    for path in (old, tmp_path / "new.html", Path("new.html"), None):
        assert check_file(path) is path
    assert (list(tmp_path.iterdir()), old.read_text()) == ([old], "old")


def test_files_that_cannot_be_written(tmp_path, monkeypatch):
    with pytest.raises(typer.BadParameter, match=r"Got a folder: .*" + tmp_path.name):
        check_file(tmp_path)
    with pytest.raises(typer.BadParameter, match="a folder that exists"):
        check_file(tmp_path / "absent" / "new.html")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(typer.BadParameter, match="Got a pipe"):
        check_file(tmp_path / "pipe")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    with pytest.raises(typer.BadParameter, match=f"{tmp_path.name}' cannot be written to"):
        check_file(tmp_path / "new.html")


def test_the_folder_of_the_data_must_exist(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for path in (tmp_path, Path("~"), None):
        assert check_data_home(path) is path
    with pytest.raises(typer.BadParameter, match=r"no folder .*absent.*Make it first"):
        check_data_home(tmp_path / "absent")


def test_two_commands_share_the_aliases(tmp_path):
    seen = []

    def one(
        label_column: LabelColumn = None, image_shape: ImageShape = None, separator: Separator = ";"
    ):
        seen.append((label_column, image_shape, separator))

    def two(separator: Separator = None, data_home: DataHome = None):
        seen.append((separator, data_home))

    assert run(one, "--label-column", "-1", "--image-shape", "8x8").exit_code == 0
    assert run(two, "--data-home", tmp_path).exit_code == 0
    assert seen == [("-1", "8x8", ";"), (None, tmp_path)]
    assert run(two, "--data-home", tmp_path / "absent").exit_code == 2
    assert "[default: ,]" in run(two, "--help").stdout


def test_the_options_of_pictures():
    seen = []

    def command(size: Size = None, colour: Colour = False, resize: Resize = None):
        seen.append((size, colour, resize))

    assert run(command).exit_code == 0
    assert run(command, "--size", "8x9", "--colour", "--resize", "stretch").exit_code == 0
    assert run(command, "--resize", "squeeze").exit_code == 2
    assert seen == [(None, False, None), ("8x9", True, Fit.STRETCH)]


def test_each_command_says_what_its_options_are_for(tmp_path):
    seen = []

    def command(
        data: Annotated[str, data_option("the test images", "Unseen ones.")] = "digits",
        plain: Annotated[str, data_option("all images")] = "mnist",
        seed: Annotated[int, seed_option("Of the draw.")] = 0,
        page: Annotated[Path | None, file_option("The page.")] = None,
        out: Annotated[Path | None, results_option("fit", "measured")] = None,
    ):
        seen.append((data, seed, page, out))

    page, out = tmp_path / "page.html", tmp_path / "out"
    assert run(command, "--seed", 3, "--page", page, "--out", out).exit_code == 0
    assert seen == [("digits", 3, page, out)]
    text = " ".join(run(command, "--help").stdout.replace("│", " ").split())
    for part in (
        "digits, mnist, fashion-mnist (the test images); a CSV file with an image a row, plain or "
        "gzip; or a folder of pictures with a folder for each class. Unseen ones.",
        "digits, mnist, fashion-mnist (all images); a CSV file",
        "Of the draw.",
        "The page.",
        "Each fit is kept there as soon as it is measured, so that the same command goes on",
    ):
        assert part in text
    page.write_text("a file")
    wrong = [("--seed", -1), ("--page", tmp_path), ("--out", page)]
    assert [run(command, *args).exit_code for args in wrong] == [2, 2, 2]
