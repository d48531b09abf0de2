"""The estimator inside scikit-learn's pipelines, searches and ensembles: results, not smoke."""

import importlib
import os

import joblib
import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from scipy.stats import loguniform
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, log_loss
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.validation import check_is_fitted

from lenet_sklearn.preprocessing import ImagePreprocessor

# One of ten digits is guessed right by chance; alone the small network gets about 0.8.
FLOOR = 0.7
# A rate with which nothing is learnt in ten epochs, and one with which something is.
RATES = [1e-6, 0.01]


# Pipelines


def test_pipeline(digits, small):
    X, X_test, y, y_test = digits
    pipeline = make_pipeline(ImagePreprocessor(size=16), small(input_size=None, kernel_size=5))
    pipeline.fit(X, y)
    assert pipeline.score(X_test, y_test) > FLOOR
    assert pipeline[-1].image_shape_ == (1, 16, 16)
    np.testing.assert_array_equal(pipeline.classes_, np.arange(10))
    # The transformer keeps flat rows flat and images images; the network takes both.
    images = make_pipeline(ImagePreprocessor(size=16), small(input_size=None, kernel_size=5))
    images.fit(X.reshape(-1, 8, 8), y)
    np.testing.assert_allclose(
        images.predict_proba(X_test.reshape(-1, 8, 8)), pipeline.predict_proba(X_test), atol=1e-6
    )


def test_another_classifier_stands_on_the_features(digits, small):
    X, X_test, y, y_test = digits
    pipeline = make_pipeline(small(), StandardScaler(), SVC()).fit(X, y)
    assert pipeline.score(X_test, y_test) > FLOOR
    assert pipeline[-1].n_features_in_ == 16
    names = pipeline[:-1].get_feature_names_out().tolist()
    assert names == [f"lenet5classifier{i}" for i in range(16)]
    features = small().fit(X, y).transform(X)
    np.testing.assert_array_equal(pipeline[0].transform(X), features)


# Searches


def test_grid_search(digits, small):
    X, X_test, y, y_test = digits
    pipeline = make_pipeline(ImagePreprocessor(size=16), small(input_size=None))
    grid = {"lenet5classifier__lr": RATES, "lenet5classifier__activation": ["tanh", "relu"]}
    search = GridSearchCV(pipeline, grid, cv=2).fit(X, y)
    assert search.best_params_["lenet5classifier__lr"] == RATES[1]
    means = search.cv_results_["mean_test_score"]
    assert len(means) == 4
    assert means.min() < 0.3
    assert means.max() > 0.5
    assert search.score(X_test, y_test) > FLOOR
    chosen = search.best_estimator_[-1]
    assert chosen.activation == search.best_params_["lenet5classifier__activation"]


# A scorer that leaves behind which worker it ran in and how many threads torch has there.
PROBE = """
import os
import torch

def accuracy(model, X, y):
    with open({path!r}, "a") as file:
        print(os.getpid(), torch.get_num_threads(), file=file)
    return model.score(X, y)
"""


