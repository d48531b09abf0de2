"""The classifier in a pipeline, and the fit of one fold with its validation scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from lenet_sklearn._training.callbacks import EpochScores
from lenet_sklearn.classifier import LeNet5Classifier


def split_pipeline(estimator: Any) -> tuple[Any, LeNet5Classifier, str]:
    """Return the steps before the classifier (None: none), the classifier, and its prefix.

    The prefix is that of the names of its parameters, "" without a pipeline.
    """
    before, classifier, prefix = None, estimator, ""
    if isinstance(estimator, Pipeline):
        name, classifier = estimator.steps[-1]
        prefix = f"{name}__"
        before = estimator[:-1] if len(estimator.steps) > 1 else None
    if not isinstance(classifier, LeNet5Classifier):
        raise TypeError(
            "estimator must be a LeNet5Classifier, or a Pipeline that ends in one, since its "
            f"epochs are watched. Got {type(classifier).__name__}. For other models use "
            "sklearn.model_selection.RandomizedSearchCV."
        )
    return before, classifier, prefix


def check_estimator(estimator: Any) -> Any:
    """Return an estimator whose scores of a fold are honest; None makes the default one."""
    estimator = LeNet5Classifier() if estimator is None else estimator
    _, classifier, _ = split_pipeline(estimator)
    for name, wanted in (("early_stopping", False), ("checkpoint_dir", None)):
        if (value := getattr(classifier, name)) not in (wanted, ""):
            reason = {
                "early_stopping": "it would choose the epoch by the scores of the fold",
                "checkpoint_dir": "each trial is another fit; `storage` keeps the search",
            }[name]
            raise ValueError(
                f"estimator must have {name}={wanted}: {reason}. Got {name}={value!r}. Leave it "
                "out."
            )
    return estimator


def fit_fold(
    estimator: Any,
    params: Mapping[str, Any],
    X: Any,
    y: np.ndarray,
    split: tuple[np.ndarray, np.ndarray],
    on_epoch: Callable[[int, int, float], None],
) -> None:
    """Fit a clone on one fold; `on_epoch` gets the accuracy on its other rows after each epoch."""
    train, test = split
    before, classifier, _ = split_pipeline(clone(estimator).set_params(**params))
    X_train, X_test = take(X, train), take(X, test)
    if before is not None:
        X_train, X_test = before.fit_transform(X_train, y[train]), before.transform(X_test)
    callbacks = [*(classifier.callbacks or ()), EpochScores(on_epoch)]
    classifier.set_params(callbacks=callbacks)
    classifier.fit(X_train, y[train], X_val=X_test, y_val=y[test])


def take(X: Any, rows: np.ndarray) -> Any:
    """Return rows of an array or a DataFrame."""
    return X.iloc[rows] if hasattr(X, "iloc") else X[rows]
