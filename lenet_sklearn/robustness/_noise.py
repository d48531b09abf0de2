"""Corruptions that change each pixel or blur it: noise, glass, motion, brightness.

Each function takes images ``(n, C, H, W)`` float32 from 0 to 1, the amount of one severity and a
generator. Lengths are in pixels of an image of 28×28.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.random import Generator
from scipy import fft
from scipy.ndimage import gaussian_filter

# Directions of motion. Each of them has one kernel, which all images of that direction share.
_N_DIRECTIONS = 36


def pixel_unit(images: np.ndarray) -> float:
    """Return what one pixel of an image of 28×28 is here, in pixels."""
    return min(images.shape[2:]) / 28


def blur(images: np.ndarray, sigma: float) -> np.ndarray:
    """Blur images with a Gaussian. Pixels from outside repeat the border."""
    return gaussian_filter(images, (0, 0, sigma, sigma), mode="nearest")


def shot_noise(images: np.ndarray, photons: float, rng: Generator) -> np.ndarray:
    """Count photons: a white pixel receives `photons` of them on average."""
    return (rng.poisson(images * photons) / photons).astype(np.float32)


def impulse_noise(images: np.ndarray, share: float, rng: Generator) -> np.ndarray:
    """Make a share of the values black or white."""
    draw = rng.random(images.shape, dtype=np.float32)
    return np.where(draw < share, (draw < share / 2).astype(np.float32), images)


def brightness(images: np.ndarray, amount: float, rng: Generator) -> np.ndarray:
    """Add the same light to all pixels."""
    return images + np.float32(amount)


def glass_blur(images: np.ndarray, amount: tuple[float, float, int], rng: Generator) -> np.ndarray:
    """Let each pixel take the value of a random pixel nearby, between two blurs.

    `amount` is the sigma of the blurs, the greatest distance, and the number of repetitions.
    """
    sigma, reach, repeats = amount
    unit = pixel_unit(images)
    n, _, height, width = images.shape
    furthest = reach * unit + 0.5
    y, x = np.arange(height)[:, np.newaxis], np.arange(width)
    images = blur(images, sigma * unit)
    for _ in range(repeats):
        draw = rng.random((2, n, height, width), dtype=np.float32)
        down, right = np.rint((2 * draw - 1) * furthest).astype(np.int32)
        source = np.clip(y + down, 0, height - 1) * width + np.clip(x + right, 0, width - 1)
        flat = images.reshape(*images.shape[:2], -1)
        images = np.take_along_axis(flat, source.reshape(n, 1, -1), 2).reshape(images.shape)
    return blur(images, sigma * unit)


def motion_blur(images: np.ndarray, length: float, rng: Generator) -> np.ndarray:
    """Average each image along a line of its own direction."""
    height, width = images.shape[2:]
    kernels = _line_kernels(length * pixel_unit(images))
    radius = kernels.shape[1] // 2
    direction = rng.integers(_N_DIRECTIONS, size=len(images))
    border = (radius, radius)
    padded = np.pad(images, ((0, 0), (0, 0), border, border), mode="edge")
    size = [fft.next_fast_len(side, real=True) for side in padded.shape[2:]]
    spectrum = fft.rfft2(padded, size) * fft.rfft2(kernels, size)[direction, np.newaxis]
    shift = 2 * radius  # once for the border, once for the middle of the kernel
    return fft.irfft2(spectrum, size)[:, :, shift : shift + height, shift : shift + width]


def _line_kernels(length: float) -> np.ndarray:
    """Draw a line of each direction, with linear interpolation; each kernel has the sum 1."""
    radius = math.ceil(length / 2)
    angle = np.arange(_N_DIRECTIONS) * (np.pi / _N_DIRECTIONS)
    along = np.linspace(-length / 2, length / 2, 4 * math.ceil(length) + 1)
    y, x = (radius + np.outer(turn(angle), along) for turn in (np.sin, np.cos))
    pixels = np.arange(2 * radius + 1)
    # A point gives each pixel the weight of a triangle around it.
    in_row, in_column = (np.maximum(0, 1 - np.abs(at[..., np.newaxis] - pixels)) for at in (y, x))
    kernels = np.einsum("dpr,dpc->drc", in_row, in_column)
    return (kernels / kernels.sum(axis=(1, 2), keepdims=True)).astype(np.float32)