def test_grid_search_in_two_processes(digits, small, tmp_path, monkeypatch):
    X, _, y, _ = digits
    seen = tmp_path / "threads"
    (tmp_path / "thread_probe.py").write_text(PROBE.format(path=str(seen)), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    # The limits that this test run itself is under must not hide what happens without them.
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    get_reusable_executor().shutdown(wait=True)  # workers of earlier tests know no thread_probe
    search = GridSearchCV(small(), {"lr": [*RATES, 0.003]}, cv=2, refit=False)
    serial = search.fit(X, y).cv_results_
    search.set_params(n_jobs=2, scoring=importlib.import_module("thread_probe").accuracy)
    parallel = search.fit(X, y).cv_results_
    get_reusable_executor().shutdown(wait=True)

    lines = [line.split() for line in seen.read_text(encoding="utf-8").splitlines()]
    workers = {int(process): int(n_threads) for process, n_threads in lines}
    assert len(lines) == 6
    assert os.getpid() not in workers
    assert 2 * max(workers.values()) <= max(2, joblib.cpu_count())
    for split in ("split0_test_score", "split1_test_score"):
        np.testing.assert_allclose(parallel[split], serial[split], atol=0.02)
        assert parallel[split][1] > parallel[split][0] + 0.2


def test_randomized_search(digits, small):
    X, X_test, y, y_test = digits
    search = RandomizedSearchCV(
        small(), {"lr": loguniform(1e-7, 0.1)}, n_iter=6, cv=2, random_state=4
    ).fit(X, y)
    rates = np.array([params["lr"] for params in search.cv_results_["params"]])
    scores = search.cv_results_["mean_test_score"]
    assert search.best_params_["lr"] > 1e-3
    assert scores[rates < 1e-5].max() < 0.3 < scores.max()
    assert search.score(X_test, y_test) > FLOOR - 0.1


def test_halving_search_over_samples(digits, small):
    X, X_test, y, y_test = digits
    search = HalvingGridSearchCV(
        small(), {"lr": [*RATES, 0.003]}, cv=2, min_resources=100, factor=3, random_state=0
    ).fit(X, y)
    assert search.n_resources_ == [100, 300]
    assert search.best_params_["lr"] > RATES[0]
    assert search.score(X_test, y_test) > FLOOR - 0.1


def test_halving_search_over_epochs(digits, small):
    X, X_test, y, y_test = digits
    search = HalvingGridSearchCV(
        small(),
        {"lr": [1e-6, 1e-5, 0.003, 0.01]},
        cv=2,
        resource="max_epochs",
        min_resources=3,
        max_resources=12,
        factor=2,
        random_state=0,
    ).fit(X, y)
    assert search.n_resources_ == [3, 6, 12]
    assert search.best_params_["lr"] >= 0.003
    assert search.best_estimator_.n_iter_ == search.best_estimator_.max_epochs == 12
    assert search.score(X_test, y_test) > FLOOR - 0.1


# Cross-validation


def test_cross_validate(digits, small):
    X, _, y, _ = digits
    scoring = ["accuracy", "neg_log_loss", "roc_auc_ovr"]
    result = cross_validate(
        small(), X, y, cv=3, scoring=scoring, return_estimator=True, return_train_score=True
    )
    assert (result["test_accuracy"] > 0.6).all()
    assert (result["train_accuracy"] > result["test_accuracy"]).all()
    assert (result["test_neg_log_loss"] > -np.log(10)).all()
    assert (result["test_roc_auc_ovr"] > 0.9).all()
    first, second, _ = (model.predict_proba(X) for model in result["estimator"])
    assert np.abs(first - second).max() > 0.1


@pytest.mark.parametrize("labels", [np.arange(10), np.array(list("abcdefghij"))])
def test_cross_val_predict(labels, digits, small):
    X, _, y, _ = digits
    y = labels[y]
    predicted = cross_val_predict(small(), X, y, cv=3)
    assert accuracy_score(y, predicted) > 0.6
    probabilities = cross_val_predict(small(), X, y, cv=3, method="predict_proba")
    np.testing.assert_array_equal(labels[probabilities.argmax(axis=1)], predicted)
    logits = cross_val_predict(small(), X, y, cv=3, method="decision_function")
    np.testing.assert_array_equal(labels[logits.argmax(axis=1)], predicted)


def test_learning_curve(digits, small):
    X, _, y, _ = digits
    sizes, train, test = learning_curve(
        small(), X, y, cv=3, train_sizes=[20, 60, 200], shuffle=True, random_state=0
    )
    assert sizes.tolist() == [20, 60, 200]
    means = test.mean(axis=1)
    assert means[0] + 0.2 < means[2] > 0.6
    assert (train.mean(axis=1)[1:] > means[1:]).all()


# Ensembles


def test_voting(digits, small):
    X, X_test, y, y_test = digits
    members = [("net", small()), ("line", LogisticRegression(max_iter=200))]
    names = np.array(list("abcdefghij"))
    voting = VotingClassifier(members, voting="soft").fit(X / 16, names[y])
    assert voting.score(X_test / 16, names[y_test]) > 0.85
    alone = [model.predict_proba(X_test / 16) for model in voting.estimators_]
    np.testing.assert_allclose(voting.predict_proba(X_test / 16), np.mean(alone, axis=0))
    hard = VotingClassifier([*members, ("other", small(random_state=1))]).fit(X / 16, names[y])
    assert hard.score(X_test / 16, names[y_test]) > FLOOR


def test_stacking(digits, small):
    X, X_test, y, y_test = digits
    stack = StackingClassifier(
        [("net", small()), ("tanh", small(activation="tanh"))],
        final_estimator=LogisticRegression(max_iter=500),
        cv=3,
    ).fit(X, y)
    assert stack.score(X_test, y_test) > FLOOR
    assert stack.final_estimator_.n_features_in_ == 20
    assert stack.transform(X_test).shape == (300, 20)


def test_bagging(digits, small):
    X, X_test, y, y_test = digits
    bag = BaggingClassifier(small(), n_estimators=4, random_state=0).fit(X, y)
    alone = [np.mean(model.predict(X_test) == y_test) for model in bag.estimators_]
    assert bag.score(X_test, y_test) > max(FLOOR, np.mean(alone))
    assert len({model.random_state for model in bag.estimators_}) == 4


def test_calibration_by_temperature(digits, small):
    X, X_test, y, y_test = digits
    # Trained for long without smoothing or decay, a network is too sure of itself.
    sure = small(max_epochs=60, label_smoothing=0.0, lr=0.03, weight_decay=0.0)
    calibrated = CalibratedClassifierCV(sure, method="temperature", ensemble=False, cv=3).fit(X, y)
    alone = calibrated.calibrated_classifiers_[0].estimator
    check_is_fitted(alone)
    before = log_loss(y_test, alone.predict_proba(X_test))
    assert log_loss(y_test, calibrated.predict_proba(X_test)) < 0.9 * before
    np.testing.assert_array_equal(calibrated.predict(X_test), alone.predict(X_test))
    assert calibrated.score(X_test, y_test) > FLOOR


def test_one_versus_rest(digits, small):
    X, X_test, y, y_test = digits
    rest = OneVsRestClassifier(small()).fit(X, y)
    assert len(rest.estimators_) == 10
    assert rest.score(X_test, y_test) > FLOOR
    logits = rest.decision_function(X_test)
    np.testing.assert_array_equal(logits[:, 3], rest.estimators_[3].decision_function(X_test))


def test_boosting(digits, small):
    X, X_test, y, y_test = digits
    weak = small(conv_channels=(), hidden_layer_sizes=(3,), max_epochs=20)
    boost = AdaBoostClassifier(weak, n_estimators=12, random_state=0).fit(X, y)
    first, *others = boost.staged_score(X_test, y_test)
    assert max(others) > max(0.5, first + 0.05)
    # SAMME's weights after the first network give the second one, and equal weights do not.
    wrong, error = boost.estimators_[0].predict(X) != y, boost.estimator_errors_[0]
    weight = np.where(wrong, 9 * (1 - error) / error, 1.0)
    second = boost.estimators_[1].predict_proba(X)
    by_hand = clone(boost.estimators_[1]).fit(X, y, sample_weight=weight).predict_proba(X)
    np.testing.assert_allclose(by_hand, second, atol=0.01)
    unweighted = clone(boost.estimators_[1]).fit(X, y).predict_proba(X)
    assert np.abs(unweighted - second).max() > 0.1
