"""A model on its test data: what the model card and the report both say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from lenet_sklearn._images.checks import check_images, check_labels, encode_labels
from lenet_sklearn._messages import parameter
from lenet_sklearn._runs.metrics import (
    count_parameters,
    measure_probabilities,
    measure_quality,
)
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.inspection._audit import audit
from lenet_sklearn.inspection._audit_result import AuditResult
from lenet_sklearn.inspection._models import find_classifier
from lenet_sklearn.inspection._predictions import name_of


@dataclass(frozen=True)
class Evaluation:
    """A fitted classifier, test data, and what the model predicts of it."""

    name: str
    model: Any
    X: Any
    images: np.ndarray  # X as an array
    y: np.ndarray
    predicted: np.ndarray
    proba: np.ndarray | None

    @classmethod
    def of(cls, model: Any, X: Any, y: Any, *, name: str | None = None) -> Self:
        """Check model and data, and predict.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError
            If it is no classifier.
        ValueError
            If X holds no images, y does not have one label for each, or the model does not know
            a label.
        """
        check_classifier("model", model)
        images, labels = check_data("test", X, y)
        encode_labels(labels, np.asarray(model.classes_), name=parameter("y_test"))
        proba = np.asarray(model.predict_proba(X)) if hasattr(model, "predict_proba") else None
        predicted = np.asarray(model.predict(X))
        return cls(name_of(model, name), model, X, images, labels, predicted, proba)

    def scores(self) -> dict[str, float]:
        """Return the measures by their names in `METRICS`."""
        scores = measure_quality(self.y, self.predicted)
        if self.proba is not None:
            scores |= measure_probabilities(self.y, self.proba, self.model.classes_)
        return scores

    @cached_property
    def audited(self) -> AuditResult:
        """Return the accuracy by class and by style."""
        return audit(self.model, self.X, self.y)

    @property
    def network(self) -> LeNet5Classifier | None:
        """Our classifier: the model, the end of its Pipeline, or what a search found; or None."""
        try:
            return find_classifier(getattr(self.model, "best_estimator_", self.model))
        except TypeError:
            return None


def check_classifier(name: str, model: Any) -> None:
    """Raise if something is not a fitted classifier."""
    if isinstance(model, type) or not (hasattr(model, "predict") and is_classifier(model)):
        got = f"the class {model.__name__}" if isinstance(model, type) else type(model).__name__
        raise TypeError(f"{name} must be a fitted classifier. Got {got}.")
    check_is_fitted(model)


def check_data(part: str, X: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return images and labels of the training or test data as arrays."""
    images = check_images(BaseEstimator(), X, reset=True)
    labels = check_labels(y, name=f"y_{part}")
    check_consistent_length(images, labels)
    return images, labels


def describe_images(images: np.ndarray) -> str:
    """Write number, shape, type and range of images."""
    shape = "×".join(map(str, images.shape[1:]))
    low, high = images.min(), images.max()
    return (
        f"{len(images):,} images, each of shape {shape}, {images.dtype}, with values from "
        f"{low:g} to {high:g}."
    )


def n_parameters(model: Any) -> float:
    """Count what a model has learned; NaN if that is not known."""
    return count_parameters(getattr(model, "best_estimator_", model))
