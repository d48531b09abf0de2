"""Moments and movements of images, held against SciPy, torch and arithmetic by hand."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from lenet_sklearn._images.geometry import (
    centre_of_mass,
    crop,
    ink,
    pad,
    resample,
    shear,
    shift,
    slant,
)


@pytest.fixture
def images():
    return np.random.default_rng(0).random((4, 3, 6, 5))


def test_ink_is_the_sum_of_the_channels(images):
    weights = ink(images)
    assert weights.shape == (4, 6, 5)
    each = (weights / images.sum(axis=1)).reshape(4, -1)
    np.testing.assert_allclose(each, each[:, :1] * np.ones(30))  # up to a factor per image


def test_negative_pixels_weigh_nothing():
    images = np.array([[[[-5.0, 2.0]], [[1.0, -3.0]]]])
    np.testing.assert_array_equal(ink(images)[0, 0] / ink(images).sum(), [1 / 3, 2 / 3])


@pytest.mark.parametrize("factor", [1e-308, 1e308])
def test_ink_of_extreme_floats_is_finite_and_in_proportion(factor):
    images = np.array([1.0, 0.5, 0.25, 1.0]).reshape(1, 1, 2, 2)
    weights = ink(images * factor)
    np.testing.assert_allclose(weights / weights.max(), images[0], rtol=1e-12)


def test_ink_of_small_integers_does_not_wrap_around():
    images = np.full((1, 3, 1, 1), 255, dtype=np.uint8)
    assert ink(images).item() == 765


def test_centre_of_mass_is_that_of_scipy(images):
    y, x = centre_of_mass(ink(images))
    expected = np.array([ndimage.center_of_mass(image.sum(axis=0)) for image in images])
    np.testing.assert_allclose(np.stack([y, x], axis=1), expected)


def test_a_blank_image_has_its_centre_in_the_middle():
    y, x = centre_of_mass(np.zeros((1, 6, 5)))
    assert (y.item(), x.item()) == (2.5, 2.0)


def test_slant_is_the_slope_of_a_stroke():
    weights = np.zeros((2, 9, 30))
    for row in range(9):
        weights[0, row, 3 * row] = 1
        weights[1, row, 20 - 2 * row] = 1
    skew, y = slant(weights)
    np.testing.assert_allclose(skew, [3, -2])
    np.testing.assert_allclose(y, [4, 4])


def test_shift_moves_each_image_by_its_own_amount(images):
    down, right = np.array([0, 2, -1, 0]), np.array([0, -1, 0, 3])
    shifted = shift(images, down, right)
    assert shifted.shape == images.shape
    for moved, image, d, r in zip(shifted, images, down, right, strict=True):
        expected = ndimage.shift(image, (0, d, r), order=0)
        np.testing.assert_array_equal(moved, expected)


def test_shift_by_more_than_the_image_leaves_nothing(images):
    shifted = shift(images, np.full(4, 6), np.zeros(4, int))
    np.testing.assert_array_equal(shifted, 0)


def test_shear_moves_rows_by_whole_and_by_half_pixels():
    image = np.zeros((1, 1, 3, 5))
    image[0, 0, :, 2] = 8
    whole = shear(image, np.array([1.0]), np.array([1.0]))[0, 0]
    np.testing.assert_array_equal(whole, [[0, 0, 0, 8, 0], [0, 0, 8, 0, 0], [0, 8, 0, 0, 0]])
    half = shear(image, np.array([0.5]), np.array([1.0]))[0, 0]
    np.testing.assert_array_equal(half, [[0, 0, 4, 4, 0], [0, 0, 8, 0, 0], [0, 4, 4, 0, 0]])


def test_shear_takes_the_slant_away():
    image = np.zeros((1, 1, 9, 30))
    for row in range(9):
        image[0, 0, row, 5 + row] = 1
    skew, y = slant(ink(image))
    np.testing.assert_allclose(slant(ink(shear(image, skew, y)))[0], 0, atol=1e-12)


@pytest.mark.parametrize("size", [(6, 5), (7, 5), (9, 8), (10, 10)])
def test_crop_undoes_pad(size, images):
    padded = pad(images, size)
    assert padded.shape == (4, 3, *size)
    assert padded.sum() == pytest.approx(images.sum())  # zeros around
    np.testing.assert_array_equal(crop(padded, (6, 5)), images)


def test_an_odd_row_goes_to_the_end():
    np.testing.assert_array_equal(pad(np.ones((1, 1, 1, 1)), (2, 4))[0, 0], [[0, 1, 0, 0], [0] * 4])


@pytest.mark.parametrize("size", [(6, 5), (12, 11), (3, 2), (3, 11), (1, 1)])
def test_resample_is_that_of_torch(size, images):
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(images), size, mode="bilinear", antialias=True
    )
    np.testing.assert_allclose(resample(images, size), theirs.numpy(), atol=1e-12)


def test_resample_keeps_single_precision(images):
    assert resample(images.astype(np.float32), (3, 3)).dtype == np.float32
    assert resample((images * 255).astype(np.uint8), (3, 3)).dtype == np.float32
