"""Do the probabilities mean what they say? The expected calibration error."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lenet_sklearn._runs import metrics
from lenet_sklearn.inspection._predictions import Predictions, check_count

MOST_BINS = 1000  # a slip must not fill the memory, or draw for hours


def expected_calibration_error(
    y: ArrayLike, proba: ArrayLike, *, classes: ArrayLike | None = None, n_bins: int = 15
) -> float:
    """Return the mean distance between confidence and accuracy.

    The confidence is the probability of the predicted class. Images are put into bins of equal
    width by their confidence. Of each bin, the mean confidence is compared with the accuracy. The
    error is the mean of the differences, weighted by the number of images.

    Parameters
    ----------
    y : array-like of shape (n,)
        True labels.
    proba : array-like of shape (n, n_classes)
        Predicted probabilities; each row sums to 1.
    classes : array-like of shape (n_classes,), default=None
        Label of each column of `proba`: `classes_` of the model. None: 0 to n_classes - 1.
    n_bins : int, default=15
        Number of bins between 0 and 1. A bin holds its upper end.

    Returns
    -------
    error : float
        From 0, which is best, to 1.

    Raises
    ------
    ValueError
        If `proba` does not hold probabilities, y does not have one label for each row, a label is
        not among the classes, or `n_bins` is not an integer from 1 to 1,000.

    See Also
    --------
    ReliabilityDisplay : A picture of the bins.

    References
    ----------
    C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger (2017). On Calibration of Modern Neural Networks.
    ICML, equation 3.

    Examples
    --------
    >>> from lenet_sklearn.inspection import expected_calibration_error
    >>> proba = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]]
    >>> round(expected_calibration_error([0, 1, 1, 1], proba), 3)
    0.4
    >>> round(expected_calibration_error(list("abbb"), proba, classes=["a", "b"]), 3)
    0.4
    """
    check_count("n_bins", n_bins, MOST_BINS)
    return calibration_error_of(Predictions.make(y, proba, classes), n_bins)


def calibration_error_of(predictions: Predictions, n_bins: int) -> float:
    """Return the error of checked predictions."""
    columns = np.arange(predictions.proba.shape[1])
    return metrics.expected_calibration_error(
        predictions.y, predictions.proba, columns, n_bins=n_bins
    )


def bin_predictions(predictions: Predictions, n_bins: int) -> dict[str, Any]:
    """Return mean confidence, accuracy and number of images of each bin; NaN without images."""
    confidence = predictions.confidence
    bins = metrics.confidence_bins(confidence, n_bins)
    n_images = np.bincount(bins, minlength=n_bins)
    sums = {"confidence": confidence, "accuracy": predictions.correct}
    with np.errstate(invalid="ignore"):  # 0 / 0 where a bin is empty
        means = {
            name: np.bincount(bins, weights=values, minlength=n_bins) / n_images
            for name, values in sums.items()
        }
    return {**means, "n_images": n_images}
