"""Labels and predicted probabilities, checked: what calibration and coverage are measured on."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from lenet_sklearn._images.checks import check_labels, encode_labels

# Rows of probabilities that were rounded to four digits pass, and logits do not.
_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Predictions:
    """The true class of each image, as an index, and the probability of each class."""

    y: np.ndarray  # (n,)
    proba: np.ndarray  # (n, n_classes) float64

    @classmethod
    def make(cls, y: Any, proba: Any, classes: Any = None) -> Self:
        """Check labels and probabilities; `classes` names the columns of `proba`."""
        proba = _check_proba(proba)
        labels = check_labels(y)
        check_consistent_length(proba, labels)
        classes, order = _check_classes(classes, labels, proba.shape[1])
        return cls(encode_labels(labels, classes), proba[:, order])

    @classmethod
    def of(cls, estimator: Any, X: Any, y: Any) -> Self:
        """Let a fitted classifier predict the probabilities."""
        return cls.make(y, predict_proba(estimator, X), estimator.classes_)

    @property
    def confidence(self) -> np.ndarray:
        """Probability of the predicted class, ``(n,)``."""
        return self.proba.max(axis=1)

    @property
    def correct(self) -> np.ndarray:
        """Whether the prediction is right, ``(n,)``."""
        return self.proba.argmax(axis=1) == self.y


def predict_proba(estimator: Any, X: Any) -> np.ndarray:
    """Return the probabilities that a fitted classifier predicts.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it has no `predict_proba`.
    """
    check_is_fitted(estimator)
    if not hasattr(estimator, "predict_proba"):
        raise TypeError(
            "estimator must have predict_proba, to tell how confident it is. Got "
            f"{type(estimator).__name__}. Wrap it in sklearn.calibration.CalibratedClassifierCV."
        )
    return np.asarray(estimator.predict_proba(X))


def check_count(name: str, value: Any, most: int | None = None) -> None:
    """Raise if a value is not an integer of 1 or more, or is above `most`."""
    rule = "of 1 or more" if most is None else f"from 1 to {most:,}"
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < 1 or (most is not None and value > most):
        raise ValueError(f"{name} must be an integer {rule}. Got {value!r}.")


def name_of(estimator: Any, name: str | None) -> str:
    """Return the name that the user gave, or else that of the class of the estimator's end."""
    if name is not None:
        return name
    steps = getattr(estimator, "steps", None)
    return type(steps[-1][1] if steps else estimator).__name__


def _check_proba(proba: Any) -> np.ndarray:
    proba = np.asarray(proba)
    if proba.dtype.kind not in "buif":
        raise ValueError(f"proba must hold numbers. Got dtype {proba.dtype}.")
    proba = proba.astype(np.float64)
    if proba.ndim != 2 or proba.shape[1] < 2 or len(proba) == 0:
        raise ValueError(
            "proba must be of shape (n, n_classes), with one row for each image and one column "
            f"for each class. Got shape {proba.shape}. Pass all that predict_proba returns."
        )
    if not np.isfinite(proba).all():
        raise ValueError("proba must hold finite numbers. Got NaN or infinity.")
    if proba.min() < -_TOLERANCE or proba.max() > 1 + _TOLERANCE:
        raise ValueError(
            "proba must hold probabilities from 0 to 1. Got values from "
            f"{proba.min():.4g} to {proba.max():.4g}. Pass what predict_proba returns."
        )
    sums = proba.sum(axis=1)
    wrong = np.abs(sums - 1).argmax()
    if abs(sums[wrong] - 1) > _TOLERANCE:
        raise ValueError(
            f"rows of proba must sum to 1. Got {sums[wrong]:.4g} in row {wrong}. Pass what "
            "predict_proba returns, with all its columns."
        )
    return np.clip(proba, 0.0, 1.0)


def _check_classes(
    classes: Any, labels: np.ndarray, n_columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the sorted classes, and the column of each."""
    if classes is None:
        classes = np.arange(n_columns)
        if labels.dtype.kind not in "buif" or not np.isin(labels, classes).all():
            raise ValueError(
                f"classes must be given if y holds other labels than 0 to {n_columns - 1}, the "
                f"columns of proba. Got labels such as {np.unique(labels).tolist()[-1]!r}. Pass "
                "classes=model.classes_."
            )
        return classes, classes
    named = np.asarray(classes)
    if named.shape != (n_columns,):
        raise ValueError(
            f"classes must hold one label for each of the {n_columns} columns of proba. Got shape "
            f"{named.shape}. Pass classes=model.classes_."
        )
    sorted_classes, order = np.unique(named, return_index=True)
    if len(order) < n_columns:
        raise ValueError(f"classes must differ from each other. Got {named.tolist()}.")
    return sorted_classes, order
