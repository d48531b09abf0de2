"""Figures without a screen, closed after each test; a network that knows the digits."""

import sys

import matplotlib as mpl
import numpy as np
import pytest

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
def model(small, digits):
    """A fitted classifier of the digits, which tests must not change."""
    X, _, y, _ = digits
    return small().fit(X, y)


@pytest.fixture
def rng():
    """A generator."""
    return np.random.default_rng(0)
