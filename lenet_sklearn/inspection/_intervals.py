"""Confidence intervals of proportions and of F1, for many counts at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri


def wilson_interval(
    successes: ArrayLike, n: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper end of Wilson's score interval of a proportion.

    Parameters
    ----------
    successes, n : array-like of int
        Number of successes, and number of trials. Without a trial, both ends are NaN.
    confidence : float
        Above 0 and below 1.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22, 209-212.

    Examples
    --------
    >>> from lenet_sklearn.inspection._intervals import wilson_interval
    >>> low, high = wilson_interval([9, 10], [10, 10], 0.95)
    >>> low.round(3), high.round(3)
    (array([0.596, 0.722]), array([0.982, 1.   ]))
    """
    k, n = np.asarray(successes, dtype=float), np.asarray(n, dtype=float)
    n = np.where(n == 0, np.nan, n)
    share, z = k / n, ndtri((1 + confidence) / 2)
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    # Rounding must not put the end beside a share of exactly 0 or 1.
    low = np.where(k == 0, np.minimum(centre, 0), centre - half)
    high = np.where(k == n, np.maximum(centre, 1), centre + half)
    return low, high


def f1_interval(
    hits: ArrayLike, misses: ArrayLike, confidence: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper end of an interval of F1, by Wilson's indirect method.

    F1 = 2 J / (1 + J) grows with J, the share of hits among hits and misses. So the ends of
    Wilson's interval of J become the ends of the interval of F1.

    Parameters
    ----------
    hits : array-like of int
        Images of the class that are predicted as it.
    misses : array-like of int
        Other images of the class, and other images that are predicted as it.
    confidence : float
        Above 0 and below 1.

    References
    ----------
    K. F. Y. Lam, V. Gopal and J. Qian (2023), Confidence intervals for the F1 score: a comparison
    of four methods. arXiv:2309.14621.

    Examples
    --------
    >>> from lenet_sklearn.inspection._intervals import f1_interval
    >>> low, high = f1_interval([90], [20], 0.95)  # F1 = 0.9
    >>> low.round(3), high.round(3)
    (array([0.848]), array([0.936]))
    """
    hits = np.asarray(hits)
    low, high = wilson_interval(hits, hits + np.asarray(misses), confidence)
    return 2 * low / (1 + low), 2 * high / (1 + high)
