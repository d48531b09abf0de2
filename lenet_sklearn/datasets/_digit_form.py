"""Bring strokes into the form of MNIST's digits: size, width of the pen, centre of mass."""

from __future__ import annotations

import numpy as np

from lenet_sklearn._images.geometry import resample

SIDE, BOX = 28, 20
# The strokes are measured, and widened or narrowed, at this many pixels per pixel of the result.
FINE = 4
# Widths of strokes that are kept, in pixels of the result. In MNIST's training images, 90 % of
# the digits have a mean width from 1.7 to 4.1.
NARROWEST, WIDEST = 1.8, 3.6
# MNIST's centre of mass is at row 14 and column 14, counted from 0, up to half a pixel.
_CENTRE = 14


def to_mnist_form(strokes: np.ndarray) -> np.ndarray:
    """Return strokes (from 0 to 1, cut to their box) as a 28×28 image, uint8.

    They are scaled into 20×20 pixels and keep their proportions. Then they are moved by whole
    pixels, so that their centre of mass is in the middle.
    """
    mask = _enlarge(strokes)
    distance = _distance(mask)
    grow = (np.clip(width := _stroke_width(distance), NARROWEST * FINE, WIDEST * FINE) - width) / 2
    box = _soften(distance, grow)
    return _place(box)


def _enlarge(strokes: np.ndarray) -> np.ndarray:
    """Return the strokes as a mask that fits into the box at the fine scale."""
    height, width = strokes.shape
    scale = BOX * FINE / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    fine = resample(strokes[np.newaxis, np.newaxis], size)[0, 0]
    # Strokes below one fine pixel are faint now.
    visible = fine[fine > 0.02]
    top = np.quantile(visible, 0.9) if len(visible) else 1
    return fine > 0.5 * np.clip(top, 0.1, 1)


def _distance(mask: np.ndarray) -> np.ndarray:
    """Return the distance to the edge of the strokes: positive inside, negative outside."""
    from scipy import ndimage

    padded = np.pad(mask, 3 * FINE)
    inside = ndimage.distance_transform_edt(padded)
    outside = ndimage.distance_transform_edt(~padded)
    return inside - outside - np.where(padded, 0.5, -0.5)


def _stroke_width(distance: np.ndarray) -> float:
    """Return the mean width of the strokes: twice the distance of their middle to their edge."""
    from scipy import ndimage

    inside = distance > 0
    ridge = inside & (distance >= ndimage.maximum_filter(distance, 3))
    return 2 * float(distance[ridge].mean())


def _soften(distance: np.ndarray, grow: float) -> np.ndarray:
    """Move the edge outwards by `grow`, and return the strokes from 0 to 1 at MNIST's scale."""
    inside = np.clip(distance + grow + 0.5, 0, 1)
    height, width = inside.shape
    # MNIST's box holds the whole strokes: what grew over its edge is scaled back into it.
    rows, columns = np.nonzero(inside.max(axis=1))[0], np.nonzero(inside.max(axis=0))[0]
    cut = inside[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = BOX / max(cut.shape)
    size = max(1, round(cut.shape[0] * scale)), max(1, round(cut.shape[1] * scale))
    return resample(cut[np.newaxis, np.newaxis], size)[0, 0]


def _place(box: np.ndarray) -> np.ndarray:
    """Put the strokes into 28×28 pixels, with the centre of mass in the middle."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    pixels = np.rint(255 * np.clip(box / box.max(), 0, 1)).astype(np.uint8)
    mass = box.sum()
    starts = []
    for axis, side in enumerate(box.shape):
        centre = box.sum(axis=1 - axis) @ np.arange(side) / mass
        starts.append(int(np.clip(np.floor(_CENTRE - centre + 0.5), 0, SIDE - side)))
    top, left = starts
    image[top : top + box.shape[0], left : left + box.shape[1]] = pixels
    return image
