"""The command that trains a model: what is written, and how a stopped training goes on."""

import os
import shlex
import shutil
import signal

import numpy as np
import pytest
from typer.testing import CliRunner

from lenet_sklearn import LeNet5Classifier, cli, load_model, save_model
from lenet_sklearn._training.callbacks import EachEpoch
from lenet_sklearn.datasets import load_digits_images, read_images

QUICK = ("--epochs", "3")


def run(*args):
    env = {"COLUMNS": "80", "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["train", *map(str, args)], env=env)


def assert_error(result, *parts):
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert [part for part in parts if part not in result.stderr] == []


def test_a_folder_of_pictures(pictures, tmp_path):
    out = tmp_path / "model.safetensors"
    result = run("--data", pictures, "--out", out, "--validation", "0.25", "--seed", "3")
    assert (result.exit_code, result.stderr) == (0, "")
    trained, held_out, written = result.stdout.splitlines()
    assert trained.startswith(f"Trained on 45 images of {pictures}, 8×8 pixels, 3 classes: ")
    assert trained.endswith(" s")
    assert "in 15 images" in held_out
    assert written == f"Written: {out}, {out.stat().st_size:,} bytes"
    assert os.listdir(tmp_path) == [out.name]
    model = load_model(out)
    assert model.classes_.tolist() == ["one", "seven", "zero"]
    assert (model.random_state, model.checkpoint_dir, model.callbacks) == (3, None, None)
    assert len(model.validation_scores_) == model.n_iter_
    X, y, _ = read_images(pictures)
    assert model.score(X, y) > 0.9


def test_what_the_options_mean(tmp_path, pictures):
    out = tmp_path / "a.safetensors"
    options = ["--epochs", "2", "--augmentation", "objects", "--batch-size", "20",
               "--learning-rate", "0.01", "--size", "10x12", "--colour"]  # fmt: skip
    assert run("--data", pictures, "--out", out, *options).exit_code == 0
    model = load_model(out)
    assert (model.max_epochs, model.augmentation, model.batch_size) == (2, "objects", 20)
    assert (model.lr, model.image_shape_) == (0.01, (3, 10, 12))


def test_a_data_set_is_trained_as_the_estimator_does(tmp_path):
    out = tmp_path / "a.safetensors"
    assert run("--data", "digits", "--out", out, "--epochs", "1").exit_code == 0
    X, y = load_digits_images(return_X_y=True)
    again = LeNet5Classifier(max_epochs=1, random_state=0).fit(X, y)
    np.testing.assert_array_equal(load_model(out).predict_proba(X), again.predict_proba(X))


def test_shipped_weights_are_a_start(tmp_path, pictures):
    out = tmp_path / "a.safetensors"
    args = ("--pretrained", "mnist", "--size", "28", "--epochs", "1")
    assert run("--data", pictures, "--out", out, *args).exit_code == 0
    assert load_model(out).pretrained == "mnist"


def test_an_old_file_is_replaced_and_it_is_said(tmp_path, pictures):
    out = tmp_path / "a.safetensors"
    out.write_text("old")
    assert run("--data", tmp_path, "--out", out).exit_code == 2
    assert out.read_text() == "old"
    result = run("--data", pictures, "--out", out, *QUICK)
    assert result.stdout.endswith("bytes, in place of an older file\n")
    assert load_model(out).n_iter_ == 3


@pytest.mark.parametrize("moment", ["on_epoch_begin", "on_train_end"])
def test_a_stopped_training_goes_on(tmp_path, pictures, monkeypatch, moment):
    """Ctrl-C comes while the network is trained, or while the bar is drawn."""
    hook = getattr(EachEpoch, moment)

    def stop(self, net, **options):
        hook(self, net, **options)
        if net.n_finished == 3:  # the third has begun, or is finished
            signal.raise_signal(signal.SIGINT)

    args = ("--data", pictures, *QUICK, "--out")
    whole, out = tmp_path / "whole.safetensors", tmp_path / "model.safetensors"
    assert run(*args, whole).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(EachEpoch, moment, stop)
        stopped = run(*args, out)
    kept = tmp_path / "model.safetensors.checkpoint"
    assert (stopped.exit_code, stopped.stdout, stopped.stderr) == (
        130,
        "",
        f"Stopped: by Ctrl-C. Finished epochs are in {kept}: the same command with --resume goes "
        "on.\n",
    )
    assert not out.exists()
    assert_error(run(*args, out), "'--out'", "was stopped. Add --resume", str(kept))
    other = run(*args, out, "--resume", "--seed", "1")
    assert_error(other, "'--resume'", "random_state was 0 and is 1", "delete this folder")
    assert run(*args, out, "--resume").exit_code == 0
    assert not kept.exists()
    X, _, _ = read_images(pictures)
    models = [load_model(path) for path in (whole, out)]
    np.testing.assert_array_equal(*(model.predict_proba(X) for model in models))
    assert [model.n_iter_ for model in models] == [3, 3]
    assert_error(run(*args, out, "--resume"), "'--resume'", "no stopped training of it")


def test_resume_may_stand_in_the_first_command(tmp_path, pictures):
    args = ("--data", pictures, *QUICK, "--out", tmp_path / "a.safetensors", "--resume")
    assert run(*args).exit_code == 0


def test_stopped_before_the_first_epoch_leaves_nothing(tmp_path, pictures, monkeypatch):
    def stop(self, X, y, **options):
        (tmp_path / "a.safetensors.checkpoint").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(LeNet5Classifier, "fit", stop)
    result = run("--data", pictures, "--out", tmp_path / "a.safetensors")
    assert (result.exit_code, result.stderr) == (130, "Stopped: by Ctrl-C.\n")
    assert os.listdir(tmp_path) == []


def test_a_full_disk_keeps_the_epochs(tmp_path, pictures, monkeypatch):
    def fail(model, path):
        raise OSError(28, "No space left on device")

    out = tmp_path / "a.safetensors"
    monkeypatch.setattr("lenet_sklearn.save_model", fail, raising=False)
    result = run("--data", pictures, "--out", out, *QUICK)
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert "repeat the command with --resume" in result.stderr
    monkeypatch.setattr("lenet_sklearn.save_model", save_model)
    assert run("--data", pictures, "--out", out, *QUICK, "--resume").exit_code == 0


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["--validation", "0"], ["'--validation'", "between 0 and 1"]),
        (["--validation", "0.02"], ["'--validation'", "holds out 1 and leaves 59", "3 classes"]),
        (["--learning-rate", "-1"], ["'--learning-rate'", "above 0"]),
        (["--epochs", "0"], ["'--epochs'"]),
        (["--augmentation", "dig"], ["'--augmentation'"]),
        (["--size", "x"], ["'--size'"]),
        (["--size", "100000"], ["--size", "bytes"]),
        (["--separator", ";"], ["'--separator'", "is a folder"]),
    ],
    ids=str,
)
def test_wrong_options(tmp_path, pictures, args, parts):
    assert_error(run("--data", pictures, "--out", tmp_path / "a.safetensors", *args), *parts)
    assert os.listdir(tmp_path) == []


