"""Moments, shifts, shears and resizing of a stack of images ``(n, C, H, W)``, in NumPy."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

# Ink whose vertical variance is less (in square pixels) lies in one row, which has no slant.
_LEAST_VERTICAL_VARIANCE = 1e-6


def ink(images: np.ndarray) -> np.ndarray:
    """Weigh the pixels for the moments: the channels' sum, where negative values weigh nothing.

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W)

    Returns
    -------
    weights : ndarray of shape (n, H, W), float64
        Up to a factor per image.
    """
    # PAPER: LeCun et al. count a foreground pixel as 1; here its grey value weighs.
    positive = np.maximum(images, 0)
    if positive.dtype.kind == "f":
        # The largest floats would overflow in a sum. A power of two changes no digit of them.
        exponent = np.frexp(positive.max(axis=(1, 2, 3), keepdims=True))[1]
        positive = np.ldexp(positive.astype(np.float64, copy=False), -exponent)
    return positive.sum(axis=1, dtype=np.float64)


def centre_of_mass(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Locate the mean row and column of the ink; a blank image's are its middle.

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
    """Measure the slant of the ink, mu11 / mu02: columns to the right per row downwards.

    Returns
    -------
    skew : ndarray of shape (n,)
        0 where the image is blank or its ink lies in one row.
    y : ndarray of shape (n,)
        Row of the centre of mass, about which the ink slants.

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
    """Move each image by its own whole number of pixels; vacated pixels are 0.

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W)
    down, right : ndarray of int of shape (n,)

    Returns
    -------
    shifted : ndarray of shape (n, C, H, W)
        Of the same dtype.
    """
    margin = int(max(np.abs(down).max(), np.abs(right).max()))
    padded = np.pad(images, ((0, 0), (0, 0), (margin, margin), (margin, margin)))
    # A shifted image is a window of the padded one: no index of single pixels, no loop.
    windows = sliding_window_view(padded, images.shape[2:], axis=(2, 3))
    return windows[np.arange(len(images)), :, margin - down, margin - right]


def shear(images: np.ndarray, skew: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Move each row of an image to the left by skew × (row - y), interpolating linearly.

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W)
    skew, y : ndarray of shape (n,)

    Returns
    -------
    sheared : ndarray of shape (n, C, H, W)
        Of a float dtype; vacated pixels are 0.
    """
    height, width = images.shape[2:]
    left_by = skew[:, np.newaxis] * (np.arange(height) - y[:, np.newaxis])  # (n, H)
    left_by = np.clip(left_by, -width, width)  # then the row is out of sight
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

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W)
    size : (int, int)

    Returns
    -------
    resized : ndarray of shape (n, C, *size)
        Of a float dtype. The same as torch.nn.functional.interpolate with mode="bilinear",
        align_corners=False and antialias=True.
    """
    dtype = np.result_type(images.dtype, np.float32)
    to_rows = _bilinear_weights(images.shape[2], size[0]).astype(dtype)
    to_columns = _bilinear_weights(images.shape[3], size[1]).astype(dtype)
    return to_rows @ (images.astype(dtype, copy=False) @ to_columns.T)


def _bilinear_weights(old: int, new: int) -> np.ndarray:
    """Weights of the old pixels (columns) in each new pixel (row).

    A triangle about the new pixel's centre: one old pixel wide to each side, which is linear
    interpolation, or as wide as a new pixel where those are larger.
    """
    ratio = old / new
    centres = (np.arange(new) + 0.5) * ratio
    distances = np.abs(np.arange(old) + 0.5 - centres[:, np.newaxis])
    weights = np.maximum(0, 1 - distances / max(ratio, 1))
    return weights / weights.sum(axis=1, keepdims=True)
