import os
import re
import shlex
import sys

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from lenet_sklearn import cli, datasets, reproductions
from lenet_sklearn.reproductions import REPRODUCTIONS, studies
from lenet_sklearn.reproductions.page import page_of
from lenet_sklearn.reproductions.stored_rows import read_rows, write_rows


@pytest.fixture(autouse=True)
def images(monkeypatch):
    """Random images in the place of MNIST and Fashion-MNIST."""

    def fetch(*, subset, **options):
        rng = np.random.default_rng(len(subset))
        return rng.integers(0, 256, (200, 784), dtype=np.uint8), np.arange(200) % 10

    monkeypatch.setattr(datasets, "fetch_mnist", fetch)
    monkeypatch.setattr(datasets, "fetch_fashion_mnist", fetch)


def run(*args, columns=None):
    env = {"COLUMNS": columns and str(columns), "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["reproduce", *args], env=env, prog_name="lenet-sklearn")


def assert_error(result, *parts):
    """One line on stderr, nothing on stdout, exit code 2."""
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert result.stderr.startswith("Error: ")
    for part in parts:
        assert part in result.stderr


@pytest.fixture
def calls(monkeypatch):
    """What the command gives to run_reproductions and run_study, which are not run."""
    seen = []

    def record(name=None, **options):
        seen.append((name, options))
        raise ValueError("recorded")

    monkeypatch.setattr(reproductions, "run_reproductions", record)
    monkeypatch.setattr(reproductions, "run_study", record)
    return seen


def test_claimed_stands_beside_measured(tmp_path):
    out, page = tmp_path / "out", tmp_path / "page.md"
    args = ["keras-relu-max", "lenet-sklearn", "--quick", "--seeds", "2", "--out", str(out)]
    result = run(*args, "--page", str(page))
    assert (result.exit_code, result.stderr) == (0, "")
    table, note, written = result.stdout.split("\n\n")[0], *result.stdout.split("\n\n")[1:][0:1], ""
    runs = pd.read_csv(out / "runs.csv")
    assert runs["id"].tolist() == ["keras-relu-max"] * 2 + ["lenet-sklearn"] * 2
    mean = runs["test_accuracy"][:2].mean()
    line = next(line for line in table.splitlines() if line.startswith("keras-relu-max"))
    assert f"{mean:.4f} ± " in line
    assert "0.986" in line
    assert note.startswith("A quick run")
    assert written == ""
    assert f"Written to {out}: runs.csv" in result.stdout
    for name in ("claims.png", "curves-keras-relu-max.png", "curves-lenet-sklearn.png"):
        assert (out / name).read_bytes().startswith(b"\x89PNG")
        assert name in result.stdout
    text = page.read_text(encoding="utf-8")
    assert (
        "lenet-sklearn reproduce keras-relu-max lenet-sklearn --seeds 2 --quick --out results "
        "--page page.md" in text
    )
    assert str(tmp_path) not in text
    assert "![Claimed and measured test accuracy](page.png)" in text
    assert (tmp_path / "page.png").exists()
    assert len(pd.read_csv(tmp_path / "page.csv")) == 4
    assert f"Written: {page}, and page.csv" in result.stdout


def test_repeated_it_prints_the_same_and_computes_nothing(tmp_path):
    args = ["feedforward", "--quick", "--seeds", "1", "--out", str(tmp_path)]
    first = run(*args)
    rows = {path: path.stat().st_mtime_ns for path in tmp_path.glob("rows/*.json")}
    assert len(rows) == 1
    assert run(*args).stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("rows/*.json")} == rows


def test_a_study_has_its_table_chart_and_page(tmp_path):
    out, page = tmp_path / "out", tmp_path / "study.md"
    args = ["--study", "Efficiency", "--quick", "--seeds", "1", "--out", str(out)]
    result = run(*args, "--page", str(page))
    assert (result.exit_code, result.stderr) == (0, "")
    assert re.search(r"^LeNet-5 +0\.\d{4} +61,706", result.stdout, re.M)
    assert (out / "efficiency.png").exists()
    assert not list(out.glob("curves*"))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("# Accuracy against parameters")
    assert "lenet-sklearn reproduce --study efficiency --seeds 1 --quick --out results" in text
    assert "![Accuracy against parameters](study.png)" in text
    assert "Answer" not in text + result.stdout  # a quick run answers nothing


