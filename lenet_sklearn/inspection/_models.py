"""What a picture must know of an estimator: network, layout of the images, names of the classes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from lenet_sklearn._images.layout import ImageLayout, infer_layout, layout_for
from lenet_sklearn.classifier import LeNet5Classifier

# The greatest pixel of images as people store them: fractions, the digits of scikit-learn, 8 and
# 16 bits.
_SCALES = (1, 16, 255, 65535)


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


class PixelRange(NamedTuple):
    """Smallest, largest and mean pixel of the images that a model was trained on."""

    low: float
    high: float
    mean: float


def pixel_range(model: Any) -> PixelRange:
    """Return the range of the pixels that a fitted model takes.

    A Pipeline takes what its first step was fitted on. Where no pixel was below 0, the range is
    that of the whole scale: 0 to 1, to 16, to 255 or to 65535. A model from an old file has the
    range 0 to 255 and the mean 0.

    Examples
    --------
    >>> from lenet_sklearn import load_pretrained
    >>> from lenet_sklearn.inspection._models import pixel_range
    >>> low, high, mean = pixel_range(load_pretrained("mnist"))
    >>> low, high, round(mean)
    (0.0, 255.0, 33)
    """
    pixels = find_classifier(model)._pixels
    if pixels is None:
        return PixelRange(0.0, 255.0, 0.0)
    values = np.array([pixels.low, pixels.high, float(np.mean(pixels.mean))])
    # Back through what the transformers before the classifier did to the pixels.
    for _, step in reversed(model.steps[:-1] if isinstance(model, Pipeline) else []):
        if getattr(step, "scale_", None) is not None:
            values = values * np.mean(step.scale_) + np.mean(step.offset_)
    low, high, mean = np.round(values, 3).tolist()
    if low >= 0:
        low, high = 0.0, next((float(scale) for scale in _SCALES if high <= scale), high)
    return PixelRange(low, high, mean)


def to_training_form(model: Any, images: np.ndarray) -> np.ndarray:
    """Give images the layout and the range of the pixels that a saved model was trained on.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted.
    images : ndarray of shape (n, n_channels, height, width)
        uint8, from 0 to 255, of the size of the training images.

    Returns
    -------
    X : ndarray
        What the model takes. float32; uint8 if its range is 0 to 255.
    """
    layout, (low, high, _) = layout_of_steps(model), pixel_range(model)
    X = layout.from_images(images)
    if layout.flat:
        X = X[:, : layout.n_features]
    if (low, high) == (0, 255):
        return X
    return (low + X * ((high - low) / 255)).astype(np.float32)


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
