"""ReliabilityDisplay: how often a model is right when it is so confident."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from lenet_sklearn.inspection._calibration import (
    MOST_BINS,
    bin_predictions,
    calibration_error_of,
)
from lenet_sklearn.inspection._intervals import wilson_interval
from lenet_sklearn.inspection._model_lines import ModelLineDisplay
from lenet_sklearn.inspection._predictions import Predictions, check_count, name_of
from lenet_sklearn.inspection._style import GREY, import_pyplot, n_models

_CONFIDENCE = 0.95
# The number of images has a strip of its own below the accuracy, in its units.
_STRIP = (-0.36, -0.12)
_LEAST_SHARE = 1e-4


class ReliabilityDisplay(ModelLineDisplay):
    """Accuracy against confidence, with the number of images.

    The confidence is the probability of the predicted class. A model whose probabilities are
    honest lies on the diagonal. One below it is too confident. The vertical lines are 95 %
    intervals (Wilson, 1927). The strip below shows the share of the images in each bin.

    Make it with :meth:`from_estimator` or :meth:`from_predictions`. To compare models, draw them
    into one `ax`.

    Parameters
    ----------
    confidence, accuracy : array-like of shape (n_bins,)
        Mean confidence, and share of correct predictions, of the images in each bin. NaN for a bin
        without images. The bins divide 0 to 1 into equal parts.
    n_images : array-like of shape (n_bins,)
        Number of images in each bin.
    calibration_error : float
        Expected calibration error.
    name : str, default=None
        Name of the model, for the legend.

    Attributes
    ----------
    line_ : matplotlib Line2D
        Accuracy against confidence.
    intervals_ : matplotlib LineCollection
        The 95 % intervals.
    bars_ : matplotlib StepPatch
        Share of the images in each bin.
    ax_ : matplotlib Axes
    figure_ : matplotlib Figure

    See Also
    --------
    expected_calibration_error : The number in the legend.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017). On Calibration of Modern Neural Networks.
    ICML.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import ReliabilityDisplay
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> display = ReliabilityDisplay.from_estimator(model, X[900:], y[900:])
    >>> display.line_.get_label()
    'LeNet5Classifier: calibration error 0...'
    """

    _figsize = (5.6, 5.2)

    def __init__(
        self,
        *,
        confidence: ArrayLike,
        accuracy: ArrayLike,
        n_images: ArrayLike,
        calibration_error: float,
        name: str | None = None,
    ) -> None:
        self.confidence = confidence
        self.accuracy = accuracy
        self.n_images = n_images
        self.calibration_error = calibration_error
        self.name = name

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        n_bins: int = 15,
        name: str | None = None,
        ax: Any = None,
    ) -> Self:
        """Draw a fitted classifier.

        Parameters
        ----------
        estimator : classifier or Pipeline
            Fitted, with `predict_proba`.
        X : array-like of shape (n, features), (n, H, W) …
            Images as the estimator takes them. It must not have been fitted on them.
        y : array-like of shape (n,)
            Their true labels.
        n_bins : int, default=15
            Number of bins between 0 and 1.
        name : str, default=None
            For the legend. None: the name of the classifier's class.
        ax : matplotlib Axes, default=None
            Where to draw, also beside other models. None: a new figure.

        Returns
        -------
        display : ReliabilityDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it has no `predict_proba`.
        ValueError
            If y does not have one label for each image, the estimator does not know a label, or
            `n_bins` is not an integer from 1 to 1,000.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        check_count("n_bins", n_bins, MOST_BINS)
        predictions = Predictions.of(estimator, X, y)
        return cls._of(predictions, n_bins, name_of(estimator, name)).plot(ax=ax)

    @classmethod
    def from_predictions(
        cls,
        y: ArrayLike,
        proba: ArrayLike,
        *,
        classes: ArrayLike | None = None,
        n_bins: int = 15,
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
        n_bins, name, ax
            As in :meth:`from_estimator`.

        Returns
        -------
        display : ReliabilityDisplay

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            As :func:`expected_calibration_error`.

        Examples
        --------
        >>> from lenet_sklearn.inspection import ReliabilityDisplay
        >>> proba = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]]
        >>> display = ReliabilityDisplay.from_predictions([0, 1, 1, 1], proba, n_bins=5)
        >>> display.accuracy.tolist()
        [nan, nan, 1.0, nan, 0.5]
        """
        import_pyplot(f"{cls.__name__}.from_predictions")
        check_count("n_bins", n_bins, MOST_BINS)
        return cls._of(Predictions.make(y, proba, classes), n_bins, name).plot(ax=ax)

    @classmethod
    def _of(cls, predictions: Predictions, n_bins: int, name: str | None) -> Self:
        return cls(
            **bin_predictions(predictions, n_bins),
            calibration_error=calibration_error_of(predictions, n_bins),
            name=name,
        )

    def _prepare(self, ax: Any) -> None:
        """Draw the diagonal, and name the axes and their ticks."""
        ax.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="honest", zorder=1)
        ax.axhline(0, color="black", linewidth=0.8)
        shares = np.array([1e-4, 1e-2, 1])
        accuracies = np.linspace(0, 1, 6)
        labels = [*("0.01", "1", "100"), *(f"{100 * a:.0f}" for a in accuracies)]
        ax.set_yticks([*_in_strip(shares), *accuracies], labels)
        ax.text(0.01, -0.02, "images in the bin (%, log scale)", va="top", fontsize="small")
        ax.set(
            xlim=(0, 1.015), ylim=(_STRIP[0], 1.03), xlabel="confidence (%)", title="Reliability",
            xticks=np.linspace(0, 1, 6),
        )  # fmt: skip
        ax.set_ylabel("accuracy (%)", y=(0.5 - _STRIP[0]) / (1.03 - _STRIP[0]))

    def _draw(self, ax: Any, name: str | None, style: dict[str, Any]) -> None:
        error = f"calibration error {self.calibration_error:.3f}"
        there = np.asarray(self.n_images) > 0
        n = np.asarray(self.n_images)[there]
        x, accuracy = (np.asarray(a, float)[there] for a in (self.confidence, self.accuracy))
        ends = wilson_interval(accuracy * n, n, _CONFIDENCE)
        self.intervals_ = ax.vlines(x, *ends, color=style["color"], alpha=0.5)
        (self.line_,) = ax.plot(
            x, accuracy, label=f"{name}: {error}" if name else error, markersize=5, **style
        )
        self.bars_ = self._draw_bars(style["color"])

    def _legend_place(self, ax: Any) -> dict[str, Any]:
        """Put the legend above the lines, or below them if a model is too cautious."""
        points = np.concatenate([line.get_xydata() for line in ax.lines if line.get_gid()])
        depth = 0.1 * (n_models(ax) + 1)  # of the legend, in units of accuracy
        if ((points[:, 0] < 0.7) & (points[:, 1] > 1 - depth)).any():
            return {"loc": "lower right", "bbox_to_anchor": (1, 0), "bbox_transform": ax.transData}
        return {"loc": "upper left"}

    def _draw_bars(self, color: str) -> Any:
        """Draw the share of the images in each bin, on a logarithmic scale."""
        n_images = np.asarray(self.n_images)
        shares = np.maximum(n_images / n_images.sum(), _LEAST_SHARE * 1.2)  # one image is visible
        heights = np.where(n_images > 0, _in_strip(shares), _STRIP[0])
        edges = np.linspace(0, 1, len(n_images) + 1)
        return self.ax_.stairs(
            heights, edges, baseline=_STRIP[0], fill=True, facecolor=color, alpha=0.4
        )


def _in_strip(shares: np.ndarray) -> np.ndarray:
    """Return the height at which a share of the images stands in the strip."""
    bottom, top = _STRIP
    return top - (top - bottom) * np.log10(shares) / np.log10(_LEAST_SHARE)
