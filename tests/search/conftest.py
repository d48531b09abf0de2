"""A search that takes a second: few digits, a small network, two folds."""

from functools import partial

import pytest

from lenet_sklearn.search import search_lenet5


@pytest.fixture
def data(digits):
    """Return 120 digits and their labels."""
    X, _, y, _ = digits
    return X[:120], y[:120]


@pytest.fixture
def space():
    """Return two good rates, and one that learns nothing."""
    return {"lr": [0.01, 0.02, 1e-7], "activation": ["relu", "tanh"]}


@pytest.fixture
def search(data, small, space):
    """Return `search_lenet5` for these data; arguments can be given, and replaced."""
    return partial(
        search_lenet5, *data, budget_minutes=5, n_trials=4, cv=2, random_state=0, space=space,
        estimator=small(max_epochs=3), progress=False,
    )  # fmt: skip
