"""The command from a saved model to the page."""

import shlex
import signal
import sys

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits
from typer.testing import CliRunner

from lenet_sklearn import cli, load_model, reporting, save_model


def run(*args, columns=None):
    """Run a command in this process; columns=None is a pipe without a width."""
    env = {"COLUMNS": columns and str(columns), "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["report", *map(str, args)], env=env)


def assert_error(result, *parts):
    """One line on stderr, nothing on stdout, exit code 2."""
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert result.stderr.startswith("Error: ")
    for part in parts:
        assert part in result.stderr


@pytest.fixture(scope="module")
def saved(small, digits, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "digits.safetensors"
    save_model(small(max_epochs=4).fit(digits[0], digits[2]), path)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A CSV file of 80 digits; the label is in the last column."""
    X, y = load_digits(return_X_y=True)
    path = tmp_path_factory.mktemp("data") / "images.csv"
    pd.DataFrame(X[-80:].astype(int)).assign(digit=y[-80:]).to_csv(path, index=False, sep=";")
    return path


@pytest.fixture
def calls(monkeypatch):
    """What the command gives to write_report, which is not run."""
    seen = []

    def record(model, X, y, path, **options):
        seen.append({"model": model, "X": X, "y": y, "path": path, **options})

    monkeypatch.setattr(reporting, "write_report", record)
    return seen


def test_the_report_is_written(saved, tmp_path):
    out = tmp_path / "digits.html"
    result = run(saved, "--data", "digits", "--out", out)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Written: {out}, a report on {saved} with 1,797 images of digits\n"
    text = out.read_text("utf-8")
    X, y = load_digits(return_X_y=True)
    wrong = (load_model(saved).predict(X) != y).sum()
    assert f"{wrong} mistakes in 1,797 images" in text
    assert "<h1>Report on digits.safetensors, tested on digits</h1>" in text
    assert 'id="explanations"' in text
    assert 'id="robustness"' not in text
    assert len(text) < 5e6


def test_a_csv_file(saved, images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = run(saved, "--data", images, "--label-column", "digit", "--separator", ";")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith(f"with 80 images of {images}\n")
    assert "in 80 images" in (tmp_path / "report.html").read_text("utf-8")


def test_a_folder_of_pictures(calls, picture_model, pictures, tmp_path):
    result = run(picture_model, "--data", pictures, "--out", tmp_path / "a.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert (calls[0]["X"].shape, set(calls[0]["y"])) == ((60, 8, 8), {"zero", "one", "seven"})


def test_what_the_options_mean(calls, saved, tmp_path):
    run(saved, "--data", "digits", "--out", tmp_path / "a.html")
    run(saved, "--data", "digits", "--out", tmp_path / "b.html", "--corruptions", "--seed", "7")
    assert [(call["robustness"], call["random_state"]) for call in calls] == [(False, 0), (True, 7)]
    assert [call["path"].name for call in calls] == ["a.html", "b.html"]


@pytest.mark.parametrize("name", ["mnist", "Fashion-MNIST"])
def test_shipped_models_and_test_images(calls, monkeypatch, tmp_path, name):
    def fetch(*, subset, return_X_y):
        return np.zeros((3, 784)), np.array([subset] * 3)

    monkeypatch.setattr("lenet_sklearn.datasets.fetch_mnist", fetch)
    result = run(name, "--data", "mnist", "--out", tmp_path / "a.html")
    assert (result.exit_code, result.stderr) == (0, "")
    assert calls[0]["model"].pretrained == name.lower()
    assert set(calls[0]["y"]) == {"test"}


def test_errors_of_the_model(tmp_path, saved):
    text = tmp_path / "text.safetensors"
    text.write_text("no model")
    out = ("--data", "digits", "--out", tmp_path / "a.html")
    assert_error(run("mnits", *out), "MODEL", "'mnits' is no file. Did you mean mnist?")
    assert_error(run(tmp_path, *out), "MODEL", "is a folder", "save_model")
    assert_error(run(text, *out), str(text), "holds no model")
    assert_error(run("mnist", *out), "digits have 64 pixels", "28×28 = 784")
    assert list(tmp_path.iterdir()) == [text]


def test_errors_of_the_data(saved, tmp_path, images):
    out = ("--out", tmp_path / "a.html")
    assert_error(run(saved, *out), "--data")
    assert_error(run(saved, "--data", "mnits", *out), "'--data'", "Did you mean mnist?")
    assert_error(run(saved, "--data", "digits", "--separator", ";", *out), "'--separator'")
    assert_error(run(saved, "--data", images, *out), "--separator=';'")
    unknown = tmp_path / "unknown.csv"
    unknown.write_text(("17" + ",3" * 64 + "\n3" + ",4" * 64 + "\n") * 4)
    result = run(saved, "--data", unknown, *out)
    assert_error(result, "Error: --data must hold labels that the model knows", "[17]")


def test_errors_of_the_place(saved, tmp_path):
    data = ("--data", "digits", "--out")
    assert_error(run(saved, *data, tmp_path), "'--out'", "folder")
    assert_error(run(saved, *data, tmp_path / "absent" / "a.html"), "'--out'", "exists")


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_a_missing_extra_is_named(saved, tmp_path, monkeypatch, package):
    for name in (package, f"{package}.pyplot"):
        monkeypatch.setitem(sys.modules, name, None)
    result = run(saved, "--data", "digits", "--out", tmp_path / "a.html")
    assert_error(result, package, 'pip install "lenet-sklearn[report]"')


def test_ctrl_c(monkeypatch, saved, tmp_path):
    def stop(*args, **options):
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(reporting, "write_report", stop)
    result = run(saved, "--data", "digits", "--out", tmp_path / "a.html")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Stopped: by Ctrl-C.\n")


def test_the_example_runs(calls, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    lines = run("--help", columns=80).stdout.splitlines()
    (example,) = [line.strip() for line in lines if line.startswith(" lenet-sklearn ")]
    images = np.zeros((3, 784)), np.arange(3)  # no download
    monkeypatch.setattr("lenet_sklearn.datasets.fetch_mnist", lambda **options: images)
    result = run(*shlex.split(example)[2:])
    assert (result.exit_code, result.stderr) == (0, "")
    assert len(calls) == 1
