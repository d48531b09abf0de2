"""Images are moved as the amounts say, and new pixels are black."""

import numpy as np
import pytest

from lenet_sklearn._images.geometry import centre_of_mass
from lenet_sklearn.robustness import _affine

SIZE = 28


@pytest.fixture
def images():
    """Random pixels in the middle of the image."""
    images = np.zeros((30, 3, SIZE, SIZE), np.float32)
    images[..., 10:18, 10:18] = np.random.default_rng(1).random((30, 3, 8, 8))
    return images


def identity(n):
    return np.broadcast_to(np.eye(2), (n, 2, 2))


def test_warp_by_nothing_changes_nothing(images):
    np.testing.assert_array_equal(_affine.warp(images, identity(30)), images)


def test_warp_by_whole_pixels(images):
    moved = _affine.warp(images, identity(30), np.tile([2.0, -3.0], (30, 1)))
    np.testing.assert_array_equal(moved[..., :-2, 3:], images[..., 2:, :-3])
    assert not moved[..., -2:, :].any()
    assert not moved[..., :3].any()


def test_warp_interpolates(images):
    moved = _affine.warp(images, identity(30), np.tile([0.0, 0.25], (30, 1)))
    expected = 0.75 * images[..., :-1] + 0.25 * images[..., 1:]
    np.testing.assert_allclose(moved[..., :-1], expected, atol=1e-6)


def test_warp_far_outside_is_black(images):
    moved = _affine.warp(images, identity(30), np.full((30, 2), 1000.0))
    assert not moved.any()


def test_rotate_a_quarter_turn_both_ways(images, rng):
    turned = _affine.rotate(images, 90, rng)
    left, right = (np.rot90(images, k, axes=(2, 3)) for k in (1, -1))
    to_left = np.isclose(turned, left, atol=1e-5).all(axis=(1, 2, 3))
    to_right = np.isclose(turned, right, atol=1e-5).all(axis=(1, 2, 3))
    assert (to_left ^ to_right).all()
    assert to_left.any()
    assert to_right.any()


def test_translate_in_all_four_directions(images, rng):
    moved = _affine.translate(images, 3, rng)
    before, after = (np.stack(centre_of_mass(each.sum(axis=1))) for each in (images, moved))
    steps = {tuple(step) for step in (after - before).T.round(4)}
    assert steps == {(3, 3), (3, -3), (-3, 3), (-3, -3)}


def test_translate_is_a_share_of_the_image(rng):
    image = np.zeros((1, 1, 56, 56), np.float32)
    image[..., 28, 28] = 1
    moved = _affine.translate(image, 3, rng)
    y, x = np.argwhere(moved[0, 0] == 1)[0] - 28
    assert (abs(y), abs(x)) == (6, 6)


def test_scale(images, rng):
    small = _affine.scale(np.ones_like(images), 0.5, rng)
    assert small[..., 7:21, 7:21].min() == pytest.approx(1)
    assert small.sum() == pytest.approx(30 * 3 * 14**2)


def test_shear_moves_rows_by_their_height(images, rng):
    line = np.zeros((20, 1, SIZE, SIZE), np.float32)
    line[..., 14] = 1
    sheared = _affine.shear(line, 0.5, rng)
    columns = sheared[:, 0] @ np.arange(SIZE)  # (n, H)
    slopes = np.diff(columns, axis=1)
    np.testing.assert_allclose(np.abs(slopes), 0.5, atol=1e-4)
    assert len(np.sign(slopes[:, 0])) > len(set(np.sign(slopes[:, 0]))) == 2
