"""The command from a saved model to an ONNX file."""

import sys

import numpy as np
import pytest
from typer.testing import CliRunner

from lenet_sklearn import cli, load_model
from lenet_sklearn.datasets import read_images


def run(*args):
    return CliRunner().invoke(cli.app, ["export", *map(str, args)], env={"FORCE_COLOR": None})


def assert_error(result, *parts):
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert [part for part in parts if part not in result.stderr] == []


def test_the_file_predicts_as_the_model_does(picture_model, pictures, tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    out = tmp_path / "model.onnx"
    result = run(picture_model, out, "--dtype", "uint8")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"Written: {out}, {out.stat().st_size:,} bytes; input X of shape (n, 8, 8) and type uint8, "
        "outputs label and probabilities\n"
    )
    X, _, _ = read_images(pictures)
    labels, _ = onnxruntime.InferenceSession(out).run(None, {"X": X})
    np.testing.assert_array_equal(labels, load_model(picture_model).predict(X))


def test_errors(picture_model, tmp_path, monkeypatch):
    assert_error(run("mnits", tmp_path / "a.onnx"), "'MODEL'", "Did you mean mnist?")
    assert_error(run("mnist", tmp_path), "'FILE'", "Got a folder")
    assert_error(run("mnist", tmp_path / "absent" / "a.onnx"), "'FILE'", "folder that exists")
    monkeypatch.setitem(sys.modules, "onnx", None)
    assert_error(run("mnist", tmp_path / "a.onnx"), 'pip install "lenet-sklearn[onnx]"')
    assert list(tmp_path.iterdir()) == []
