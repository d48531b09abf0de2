"""Corruptions that lie over the image: stripe, fog, spatter, lines; and its edges alone.

Each function takes images ``(n, C, H, W)`` float32 from 0 to 1, the amount of one severity and a
generator. All channels get the same. Lengths are in pixels of an image of 28×28.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.random import Generator
from scipy import ndimage

from lenet_sklearn._images.geometry import resample
from lenet_sklearn.robustness._noise import blur, pixel_unit

_SPATTER_SIZE = 1.5  # sigma of the field from which drops are cut
_SPATTER_TONE = 0.8
_DOT_DISTANCE = 3.2
_DOT_RADIUS = 0.75
_WAVE = 8.0  # columns from one peak of a zigzag to the next
_WAVE_HEIGHT = 2.5
# Of the largest gradient of an image: what begins an edge, and what continues one.
_STRONG_EDGE, _WEAK_EDGE = 0.3, 0.12


def stripe(images: np.ndarray, columns: float, rng: Generator) -> np.ndarray:
    """Invert a vertical stripe in the middle third of each image."""
    width = images.shape[3]
    size = max(1, round(columns * width / 28))
    centre = rng.uniform(width / 3, 2 * width / 3, len(images))
    start = np.clip(np.rint(centre - size / 2), 0, max(0, width - size))[:, np.newaxis]
    inside = (np.arange(width) >= start) & (np.arange(width) < start + size)  # (n, W)
    return np.where(inside[:, np.newaxis, np.newaxis], 1 - images, images)


def fog(images: np.ndarray, density: float, rng: Generator) -> np.ndarray:
    """Add a bright cloud of all sizes, and keep the largest value."""
    n, _, height, width = images.shape
    cloud, weight, points = np.zeros((n, 1, height, width), np.float32), 1.0, 2
    while True:
        field = rng.random((n, 1, points, points), dtype=np.float32)
        cloud += np.float32(weight) * resample(field, (height, width))
        if points > max(height, width) / 2:
            break
        weight, points = 0.6 * weight, 2 * points
    low, high = (end(cloud, axis=(2, 3), keepdims=True) for end in (np.min, np.max))
    cloud = (cloud - low) / np.where(high > low, high - low, 1)
    return (images + np.float32(density) * cloud) / np.float32(1 + density)


def spatter(images: np.ndarray, share: float, rng: Generator) -> np.ndarray:
    """Cover a share of each image with grey drops."""
    n, _, height, width = images.shape
    field = blur(
        rng.standard_normal((n, 1, height, width), dtype=np.float32),
        _SPATTER_SIZE * pixel_unit(images),
    )
    values = np.sort(field.reshape(n, -1), axis=1)
    edge = values[:, int((1 - share) * (height * width - 1))].reshape(n, 1, 1, 1)
    spread = field.std(axis=(2, 3), keepdims=True)
    drops = np.clip((field - edge) / np.where(spread > 0, 0.4 * spread, 1), 0, 1)
    return images + drops * (np.float32(_SPATTER_TONE) - images)


def dotted_line(images: np.ndarray, n_lines: int, rng: Generator) -> np.ndarray:
    """Draw straight dotted lines across each image."""
    for along, across in _lines(images, n_lines, rng):
        from_dot = np.abs(along % _DOT_DISTANCE - _DOT_DISTANCE / 2)
        images = _draw(images, np.hypot(from_dot, across), _DOT_RADIUS)
    return images


def zigzag(images: np.ndarray, amount: tuple[int, float], rng: Generator) -> np.ndarray:
    """Draw zigzag lines across each image; `amount` is their number and their width."""
    n_lines, width = amount
    slope = 4 * _WAVE_HEIGHT / _WAVE
    for along, across in _lines(images, n_lines, rng):
        wave = np.abs(along % _WAVE - _WAVE / 2) * slope - _WAVE_HEIGHT
        images = _draw(images, np.abs(across - wave) / np.hypot(1, slope), width / 2)
    return images


def _lines(
    images: np.ndarray, n_lines: int, rng: Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield where each pixel is along and across a random line, (n, H, W) each."""
    n, _, height, width = images.shape
    unit = pixel_unit(images)
    y = ((np.arange(height) - (height - 1) / 2) / unit).astype(np.float32)[:, np.newaxis]
    x = ((np.arange(width) - (width - 1) / 2) / unit).astype(np.float32)
    for _ in range(n_lines):
        angle, start, side = rng.random((3, n, 1, 1), dtype=np.float32)
        cos, sin = np.cos(np.pi * angle), np.sin(np.pi * angle)
        # Lines pass through the middle half of the image.
        yield x * cos + y * sin + 28 * start, y * cos - x * sin + 14 * (side - np.float32(0.5))


def _draw(images: np.ndarray, distance: np.ndarray, radius: float) -> np.ndarray:
    """Draw in white what is within a radius, with soft edges."""
    soft = np.clip((radius - distance) * pixel_unit(images) + 0.5, 0, 1)
    return np.maximum(images, soft[:, np.newaxis])


def canny_edges(images: np.ndarray, sigma: float, rng: Generator) -> np.ndarray:
    """Show the edges of the blurred image alone, white on black."""
    grey = blur(images.mean(axis=1, keepdims=True), sigma * pixel_unit(images))[:, 0]
    down, right = _sobel(grey, 1, 2), _sobel(grey, 2, 1)
    steepness = np.hypot(down, right)
    steepest = steepness.max(axis=(1, 2), keepdims=True)
    steepness[steepness < 1e-4] = 0  # rounding errors are no edges
    ridge = _is_ridge(steepness, down, right)
    weak = ridge & (steepness > _WEAK_EDGE * steepest)
    # Weak edges count where they touch a strong one of the same image.
    touching = np.zeros((3, 3, 3), bool)
    touching[1] = True
    labels, n_labels = ndimage.label(weak, touching)
    strong = np.zeros(n_labels + 1, bool)
    strong[labels[weak & (steepness > _STRONG_EDGE * steepest)]] = True
    edges = strong[labels].astype(np.float32)
    return np.broadcast_to(edges[:, np.newaxis], images.shape)


def _sobel(grey: np.ndarray, along: int, across: int) -> np.ndarray:
    """Differentiate along one axis. ndimage.sobel would also smooth from image to image."""
    smooth = ndimage.correlate1d(grey, [1, 2, 1], across, mode="nearest")
    return ndimage.correlate1d(smooth, [-1, 0, 1], along, mode="nearest")


def _is_ridge(steepness: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return which pixels are steeper than both neighbours in the direction of the gradient."""
    height, width = steepness.shape[1:]
    padded = np.pad(steepness, ((0, 0), (1, 1), (1, 1)))
    direction = np.rint(np.arctan2(down, right) / (np.pi / 4)).astype(np.int8) % 4
    ridge = np.zeros(steepness.shape, bool)
    for number, (dy, dx) in enumerate([(0, 1), (1, 1), (1, 0), (1, -1)]):
        after = padded[:, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        before = padded[:, 1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        ridge |= (direction == number) & (steepness > before) & (steepness >= after)
    return ridge
