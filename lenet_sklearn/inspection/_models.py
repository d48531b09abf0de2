"""What a picture must know of an estimator: network, layout of the images, names of the classes."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from lenet_sklearn._images.layout import ImageLayout, infer_layout, layout_for
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


def layout_of(
    estimator: Any, X: np.ndarray, image_shape: tuple[int, ...] | None = None
) -> ImageLayout:
    """Return the layout that the user gave, or else the layout of the estimator.

    A Pipeline has that of its first step. Other estimators know none: X is then laid out by its
    own shape.
    """
    known = known_layout(estimator)
    if image_shape is not None or known is None:
        return infer_layout(X.shape, image_shape)
    return layout_for(X, known)


def known_layout(estimator: Any) -> ImageLayout | None:
    """Return the layout that a fitted estimator, or the first step of a Pipeline, has learned."""
    first = estimator.steps[0][1] if isinstance(estimator, Pipeline) else estimator
    layout = getattr(first, "_layout", None)
    return layout if isinstance(layout, ImageLayout) else None


def layout_of_steps(model: Any) -> ImageLayout:
    """Return how a saved model takes an image: the layout of the first step that has one."""
    # Not always the first: it can be "passthrough", or a MassCenterer that was not fitted.
    steps = [step for _, step in model.steps] if isinstance(model, Pipeline) else [model]
    layout: ImageLayout = next(step._layout for step in steps if hasattr(step, "_layout"))
    return layout


def names_of_classes(display_labels: Any, classes: np.ndarray) -> list[str]:
    """Return the display name of each class: the labels themselves if none are given."""
    labels = classes if display_labels is None else list(display_labels)
    if len(labels) != len(classes):
        raise ValueError(
            f"display_labels must hold one name for each of the {len(classes)} classes, "
            f"{classes.tolist()}. Got {len(labels)}."
        )
    return [str(label) for label in labels]


def shorten(name: str, longest: int = 14) -> str:
    """Cut a name that has more letters than its place in a picture.

    Examples
    --------
    >>> from lenet_sklearn.inspection._models import shorten
    >>> shorten("Ankle boot"), shorten("Ankle boot", longest=8)
    ('Ankle boot', 'Ankle b…')
    """
    return name if len(name) <= longest else name[: longest - 1] + "…"
