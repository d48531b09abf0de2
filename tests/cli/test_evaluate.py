"""The command that tests a model."""

import shutil
import sys

import pandas as pd
import pytest
from sklearn.datasets import load_digits
from typer.testing import CliRunner

from lenet_sklearn import cli


def run(*args):
    env = {"COLUMNS": None, "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["evaluate", *map(str, args)], env=env)


def assert_error(result, *parts):
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert [part for part in parts if part not in result.stderr] == []


@pytest.fixture
def mixed(pictures, tmp_path):
    """The pictures, with two of the ones in the folder of the sevens, and none alone of zero."""
    folder = tmp_path / "mixed"
    shutil.copytree(pictures, folder)
    for path in sorted((folder / "one").iterdir())[:2]:
        path.rename(folder / "seven" / path.name)
    shutil.rmtree(folder / "zero")
    return folder


def test_accuracy_and_classes(picture_model, mixed):
    result = run(picture_model, "--data", mixed)
    assert (result.exit_code, result.stderr) == (0, "")
    first, _, *table = result.stdout.splitlines()
    assert first == (
        f"{picture_model} on {mixed}: accuracy 95.0 % (95 % interval 83.5 to 98.6 %), "
        "2 mistakes in 40 images"
    )
    rows = [line.split() for line in table[3:]]
    assert rows == [
        ["one", "18", "100.0", "90.0", "94.7"],
        ["seven", "22", "90.9", "100.0", "95.2"],
        ["zero", "0", "–", "0.0", "–"],
    ]


def test_the_confusion_matrix_is_drawn(picture_model, pictures, tmp_path):
    out = tmp_path / "confusion.png"
    result = run(picture_model, "--data", pictures, "--confusion", out)
    assert result.exit_code == 0
    assert result.stdout.endswith(f"Written: {out}, the confusion matrix\n")
    assert out.read_bytes().startswith(b"\x89PNG")


def test_a_csv_file_with_numbers_for_a_shipped_model(tmp_path):
    path = tmp_path / "two.csv"
    path.write_text("".join(f"{label}{',0' * 392}{',9' * 392}\n" for label in (3, 5)))
    result = run("fashion-mnist", "--data", path)
    assert result.exit_code == 0
    assert "in 2 images" in result.stdout
    assert "Ankle boot" in result.stdout


def test_errors(picture_model, pictures, tmp_path, monkeypatch):
    assert_error(run(picture_model, "--data", "digits"), "--data must hold labels", "[0, 1, 2, 3")
    assert_error(run("mnist", "--data", pictures), "labels that the model knows", "'seven'")
    assert_error(run("mnist", "--data", "digits"), "'--data'", "64 pixels", "28×28 = 784")
    X, y = load_digits(return_X_y=True)
    last = ("--label-column", "label")
    pd.DataFrame(X[:9, :49].astype(int)).assign(label=y[:9]).to_csv(tmp_path / "a.csv", index=False)
    assert_error(run(picture_model, "--data", tmp_path / "a.csv", *last), "49 pixels", "8×8 = 64")
    (tmp_path / "empty").mkdir()
    assert_error(run(picture_model, "--data", tmp_path / "empty"), "has no pictures")
    text = tmp_path / "model.safetensors"
    text.write_text("no model")
    assert_error(run(text, "--data", pictures), "holds no model")
    bad = ("--data", pictures, "--confusion")
    assert_error(run(picture_model, *bad, tmp_path), "'--confusion'", "Got a folder")
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert_error(run(picture_model, *bad, tmp_path / "c.png"), "'--confusion'", "[plots]")
