"""A fit that is killed goes on to the same weights; a folder of another fit is refused."""

import hashlib
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest
import skorch
import torch
from sklearn.datasets import load_digits

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._training import checkpoint as checkpoint_module
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn.augmentation import Distortion

PARAMS = {
    "conv_channels": (4, 8),
    "kernel_size": 3,
    "input_size": 16,
    "hidden_layer_sizes": (16,),
    "dropout": 0.2,
    "augmentation": "digits",
    "early_stopping": True,
    "validation_fraction": 0.2,
    "max_epochs": 8,
    "batch_size": 32,
    "device": "cpu",
    "random_state": 0,
}
# How often the suite kills a fit; set it to 20 for the figure in the documentation.
N_KILLS = int(os.environ.get("LENET_SKLEARN_KILLS", "3"))


@pytest.fixture
def data():
    X, y = load_digits(return_X_y=True)
    return X[:400], y[:400]


def weights(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.module_.parameters()])


@contextmanager
def killing(after):
    """Let a fit die after so many epochs like a killed process, as far as it can in this one."""

    train_on = TrainingNet._train_on

    def die(net, *batch, **about):
        if len(net.history) > after:
            raise ZeroDivisionError("killed")
        return train_on(net, *batch, **about)

    with patch.object(TrainingNet, "_train_on", die):
        yield


def killed(after, data, **params):
    with killing(after), pytest.raises(ZeroDivisionError):
        LeNet5Classifier(**{**PARAMS, **params}).fit(*data)


@pytest.mark.parametrize("after", [0, 1, 3, 7])
@pytest.mark.parametrize(
    "params",
    [{}, {"optimizer": "sgd", "early_stopping": False}, {"batch_size": 1000, "dropout": 0.0}],
    ids=["adamw", "sgd", "one batch"],
)
def test_it_goes_on_where_it_was(after, params, data, tmp_path):
    params = {**PARAMS, **params}
    whole = LeNet5Classifier(**params).fit(*data)
    params["checkpoint_dir"] = tmp_path
    killed(after, data, **params)
    model = LeNet5Classifier(**params).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))
    for name in ("train_loss", "valid_loss", "lr"):
        assert [r.get(name) for r in model.history_] == [r.get(name) for r in whole.history_]
    assert len(list(tmp_path.glob("epoch-*"))) <= 2


def test_a_finished_fit_is_not_run_again(data, tmp_path):
    first = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    with killing(after=0):
        again = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(again), weights(first))
    assert again.history_ == first.history_


def test_without_a_seed_the_recorded_one_is_taken(data, tmp_path):
    params = {"random_state": None, "checkpoint_dir": tmp_path}
    killed(2, data, **params)
    model = LeNet5Classifier(**{**PARAMS, **params}).fit(*data)
    again = LeNet5Classifier(**{**PARAMS, **params}).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(again))
    assert model.n_iter_ == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 0.01}, "lr was 0.02 and is 0.01"),
        ({"conv_channels": (4, 9)}, r"conv_channels\[1\] was 8 and is 9"),
        ({"augmentation": None}, "augmentation was 'digits' and is None"),
        ({"random_state": 1}, "random_state was 0 and is 1"),
        ({"max_epochs": 9}, "max_epochs was 8 and is 9"),
    ],
)
def test_another_configuration_is_refused(change, message, data, tmp_path):
    killed(1, data, checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match=rf"checkpoint of another fit: {message}.*Choose another"):
        LeNet5Classifier(**{**PARAMS, **change}, checkpoint_dir=tmp_path).fit(*data)


def times(factor):
    return lambda images: images * factor


def shifted(images, by=0):
    return images + by


class Times:
    """As state, and as a method."""

    def __init__(self, factor):
        self.factor = factor

    def __call__(self, images):
        return images * self.factor

    scale = __call__


