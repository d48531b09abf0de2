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
    style: str  # how numbers are written; see _format.py


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

_REPEATS = 3
_REPEAT_WITHIN_SECONDS = 1.0


def measure_predictions(model: Any, X: Any, y: np.ndarray) -> dict[str, float]:
    """Measure the quality of a fitted classifier on a test set, and the time it takes to predict.

    Parameters
    ----------
    model : classifier
        Fitted. Log loss and calibration error need its `predict_proba`.
    X : array-like of shape (n, ...)
        Test images, as the classifier takes them.
    y : ndarray of shape (n,)
        Their labels.

    Returns
    -------
    measured : dict of str to float
        The metrics from ``accuracy`` to ``expected_calibration_error``, those that do not apply
        left out, and ``predict_microseconds``: the wall time of ``predict(X)`` divided by `n`; of
        up to three calls within a second, the fastest, as the first may pay for warming up.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyClassifier
    >>> from lenet_sklearn._runs.metrics import measure_predictions
    >>> X, y = np.zeros((4, 1)), np.array(["a", "a", "a", "b"])
    >>> measured = measure_predictions(DummyClassifier().fit(X, y), X, y)
    >>> measured["accuracy"], measured["balanced_accuracy"], measured["expected_calibration_error"]
    (0.75, 0.5, 0.0)
    """
    predicted, seconds = _time_predict(model, X)
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
        "predict_microseconds": seconds / len(y) * 1e6,
    }
    if hasattr(model, "predict_proba"):
        proba = model.predict_proba(X)
        measured["log_loss"] = log_loss(y, proba, model.classes_)
        measured["expected_calibration_error"] = expected_calibration_error(
            y, proba, model.classes_
        )
    return {name: float(value) for name, value in measured.items()}


def _time_predict(model: Any, X: Any) -> tuple[np.ndarray, float]:
    durations: list[float] = []
    while len(durations) < _REPEATS and sum(durations) < _REPEAT_WITHIN_SECONDS:
        start = time.perf_counter()
        predicted = model.predict(X)
        durations.append(time.perf_counter() - start)
    return predicted, min(durations)


def log_loss(y: ArrayLike, proba: ArrayLike, classes: ArrayLike) -> float:
    """Mean negative logarithm of the probability given to the true class.

    It differs from :func:`sklearn.metrics.log_loss` in two ways that make models comparable:
    probabilities are cut at 2.2e-16 whatever their dtype (scikit-learn cuts float32 at 1.2e-7,
    which flatters whoever computes in it), and a class that the model never saw counts as one of
    probability zero.

    Parameters
    ----------
    y : array-like of shape (n,)
        True labels.
    proba : array-like of shape (n, n_classes)
        Predicted probabilities.
    classes : array-like of shape (n_classes,)
        The label of each column.

    Returns
    -------
    loss : float
        In nats.

    Examples
    --------
    >>> from lenet_sklearn._runs.metrics import log_loss
    >>> round(log_loss(["a", "b"], [[0.5, 0.5], [0.0, 1.0]], ["a", "b"]), 4)
    0.3466
    """
    is_true = np.asarray(y)[:, None] == np.asarray(classes)[None, :]
    p_true = np.where(is_true, np.asarray(proba, dtype=np.float64), 0.0).sum(axis=1)
    return float(-np.log(np.clip(p_true, np.finfo(np.float64).eps, 1.0)).mean())


def expected_calibration_error(
    y: ArrayLike, proba: ArrayLike, classes: ArrayLike, *, n_bins: int = 15
) -> float:
    """How far a classifier's confidence is from its accuracy.

    Predictions are sorted into bins of equal width by their confidence, the probability of the
    predicted class. The error is the mean over all predictions of ``|accuracy - confidence|`` of
    their bin [1]_: 0 for a classifier that is right in 80 % of the cases where it says 0.8.

    Parameters
    ----------
    y : array-like of shape (n,)
        True labels.
    proba : array-like of shape (n, n_classes)
        Predicted probabilities.
    classes : array-like of shape (n_classes,)
        The label of each column.
    n_bins : int, default=15
        Number of bins over (0, 1], each open below and closed above.

    Returns
    -------
    error : float
        Between 0 and 1.

    References
    ----------
    .. [1] C. Guo et al., "On Calibration of Modern Neural Networks", ICML 2017, eq. 3.

    Examples
    --------
    >>> from lenet_sklearn._runs.metrics import expected_calibration_error
    >>> proba = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6]]
    >>> round(expected_calibration_error([0, 1, 1], proba, [0, 1]), 4)
    0.4
    """
    proba = np.asarray(proba, dtype=np.float64)
    confidence = proba.max(axis=1)
    correct = np.asarray(classes)[proba.argmax(axis=1)] == np.asarray(y)
    bins = np.clip(np.ceil(confidence * n_bins).astype(int) - 1, 0, n_bins - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=n_bins)
    return float(np.abs(gaps).sum() / len(confidence))


def count_parameters(model: Any) -> float:
    """Count the numbers that a fitted classifier has learned and needs to predict.

    Parameters
    ----------
    model : classifier
        Fitted. Of a Pipeline the last step counts; of a grid search, its best estimator.

    Returns
    -------
    count : float
        - `n_parameters_`, where the model has it;
        - networks and linear models: weights and biases;
        - support vector machines: support vectors × features, dual coefficients, intercepts;
        - trees: feature and threshold of each split, class shares of each leaf; ensembles: the sum
          over their members;
        - nearest neighbours: all training values;
        - the dummy: its class shares;
        - NaN for all others.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.linear_model import LogisticRegression
    >>> from lenet_sklearn._runs.metrics import count_parameters
    >>> count_parameters(LogisticRegression(max_iter=500).fit(*load_iris(return_X_y=True)))
    15.0
    """
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
    """Give the length of the pickled model.

    Parameters
    ----------
    model : object
        A fitted estimator.

    Returns
    -------
    n_bytes : float
        Under pickle protocol 5; NaN if the model cannot be pickled.

    Examples
    --------
    >>> import pickle
    >>> from lenet_sklearn._runs.metrics import pickled_size
    >>> pickled_size([1, 2, 3]) == len(pickle.dumps([1, 2, 3], protocol=5))
    True
    """
    counter = _ByteCounter()
    try:
        pickle.Pickler(counter, protocol=5).dump(model)
    except Exception:  # whatever an estimator's own __getstate__ or __reduce__ may raise
        return np.nan
    return float(counter.n_bytes)
