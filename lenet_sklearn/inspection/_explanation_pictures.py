"""plot_explanation: images, and over them the pixels that matter to a class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length

from lenet_sklearn._images.checks import check_images
from lenet_sklearn.inspection._attributions import METHODS
from lenet_sklearn.inspection._explanations import encode_target, explain
from lenet_sklearn.inspection._image_grid import ImageGridDisplay, ImageRow, to_pictures
from lenet_sklearn.inspection._models import find_classifier, layout_of, names_of_classes, shorten
from lenet_sklearn.inspection._predictions import check_count
from lenet_sklearn.inspection._style import import_pyplot

_TITLES = {
    "gradcam": "Grad-CAM",
    "integrated_gradients": "integrated\ngradients",
    "occlusion": "occlusion",
    "saliency": "saliency",
}
_CMAP = "viridis"  # equal steps look equal, also to colour-blind people
_LUMINANCE = np.array([0.299, 0.587, 0.114])  # of red, green and blue
_WIDTH = 0.95  # inches of an image


def plot_explanation(
    model: Any,
    X: Any,
    *,
    methods: str | Sequence[str] = ("gradcam", "integrated_gradients", "occlusion"),
    target: Any = None,
    n: int = 6,
    display_labels: Any = None,
    ax: Any = None,
) -> ImageGridDisplay:
    """Show which pixels matter to a class: images with the maps of `explain` over them.

    Each image is one row: the image, and then a map for each method over the image in grey. A map
    shows its positive values as shares of the largest. What speaks against the class is shown
    as 0. At the left stand the predicted class and its probability. If another class is
    explained, its name and probability follow.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        As in :func:`explain`.
    X : array-like of shape (n_samples, features), (n_samples, H, W) …
        Images as the model takes them; of 1, 3 or 4 channels.
    methods : str or sequence of str, default=("gradcam", "integrated_gradients", "occlusion")
        Methods of :func:`explain`, one for each column.
    target : label or array-like of shape (n_samples,), default=None
        The class to explain, as in :func:`explain`. None: the predicted class of each image.
    n : int, default=6
        Number of images to show: the first of X.
    display_labels : array-like of shape (n_classes,), default=None
        What to call the model's `classes_`. None: the labels.
    ax : matplotlib Axes, default=None
        Where to draw. None: a new figure.

    Returns
    -------
    display : ImageGridDisplay
        Its images are the maps, from 0 to 1; the first column is blank and shows the image below.

    Raises
    ------
    ImportError
        If matplotlib or captum is not installed.
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model is not a LeNet5Classifier, or a step of the Pipeline is of another kind.
    ValueError
        If an argument is not valid; see also :func:`explain`.

    See Also
    --------
    explain : The maps as arrays.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_explanation
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:300], y[:300])
    >>> display = plot_explanation(model, X[300:], methods=["gradcam", "saliency"], n=3)
    >>> display.ax_.get_title()
    'Pixels that matter to the predicted class'
    """
    import_pyplot("plot_explanation")
    classifier = find_classifier(model)
    check_count("n", n)
    methods = _check_methods(methods)
    names = names_of_classes(display_labels, classifier.classes_)
    if np.ndim(target):
        check_consistent_length(X, target)
        target = target[:n]
    X = X[:n]
    maps = [explain(model, X, method=method, target=target) for method in methods]
    proba = model.predict_proba(X)
    predicted = proba.argmax(axis=1)
    explained = encode_target(target, classifier.classes_, classifier.classes_[predicted])
    array = check_images(BaseEstimator(), X, reset=True)
    pictures, limits = to_pictures(layout_of(model, array, None).to_images(array))
    rows = []
    for i, picture in enumerate(pictures):
        coloured, grey = _under(picture, limits)
        label = _label(names, proba[i], predicted[i], "predicted ")
        if explained[i] != predicted[i]:
            label += "\n" + _label(names, proba[i], explained[i], "explained ")
        rows.append(
            ImageRow(
                [np.full(grey.shape, np.nan), *(_shares(of_method[i]) for of_method in maps)],
                label=label,
                cmap=_CMAP,
                limits=(0.0, 1.0),
                under=[coloured, *[grey] * len(maps)],
            )
        )
    return ImageGridDisplay(
        rows=rows,
        title=_title(target, explained, names),
        column_labels=["image", *(_TITLES[method] for method in methods)],
        colorbar_label="importance for the class,\nshare of the map's largest",
        cell_width=_WIDTH,
    ).plot(ax=ax)


def _check_methods(methods: str | Sequence[str]) -> list[str]:
    listed = [methods] if isinstance(methods, str) else list(methods)
    unknown = [method for method in listed if method not in METHODS]
    if unknown or not listed:
        raise ValueError(f"methods must hold one or more of {tuple(METHODS)}. Got {methods!r}.")
    return listed


def _shares(values: np.ndarray) -> np.ndarray:
    """Return the positive values of a map, as shares of its largest."""
    positive = np.maximum(values, 0)
    return positive / (positive.max() or 1.0)


def _under(picture: np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return a picture as it is, and without colours as ink; grey pictures from 0 to 1."""
    if picture.ndim == 2:
        low, high = limits
        ink = (picture.astype(np.float64) - low) / (high - low or 1.0)
        return ink, ink
    return picture, 1 - picture[..., :3] @ _LUMINANCE


def _label(names: list[str], proba: np.ndarray, code: int, what: str) -> str:
    return f"{what}{shorten(names[code])}: {100 * proba[code]:.1f} %"


def _title(target: Any, explained: np.ndarray, names: list[str]) -> str:
    if target is None:
        return "Pixels that matter to the predicted class"
    if np.ndim(target):
        return "Pixels that matter to the given class of each image"
    return f"Pixels that matter to {shorten(names[explained[0]])}"
