"""Upright strokes."""

import tracemalloc

import numpy as np
from scipy import ndimage

from lenet_sklearn._images.geometry import ink, slant
from lenet_sklearn.preprocessing import Deskewer


def skew_of(images):
    return slant(ink(images[:, np.newaxis]))[0]


def test_a_slanted_bar_becomes_upright():
    X = np.zeros((2, 28, 28), dtype=np.uint8)
    for row in range(4, 24):
        X[0, row, row : row + 3] = 200
        X[1, row, 24 - row // 2 : 27 - row // 2] = 200
    before, after = skew_of(X), skew_of(Deskewer().fit_transform(X))
    np.testing.assert_allclose(before, [1, -0.5], atol=0.02)
    np.testing.assert_allclose(after, 0, atol=0.01)


def test_deskewing_keeps_the_centre_of_mass_and_the_ink():
    X = np.zeros((1, 20, 20))
    for row in range(5, 15):
        X[0, row, row - 1 : row + 2] = [1, 2, 1.5]
    out = Deskewer().fit_transform(X)
    np.testing.assert_allclose(ndimage.center_of_mass(out[0]), ndimage.center_of_mass(X[0]))
    np.testing.assert_allclose(out.sum(axis=2), X.sum(axis=2))


def test_deskewing_reduces_the_slant_of_digits(digits):
    X = np.pad(digits[0].reshape(-1, 8, 8), ((0, 0), (4, 4), (4, 4)))
    before, after = np.abs(skew_of(X)), np.abs(skew_of(Deskewer().fit_transform(X)))
    assert before.mean() > 0.1
    assert after.max() < 1e-6


def test_a_steep_slant_takes_no_more_memory():
    X = np.zeros((1, 300, 300), dtype=np.uint8)
    X[0, 0, 0] = X[0, 1, 299] = 255
    tracemalloc.start()
    try:
        out = Deskewer().fit_transform(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5e6  # the last row would move by 89,101 pixels
    np.testing.assert_array_equal(out[0, :2, 149:151], 128)  # halves, rounded


def test_ink_in_one_row_has_no_slant():
    X = np.zeros((1, 7, 7))
    X[0, 1] = np.random.default_rng(0).random(7)
    X[0, 6, 0] = 1e-9  # too little to tell a direction
    np.testing.assert_array_equal(Deskewer().fit_transform(X), X)


def test_channels_are_sheared_together():
    X = np.zeros((1, 3, 9, 9), dtype=np.uint8)
    X[0, 0, 0, 0], X[0, 1, 2, 2], X[0, 2, 1, 1] = 10, 10, 10
    upright = Deskewer().fit_transform(X)
    assert upright[0, 0, 0, 1] == upright[0, 1, 2, 1] == upright[0, 2, 1, 1] == 10
