"""CoverageDisplay: accuracy of the images answered when the least confident are left out."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_consistent_length

from lenet_sklearn.inspection._model_lines import ModelLineDisplay
from lenet_sklearn.inspection._predictions import Predictions, name_of
from lenet_sklearn.inspection._style import import_pyplot, write_in_percent

_SHARES = (0.9, 0.95, 1.0)
_SHOWN = 0.1  # from this share on, all of a line is in the picture


class CoverageDisplay(ModelLineDisplay):
    """Accuracy of the images answered, against the share of images answered.

    The images are answered from the most confident to the least confident. So the right end shows
    the accuracy on all images. The rest shows what a person gains who looks at the least confident
    images instead of the model. Images of equal confidence are answered in random order, and their
    mean is drawn.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`. To compare models, draw them
    into one `ax`.

    Parameters
    ----------
    coverage : array-like of shape (n,)
        Shares of the images that are answered, rising to 1.
    accuracy : array-like of shape (n,)
        Accuracy on the images answered.
    name : str, default=None
        Name of the model, for the legend.

    Attributes
    ----------
    area_ : float
        Mean accuracy over all shares: the area under the line.
    accuracy_at_ : dict of float to float
        Accuracy when 90 %, 95 % and 100 % of the images are answered; the keys are 0.9, 0.95
        and 1.0.
    line_ : matplotlib Line2D
        The line of the model.
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of these Axes.

    References
    ----------
    Y. Geifman, R. El-Yaniv (2017). Selective Classification for Deep Neural Networks. NeurIPS.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import CoverageDisplay
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> display = CoverageDisplay.from_estimator(model, X[900:], y[900:])
    >>> display.accuracy_at_[0.9] > display.accuracy_at_[1.0]
    True
    """

    _figsize = (5.6, 4.6)

    def __init__(
        self, *, coverage: ArrayLike, accuracy: ArrayLike, name: str | None = None
    ) -> None:
        self.coverage = coverage
        self.accuracy = accuracy
        self.name = name

    @property
    def area_(self) -> float:
        """Mean accuracy over all shares."""
        return float(np.mean(np.asarray(self.accuracy)))

    @property
    def accuracy_at_(self) -> dict[float, float]:
        """Accuracy when 90 %, 95 % and 100 % of the images are answered."""
        # The first number of images that makes up the share; 1e-9 absorbs the rounding of i / n.
        places = np.searchsorted(np.asarray(self.coverage), np.array(_SHARES) - 1e-9)
        return dict(zip(_SHARES, np.asarray(self.accuracy)[places].tolist(), strict=True))

    @classmethod
    def from_estimator(
        cls, estimator: Any, X: Any, y: Any, *, name: str | None = None, ax: Any = None
    ) -> Self:
        """Draw a fitted classifier; its confidence is the probability of the predicted class.

        Parameters
        ----------
        estimator : classifier or Pipeline
            Fitted, with `predict_proba`.
        X : array-like of shape (n, features), (n, H, W) …
            Images as the estimator takes them. It must not have been fitted on them.
        y : array-like of shape (n,)
            Their true labels.
        name : str, default=None
            For the legend. None: the name of the classifier's class.
        ax : matplotlib Axes, default=None
            Where to draw, also beside other models. None: a new figure.

        Returns
        -------
        display : CoverageDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no `predict_proba`.
        ValueError
            If y does not have one label for each image, or the estimator does not know a label.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        predictions = Predictions.of(estimator, X, y)
        return cls._of(predictions, predictions.confidence, name_of(estimator, name)).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y: ArrayLike,
        proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        confidence: ArrayLike | None = None,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw predicted probabilities.

        Parameters
        ----------
        y : array-like of shape (n,)
            True labels.
        proba : array-like of shape (n, n_classes)
            Predicted probabilities; each row sums to 1.
        classes : array-like of shape (n_classes,), default=None
            Label of each column of `proba`: `classes_` of the model. None: 0 to n_classes - 1.
        confidence : array-like of shape (n,), default=None
            How sure the model is of each image, larger for surer; for example minus an entropy of
            :func:`predict_uncertainty`. None: the probability of the predicted class.
        name : str, default=None
            As in :meth:`from_estimator`.
        ax : matplotlib Axes, default=None
            As in :meth:`from_estimator`.

        Returns
        -------
        display : CoverageDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `proba` does not hold probabilities, y does not have one label for each row, a label
            is not among the classes, or `confidence` is not one finite number for each row.

        Examples
        --------
        >>> from lenet_sklearn.inspection import CoverageDisplay
        >>> proba = [[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.3, 0.7]]
        >>> display = CoverageDisplay.from_predictions([0, 0, 1, 1], proba)
        >>> display.coverage.tolist(), display.accuracy.tolist()
        ([0.25, 0.5, 0.75, 1.0], [1.0, 1.0, 1.0, 0.75])
        """
        import_pyplot(f"{cls.__name__}.from_predictions")
        predictions = Predictions.make(y, proba, classes)
        sure = predictions.confidence if confidence is None else np.asarray(confidence)
        if confidence is not None:
            _check_confidence(sure, predictions)
        return cls._of(predictions, sure, name).plot(ax=ax)

    @classmethod
    def _of(cls, predictions: Predictions, confidence: np.ndarray, name: str | None) -> Self:
        _, group = np.unique(-confidence, return_inverse=True)
        sizes = np.bincount(group)
        # Among images of equal confidence, the number of hits grows evenly.
        hits = np.bincount(group, weights=predictions.correct) / sizes
        n_answered = np.arange(1, len(confidence) + 1)
        accuracy = np.cumsum(hits.repeat(sizes)) / n_answered
        return cls(coverage=n_answered / len(confidence), accuracy=accuracy, name=name)

    def _prepare(self, ax: Any) -> None:
        ax.set(
            title="Accuracy of the images answered",
            xlabel="images answered, the most confident first (%)",
            ylabel="accuracy (%)",
            xlim=(0, 1.01),
        )
        write_in_percent(ax.yaxis)

    def _draw(self, ax: Any, name: str | None, style: dict[str, Any]) -> None:
        at = self.accuracy_at_
        text = f"{100 * at[1.0]:.1f} % of all, {100 * at[0.9]:.1f} % of the surest 90 %"
        (self.line_,) = ax.plot(
            self.coverage,
            self.accuracy,
            label=f"{name}\n{text}" if name else text,
            markersize=5,
            markevery=[np.size(self.coverage) - 1],
            **style,
        )
        _limit(ax)

    def _legend_place(self, ax: Any) -> dict[str, Any]:
        return {"loc": "lower left"}


def _limit(ax: Any) -> None:
    """End the accuracy at 100 %, and leave room for the legend below the lines."""
    lines = [line.get_xydata() for line in ax.lines if line.get_gid()]
    # One mistake among the first images must not squeeze the rest of the line.
    least = min(accuracy.min() for accuracy in (xy[xy[:, 0] >= _SHOWN, 1] for xy in lines))
    span = max(1 - least, 0.01)
    ax.set_ylim(max(1 - (1.2 + 0.2 * len(lines)) * span, 0), 1 + 0.02 * span)


def _check_confidence(confidence: np.ndarray, predictions: Predictions) -> None:
    if confidence.ndim != 1 or confidence.dtype.kind not in "buif":
        raise ValueError(
            "confidence must hold one number for each image. Got dtype "
            f"{confidence.dtype} and shape {confidence.shape}."
        )
    check_consistent_length(predictions.y, confidence)
    if not np.isfinite(confidence).all():
        raise ValueError("confidence must hold finite numbers. Got NaN or infinity.")