def test_errors_of_the_place_come_before_the_images(tmp_path):
    for out, part in [(tmp_path, "Got a folder"), (tmp_path / "no" / "a", "folder that exists")]:
        assert_error(run("--data", "absent", "--out", out), "'--out'", part)
    (tmp_path / "a.checkpoint").write_text("a file")
    result = run("--data", "digits", "--out", tmp_path / "a", *QUICK)
    assert_error(result, "a.checkpoint cannot be written to")


def test_errors_of_the_data(tmp_path, pictures):
    out = ("--out", tmp_path / "a.safetensors")
    assert_error(run("--data", "mnits", *out), "Did you mean mnist?", "a folder of pictures")
    (tmp_path / "empty").mkdir()
    assert_error(run("--data", tmp_path / "empty", *out), "has no pictures")
    mixed = tmp_path / "mixed"
    shutil.copytree(pictures, mixed)
    (mixed / "one" / "zero\nbytes.png").write_bytes(b"")
    assert_error(run("--data", mixed, *out), "1 of 61 pictures", r"zero\nbytes.png' (zero bytes)")
    shutil.rmtree(mixed / "one")
    for path in sorted((mixed / "zero").iterdir())[1:]:
        path.unlink()
    result = run("--data", mixed, *out, "--validation", "0.2")
    assert_error(result, "'--validation'", "the class 'zero' has one image")
    shutil.rmtree(mixed / "zero")
    assert_error(run("--data", mixed, *out), "at least two classes", "'seven'")


def test_the_examples_are_whole_lines(tmp_path, monkeypatch, pictures):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(pictures, tmp_path / "pictures")
    lines = run("--help").stdout.splitlines()
    examples = [line.strip() for line in lines if line.startswith(" lenet-sklearn ")]
    assert len(examples) == 3
    for example in (examples[0], examples[2]):
        assert run(*shlex.split(example)[2:], "--epochs", "1").exit_code == 0
