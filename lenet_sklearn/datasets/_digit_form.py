"""Bring strokes into the form of MNIST's digits: size, width of the pen, centre of mass."""

from __future__ import annotations

import numpy as np

from lenet_sklearn._images.geometry import resample

SIDE, BOX = 28, 20
# The strokes are measured, and widened or narrowed, at this many pixels per pixel of the result.
FINE = 4
# Widths of strokes that are kept, in pixels of the result. In MNIST's training images, half of
# the digits have a mean width from 2.1 to 3.0. Chosen by the accuracy on training images that
# were drawn with a thin and with a thick pen.
NARROWEST, WIDEST = 2.2, 2.8
# MNIST's centre of mass is at row 14 and column 14, counted from 0, up to half a pixel.
_CENTRE = 14


def to_mnist_form(strokes: np.ndarray) -> np.ndarray:
    """Return strokes (from 0 to 1, cut to their box) as a 28×28 image, uint8.

    They are scaled into 20×20 pixels and keep their proportions. Then they are moved by whole
    pixels, so that their centre of mass is in the middle.
    """
    mask = _enlarge(strokes)
    inside = _depth(mask)
    width = _stroke_width(inside)
    grow = float(np.clip(width, NARROWEST * FINE, WIDEST * FINE) - width) / 2
    distance = np.where(mask, inside, -_depth(~mask)) if grow > 0 else inside
    return _place(_soften(distance, grow))


def _enlarge(strokes: np.ndarray) -> np.ndarray:
    """Return the strokes as a mask that fits into the box at the fine scale."""
    height, width = strokes.shape
    scale = BOX * FINE / max(height, width)
    size = max(1, round(height * scale)), max(1, round(width * scale))
    fine = resample(strokes[np.newaxis, np.newaxis], size)[0, 0]
    # Strokes below one fine pixel are faint now.
    visible = fine[fine > 0.02]
    top = np.quantile(visible, 0.9) if len(visible) else 1
    # The margin is room to grow.
    return np.pad(fine > 0.5 * np.clip(top, 0.1, 1), 2 * FINE)


def _depth(mask: np.ndarray) -> np.ndarray:
    """Return how far each pixel of the mask is from the edge, in fine pixels; -0.5 outside."""
    from scipy import ndimage

    return ndimage.distance_transform_edt(mask) - 0.5


def _stroke_width(inside: np.ndarray) -> float:
    """Return the mean width of the strokes: twice the depth of their middle."""
    from scipy import ndimage

    ridge = (inside > 0) & (inside >= ndimage.maximum_filter(inside, 3))
    return 2 * float(inside[ridge].mean())


def _soften(distance: np.ndarray, grow: float) -> np.ndarray:
    """Move the edge outwards by `grow`, and return the strokes from 0 to 1 at MNIST's scale."""
    inside = np.clip(distance + grow + 0.5, 0, 1)
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
