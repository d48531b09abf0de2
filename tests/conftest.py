"""What several test files share: a little data, and a network that trains in a moment."""

import signal
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier

# Started in the background, a shell lets its processes ignore Ctrl-C; the tests that send one
# need Python's own handler.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors: more threads would only wait for one another."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def digits():
    """X, X_test, y, y_test: 300 images to train on and 300 to test on, flat float32 in 0–16."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(
        X.astype(np.float32), y, train_size=300, test_size=300, stratify=y, random_state=0
    )


@pytest.fixture(scope="session")
def small():
    """Make a classifier that learns the 300 digits in a fifth of a second."""
    return partial(
        LeNet5Classifier,
        conv_channels=(4, 8),
        kernel_size=3,
        pooling="max",
        activation="relu",
        hidden_layer_sizes=(16,),
        input_size=16,
        lr=0.01,
        label_smoothing=0.05,
        batch_size=32,
        max_epochs=10,
        random_state=0,
        device="cpu",
    )


@pytest.fixture(scope="session")
def like_mnist(digits):
    """The digits of scikit-learn, X and y, drawn as MNIST does: 20 pixels amid 28, from 0 to 255.

    Other writers, another scanner: nothing that the shipped weights were trained on.
    """
    X, _, y, _ = digits
    twenty = ImagePreprocessor(size=20, resize="bilinear").fit_transform(X)
    images = np.pad(twenty.reshape(-1, 20, 20), ((0, 0), (4, 4), (4, 4))) * 255
    return images.reshape(len(X), -1).round().astype(np.uint8), y


@pytest.fixture(scope="session")
def few(digits):
    """Five images of 8×8 pixels per class, flat, and their labels."""
    X, _, y, _ = digits
    rows = np.concatenate([np.flatnonzero(y == label)[:5] for label in range(10)])
    return X[rows], y[rows]


@pytest.fixture(scope="session")
def state():
    """Return a function: a copy of all tensors of a model's network, by name."""

    def copy(model):
        return {name: value.numpy().copy() for name, value in model.module_.state_dict().items()}

    return copy


@pytest.fixture(scope="session")
def changed():
    """Return a function: the names of the tensors that differ between two such copies."""

    def compare(before, after):
        return {name for name in before if not np.array_equal(before[name], after[name])}

    return compare


@pytest.fixture(scope="session")
def weights():
    """Return a function: all trained parameters of a model in one row."""

    def flatten(model):
        return torch.cat([p.detach().flatten() for p in model.module_.parameters()]).numpy()

    return flatten


@pytest.fixture(scope="session")
def assert_same_model(weights):
    """Return a function that asserts that two models have equal weights and predictions."""

    def check(first, second, X):
        np.testing.assert_array_equal(weights(first), weights(second))
        np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))

    return check
