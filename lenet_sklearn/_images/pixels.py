"""Scale the values of pixels, and convert them back to integers."""

from __future__ import annotations

import numpy as np
from sklearn.utils import gen_batches

from lenet_sklearn._images.layout import ImageLayout

# Images per batch. It keeps the memory for temporary floats at a few megabytes.
BATCH_SIZE = 1024
# Background and foreground in LeCun et al. (1998), section II.B: mean about 0, variance about 1.
_NEW_RANGE = {"unit": (0.0, 1.0), "lecun1998": (-0.1, 1.175)}


def learn_scale(
    X: np.ndarray, layout: ImageLayout, scale: str | None
) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """Return the offset and the divisor of each channel, or (None, None) without a scale.

    A pixel becomes ``(pixel - offset) / divisor``. `scale` is that of ImagePreprocessor.
    """
    if scale is None:
        return None, None
    if scale == "standard":
        return _mean_and_sd(X, layout)
    # The limits are fixed where possible, so that all folds are scaled alike, even a fold without
    # a white pixel.
    low, high = (0, 255) if X.dtype == np.uint8 else (min(0, X.min()), max(1, X.max()))
    new_low, new_high = _NEW_RANGE[scale]
    divisor = (float(high) - float(low)) / (new_high - new_low)
    offset = float(low) - new_low * divisor
    return np.full(layout.channels, offset), np.full(layout.channels, divisor)


def _mean_and_sd(X: np.ndarray, layout: ImageLayout) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation of each channel; 1 for a constant channel."""
    batches = list(gen_batches(len(X), BATCH_SIZE))
    n_pixels = len(X) * layout.height * layout.width
    total, squares = np.zeros(layout.channels), np.zeros(layout.channels)
    for rows in batches:
        total += layout.to_images(X[rows]).sum(axis=(0, 2, 3), dtype=np.float64)
    mean = total / n_pixels
    for rows in batches:
        squares += np.square(layout.to_images(X[rows]) - mean[:, None, None]).sum(axis=(0, 2, 3))
    sd = np.sqrt(squares / n_pixels)
    return mean, np.where(sd == 0, 1, sd)


def cast_pixels(pixels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Cast pixels to a dtype; for integers, round floats and clip them to the range.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._images.pixels import cast_pixels
    >>> cast_pixels(np.array([-3.0, 1.7, 300.0]), np.dtype("uint8"))
    array([  0,   2, 255], dtype=uint8)
    """
    if dtype.kind == "f" or pixels.dtype == dtype:
        return pixels.astype(dtype, copy=False)
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    return np.clip(np.rint(pixels), low, high).astype(dtype)