@pytest.mark.parametrize(
    ("study", "runs"),
    [
        ("transfer", {"start": ["MNIST, kept", "own"], "images_per_class": 5}),
        (None, {"id": ["feedforward", "lenet-sklearn"]}),
    ],
)
def test_a_page_is_made_again_of_the_rows_beside_it(tmp_path, calls, study, runs):
    runs = pd.DataFrame({**runs, "seed": 0, "n_test": 100, "test_accuracy": [0.9, 0.8]})
    made = (
        reproductions.StudyResult(study, runs)
        if study
        else reproductions.ReproductionResult.from_rows(
            [{**row, "history": []} for row in runs.to_dict("records")], {}
        )
    )
    rows, page = tmp_path / "page.csv", tmp_path / "page.md"
    write_rows(made, rows)
    args = [*(["--study", study] if study else []), "--from", str(rows), "--page", str(page)]
    result = run(*args)
    assert (result.exit_code, result.stderr) == (0, "")
    assert calls == []  # nothing is trained
    first = page.read_text(encoding="utf-8")
    assert first == page_of(read_rows(rows, study), "page")
    if study:
        assert "Without the rows of 7 more cases there is no answer." in first
        assert "Without the rows of 7 more cases" in result.stdout
    said = run(*args, "--note", "It rained.")
    assert said.exit_code == 0
    assert "note" in pd.read_csv(rows)
    assert run(*args).exit_code == 0
    assert "over 1 seed. It rained. " in page.read_text(encoding="utf-8")


def test_without_matplotlib_there_are_tables_and_a_page(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    page = tmp_path / "page.md"
    args = ["feedforward", "--quick", "--seeds", "1", "--out", str(tmp_path), "--page", str(page)]
    result = run(*args)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "png" not in result.stdout + page.read_text(encoding="utf-8")
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.parametrize(
    ("args", "name", "expected"),
    [
        ([], None, {"seeds": range(3), "quick": False, "out_dir": None, "data_home": None}),
        (["Keras_ReLU_max", "feedforward"], ["keras-relu-max", "feedforward"], {}),
        (["feedforward", "feedforward", "--quick"], ["feedforward"], {"quick": True}),
        (["--seeds", "5"], None, {"seeds": range(5)}),
        (["--study", "ABLATION", "--seeds", "1"], "ablation", {"seeds": range(1)}),
    ],
)
def test_the_options_are_passed_on(calls, args, name, expected):
    run(*args)
    ((given, options),) = calls
    assert given == name
    assert expected.items() <= options.items()


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["keras-relu-mx"], ["'IDS'", "'keras-relu-mx'. Did you mean keras-relu-max?"]),
        (["qqq"], ["no network 'qqq'. Give any of model-card-sigmoid, "]),
        (["--seeds", "0"], ["'--seeds'"]),
        (["--study", "ablaton"], ["'--study'", "Did you mean ablation?", "transfer"]),
        (["feedforward", "--study", "ablation"], ["'--study'", "feedforward", "Leave one"]),
        (["--modles"], ["--modles", "reproduce --help"]),
        (["--data-home", "nowhere"], ["'--data-home'", "no folder 'nowhere'. Make it first"]),
        (["--page", "nowhere/page.md"], ["'--page'", "a folder that exists", "nowhere/page.md"]),
        (["--page", "."], ["'--page'", "Got a folder"]),
        (["--page", "page.csv"], ["'--page'", "the page is Markdown, and .csv beside it"]),
        (["--from", "nowhere.csv"], ["'--from'", "nowhere.csv"]),
        (["feedforward", "--from", __file__], ["'--from'", "nothing is trained with it"]),
        (["--from", __file__, "--quick"], ["'--from'", "Leave IDS, --quick and --out out"]),
    ],
)
def test_wrong_usage(args, parts):
    assert_error(run(*args), *parts)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
def test_the_page_is_checked_before_the_training(calls, tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "page.md")
    assert_error(run("--page", str(tmp_path / "page.md")), "'--page'", "regular file. Got a pipe")
    for taken in ("other.png", "third.csv"):
        (tmp_path / taken).mkdir()
        page = (tmp_path / taken).with_suffix(".md")
        assert_error(run("--page", str(page)), "'--page'", "Got a folder", taken)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert_error(run("--page", str(tmp_path / "new.md")), "'--page'", "cannot be written to")
    assert calls == []


def test_the_folder_of_another_run_is_refused(tmp_path):
    args = ["feedforward", "--seeds", "1", "--out", str(tmp_path)]
    assert run(*args, "--quick").exit_code == 0
    assert_error(run(*args), "--out=", "quick was True and is now False", "another --out")


def test_stopped_by_ctrl_c(tmp_path, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(reproductions, "run_reproductions", stop)
    result = run("--out", str(tmp_path))
    assert (result.exit_code, result.stderr) == (
        130,
        f"Stopped: by Ctrl-C. Finished fits are in {tmp_path}: the same command goes on.\n",
    )


def test_the_help_names_all_studies():
    assert cli.reproduce._STUDY_NAMES.split(", ") == list(studies.STUDIES)


def test_the_examples_are_right(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = run("--help", columns=80).stdout.splitlines()
    examples = [line.strip() for line in lines if line.startswith(" lenet-sklearn ")]
    assert len(examples) == 5
    assert (
        examples.pop() == "lenet-sklearn reproduce --from reproductions.csv --page reproductions.md"
    )
    for example in examples:
        result = run(*shlex.split(example)[2:])
        assert result.stderr == "Error: recorded\n", example
    assert [name for name, _ in calls] == [
        None,
        ["keras-relu-max", "feedforward"],
        None,
        "ablation",
    ]
    assert set(calls[1][0]) <= REPRODUCTIONS.keys()