def convolution(seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layer = torch.nn.Conv2d(1, 1, 1)
    return layer.requires_grad_(False)


def reading(**names):
    """A function that reads a global name of a module of its own."""
    namespace = {"__name__": "augmenting", **names}
    exec("def augment(images): return images * FACTOR", namespace)
    return namespace["augment"]


def defined(source):
    namespace = {"__name__": "augmenting"}
    exec(source, namespace)
    return namespace["augment"]


def clipping(value):
    return [skorch.callbacks.GradientNormClipping(gradient_clip_value=value)]


# Each makes two fits of equal names. They are made anew at each call, as after a restart.
PAIRS = {
    "lambdas": lambda: (lambda images: images * 1, lambda images: images * 2),
    "closures": lambda: (times(1), times(2)),
    "distortions": lambda: (Distortion(degrees=10), Distortion(degrees=30)),
    "partials": lambda: (partial(shifted, by=1), partial(shifted, by=2)),
    "methods": lambda: (Times(1).scale, Times(2).scale),
    "objects": lambda: (Times(1), Times(2)),
    "bodies": lambda: (
        defined("def augment(images): return images + 1"),
        defined("def augment(images): return images - 1"),
    ),
    "defaults": lambda: (
        defined("def augment(images, by=1): return images + by"),
        defined("def augment(images, by=2): return images + by"),
    ),
    "keyword defaults": lambda: (
        defined("def augment(images, *, by=1): return images + by"),
        defined("def augment(images, *, by=2): return images + by"),
    ),
    "globals": lambda: (reading(FACTOR=1), reading(FACTOR=2)),
    "global arrays": lambda: (reading(FACTOR=torch.ones(1)), reading(FACTOR=torch.zeros(1))),
    "classes": lambda: (
        defined("class A:\n def __call__(self, b): return b * 1\naugment = A()"),
        defined("class A:\n def __call__(self, b): return b * 2\naugment = A()"),
    ),
    "modules": lambda: (convolution(0), convolution(1)),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_an_augmentation_of_equal_name_is_another_fit(kind, data, tmp_path):
    params = {**PARAMS, "max_epochs": 1, "early_stopping": False, "checkpoint_dir": tmp_path}
    del params["augmentation"]
    first = LeNet5Classifier(**params, augmentation=PAIRS[kind]()[0]).fit(*data)
    with pytest.raises(ValueError, match=r"another fit: augmentation.* was .* and is .*Choose"):
        LeNet5Classifier(**params, augmentation=PAIRS[kind]()[1]).fit(*data)
    with killing(after=0):  # it is finished, and so nothing is trained
        again = LeNet5Classifier(**params, augmentation=PAIRS[kind]()[0]).fit(*data)
    np.testing.assert_array_equal(weights(again), weights(first))


def test_other_callbacks_are_another_fit(data, tmp_path):
    params = {**PARAMS, "max_epochs": 1, "checkpoint_dir": tmp_path}
    LeNet5Classifier(**params, callbacks=clipping(1)).fit(*data)
    with killing(after=0):
        LeNet5Classifier(**params, callbacks=clipping(1)).fit(*data)
    with pytest.raises(ValueError, match=r"callbacks\[0\].gradient_clip_value was 1 and is 2"):
        LeNet5Classifier(**params, callbacks=clipping(2)).fit(*data)
    with pytest.raises(ValueError, match=r"callbacks\[0\] was skorch.* and is no longer there"):
        LeNet5Classifier(**params).fit(*data)


def test_other_versions_are_another_fit(data, tmp_path, monkeypatch):
    killed(1, data, checkpoint_dir=tmp_path)
    monkeypatch.setattr("importlib.metadata.version", lambda name: "99.0")
    with pytest.raises(ValueError, match=r"versions\['numpy'\] was '.*' and is '99\.0'"):
        LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)


def test_what_cannot_be_compared_is_refused_unless_it_has_a_name(data, tmp_path):
    numbers = (i % 2 for i in range(10**9))

    def augment(images):
        return images + next(numbers)

    params = {**PARAMS, "max_epochs": 1, "checkpoint_dir": tmp_path}
    model = LeNet5Classifier(**params | {"augmentation": augment})
    with pytest.raises(ValueError, match=r"augmentation\.numbers must have content.*generator"):
        model.fit(*data)
    assert not list(tmp_path.glob("epoch-*"))
    augment.lenet_sklearn_name = "every other image"
    model = LeNet5Classifier(**params | {"augmentation": augment}).fit(*data)
    augment.lenet_sklearn_name = "every third image"
    with pytest.raises(ValueError, match="augmentation was named 'every other image' and is named"):
        model.fit(*data)


def test_other_data_are_refused(data, tmp_path):
    X, y = data
    killed(1, data, checkpoint_dir=tmp_path)
    changed = X.copy()
    changed[7, 3] += 1
    for other in ((changed, y), (X, np.roll(y, 1)), (X[:300], y[:300])):
        with pytest.raises(ValueError, match=r"holds the checkpoint of another fit: .* was"):
            LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*other)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "noise"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(damage, data, tmp_path):
    whole = LeNet5Classifier(**PARAMS).fit(*data)
    killed(4, data, checkpoint_dir=tmp_path)
    _, newest = sorted(tmp_path.glob("epoch-*"))
    content = newest.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    newest.write_bytes(
        {"cut": content[:-9], "flip": bytes(flipped), "empty": b"", "noise": bytes(range(99))}[
            damage
        ]
    )
    with pytest.warns(
        UserWarning, match=r"epoch-000004\.checkpoint is damaged .*checksum is wrong"
    ):
        model = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))


