"""The commands of docs/command_line.md run as they stand there, and print what is shown."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from typer.testing import CliRunner

from lenet_sklearn import cli

PAGE = Path(__file__).parents[1] / "docs" / "command_line.md"
NAMES = {0: "zero", 4: "four", 6: "six"}  # no doubtful ones among their pictures


def transcript(text):
    """Yield each command of the console blocks, and the output that the page shows."""
    for block in re.findall(r"^```console\n(.*?)^```", text, flags=re.M | re.S):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.replace("\\\n", " ").partition("\n")
            yield command, output


def blur(output):
    """Leave out what another CPU changes: numbers with a point, bytes, the order in a line."""
    lines = [line for line in output.splitlines() if not line.startswith("─")]
    lines = [re.sub(r"[\d,]+ bytes", "N bytes", line) for line in lines]
    return [sorted(re.sub(r"\d+\.\d+", "N", line).replace(",", "").split()) for line in lines]


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """The folders of the page: 150 pictures to train on, 60 others; 40×40 pixels, ink on paper."""
    monkeypatch.chdir(tmp_path)
    X, y = load_digits(return_X_y=True)
    for label, name in NAMES.items():
        rows = np.flatnonzero(y == label)
        for folder, some in (("pictures", rows[:50]), ("others", rows[110:130])):
            (tmp_path / folder / name).mkdir(parents=True)
            for n, row in enumerate(some):
                pixels = 255 - (X[row] * 15.9).astype(np.uint8).reshape(8, 8)
                image = Image.fromarray(pixels).resize((40, 40))
                image.save(tmp_path / folder / name / f"{n:02d}.png")
    return tmp_path


def run(command):
    program, *args = shlex.split(command)
    assert program == "lenet-sklearn"
    return CliRunner().invoke(cli.app, args, env={"COLUMNS": "100", "FORCE_COLOR": None})


def test_the_page_prints_what_it_shows(folders):
    shown = list(transcript(PAGE.read_text("utf-8")))
    assert [command.split()[1] for command, _ in shown] == [
        "train",
        "predict",
        "evaluate",
        "export",
    ]
    for command, output in shown:
        result = run(command)
        assert (result.exit_code, result.stderr) == (0, ""), command
        assert blur(result.stdout) == blur(output), command
    for name in ("model.safetensors", "confusion.png", "model.onnx"):
        assert (folders / name).exists()


def test_the_page_names_each_command():
    text = PAGE.read_text("utf-8")
    headings = re.findall(r"^## `lenet-sklearn ([\w-]+)", text, flags=re.M)
    assert headings == list(cli.COMMANDS)


def test_the_page_names_only_options_that_exist():
    text = PAGE.read_text("utf-8")
    parts = re.split(r"^## `lenet-sklearn ([\w-]+).*$", text, flags=re.M)
    for name, part in zip(parts[1::2], parts[2::2], strict=True):
        named = set(re.findall(r"`(--[\w-]+)", part))
        known = run(f"lenet-sklearn {name} --help").stdout
        assert [option for option in sorted(named) if option not in known] == [], name


def test_the_comparison_can_fail():
    assert blur("a 9.5 %\n──\nb  1,234 bytes") == blur("a 91.25 %\nb 9 bytes")
    assert blur("3 mistakes in 60 images") != blur("4 mistakes in 60 images")
    assert list(transcript("```console\n$ a b\nc\n$ d\n```\n")) == [("a b", "c\n"), ("d", "")]
