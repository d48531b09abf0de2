"""What is measured of each model on each fold: quality, cost, size."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, precision_recall_fscore_support, recall_score


class Metric(NamedTuple):
    """A column of the benchmark: its heading for people, and whether more of it is better."""

    label: str
    greater_is_better: bool
    style: str  # how numbers are written; see tables.py


METRICS: dict[str, Metric] = {
    "accuracy": Metric("accuracy", True, "score"),
    "balanced_accuracy": Metric("balanced accuracy", True, "score"),
    "precision_macro": Metric("precision (macro)", True, "score"),
    "recall_macro": Metric("recall (macro)", True, "score"),
    "f1_macro": Metric("F1 (macro)", True, "score"),
    "log_loss": Metric("log loss", False, "score"),
    "expected_calibration_error": Metric("calibration error", False, "score"),
    "fit_seconds": Metric("fit (s)", False, "quantity"),
    "predict_microseconds": Metric("predict (µs/image)", False, "quantity"),
    "parameters": Metric("parameters", False, "count"),
    "size_bytes": Metric("size (kB)", False, "kilo"),
}

# Measured only where it is asked for, or where a model is a search.
EXTRA_METRICS: dict[str, Metric] = {
    "accuracy_corrupted": Metric("accuracy (corrupted)", True, "score"),
    "n_fits": Metric("fits", False, "count"),
}

_REPEATS = 3
_REPEAT_WITHIN_SECONDS = 1.0


def measure_predictions(model: Any, X: Any, y: np.ndarray) -> dict[str, float]:
    """Measure the quality of a fitted classifier on a test set, and its time to predict."""
    predicted, seconds = _time_predict(model, X)
    measured = measure_quality(y, predicted)
    measured["predict_microseconds"] = seconds / len(y) * 1e6
    if hasattr(model, "predict_proba"):
        measured |= measure_probabilities(y, model.predict_proba(X), model.classes_)
    return measured


def measure_quality(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Compare predicted labels with the true ones."""
    precision, recall, f1, _ = precision_recall_fscore_support(
        y, predicted, average="macro", zero_division=0.0
    )
    measured = {
        "accuracy": accuracy_score(y, predicted),
        # The mean recall of the classes in y. scikit-learn's balanced_accuracy_score is the same,
        # but warns about each class that is predicted and not there.
        "balanced_accuracy": recall_score(
            y, predicted, labels=np.unique(y), average="macro", zero_division=0.0
        ),
        "precision_macro": precision,
        "recall_macro": recall,
        "f1_macro": f1,
    }
    return {name: float(value) for name, value in measured.items()}


def measure_probabilities(y: ArrayLike, proba: ArrayLike, classes: ArrayLike) -> dict[str, float]:
    """Compare predicted probabilities with the true labels; NaN where they are no numbers."""
    if not np.isfinite(np.asarray(proba, dtype=np.float64)).all():
        return {"log_loss": np.nan, "expected_calibration_error": np.nan}
    return {
        "log_loss": log_loss(y, proba, classes),
        "expected_calibration_error": expected_calibration_error(y, proba, classes),
    }


def _time_predict(model: Any, X: Any) -> tuple[np.ndarray, float]:
    """Return the predictions, and the seconds of the fastest call: the first one warms up."""
    durations: list[float] = []
    while len(durations) < _REPEATS and sum(durations) < _REPEAT_WITHIN_SECONDS:
        start = time.perf_counter()
        predicted = model.predict(X)
        durations.append(time.perf_counter() - start)
    return predicted, min(durations)


def log_loss(y: ArrayLike, proba: ArrayLike, classes: ArrayLike) -> float:
    """Mean negative logarithm of the probability given to the true class."""
    # Unlike in scikit-learn, probabilities are cut at 2.2e-16 whatever their dtype (it cuts float32
    # at 1.2e-7, which flatters whoever computes in it), and a class that the model never saw has
    # probability zero.
    is_true = np.asarray(y)[:, None] == np.asarray(classes)[None, :]
    p_true = np.where(is_true, np.asarray(proba, dtype=np.float64), 0.0).sum(axis=1)
    return float(-np.log(np.clip(p_true, np.finfo(np.float64).eps, 1.0)).mean())


def expected_calibration_error(
    y: ArrayLike, proba: ArrayLike, classes: ArrayLike, *, n_bins: int = 15
) -> float:
    """Mean distance of confidence from accuracy, in bins of equal width closed above."""
    # C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, eq. 3.
    proba = np.asarray(proba, dtype=np.float64)
    confidence = proba.max(axis=1)
    correct = np.asarray(classes)[proba.argmax(axis=1)] == np.asarray(y)
    bins = confidence_bins(confidence, n_bins)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(confidence))


def confidence_bins(confidence: np.ndarray, n_bins: int) -> np.ndarray:
    """Return the index of each confidence's bin: 0 for [0, 1/n], 1 for (1/n, 2/n] and so on."""
    return np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)


def count_parameters(model: Any) -> float:
    """Count the numbers that a classifier has learned and needs to predict; NaN if unknown."""
    return float(next((count(model) for has, count in _COUNTERS if _has(model, has)), np.nan))


def _has(model: Any, attribute: str | type) -> bool:
    if isinstance(attribute, type):
        return isinstance(model, attribute)
    return hasattr(model, attribute)


def _count_tree(model: Any) -> float:
    n_leaves = model.tree_.n_leaves
    return 2 * (model.tree_.node_count - n_leaves) + n_leaves * model.tree_.value[0].size


def _count_ensemble(model: Any) -> float:
    members = list(np.ravel(np.asarray(model.estimators_, dtype=object)))
    if hasattr(model, "final_estimator_"):  # stacking
        members.append(model.final_estimator_)
    return sum(map(count_parameters, members))


# By what the fitted model has, the first that fits: so it also holds for estimators of others.
_COUNTERS: list[tuple[str | type, Callable[[Any], float]]] = [
    ("n_parameters_", lambda model: model.n_parameters_),
    ("named_steps", lambda model: count_parameters(model[-1])),
    ("best_estimator_", lambda model: count_parameters(model.best_estimator_)),
    ("coefs_", lambda model: sum(part.size for part in [*model.coefs_, *model.intercepts_])),
    (
        "support_vectors_",
        lambda model: model.support_vectors_.size + model.dual_coef_.size + model.intercept_.size,
    ),
    ("tree_", _count_tree),
    ("estimators_", _count_ensemble),
    ("n_samples_fit_", lambda model: model.n_samples_fit_ * model.n_features_in_),
    ("coef_", lambda model: np.size(model.coef_) + np.size(model.intercept_)),
    (DummyClassifier, lambda model: model.class_prior_.size),
]


class _ByteCounter:
    """A file that keeps only its length: a forest's pickle need not fit into memory twice."""

    n_bytes = 0

    def write(self, data: Any) -> int:
        size = memoryview(data).nbytes
        self.n_bytes += size
        return size


def pickled_size(model: Any) -> float:
    """Give the length of the pickled model; NaN if it cannot be pickled."""
    counter = _ByteCounter()
    try:
        pickle.Pickler(counter, protocol=5).dump(model)
    except Exception:  # whatever an estimator's own __getstate__ or __reduce__ may raise
        return np.nan
    return float(counter.n_bytes)