def test_where_all_are_damaged_training_starts_afresh(data, tmp_path):
    whole = LeNet5Classifier(**PARAMS).fit(*data)
    killed(2, data, checkpoint_dir=tmp_path)
    for path in tmp_path.glob("epoch-*"):
        path.write_bytes(b"")
    with pytest.warns(UserWarning, match="damaged"):
        model = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))


def test_a_folder_that_cannot_be_is_refused_before_training(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"checkpoint_dir=.* must be a folder that can be written to"):
        LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path / "file" / "folder").fit(*data)


def test_a_full_disk_costs_the_checkpoint_and_not_the_fit(data, tmp_path, monkeypatch):
    def full(path, content):
        if path.name.startswith("epoch"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_module, "write_atomically", full)
    whole = LeNet5Classifier(**PARAMS).fit(*data)
    with pytest.warns(UserWarning, match="No checkpoint of epoch 1 could be written"):
        model = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))


SCRIPT = """
    import hashlib, torch
    from sklearn.datasets import load_digits
    from lenet_sklearn import LeNet5Classifier

    torch.set_num_threads(1)
    X, y = load_digits(return_X_y=True)
    model = LeNet5Classifier(**{params!r}).fit(X[:400], y[:400])
    state = b"".join(p.detach().numpy().tobytes() for p in model.module_.parameters())
    print(hashlib.sha256(state).hexdigest())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes that fit must start at once")
def test_kill_9_at_any_moment(data, tmp_path):
    """Fits in other processes are killed at random moments, and end here with the same weights.

    The weights are those of a new process that nobody kills.
    """
    params = {**PARAMS, "max_epochs": 40}
    script = textwrap.dedent(SCRIPT).format(params=params)
    whole = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)
    expected = whole.stdout.decode().strip()

    def fit(folder):
        return LeNet5Classifier(**params, checkpoint_dir=folder).fit(*data)

    began = time.perf_counter()
    fit(tmp_path / "whole")
    longest = time.perf_counter() - began
    moments, fork = random.Random(0), multiprocessing.get_context("fork")
    n_killed = 0
    while n_killed < N_KILLS:
        folder = tmp_path / f"fit-{n_killed}"
        process = fork.Process(target=fit, args=(folder,))
        process.start()
        process.join(moments.uniform(0, longest))
        process.kill()
        process.join()
        if process.exitcode == 0:  # it had ended
            shutil.rmtree(folder)
            continue
        n_killed += 1
        assert hashlib.sha256(weights(fit(folder)).tobytes()).hexdigest() == expected
