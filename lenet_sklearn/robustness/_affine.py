"""Corruptions that move the image: shear, scale, rotate, translate. New pixels are 0.

Each function takes images ``(n, C, H, W)`` float32 from 0 to 1, the amount of one severity and a
generator. Lengths are in pixels of an image of 28×28.
"""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from lenet_sklearn._images import geometry
from lenet_sklearn.robustness._noise import pixel_unit


def shear(images: np.ndarray, amount: float, rng: Generator) -> np.ndarray:
    """Slant each image to the left or to the right, by `amount` columns for each row."""
    middle = np.full(len(images), (images.shape[2] - 1) / 2)
    return geometry.shear(images, amount * _signs(rng, len(images)), middle)


def scale(images: np.ndarray, factor: float, rng: Generator) -> np.ndarray:
    """Make the images smaller, in the middle of an empty image of the same size."""
    height, width = (max(1, round(factor * side)) for side in images.shape[2:])
    return geometry.pad(geometry.resample(images, (height, width)), images.shape[2:])


def rotate(images: np.ndarray, degrees: float, rng: Generator) -> np.ndarray:
    """Turn each image to the left or to the right."""
    angle = np.radians(degrees) * _signs(rng, len(images))
    cos, sin = np.cos(angle), np.sin(angle)
    return warp(images, np.moveaxis(np.array([[cos, -sin], [sin, cos]]), -1, 0))


def translate(images: np.ndarray, pixels: float, rng: Generator) -> np.ndarray:
    """Move each image up or down, and to the left or to the right."""
    n = len(images)
    offset = pixels * pixel_unit(images) * _signs(rng, (n, 2))
    return warp(images, np.broadcast_to(np.eye(2), (n, 2, 2)), offset)


def warp(images: np.ndarray, matrices: np.ndarray, offset: np.ndarray | None = None) -> np.ndarray:
    """Take the pixel at p from matrix @ p + offset, with bilinear interpolation.

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W)
    matrices : ndarray of shape (n, 2, 2)
        For rows and columns, counted from the middle of the image.
    offset : ndarray of shape (n, 2), default=None
        In pixels. None: 0.
    """
    n, channels, height, width = images.shape
    middle = np.array([[(height - 1) / 2], [(width - 1) / 2]])
    grid = np.indices((height, width)).reshape(2, -1) - middle  # (2, H × W)
    source = matrices @ grid + middle  # (n, 2, H × W)
    if offset is not None:
        source += offset[..., np.newaxis]
    # A border of zeros holds what is outside the image.
    source = np.clip(source + 1, 0, np.array([[height + 1], [width + 1]]))
    whole = np.minimum(source.astype(np.intp), np.array([[height], [width]]))
    part = (source - whole).astype(np.float32)
    padded = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1))).reshape(n, channels, -1)
    corner = whole[:, 0] * (width + 2) + whole[:, 1]
    warped = np.zeros((n, channels, height * width), np.float32)
    for down in (0, 1):
        for right in (0, 1):
            weight = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1])
            place = corner + down * (width + 2) + right
            warped += weight[:, np.newaxis] * np.take_along_axis(padded, place[:, np.newaxis], 2)
    return warped.reshape(images.shape)


def _signs(rng: Generator, shape: int | tuple[int, ...]) -> np.ndarray:
    return rng.choice([-1.0, 1.0], shape)
