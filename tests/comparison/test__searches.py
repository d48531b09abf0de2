"""The fits of a search are counted as they happen, and what it chose is a line."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV, RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lenet_sklearn.comparison._searches import count_fits, describe_choice, is_search


class Counted(ClassifierMixin, BaseEstimator):
    """Counts its fits; the larger `value` is, the better it scores."""

    fits = 0

    def __init__(self, value=0, n_passes=1):
        self.value, self.n_passes = value, n_passes

    def fit(self, X, y):
        type(self).fits += 1
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return self.classes_[np.zeros(len(X), int)]

    def score(self, X, y):
        return self.value


VALUES = {"value": [1, 2, 3, 4, 5, 6]}


def nested():
    inner = GridSearchCV(Counted(), {"n_passes": [1, 2, 3]}, cv=2)  # 7 fits
    return GridSearchCV(inner, {"estimator__value": [1, 2]}, cv=3)


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (GridSearchCV(Counted(), VALUES, cv=3), 6 * 3 + 1),
        (RandomizedSearchCV(Counted(), VALUES, n_iter=4, cv=2, random_state=0), 4 * 2 + 1),
        (
            HalvingGridSearchCV(Counted(), VALUES, cv=2, factor=2, random_state=0),
            (6 + 3 + 2) * 2 + 1,
        ),
        (
            HalvingGridSearchCV(
                Counted(), VALUES, resource="n_passes", min_resources=1, max_resources=9, cv=5
            ),
            (6 + 2) * 5 + 1,
        ),
        (make_pipeline(StandardScaler(), GridSearchCV(Counted(), VALUES, cv=4)), 6 * 4 + 1),
        (nested(), (2 * 3 + 1) * 7),
    ],
    ids=["grid", "randomized", "halving", "halving of passes", "in a pipeline", "in a search"],
)
def test_the_count_is_that_of_the_calls(search, expected, monkeypatch):
    monkeypatch.setattr(Counted, "fits", 0)
    assert is_search(search)
    search.fit(*load_iris(return_X_y=True))
    assert count_fits(search) == Counted.fits == expected


def test_other_models_are_fitted_once():
    X, y = load_iris(return_X_y=True)
    for model in (DummyClassifier(), make_pipeline(StandardScaler(), LogisticRegression())):
        assert not is_search(model)
        assert count_fits(model.fit(X, y)) == 1
        assert describe_choice(model) == ""


def test_the_choice_is_one_line():
    search = GridSearchCV(Counted(), {"value": [3, 1], "n_passes": [7]}, cv=2)
    search.fit(*load_iris(return_X_y=True))
    assert describe_choice(search) == "n_passes=7, value=3"
    estimators = {"logisticregression": [LogisticRegression(C=0.125, max_iter=2000, tol=0.25)]}
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    search = GridSearchCV(pipeline, estimators, cv=2).fit(*load_iris(return_X_y=True))
    assert describe_choice(search) == (
        "logisticregression=LogisticRegression(C=0.125, max_iter=2000, tol=0.25)"
    )
