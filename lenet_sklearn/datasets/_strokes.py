"""Find the strokes of a drawing: which side of the background they are on, and where."""

from __future__ import annotations

import numpy as np

# The most pixels of a side that is worked on. Larger images are shrunk first.
WORK_SIDE = 400
# Grey levels (of 255) between strokes and background: with less, an image is blank.
LEAST_CONTRAST = 20
# Stroke pixels stand out from the noise by this many standard deviations.
_SIGMAS = 4.0
# Pixels above the low share of the contrast belong to strokes if they touch one above the high.
_LOW, _HIGH = 0.3, 0.5
# Parts with less than this share of the area of the largest one are specks.
_SPECK = 0.03
# A stroke that fills a drawing has this share of it, is so many times longer than wide, and differs
# in its grey by this share of the contrast.
_FILLED, _NARROW, _FLAT = 0.6, 2, 0.15
_N_SAMPLES = 24  # per axis, for the background
_N_FITS = 6
_LAG = 4  # pixels apart that share no pixel of the filter against noise


def shrink(grey: np.ndarray) -> np.ndarray:
    """Average blocks of a large image, so that neither side exceeds `WORK_SIDE`."""
    factor = -(-max(grey.shape) // WORK_SIDE)
    if factor == 1:
        return grey
    for axis in (0, 1):
        starts = np.arange(0, grey.shape[axis], factor)
        widths = np.diff([*starts, grey.shape[axis]]).astype(np.float32)
        grey = np.add.reduceat(grey, starts, axis=axis, dtype=np.float32)
        grey /= widths[:, np.newaxis] if axis == 0 else widths
    return grey


def find_strokes(grey: np.ndarray) -> np.ndarray | None:
    """Return the strokes from 0 to 1, cut to their box; None if the image is blank.

    Parameters
    ----------
    grey : ndarray of shape (H, W), float32
        Grey values from 0 to 255, the strokes darker or lighter than the background.
    """
    from scipy import ndimage

    grey = shrink(grey)
    paper = _paper_in_the_corners(grey)
    contrast = grey - (background(grey) if paper is None else paper)
    # The squares of the few pixels in strokes exceed those of the many in the background.
    if (contrast * np.abs(contrast)).sum() < 0:
        contrast = -contrast
    sigma = _noise(contrast)
    if sigma > 1:
        contrast = ndimage.uniform_filter(contrast, 3)
        sigma = _noise(contrast)
    n_top = max(4, contrast.size // 500)
    if n_top < contrast.size:
        core = float(np.partition(contrast.ravel(), -n_top)[-n_top:].mean())
    else:
        core = float(contrast.max())
    if core < max(LEAST_CONTRAST, (_SIGMAS + 1) * sigma):
        return None
    # The value inside the strokes, from many pixels: the highest ones may be noise.
    core = float(np.median(contrast[contrast > _HIGH * core]))
    low = max(_LOW * core, _SIGMAS * sigma)
    mask = _strong_parts(contrast > low, contrast > max(low, _HIGH * core))
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    box = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    strokes = np.clip(contrast[box] / core, 0, 1)
    strokes[~mask[box]] = 0
    return strokes


def _paper_in_the_corners(grey: np.ndarray) -> float | None:
    """Return the grey of the paper, if a stroke fills a drawing but for some of its corners.

    A 1 that is cut to its box looks so: it is flat and narrow, and lies between the paper of two
    opposite corners. Most of the border is ink, and a surface could not tell which is the paper.
    """
    from scipy import ndimage

    low, high = float(grey.min()), float(grey.max())
    if high - low < LEAST_CONTRAST or min(grey.shape) * _NARROW > max(grey.shape):
        return None
    ink = grey > (low + high) / 2
    ink_is_light = bool(ink.mean() > 0.5)
    ink = ink if ink_is_light else ~ink
    flat = np.abs(grey - (high if ink_is_light else low)) < _FLAT * (high - low)
    if ink.mean() < _FILLED or flat.mean() < 0.9 * ink.mean():
        return None
    parts, _ = ndimage.label(~ink)
    one, other = (parts[0, 0], parts[-1, -1]), (parts[0, -1], parts[-1, 0])
    if not any(all(pair) and pair[0] != pair[1] for pair in (one, other)):
        return None
    return low if ink_is_light else high


def background(grey: np.ndarray) -> np.ndarray:
    """Return the grey of the background under each pixel: a smooth surface of second order.

    It is fitted to a grid of pixels. Pixels that are far from it lose their weight, and those at
    the border, where there is rarely a stroke, have more of it.
    """
    height, width = grey.shape
    rows = np.unique(np.linspace(0, height - 1, _N_SAMPLES).astype(int))
    columns = np.unique(np.linspace(0, width - 1, _N_SAMPLES).astype(int))
    values = grey[np.ix_(rows, columns)].ravel().astype(np.float64)
    y = np.repeat(rows, len(columns)) / max(height - 1, 1) * 2 - 1
    x = np.tile(columns, len(rows)) / max(width - 1, 1) * 2 - 1
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    border = np.maximum(np.abs(x), np.abs(y)) > 0.85
    weights = np.where(border, 1.0, 0.1)
    # Begin at the median of the border: a fit by squares would begin between paper and ink.
    residual = values - np.median(values[border])
    for _ in range(_N_FITS):
        scale = max(2.0, 1.5 * float(np.median(np.abs(residual[border]))))
        robust = weights / (1 + (residual / scale) ** 2)
        weighted = terms * robust[:, np.newaxis]
        # A little is added to the diagonal: an image of one row has no slope down.
        solution = np.linalg.solve(
            terms.T @ weighted + 1e-6 * robust.sum() * np.eye(6), weighted.T @ values
        )
        residual = values - terms @ solution
    c, cx, cy, cxx, cxy, cyy = solution.astype(np.float32)
    x, y = _axis(width), _axis(height)[:, np.newaxis]
    return (c + cx * x + cxx * x * x) + y * (cy + cyy * y + cxy * x)


def _axis(side: int) -> np.ndarray:
    """Return coordinates from -1 to 1."""
    return np.linspace(-1, 1, side, dtype=np.float32)


def _noise(contrast: np.ndarray) -> float:
    """Return the standard deviation of the noise, by the median difference of near pixels.

    Strokes and a background that does not fit change it little.
    """
    if contrast.shape[1] <= _LAG:
        return 0.0
    rows = contrast[::3]
    differences = np.abs(rows[:, _LAG::2] - rows[:, :-_LAG:2])
    return 1.4826 / np.sqrt(2) * float(np.median(differences))


def _strong_parts(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return the connected parts of `low` that touch `high` and are no specks."""
    from scipy import ndimage

    labels, n = ndimage.label(low, structure=np.ones((3, 3), int))
    if n <= 1:
        return low & high.any()
    areas = np.bincount(labels.ravel(), minlength=n + 1)
    strong = np.bincount(labels[high], minlength=n + 1) > 0
    areas[0], strong[0] = 0, False
    if not strong.any():
        return np.zeros_like(low)
    keep = strong & (areas >= _SPECK * areas[strong].max())
    return keep[labels]
