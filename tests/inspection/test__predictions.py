"""Labels and probabilities are understood, or an error says what is wrong."""

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lenet_sklearn.inspection._predictions import Predictions, check_count, name_of

PROBA = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6], [0.5, 0.5, 0.0]])


def test_confidence_and_correct():
    predictions = Predictions.make([0, 1, 0], PROBA)
    np.testing.assert_array_equal(predictions.confidence, [0.7, 0.6, 0.5])
    assert predictions.correct.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ([0, 1, 0], None),
        ([0.0, 1.0, 0.0], None),
        (np.array([0, 1, 0], np.uint8), [0, 1, 2]),
        (list("aba"), list("abc")),
        (pd.Series(["a", "b", "a"]), np.array(["a", "b", "c"], dtype=object)),
        ([3, 7, 3], (3, 7, 9)),
    ],
)
def test_labels(y, classes):
    predictions = Predictions.make(y, PROBA.tolist(), classes)
    assert predictions.y.tolist() == [0, 1, 0]
    np.testing.assert_array_equal(predictions.proba, PROBA)


def test_booleans_name_the_two_columns():
    assert Predictions.make([True, False], [[0.1, 0.9], [0.6, 0.4]]).correct.all()


def test_classes_in_another_order():
    shuffled = Predictions.make(["b", "c", "b"], PROBA, ["b", "c", "a"])
    assert shuffled.y.tolist() == [1, 2, 1]
    np.testing.assert_array_equal(shuffled.proba, PROBA[:, [2, 0, 1]])


def test_probabilities_in_half_precision_and_rounded_ones():
    third = np.full((2, 3), 1 / 3)
    for proba in (third.astype(np.float16), third.round(4)):
        assert Predictions.make([0, 1], proba).proba.dtype == np.float64


@pytest.mark.parametrize(
    ("proba", "message"),
    [
        (PROBA[:, 0], r"of shape \(n, n_classes\).* Got shape \(3,\)\. Pass all"),
        (PROBA[:, :1], r"Got shape \(3, 1\)"),
        (PROBA[:0], r"Got shape \(0, 3\)"),
        (np.where(PROBA == 0.6, np.nan, PROBA), "proba must hold finite numbers"),
        (5 * PROBA - 2, r"probabilities from 0 to 1\. Got values from -2 to 1\.5\."),
        (PROBA / [[1], [1], [2]], r"rows of proba must sum to 1\. Got 0\.5 in row 2\."),
        (PROBA.astype(str), "proba must hold numbers"),
        (PROBA[:2], "inconsistent numbers of samples"),
    ],
)
def test_bad_probabilities(proba, message):
    with pytest.raises(ValueError, match=message):
        Predictions.make([0, 1, 0], proba)


@pytest.mark.parametrize(
    ("y", "classes", "message"),
    [
        ([1, 2, 3], None, r"labels than 0 to 2.* such as 3\. Pass classes=model\.classes_"),
        ([0, 1, 0.5], None, "Unknown label type"),
        (list("aba"), None, r"labels such as 'b'\. Pass classes=model\.classes_"),
        ([0, 1, 0], [0, 1], r"one label for each of the 3 columns.* Got shape \(2,\)"),
        ([0, 1, 0], [0, 1, 1], r"must differ from each other\. Got \[0, 1, 1\]"),
        ([0, 1, 5], [0, 1, 2], r"labels that the model knows, \[0, 1, 2\]\. Got also \[5\]"),
        (np.eye(3, dtype=int), None, r"y\.argmax\(axis=1\)"),
    ],
)
def test_bad_labels(y, classes, message):
    with pytest.raises(ValueError, match=message):
        Predictions.make(y, PROBA, classes)


def test_counts_and_names():
    check_count("n", np.int64(3))
    for value in (0, 2.0, True, "3"):
        with pytest.raises(ValueError, match=r"n must be an integer of 1 or more\. Got"):
            check_count("n", value)
    assert name_of(SVC(), None) == name_of(make_pipeline(StandardScaler(), SVC()), None) == "SVC"
    assert name_of(SVC(), "mine") == "mine"
