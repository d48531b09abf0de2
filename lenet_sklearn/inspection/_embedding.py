"""The features of a network in two dimensions: which classes it keeps apart."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.utils.validation import check_consistent_length

from lenet_sklearn._images.checks import check_images, check_labels, encode_labels
from lenet_sklearn._messages import count
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn.inspection._models import find_classifier, names_of_classes
from lenet_sklearn.inspection._style import CLASS_COLOURS, CLASS_MARKERS, import_pyplot, new_axes

_METHODS = {"pca": "PCA", "tsne": "t-SNE"}
_MOST_POINTS = 5000
_PERPLEXITY = 30.0  # the default of scikit-learn
_CLASSES_IN_COLUMN = 20


class EmbeddingDisplay:
    """Images as points in two dimensions, coloured by class.

    :func:`plot_embedding` returns it.

    Parameters
    ----------
    points : ndarray of shape (n, 2)
        The images.
    classes : ndarray of int of shape (n,)
        Index of the true class of each image.
    wrong : ndarray of bool of shape (n,)
        Whether the model mistakes the image.
    names : list of str
        Name of each class.
    title, xlabel, ylabel : str, default=""
        Texts of the picture.

    Attributes
    ----------
    scatters_ : dict of str to matplotlib PathCollection
        The points of each class in `classes`, by name.
    rings_ : matplotlib PathCollection or None
        The rings around the mistakes; None if there is no mistake.
    legend_ : matplotlib Legend
        The legend, with the names of the classes.
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of these Axes.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn.inspection import EmbeddingDisplay
    >>> display = EmbeddingDisplay(
    ...     points=np.eye(2), classes=np.array([0, 1]), wrong=np.array([False, True]),
    ...     names=["cat", "dog"],
    ... )
    >>> sorted(display.plot().scatters_)
    ['cat', 'dog']
    """

    def __init__(
        self,
        *,
        points: np.ndarray,
        classes: np.ndarray,
        wrong: np.ndarray,
        names: list[str],
        title: str = "",
        xlabel: str = "",
        ylabel: str = "",
    ) -> None:
        self.points = points
        self.classes = classes
        self.wrong = wrong
        self.names = names
        self.title = title
        self.xlabel = xlabel
        self.ylabel = ylabel

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the points.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; the legend stands to its right. None: a new figure.

        Returns
        -------
        display : EmbeddingDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        present = np.unique(self.classes)
        columns = 1 + len(present) // (_CLASSES_IN_COLUMN + 1)
        size_of_figure = (6 + 1.2 * columns, 5.4)
        self.ax_ = new_axes(f"{type(self).__name__}.plot", size_of_figure) if ax is None else ax
        self.figure_ = self.ax_.figure
        size = 26 if len(self.points) <= 300 else 16 if len(self.points) <= 1500 else 9
        self.scatters_ = {}
        for code in present:
            # The marker moves on by one after all colours, so that no pair comes twice.
            turn = code + code // len(CLASS_COLOURS)
            self.scatters_[self.names[code]] = self.ax_.scatter(
                *self.points[self.classes == code].T,
                s=size, color=CLASS_COLOURS[code % len(CLASS_COLOURS)],
                marker=CLASS_MARKERS[turn % len(CLASS_MARKERS)],
                alpha=0.8, linewidths=0, label=self.names[code],
            )  # fmt: skip
        self.rings_ = None
        if np.any(self.wrong):
            self.rings_ = self.ax_.scatter(
                *self.points[self.wrong].T,
                s=3 * size + 10, facecolors="none", edgecolors="black", linewidths=0.7,
                label="mistake",
            )  # fmt: skip
        self.ax_.set(title=self.title, xlabel=self.xlabel, ylabel=self.ylabel, aspect="equal")
        self.ax_.set(adjustable="datalim", xticks=[], yticks=[])
        self.legend_ = self.ax_.legend(
            loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, title="true class",
            ncols=columns,
        )  # fmt: skip
        for handle in self.legend_.legend_handles:
            handle.set(alpha=1, sizes=[40])
        return self


def plot_embedding(
    model: Any,
    X: Any,
    y: Any,
    *,
    method: str = "pca",
    display_labels: Any = None,
    random_state: int | np.random.RandomState | None = None,
    ax: Any = None,
) -> EmbeddingDisplay:
    """Show the features of a network in two dimensions, with its mistakes ringed.

    The features are the values of the last hidden layer (F6), from which the network predicts.
    Classes that lie apart are easy for it.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted; a Pipeline ends with the classifier.
    X : array-like of shape (n_samples, features), (n_samples, H, W) …
        Images as the model takes them. Of more than 5,000, a random sample of 5,000 is drawn.
    y : array-like of shape (n_samples,)
        Their true labels.
    method : {"pca", "tsne"}, default="pca"
        "pca" draws the two directions of most variance. "tsne" draws near images near each other;
        its distances between groups mean little, and it needs more time.
    display_labels : array-like of shape (n_classes,), default=None
        What to call the model's `classes_`. None: the labels.
    random_state : int, RandomState instance or None, default=None
        Seed of the sample and of t-SNE.
    ax : matplotlib Axes, default=None
        Where to draw. None: a new figure.

    Returns
    -------
    display : EmbeddingDisplay
        What was drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    NotFittedError
        If the model is not fitted.
    TypeError
        If it is no LeNet5Classifier.
    ValueError
        If X holds fewer than 3 images, `method` is not valid, the model does not know a label in
        y, or `display_labels` is not one name for each class.

    References
    ----------
    L. van der Maaten and G. Hinton (2008), Visualizing data using t-SNE. Journal of Machine
    Learning Research 9, 2579-2605.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_embedding
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> display = plot_embedding(model, X[900:], y[900:], random_state=0)
    >>> print(display.ax_.get_title())
    Last hidden layer by PCA: 897 images, ... mistakes
    """
    import_pyplot("plot_embedding")
    if method not in _METHODS:
        raise ValueError(f"method must be among {list(_METHODS)}. Got {method!r}.")
    classifier = find_classifier(model)
    images = check_images(BaseEstimator(), X, reset=True, min_samples=3)
    labels = check_labels(y)
    check_consistent_length(images, labels)
    names = names_of_classes(display_labels, classifier.classes_)
    codes = encode_labels(labels, classifier.classes_)
    seed = draw_seed(random_state)
    n_images, of = len(images), ""
    if n_images > _MOST_POINTS:
        drawn = np.random.default_rng(seed).choice(n_images, _MOST_POINTS, replace=False)
        images, labels, codes = images[drawn], labels[drawn], codes[drawn]
        X, of = _take(X, images, drawn), f" of {n_images:,}"
    wrong = np.asarray(model.predict(X)) != labels
    points, axes_labels = _embed(np.asarray(model.transform(X), np.float64), method, seed)
    mistakes = count(int(wrong.sum()), "mistake") if wrong.any() else "no mistake"
    return EmbeddingDisplay(
        points=points,
        classes=codes,
        wrong=wrong,
        names=names,
        title=f"Last hidden layer by {_METHODS[method]}: {len(images):,}{of} images, {mistakes}",
        xlabel=axes_labels[0],
        ylabel=axes_labels[1],
    ).plot(ax=ax)


def _take(X: Any, images: np.ndarray, rows: np.ndarray) -> Any:
    """Return rows of a table as a table, since the model knows the names of its columns."""
    return X.iloc[rows] if hasattr(X, "iloc") else images


def _embed(features: np.ndarray, method: str, seed: int) -> tuple[np.ndarray, tuple[str, str]]:
    """Return the points, and the names of the two axes."""
    if features.shape[1] == 1:
        features = np.pad(features, ((0, 0), (0, 1)))
    spread = bool(features.std(axis=0).any())
    if method == "tsne":
        if not spread:  # PCA, where t-SNE begins, would divide by 0
            return np.zeros((len(features), 2)), ("t-SNE 1", "t-SNE 2")
        # It must be below the number of images; a third is the upper end of what is usual.
        perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
        tsne = TSNE(perplexity=perplexity, init="pca", random_state=seed)
        return tsne.fit_transform(features), ("t-SNE 1", "t-SNE 2")
    if not spread:
        return np.zeros((len(features), 2)), ("component 1", "component 2")
    pca = PCA(n_components=2, svd_solver="full").fit(features)
    first, second = (
        f"component {i} ({100 * share:.0f} % of the variance)"
        for i, share in enumerate(pca.explained_variance_ratio_, start=1)
    )
    return pca.transform(features), (first, second)
