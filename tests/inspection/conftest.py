"""Figures without a screen, closed after each test; data and a model to look at."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

from lenet_sklearn import LeNet5Classifier

mpl.use("agg")


@pytest.fixture(autouse=True)
def close_figures():
    """Each test begins and ends without figures."""
    import matplotlib.pyplot as plt

    yield
    plt.close("all")


@pytest.fixture
def without_matplotlib(monkeypatch):
    """As where the extra "plots" was not installed."""
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)


@pytest.fixture(scope="session")
def grey():
    """X, y: 60 grey images of 8×8 pixels as flat rows, of 3 classes, some pixels 0."""
    X = np.random.default_rng(0).integers(0, 5, (60, 64)).astype(np.float32)
    return X, np.arange(60) % 3


@pytest.fixture(scope="session")
def colours(grey):
    """X: the same images in three colours, (n, H, W, 3) uint8."""
    X = grey[0].astype(np.uint8).reshape(-1, 8, 8, 1)
    return np.concatenate([X, 2 * X, 3 * X], axis=-1)


@pytest.fixture(scope="session")
def tiny():
    """Keyword arguments of a network that trains in no time."""
    return {"conv_channels": (2, 3), "kernel_size": 3, "hidden_layer_sizes": (4,), "device": "cpu",
            "input_size": 16, "max_epochs": 2, "random_state": 0}  # fmt: skip


@pytest.fixture(scope="session")
def model(tiny, grey):
    """A fitted classifier, which tests must not change."""
    X, y = grey
    return LeNet5Classifier(**tiny).fit(X, y, X_val=X[:20], y_val=y[:20])
