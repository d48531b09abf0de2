"""Wrong input is named, with the rule and the remedy."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import KFold, ShuffleSplit, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from lenet_sklearn.comparison._inputs import (
    check_data,
    check_estimators,
    check_scoring,
    make_splits,
    seeded,
)

X = np.zeros((6, 4))
Y = np.array([0, 0, 0, 1, 1, 1])


@pytest.mark.parametrize(
    ("estimators", "error", "message"),
    [
        ({}, ValueError, r"estimators is empty.*\{'SVM': SVC\(\)\}"),
        (SVC(), TypeError, "mapping of names to classifiers.*Got SVC"),
        ([("SVM", SVC())], TypeError, "mapping of names to classifiers.*Got list"),
        ({"": SVC()}, TypeError, r"non-empty strings\. Got ''"),
        ({1: SVC()}, TypeError, r"non-empty strings\. Got 1"),
        ({"SVM": SVC}, TypeError, r"must be an instance\. Got the class SVC\. Write SVC\(\)"),
        (
            {"r": LinearRegression()},
            TypeError,
            r"must be a scikit-learn classifier\. Got LinearReg",
        ),
        ({"r": "svm"}, TypeError, r"must be a scikit-learn classifier\. Got str"),
    ],
)
def test_estimators(estimators, error, message):
    with pytest.raises(error, match=message):
        check_estimators(estimators)


@pytest.mark.parametrize(
    ("data", "labels", "message"),
    [
        (X, Y[:5], r"inconsistent numbers of samples: \[6, 5\]"),
        (X[:, 0], Y, r"shape \(n, \.\.\.\)\. Got shape \(6,\)"),
        (pd.Series(X[:, 0]), Y, r"shape \(n, \.\.\.\)\. Got shape \(6,\)"),
        (np.zeros((0, 4)), Y[:0], "0 sample"),
        ([[1, 2], [3]], Y, "inhomogeneous"),
        (X, np.eye(2)[Y], r"For one-hot rows give y.argmax\(axis=1\)"),
        (X, np.linspace(0, 1, 6), "continuous"),
        (X, np.zeros(6), r"at least two classes\. Got \[0.0\]"),
        (X, [0, 0, 1, np.nan, np.nan, 1], r"2 are missing \(NaN or None\), the first at index 3"),
        (X, np.array(["a", None, *"abab"], dtype=object), "1 are missing .* first at index 1"),
    ],
)
def test_data(data, labels, message):
    with pytest.raises(ValueError, match=message):
        check_data(data, labels)


def test_sparse_data_says_what_to_do():
    with pytest.raises(TypeError, match=r"toarray\(\)"):
        check_data(scipy.sparse.csr_array(X), Y)


def test_data_keeps_its_layout_and_is_not_copied(tmp_path):
    images = np.zeros((6, 2, 2), dtype=np.uint8)
    kept, y = check_data(images, Y[:, None])
    assert np.shares_memory(kept, images)
    assert kept.shape == (6, 2, 2)
    assert y.shape == (6,)
    frame = pd.DataFrame(X)
    assert check_data(frame, Y)[0] is frame
    assert check_data(X.tolist(), list("aabbcc"))[0].shape == (6, 4)
    np.save(tmp_path / "X.npy", images)
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert np.shares_memory(check_data(mapped, Y)[0], mapped)


def test_scoring_forms():
    def score(estimator, X, y):
        return 1.0

    assert check_scoring(None) == {}
    assert list(check_scoring("roc_auc")) == ["roc_auc"]
    assert list(check_scoring(["roc_auc", "neg_brier_score"])) == ["roc_auc", "neg_brier_score"]
    assert check_scoring(score) == {"score": score}
    assert list(check_scoring({"auc": "roc_auc", "mine": score})) == ["auc", "mine"]
    assert check_scoring(["accuracy", "f1_macro"]) == {}  # measured anyway


def test_scoring_errors():
    with pytest.raises(ValueError, match=r"\['accuracy', 'fold'\] are columns.*Rename them"):
        check_scoring({"accuracy": "roc_auc", "fold": "roc_auc", "fine": "roc_auc"})
    with pytest.raises(ValueError, match="'bananas' is not a valid scoring value"):
        check_scoring("bananas")


@pytest.mark.parametrize(
    ("cv", "labels", "message"),
    [
        (1, Y, r"at least 2 folds\. Got 1"),
        (True, Y, r"at least 2 folds\. Got True"),
        (3, list("aaabbbc"), "3 samples of each class, but y has 1 of class 'c'. Use fewer folds"),
        (4, Y, "4 samples of each class, but y has 3 of class 0"),
        ([], Y, "no folds"),
    ],
)
def test_cv_errors(cv, labels, message):
    with pytest.raises(ValueError, match=message):
        make_splits(cv, np.zeros((len(labels), 1)), np.asarray(labels, dtype=object), seed=0)


def _same(one, other):
    return len(one) == len(other) and all(
        np.array_equal(train, their_train) and np.array_equal(test, their_test)
        for (train, test), (their_train, their_test) in zip(one, other, strict=True)
    )


def test_int_cv_is_stratified_shuffled_and_seeded():
    y = np.repeat([0, 1], 30)
    data = np.zeros((60, 1))
    expected = list(StratifiedKFold(3, shuffle=True, random_state=5).split(data, y))
    assert _same(make_splits(3, data, y, seed=5), expected)
    assert len(make_splits(None, data, y, seed=5)) == 5


def test_a_splitter_gets_the_seed_only_where_it_has_none():
    unseeded, seeded = ShuffleSplit(2), ShuffleSplit(2, random_state=3)
    assert _same(make_splits(unseeded, X, Y, 0), make_splits(unseeded, X, Y, 0))
    assert not _same(make_splits(unseeded, X, Y, 0), make_splits(unseeded, X, Y, 1))
    assert _same(make_splits(seeded, X, Y, 0), make_splits(seeded, X, Y, 1))
    assert unseeded.random_state is None
    assert _same(make_splits(KFold(2), X, Y, 0), list(KFold(2).split(X, Y)))


def test_iterables_of_indices_and_masks():
    mask = np.array([True, True, False, True, True, False])
    splits = make_splits(((mask, ~mask) for _ in range(1)), X, Y, seed=0)
    assert _same(splits, [(np.array([0, 1, 3, 4]), np.array([2, 5]))])


def test_what_is_frozen_is_not_seeded():
    frozen = FrozenEstimator(RandomForestClassifier(2).fit([[0], [1]], [0, 1]))
    assert seeded(frozen, 3).estimator is frozen.estimator
    pipeline = seeded(make_pipeline(frozen, RandomForestClassifier()), 3)
    assert pipeline[0].estimator.random_state is None
    assert pipeline[1].random_state == 3
