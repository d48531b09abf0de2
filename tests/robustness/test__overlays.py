"""Stripes, fog, drops, lines and edges look as their names say."""

import numpy as np
import pytest

from lenet_sklearn.robustness import _overlays


@pytest.fixture
def black():
    return np.zeros((40, 3, 28, 28), np.float32)


def test_a_stripe_is_inverted(rng):
    images = rng.random((40, 3, 28, 28), dtype=np.float32)
    striped = _overlays.stripe(images, 5, rng)
    changed = (striped != images).all(axis=(1, 2))  # (n, W)
    assert set(changed.sum(axis=1)) == {5}
    for image, stripes, columns in zip(images, striped, changed, strict=True):
        np.testing.assert_allclose(stripes[..., columns], 1 - image[..., columns])
        np.testing.assert_array_equal(stripes[..., ~columns], image[..., ~columns])
        assert np.ptp(np.flatnonzero(columns)) == 4
    assert len({tuple(columns) for columns in changed}) > 3


def test_fog_lowers_the_contrast(black, rng):
    half = black.copy()
    half[..., :14] = 1
    foggy = _overlays.fog(half, 1.0, rng)
    assert foggy.max() <= 1
    contrast = foggy[..., :14].mean() - foggy[..., 14:].mean()
    assert contrast == pytest.approx(0.5, abs=0.05)
    clouds = _overlays.fog(black, 1.0, rng)
    np.testing.assert_allclose(clouds.max(axis=(1, 2, 3)), 0.5, rtol=1e-5)
    # Neighbours are alike, and images are not.
    assert np.abs(np.diff(clouds, axis=3)).mean() < 0.5 * np.abs(np.diff(clouds, axis=0)).mean()


@pytest.mark.parametrize("share", [0.1, 0.3])
def test_drops_cover_their_share(share, black, rng):
    drops = _overlays.spatter(black, share, rng)
    assert (drops > 0).mean() == pytest.approx(share, abs=0.01)
    assert drops.max() <= 0.81
    brighter = _overlays.spatter(black + 1, share, rng)
    assert brighter.min() < 0.9  # drops are grey on white, too


@pytest.mark.parametrize(
    ("draw", "amounts"),
    [(_overlays.dotted_line, (1, 3)), (_overlays.zigzag, ((1, 1.3), (3, 1.3)))],
)
def test_lines(draw, amounts, black, rng):
    one, three = (draw(black, amount, rng) for amount in amounts)
    assert 0.01 < one.mean() < 0.12
    assert 1.8 * one.mean() < three.mean()
    assert (one.reshape(40, -1).max(axis=1) > 0.5).all()
    for lines in (one, three):
        assert (lines == lines[:, :1]).all()  # the same on all channels
    white = black + 1
    np.testing.assert_array_equal(draw(white, amounts[0], rng), white)


def test_dots_are_apart_and_zigzags_are_not(black, rng):
    from scipy import ndimage

    def pieces(images):
        return np.mean([ndimage.label(image[0] > 0.4, np.ones((3, 3)))[1] for image in images])

    large = np.zeros((20, 1, 112, 112), np.float32)
    assert pieces(_overlays.dotted_line(large, 1, rng)) > 5
    assert pieces(_overlays.zigzag(large, (1, 1.3), rng)) < 3


def test_edges_of_a_square(black, rng):
    square = black[:2].copy()
    square[0, :, 8:20, 8:20] = 1
    edges = _overlays.canny_edges(square, 1.0, rng)
    assert set(np.unique(edges)) == {0, 1}
    assert not edges[1].any()  # a blank image has no edge, nor does it get one of its neighbour
    y, x = np.nonzero(edges[0, 0])
    from_border = np.minimum.reduce([abs(y - 7.5), abs(y - 19.5), abs(x - 7.5), abs(x - 19.5)])
    assert from_border.max() < 1.6
    assert not edges[0, 0, 10:18, 10:18].any()
    assert len(y) >= 36


def test_edges_do_not_depend_on_the_other_images(rng):
    images = rng.random((6, 1, 12, 12), dtype=np.float32)
    together = _overlays.canny_edges(images, 1.0, rng)
    alone = np.concatenate([_overlays.canny_edges(image[None], 1.0, rng) for image in images])
    np.testing.assert_array_equal(together, alone)
