"""The network is found in what a user has at hand."""

import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection._models import find_classifier


def test_found(model):
    assert find_classifier(model) is model
    assert find_classifier(make_pipeline(StandardScaler(), model)) is model


def test_not_fitted():
    with pytest.raises(NotFittedError):
        find_classifier(make_pipeline(StandardScaler(), LeNet5Classifier()))


def test_a_search_is_told_what_to_pass(grey, tiny):
    search = GridSearchCV(LeNet5Classifier(**tiny), {"max_epochs": [1]}, cv=2).fit(*grey)
    with pytest.raises(TypeError, match=r"Got GridSearchCV\. Pass its best_estimator_\."):
        find_classifier(search)
    assert find_classifier(search.best_estimator_) is search.best_estimator_
