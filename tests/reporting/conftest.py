"""A network and an SVM that are trained in a moment, and images of classes with bad names."""

import sys

import matplotlib as mpl
import numpy as np
import pytest
from sklearn.svm import SVC

mpl.use("agg")

# By digit: markup, Markdown, a formula, and a script that the font lacks.
NAMES = np.array(
    ["<script>alert(1)</script>", "a|b", "$x$ {{ 1 }}", "3", "4", "5", "6", "7", "八", "n" * 60],
    dtype=object,
)


@pytest.fixture(scope="session")
def named(digits):
    """X, X_test, y, y_test: the digits, with the bad names for labels."""
    X, X_test, y, y_test = digits
    return X, X_test, NAMES[y], NAMES[y_test]


@pytest.fixture(scope="session")
def model(small, named):
    """Our network; tests must not change it."""
    X, _, y, _ = named
    return small(max_epochs=4).fit(X, y)


@pytest.fixture(scope="session")
def svm(named):
    """A classifier without probabilities."""
    return SVC().fit(named[0], named[2])


@pytest.fixture
def without(monkeypatch):
    """Return a function that hides a package, as where its extra was not installed."""

    def hide(*names):
        for name in names:
            monkeypatch.setitem(sys.modules, name, None)

    return hide
