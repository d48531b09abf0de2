"""Describe the pixels of the training data, and compare other pixels with them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from lenet_sklearn._files.json_values import items, members
from lenet_sklearn._images.layout import ImageLayout

# Number of rows, and of values in them, that are cast to float64 together.
_CHUNK = 1024
_VALUES = 2**20
# With at least this many images, a small contrast is not due to chance.
_MANY = 10


@dataclass(frozen=True)
class PixelStatistics:
    """The pixels of the training data.

    Parameters
    ----------
    mean, std : tuple of float
        Weighted mean and standard deviation of each channel. A constant channel has the standard
        deviation 1.
    low, high : float
        Smallest and largest pixel.
    contrast : float
        Smallest range of pixels (largest minus smallest) within one image.
    darkest, brightest : float
        Smallest and largest of the classes' mean pixels.
    brightness_sd : float
        Standard deviation of the images' mean pixels.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    low: float
    high: float
    contrast: float
    darkest: float
    brightest: float
    brightness_sd: float

    def standard(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the shift and the divisor that give pixels the mean 0 and the variance 1."""
        return _per_channel(self.mean), _per_channel(self.std)

    def scale_to(self, levels: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """Return the shift and the divisor that map the pixel range to two levels."""
        low, high = levels
        std = (self.high - self.low) / (high - low) or 1.0
        ones = np.ones(len(self.mean))
        return _per_channel((self.low - low * std) * ones), _per_channel(std * ones)

    def find_difference(self, low: float, high: float, mean: float, n: int) -> str | None:
        """Say how new pixels differ from the training data; None if they do not.

        Parameters
        ----------
        low, high, mean : float
            Smallest, largest and mean pixel of the new images.
        n : int
            Number of new images.

        Returns
        -------
        difference : str or None
            The end of a sentence that begins with "The pixels of X".
        """
        span, width = high - low, self.high - self.low
        if not width:
            return None
        seen = f"{self.low:.3g} to {self.high:.3g} in the training data"
        narrow = span < 0.5 * self.contrast or (n >= _MANY and span < width / 8)
        wide = high > self.high + width or low < self.low - width
        if (narrow and span > 0) or wide:
            return f"go from {low:.3g} to {high:.3g}, but from {seen}"
        # In inverted images the mean lies near the mirror image of the classes' means.
        mirrored = self.low + self.high - mean
        away, mirrored_away = self._distance(mean), self._distance(mirrored)
        if mirrored_away < away and away > 4 * self.brightness_sd / math.sqrt(n):
            return (
                f"have the mean {mean:.3g}, but the classes of the training data have means from "
                f"{self.darkest:.3g} to {self.brightest:.3g}: they look inverted"
            )
        return None

    def _distance(self, mean: float) -> float:
        """Return the distance of a mean pixel to the range of the classes' means."""
        return max(self.darkest - mean, mean - self.brightest, 0.0)


def measure_pixels(
    X: np.ndarray,
    layout: ImageLayout,
    y: np.ndarray,
    *,
    weight: np.ndarray | None = None,
    rows: np.ndarray | None = None,
) -> PixelStatistics:
    """Measure the pixels of training images in one pass.

    Parameters
    ----------
    X : ndarray of shape (n, …)
        Images, as `layout` says.
    layout : ImageLayout
    y : ndarray of shape (n,), dtype int64
        Class indices.
    weight : ndarray of shape (n,), default=None
        Weights of the rows.
    rows : ndarray of int, default=None
        The rows to use. None: all.

    Raises
    ------
    ValueError
        If pixels are too large or too small for float32, the dtype of the network.
    """
    X = np.asarray(X)
    rows = np.arange(len(X)) if rows is None else rows
    total = square = np.zeros(layout.channels)
    mass, low, high, contrast = 0.0, math.inf, -math.inf, math.inf
    n_classes = int(y.max()) + 1
    counts, sums = np.zeros(n_classes), np.zeros(n_classes)
    of_images = np.zeros(2)  # sum of the mean pixels, and sum of their squares
    n_together = min(_CHUNK, max(1, _VALUES // math.prod(X.shape[1:])))
    for start in range(0, len(rows), n_together):
        at = rows[start : start + n_together]
        images = layout.to_images(X[at]).astype(np.float64)
        images = images.reshape(len(at), layout.channels, -1)
        least, greatest = images.min(axis=(1, 2)), images.max(axis=(1, 2))
        low, high = min(low, least.min()), max(high, greatest.max())
        contrast = min(contrast, (greatest - least).min())
        brightness = images.mean(axis=(1, 2))
        counts += np.bincount(y[at], minlength=n_classes)
        sums += np.bincount(y[at], brightness, minlength=n_classes)
        w = np.ones(len(at)) if weight is None else weight[at]
        if start == 0:  # a shift keeps the variance exact if the mean is large
            shift = images.mean(axis=(0, 2))[:, np.newaxis]
        brightness -= shift.mean()
        with np.errstate(over="ignore"):  # checked below
            of_images += brightness.sum(), np.square(brightness).sum()
        images -= shift
        total = total + w @ images.sum(-1)
        square = square + w @ np.einsum("ncp,ncp->nc", images, images)
        mass += w.sum() * images.shape[-1]
    with np.errstate(over="ignore", invalid="ignore"):  # checked below
        mean = total / mass
        std = np.sqrt(np.maximum(square / mass - mean**2, 0.0))
        mean = mean + shift[:, 0]
    largest, varied = np.abs([*mean, *std]).max(), std[std > 0]
    if not largest < 1e18 or (varied < 1e-18).any():
        raise ValueError(
            "X must hold pixels whose squares fit float32, between 1e-18 and 1e18. Got "
            f"values around {np.abs(mean).max():.3g} with a standard deviation of "
            f"{std.max():.3g}. Divide X by its maximum first."
        )
    std[std <= 1e-7 * np.abs(mean)] = 1.0
    std[std == 0] = 1.0
    of_class = sums[counts > 0] / counts[counts > 0]
    first, second = of_images / len(rows)
    return PixelStatistics(
        tuple(mean.tolist()),
        tuple(std.tolist()),
        float(low),
        float(high),
        float(contrast),
        float(of_class.min()),
        float(of_class.max()),
        math.sqrt(max(0.0, second - first**2)),
    )


def check_levels(levels: Any) -> tuple[float, float] | None:
    """Check `pixel_levels`, the new values of the smallest and the largest pixel."""
    if levels is None:
        return None
    pair = np.asarray(levels)
    if pair.shape != (2,) or pair.dtype.kind not in "iuf" or not pair[0] < pair[1]:
        raise ValueError(
            "pixel_levels must be None or two numbers, the smaller first: the new values of the "
            f"smallest and the largest pixel. Got {levels!r}. Most projects use (0, 1)."
        )
    return float(pair[0]), float(pair[1])


def unpack_pixels(state: Any) -> PixelStatistics | None:
    """Turn the output of `dataclasses.asdict` back into statistics; None stays None."""
    if state is None:
        return None
    names = [field.name for field in fields(PixelStatistics)]
    values = dict(zip(names, members(state, "pixels", *names), strict=True))
    for name in ("mean", "std"):
        values[name] = tuple(items(values[name], name, float, int))
    numbers = [*values["mean"], *values["std"], *(values[name] for name in names[2:])]
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise ValueError("pixels must hold finite numbers")
    return PixelStatistics(**values)


def _per_channel(values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Shape one value for each channel so that it broadcasts over images."""
    return np.asarray(values, np.float32).reshape(-1, 1, 1)
