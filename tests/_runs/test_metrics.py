"""Each figure of the table against sums done by hand, or by scikit-learn."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.cluster import KMeans
from sklearn.datasets import load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier, StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from lenet_sklearn._runs.metrics import (
    METRICS,
    confidence_bins,
    count_parameters,
    expected_calibration_error,
    log_loss,
    measure_predictions,
    measure_probabilities,
    pickled_size,
)

X, Y = load_iris(return_X_y=True)


def test_expected_calibration_error_by_hand():
    # Of 15 bins, 0.95 and 0.96 fall into (14/15, 1], 0.70 and 0.73 into (10/15, 11/15].
    proba = np.array([[0.95, 0.05], [0.04, 0.96], [0.70, 0.30], [0.27, 0.73]])
    y = np.array(["a", "b", "b", "b"])  # right, right, wrong, right
    upper = abs((1 + 1) / 2 - (0.95 + 0.96) / 2)
    lower = abs((0 + 1) / 2 - (0.70 + 0.73) / 2)
    expected = 2 / 4 * upper + 2 / 4 * lower
    assert expected_calibration_error(y, proba, ["a", "b"]) == pytest.approx(expected)


def test_expected_calibration_error_bins_are_closed_above():
    # 0.5 belongs to the lower of two bins, where it is alone and wrong; 1.0 to the upper one.
    proba = [[0.5, 0.5], [0.0, 1.0]]
    assert expected_calibration_error([1, 1], proba, [0, 1], n_bins=2) == pytest.approx(0.25)


def test_bins_of_confidence():
    confidence = np.array([0.0, 0.25, 0.26, 0.5, 0.99, 1.0])
    assert confidence_bins(confidence, 4).tolist() == [0, 0, 1, 1, 3, 3]


def test_expected_calibration_error_averages_within_a_bin_before_the_absolute_value():
    proba = [[0.75, 0.25]] * 4
    assert expected_calibration_error([0, 0, 0, 1], proba, [0, 1]) == pytest.approx(0)


def test_log_loss_is_scikit_learns():
    proba = np.random.default_rng(0).dirichlet([1, 1, 1], size=50)
    y = np.random.default_rng(1).choice(["x", "y", "z"], size=50)
    assert log_loss(y, proba, ["x", "y", "z"]) == pytest.approx(sk.log_loss(y, proba))


def test_log_loss_cuts_all_dtypes_alike():
    losses = [log_loss([0], np.array([[0, 1]], dtype), [0, 1]) for dtype in ("f4", "f8")]
    assert losses[0] == losses[1] == pytest.approx(-np.log(2**-52))


def test_log_loss_of_a_class_never_seen_in_training():
    assert log_loss(["new"], [[0.5, 0.5]], ["a", "b"]) == pytest.approx(-np.log(2**-52))


@pytest.mark.parametrize("labels", [np.array([0, 1, 2]), np.array(["a", "b", "c"], dtype=object)])
def test_measure_predictions_agrees_with_scikit_learn(labels):
    y = labels[Y]
    model = LogisticRegression(max_iter=500).fit(X[::2], y[::2])
    measured = measure_predictions(model, X[1::2], y[1::2])
    truth, predicted = y[1::2], model.predict(X[1::2])
    macro = {"average": "macro"}
    assert measured["accuracy"] == sk.accuracy_score(truth, predicted) < 1
    assert measured["balanced_accuracy"] == sk.balanced_accuracy_score(truth, predicted)
    assert measured["precision_macro"] == sk.precision_score(truth, predicted, **macro)
    assert measured["recall_macro"] == sk.recall_score(truth, predicted, **macro)
    assert measured["f1_macro"] == sk.f1_score(truth, predicted, **macro)
    assert measured["predict_microseconds"] > 0
    assert set(measured) < set(METRICS)


def test_measure_predictions_is_silent_where_scikit_learn_warns():
    """Classes never predicted, and predicted classes that are not in the test set."""
    model = DecisionTreeClassifier().fit(X, Y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        never = measure_predictions(DummyClassifier().fit(X, Y), X, Y)
        absent = measure_predictions(model, np.r_[X[:3], X[100:103]], np.r_[Y[:3], [0, 0, 0]])
    assert never["precision_macro"] == pytest.approx(1 / 9)
    assert absent["balanced_accuracy"] == 0.5
    assert absent["recall_macro"] == 0.25  # the mean over the class in y and the one predicted


def test_without_predict_proba_there_is_no_log_loss():
    measured = measure_predictions(LinearSVC().fit(X, Y), X, Y)
    assert "log_loss" not in measured
    assert "expected_calibration_error" not in measured


def _tree_numbers(tree):
    splits = int((tree.tree_.children_left != -1).sum())
    return 2 * splits + 3 * (tree.tree_.node_count - splits)


def test_count_parameters():
    # 4 features, 3 classes.
    fit = {
        "logistic": LogisticRegression(max_iter=500),
        "linear svm": LinearSVC(),
        "mlp": MLPClassifier((7, 5), max_iter=2),
        "svm": SVC(),
        "tree": DecisionTreeClassifier(random_state=0),
        "forest": RandomForestClassifier(3, random_state=0),
        "neighbours": KNeighborsClassifier(),
        "dummy": DummyClassifier(),
        "bayes": GaussianNB(),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = {name: model.fit(X, Y) for name, model in fit.items()}
    count = {name: count_parameters(model) for name, model in models.items()}
    assert count["logistic"] == count["linear svm"] == 4 * 3 + 3
    assert count["mlp"] == (4 * 7 + 7) + (7 * 5 + 5) + (5 * 3 + 3)
    n_vectors = len(models["svm"].support_)
    assert count["svm"] == n_vectors * 4 + n_vectors * 2 + 3  # 2 coefficients each, 3 pairs
    assert count["tree"] == _tree_numbers(models["tree"])
    assert count["forest"] == sum(map(_tree_numbers, models["forest"].estimators_))
    assert count["neighbours"] == 150 * 4
    assert count["dummy"] == 3
    assert np.isnan(count["bayes"])
    assert np.isnan(count_parameters(KMeans(2, n_init=1).fit(X)))


def test_count_parameters_looks_inside():
    logistic = LogisticRegression(max_iter=500)
    pipeline = make_pipeline(StandardScaler(), logistic)
    assert count_parameters(pipeline.fit(X, Y)) == 15
    assert count_parameters(GridSearchCV(pipeline, {}, cv=2).fit(X, Y)) == 15
    assert count_parameters(BaggingClassifier(logistic, 4, random_state=0).fit(X, Y)) == 60
    stack = StackingClassifier([("a", logistic)], LogisticRegression(max_iter=500), cv=2)
    assert count_parameters(stack.fit(X, Y)) == 15 + (3 * 3 + 3)


def test_count_parameters_prefers_what_the_model_says():
    model = LogisticRegression(max_iter=500).fit(X, Y)
    model.n_parameters_ = 61_706
    assert count_parameters(make_pipeline(StandardScaler().fit(X), model)) == 61_706


def test_pickled_size():
    images, labels = load_digits(return_X_y=True)
    model = RandomForestClassifier(5).fit(images, labels)
    assert pickled_size(model) == len(pickle.dumps(model, protocol=5))
    model.callback = lambda: None
    assert np.isnan(pickled_size(model))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_probabilities_that_are_no_numbers_have_no_score_and_no_warning(wrong):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        measured = measure_probabilities([0, 1], [[wrong, 0.5], [0.1, 0.9]], [0, 1])
    assert list(measured) == ["log_loss", "expected_calibration_error"]
    assert np.isnan(list(measured.values())).all()
