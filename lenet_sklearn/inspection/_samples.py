"""Look at the data: examples of each class, and the most confident mistakes of a model."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length

from lenet_sklearn._images.checks import check_images, check_labels, encode_labels
from lenet_sklearn._images.layout import ImageLayout, infer_layout
from lenet_sklearn._messages import count
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn.inspection._image_grid import ImageGridDisplay, ImageRow, in_rows, to_pictures
from lenet_sklearn.inspection._models import layout_of, names_of_classes, shorten
from lenet_sklearn.inspection._predictions import check_count, predict_proba
from lenet_sklearn.inspection._style import import_pyplot

_KINDS = ("image", "mask")
_MISTAKES_IN_ROW = 5
_MISTAKE_WIDTH = 1.45  # inches: room for the longest name and its probability


def plot_samples(
    X: Any,
    y: Any,
    *,
    per_class: int = 10,
    kind: str = "image",
    image_shape: tuple[int, ...] | None = None,
    display_labels: Any = None,
    random_state: int | np.random.RandomState | None = None,
    ax: Any = None,
) -> ImageGridDisplay:
    """Show some images of each class, one class per row.

    Parameters
    ----------
    X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
        Images, of any real dtype and range; of 1, 3 or 4 channels.
    y : array-like of shape (n,)
        Their labels.
    per_class : int, default=10
        Images of each class; a class with fewer images shows all.
    kind : {"image", "mask"}, default="image"
        "image" shows the images. "mask" shows the pixels that are not zero, black on white.
    image_shape : tuple of int, default=None
        How a flat row is an image: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. None: a square of
        grey pixels.
    display_labels : array-like of shape (n_classes,), default=None
        What to call the sorted classes. None: the labels.
    random_state : int, RandomState instance or None, default=None
        Seed of the choice. With the same int, "image" and "mask" show the same images.
    ax : matplotlib Axes, default=None
        Where to draw. None: a new figure.

    Returns
    -------
    display : ImageGridDisplay
        What was drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    ValueError
        If X holds no images, y does not have one label for each image, `per_class` is not a
        positive integer, `kind` is not valid, or `display_labels` is not one name for each class.

    Examples
    --------
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_samples
    >>> X, y = load_digits_images(return_X_y=True)
    >>> display = plot_samples(X, y, per_class=5, kind="mask", random_state=0)
    >>> display.ax_.get_title()
    'Pixels that are not zero: 5 images of each class'
    """
    import_pyplot("plot_samples")
    check_count("per_class", per_class)
    if kind not in _KINDS:
        raise ValueError(f"kind must be among {_KINDS}. Got {kind!r}.")
    # The checks need an estimator that stores the column names.
    X = check_images(BaseEstimator(), X, reset=True)
    labels = check_labels(y)
    check_consistent_length(X, labels)
    layout = infer_layout(X.shape, image_shape)
    classes = np.unique(labels)
    names = names_of_classes(display_labels, classes)
    rng = np.random.default_rng(draw_seed(random_state))
    drawn = [rng.permutation(np.flatnonzero(labels == label))[:per_class] for label in classes]
    pictures, limits = _pictures(X, layout, np.concatenate(drawn), kind)
    ends = np.cumsum([len(rows) for rows in drawn])
    grid = [
        ImageRow(pictures[end - len(rows) : end], label=name, limits=limits)
        for rows, end, name in zip(drawn, ends, names, strict=True)
    ]
    what = "Pixels that are not zero: " if kind == "mask" else ""
    most = max(len(rows) for rows in drawn)
    title = f"{what}{most} image{'s' * (most > 1)} of each class"
    return ImageGridDisplay(rows=grid, title=title).plot(ax=ax)


def plot_mistakes(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    n: int = 20,
    image_shape: tuple[int, ...] | None = None,
    display_labels: Any = None,
    ax: Any = None,
) -> ImageGridDisplay:
    """Show the mistakes that a classifier makes with the greatest confidence.

    The caption of an image has the predicted class (✗) and the true class (✓), each with its
    predicted probability.

    Parameters
    ----------
    estimator : classifier or Pipeline
        Fitted, with `predict_proba`. Its prediction is the class of the largest probability.
    X : array-like of shape (n_samples, features), (n_samples, H, W) …
        Images as the estimator takes them; of 1, 3 or 4 channels.
    y : array-like of shape (n_samples,)
        Their true labels.
    n : int, default=20
        Number of mistakes to show; all if there are fewer.
    image_shape : tuple of int, default=None
        Shape of one image in a flat row. None: the shape that the estimator or the first step of
        the Pipeline uses, or else a square of grey pixels.
    display_labels : array-like of shape (n_classes,), default=None
        What to call the estimator's `classes_`. None: the labels.
    ax : matplotlib Axes, default=None
        Where to draw. None: a new figure.

    Returns
    -------
    display : ImageGridDisplay
        Without images if there is no mistake. The title says so.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it has no `predict_proba`.
    ValueError
        If X holds no images, the estimator does not know a label in y, `n` is not a positive
        integer, or `display_labels` is not one name for each class.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_mistakes
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> display = plot_mistakes(model, X[900:], y[900:], n=3)
    >>> print(display.captions_[0][0].get_text())
    ✗ ...: ... %
    ✓ ...: ... %
    """
    import_pyplot("plot_mistakes")
    check_count("n", n)
    proba = predict_proba(estimator, X)
    classes = np.asarray(estimator.classes_)
    truth = encode_labels(check_labels(y), classes)
    check_consistent_length(proba, truth)
    names = names_of_classes(display_labels, classes)
    predicted = proba.argmax(axis=1)
    wrong = np.flatnonzero(predicted != truth)
    wrong_first = wrong[np.argsort(-proba[wrong, predicted[wrong]], kind="stable")][:n]
    captions = [
        f"✗ {shorten(names[predicted[i]])}: {100 * proba[i, predicted[i]]:.1f} %\n"
        f"✓ {shorten(names[truth[i]])}: {100 * proba[i, truth[i]]:.1f} %"
        for i in wrong_first
    ]
    grid = []
    if len(wrong_first):
        X = check_images(BaseEstimator(), X, reset=True)
        layout = layout_of(estimator, X, image_shape)
        pictures, limits = _pictures(X, layout, wrong_first, "image")
        grid = [
            ImageRow(images, captions=texts, limits=limits)
            for images, texts in zip(
                in_rows(pictures, _MISTAKES_IN_ROW), in_rows(captions, _MISTAKES_IN_ROW),
                strict=True,
            )
        ]  # fmt: skip
    title = _title(len(wrong_first), len(wrong), len(truth))
    return ImageGridDisplay(
        rows=grid,
        title=title,
        xlabel="✗ predicted, ✓ true, with their probabilities" if grid else "",
        cell_width=_MISTAKE_WIDTH,
    ).plot(ax=ax)


def _title(n_shown: int, n_wrong: int, n_images: int) -> str:
    where = f"in {count(n_images, 'image')}"
    if n_wrong == 0:
        return f"No mistake {where}"
    if n_wrong == 1:
        return f"The one mistake {where}"
    first = f"The {n_shown} most confident of" if n_shown < n_wrong else "All"
    return f"{first} {n_wrong:,} mistakes {where}"


def _pictures(
    X: np.ndarray, layout: ImageLayout, rows: np.ndarray, kind: str
) -> tuple[list[np.ndarray], tuple[float, float]]:
    images = layout.to_images(X[rows])
    if kind == "mask":
        images = (images != 0).any(axis=1, keepdims=True).astype(np.uint8)
    return to_pictures(images)
