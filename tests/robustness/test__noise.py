"""Noise and blurs do to pixels what their names say."""

import numpy as np
import pytest

from lenet_sklearn.robustness import _noise


@pytest.fixture
def grey():
    return np.full((50, 1, 28, 28), 0.5, np.float32)


@pytest.fixture
def point():
    """One white pixel in the middle of each image."""
    images = np.zeros((40, 1, 29, 29), np.float32)
    images[:, :, 14, 14] = 1
    return images


def test_photons_are_counted(grey, rng):
    noisy = _noise.shot_noise(grey, 10, rng)
    np.testing.assert_allclose(noisy * 10, np.rint(noisy * 10), atol=1e-5)
    assert noisy.mean() == pytest.approx(0.5, abs=0.01)
    assert noisy.var() == pytest.approx(0.05, rel=0.05)  # the mean of 5 photons, over 10²
    assert not _noise.shot_noise(np.zeros_like(grey), 10, rng).any()


def test_impulses_are_a_share_of_the_values(grey, rng):
    noisy = _noise.impulse_noise(grey, 0.3, rng)
    assert set(np.unique(noisy)) == {0, 0.5, 1}
    assert (noisy == 0).mean() == pytest.approx(0.15, abs=0.01)
    assert (noisy == 1).mean() == pytest.approx(0.15, abs=0.01)


def test_brightness_is_added(grey, rng):
    np.testing.assert_allclose(_noise.brightness(grey, 0.2, rng), 0.7, rtol=1e-6)


def test_glass_keeps_pixels_near_their_place(point, rng):
    blurred = _noise.glass_blur(point[..., :28, :28], (0.01, 2, 1), rng)
    rows, columns = np.nonzero(blurred.sum(axis=(0, 1)) > 1e-6)
    assert {*rows, *columns} == {12, 13, 14, 15, 16}
    assert np.abs(np.diff(blurred, axis=0)).max() > 0.9  # each image has its own glass


def test_glass_of_a_small_image_moves_less(rng):
    point = np.zeros((400, 1, 7, 7), np.float32)
    point[:, :, 3, 3] = 1
    stays = (_noise.glass_blur(point, (0.01, 1, 1), rng)[:, 0, 3, 3] > 0.5).mean()
    assert 0.3 < stays < 0.6  # of 28 × 28 pixels, one in nine


def test_motion_is_a_line_of_its_length(point, rng):
    blurred = _noise.motion_blur(point, 9, rng)
    np.testing.assert_allclose(blurred.sum(axis=(1, 2, 3)), 1, rtol=1e-4)
    y, x = np.indices((29, 29)) - 14
    weights = blurred[:, 0]
    assert (weights[:, np.hypot(y, x) > 6.5] < 1e-5).all()
    for image in weights:
        covariance = np.cov(np.stack([y.ravel(), x.ravel()]), aweights=image.ravel().clip(0))
        across, along = np.linalg.eigvalsh(covariance)
        assert along > 5
        assert across < 0.6
    assert len({image.round(3).tobytes() for image in weights}) > 5  # each its own direction


def test_motion_repeats_the_border(grey, rng):
    np.testing.assert_allclose(_noise.motion_blur(grey, 11, rng), 0.5, rtol=1e-4)
