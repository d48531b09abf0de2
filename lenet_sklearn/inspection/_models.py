"""Find the network of an estimator."""

from __future__ import annotations

from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from lenet_sklearn.classifier import LeNet5Classifier


def find_classifier(estimator: Any) -> LeNet5Classifier:
    """Return the fitted LeNet5Classifier: the estimator itself or the end of a Pipeline.

    Raises
    ------
    TypeError
        If there is no LeNet5Classifier.
    NotFittedError
        If it is not fitted.
    """
    classifier = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
    if not isinstance(classifier, LeNet5Classifier):
        raise TypeError(
            "estimator must be a LeNet5Classifier, or a Pipeline that ends with one. Got "
            f"{type(classifier).__name__}."
            + (" Pass its best_estimator_." if hasattr(classifier, "best_estimator_") else "")
        )
    check_is_fitted(classifier, "net_")
    return classifier
