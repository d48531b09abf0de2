"""A fit in Python's log: a line at its start and end, one for each epoch, and nothing unasked."""

import logging
import re
import subprocess
import sys

import pytest

from lenet_sklearn._training import log


@pytest.fixture
def fit(digits, small, caplog):
    """Return a function that fits at a level of the log, and returns the lines."""
    X, _, y, _ = digits

    def run(level, **params):
        with caplog.at_level(level, logger="lenet_sklearn"):
            small(**{"max_epochs": 3, **params}).fit(X, y)
        return [(record.levelname, record.getMessage()) for record in caplog.records]

    return run


def test_a_fit_has_two_lines(fit):
    (first, begins), (last, ends) = fit("INFO")
    assert first == last == "INFO"
    assert begins == (
        "fit begins: 300 images of 1×8×8 pixels, 10 classes; 2,570 parameters; "
        "at most 3 epochs in batches of 32, on cpu"
    )
    assert re.fullmatch(
        r"fit ends: 3 of 3 epochs in \d+\.\d s; train_loss \d\.\d{4}, train_acc \d\.\d{4}", ends
    )


def test_an_epoch_has_one(fit):
    lines = fit("DEBUG", early_stopping=True, validation_fraction=0.2)
    assert [level for level, _ in lines] == ["INFO", "DEBUG", "DEBUG", "DEBUG", "INFO"]
    assert re.fullmatch(
        r"epoch 2 of 3: train_loss [\d.]+, train_acc [\d.]+, valid_loss [\d.]+, valid_acc [\d.]+; "
        r"\d+\.\d\d s",
        lines[2][1],
    )


def test_early_stopping_is_seen_by_the_number_of_epochs(fit):
    stopping = {"early_stopping": True, "n_iter_no_change": 1, "tol": 10, "lr_schedule": "constant"}
    assert "fit ends: 2 of 30 epochs in" in fit("INFO", max_epochs=30, **stopping)[-1][1]


def test_a_failure_ends_the_fit_in_the_log_too(digits, small, caplog):
    def broken(images):
        raise RuntimeError("no such distortion")

    X, _, y, _ = digits
    caplog.set_level(logging.INFO, logger="lenet_sklearn")
    with pytest.raises(RuntimeError):
        small(augmentation=broken, max_epochs=2).fit(X, y)
    line = r"fit fails in epoch 1 of 2, after \d+\.\d s: RuntimeError"
    assert re.fullmatch(line, caplog.messages[-1])


def test_ctrl_c_is_named(digits, small, caplog):
    def ctrl_c(images):
        raise KeyboardInterrupt

    X, _, y, _ = digits
    caplog.set_level(logging.INFO, logger="lenet_sklearn")
    with pytest.raises(KeyboardInterrupt):
        small(augmentation=ctrl_c, max_epochs=2).fit(X, y)
    assert caplog.messages[-1].startswith("fit is interrupted: 0 of 2 epochs")


def test_nothing_is_written_where_nobody_listens(digits, small, monkeypatch):
    def refuse(*args):
        raise AssertionError("a line is written that nobody reads")

    monkeypatch.setattr(log, "_scores", refuse)
    monkeypatch.setattr(log, "count", refuse)
    monkeypatch.setattr(log.time, "perf_counter", refuse)
    assert not log.logger.isEnabledFor(logging.INFO)

    class Net:  # whatever is read from it fails
        pass

    with log.log_fit(Net(), None):
        log.log_epoch(Net())


def test_nothing_is_shown_until_the_log_is_configured():
    script = "\n".join(
        [
            "import logging, sys",
            "from lenet_sklearn import LeNet5Classifier",
            "from lenet_sklearn.datasets import load_digits_images",
            "X, y = load_digits_images(return_X_y=True)",
            "logging.getLogger('lenet_sklearn').setLevel('DEBUG')",
            "model = LeNet5Classifier(max_epochs=1, random_state=0, device='cpu')",
            "model.fit(X[:100], y[:100])",
            "logging.getLogger('lenet_sklearn').warning('not shown')",
            "sys.stderr.write('--\\n')",
            "logging.basicConfig(format='%(levelname)s %(name)s: %(message)s')",
            "model.fit(X[:100], y[:100])",
        ]
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )
    before, after = done.stderr.split("--\n")
    assert (done.stdout, before) == ("", "")
    assert [line.split(": ")[0] for line in after.splitlines()] == [
        "INFO lenet_sklearn._training.log",
        "DEBUG lenet_sklearn._training.log",
        "INFO lenet_sklearn._training.log",
    ]
