"""Moments, shifts, shears and resizing of a stack of images ``(n, C, H, W)``, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# With less vertical variance (in square pixels), the ink lies in one row and has no slant.
_LEAST_VERTICAL_VARIANCE = 1e-6


def ink(images: np.ndarray) -> np.ndarray:
    """Return the weight of each pixel for the moments: the sum of its positive channel values.

    The result has the shape (n, H, W) and is float64. Weights of one image are only relative.
    """
    # PAPER: LeCun et al. give each foreground pixel the weight 1. Here its grey value is used.
    positive = np.maximum(images, 0)
    if positive.dtype.kind == "f":
        # The sum of very large floats would overflow. A division by a power of two is exact.
        exponent = np.frexp(positive.max(axis=(1, 2, 3), keepdims=True))[1]
        positive = np.ldexp(positive.astype(np.float64, copy=False), -exponent)
    return positive.sum(axis=1, dtype=np.float64)


def centre_of_mass(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean row and column of the ink; for a blank image, the middle.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._images.geometry import centre_of_mass
    >>> centre_of_mass(np.array([[[0, 0, 1], [0, 0, 3]]]))
    (array([0.75]), array([2.]))
    """
    height, width = weights.shape[1:]
    rows, columns = weights.sum(axis=2), weights.sum(axis=1)
    mass = rows.sum(axis=1)
    blank = mass == 0
    mass = np.where(blank, 1, mass)
    y = np.where(blank, (height - 1) / 2, rows @ np.arange(height) / mass)
    x = np.where(blank, (width - 1) / 2, columns @ np.arange(width) / mass)
    return y, x


def slant(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slant of the ink (columns to the right per row down) and its mean row.

    The slant is mu11 / mu02. It is 0 if the image is blank or its ink lies in one row.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._images.geometry import slant
    >>> skew, _ = slant(np.array([np.eye(5), np.eye(5)[::-1], np.zeros((5, 5))]))
    >>> print(skew)
    [ 1. -1.  0.]
    """
    height, width = weights.shape[1:]
    y, x = centre_of_mass(weights)
    rows = weights.sum(axis=2)
    from_y = np.arange(height) - y[:, np.newaxis]
    mu11 = (from_y * (weights @ np.arange(width) - x[:, np.newaxis] * rows)).sum(axis=1)
    mu02 = (from_y**2 * rows).sum(axis=1)
    has_slant = mu02 > _LEAST_VERTICAL_VARIANCE * rows.sum(axis=1)
    return np.divide(mu11, mu02, out=np.zeros_like(mu11), where=has_slant), y


def shift(images: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Move each (C, H, W) image by its own whole number of pixels; empty pixels become 0."""
    margin = int(max(np.abs(down).max(), np.abs(right).max()))
    padded = np.pad(images, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    # A shifted image is a window of the padded image. This needs no loop over images.
    windows = sliding_window_view(padded, images.shape[2:], axis=(2, 3))
    return windows[np.arange(len(images)), :, margin - down, margin - right]


def shear(images: np.ndarray, skew: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Move each row of an image to the left by skew × (row - y), with linear interpolation.

    Empty pixels become 0. The result has a float dtype.
    """
    height, width = images.shape[2:]
    left_by = skew[:, np.newaxis] * (np.arange(height) - y[:, np.newaxis])  # (n, H)
    left_by = np.clip(left_by, -width, width)  # beyond this, the row is outside the image
    whole = np.floor(left_by).astype(np.intp)
    part = (left_by - whole).astype(np.result_type(images.dtype, np.float32))
    margin = int(np.abs(whole).max()) + 1
    padded = np.pad(images, ((0, 0), (0, 0), (0, 0), (margin, margin)))
    windows = sliding_window_view(padded, width, axis=3)  # (n, C, H, 2 margin + 1, W)
    sample, row = np.arange(len(images))[:, np.newaxis], np.arange(height)
    near = windows[sample, :, row, margin + whole]  # (n, H, C, W)
    far = windows[sample, :, row, margin + whole + 1]
    part = part[..., np.newaxis, np.newaxis]
    return np.moveaxis(near * (1 - part) + far * part, 2, 1)


def pad(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Centre the images on a larger canvas of zeros; an odd row or column goes to the end."""
    borders = [(0, 0), (0, 0)]
    for new, old in zip(size, images.shape[2:], strict=True):
        before = (new - old) // 2
        borders.append((before, new - old - before))
    return np.pad(images, borders)


def crop(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Undo `pad`."""
    top, left = ((old - new) // 2 for new, old in zip(size, images.shape[2:], strict=True))
    return images[:, :, top : top + size[0], left : left + size[1]]


def resample(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize the images bilinearly, with antialiasing along an axis that shrinks.

    The result equals torch.nn.functional.interpolate with mode="bilinear", align_corners=False
    and antialias=True. It has a float dtype.
    """
    dtype = np.result_type(images.dtype, np.float32)
    to_rows = _bilinear_weights(images.shape[2], size[0]).astype(dtype)
    to_columns = _bilinear_weights(images.shape[3], size[1]).astype(dtype)
    return to_rows @ (images.astype(dtype, copy=False) @ to_columns.T)


def resample_transposed(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Apply the transpose of `resample`, from images of its output's size to those of its input.

    Each pixel gives its value to the pixels that `resample` makes it from, in the same shares.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._images.geometry import resample_transposed
    >>> resample_transposed(np.ones((1, 1, 4, 6)), (2, 3))
    array([[[[4., 4., 4.],
             [4., 4., 4.]]]])
    """
    dtype = np.result_type(images.dtype, np.float32)
    to_rows = _bilinear_weights(size[0], images.shape[2]).astype(dtype)
    to_columns = _bilinear_weights(size[1], images.shape[3]).astype(dtype)
    return to_rows.T @ (images.astype(dtype, copy=False) @ to_columns)


def _bilinear_weights(old: int, new: int) -> np.ndarray:
    """Return the weight of each old pixel (column) in each new pixel (row).

    The weights form a triangle around the centre of the new pixel. Its half-width is one old pixel
    (linear interpolation), or one new pixel if new pixels are larger.
    """
    ratio = old / new
    centres = (np.arange(new) + 0.5) * ratio
    distances = np.abs(np.arange(old) + 0.5 - centres[:, np.newaxis])
    weights = np.maximum(0, 1 - distances / max(ratio, 1))
    return weights / weights.sum(axis=1, keepdims=True)
