from __future__ import annotations

import numpy as np
import pytest

from lenet_sklearn.datasets._strokes import WORK_SIDE, background, find_strokes, shrink


def paper(side=200):
    """Paper in light that falls from one corner, darker towards all edges."""
    y, x = np.indices((side, side), dtype=np.float32) / (side - 1) - 0.5
    return 170 + 60 * x - 40 * y - 50 * (x * x + y * y)


def cross(side=200):
    mask = np.zeros((side, side), bool)
    mask[40:160, 95:110] = mask[80:95, 60:150] = True
    return mask


def test_the_background_is_found_below_the_strokes():
    picture = paper()
    picture[cross()] *= 0.3
    assert np.abs(background(picture) - paper()).max() < 4


@pytest.mark.parametrize("factor", [0.3, 1.6])
def test_strokes_on_uneven_light_are_cut_out(factor):
    picture = paper()
    picture[cross()] = np.clip(picture[cross()] * factor, 0, 255)
    strokes = find_strokes(picture)
    assert strokes.shape == (120, 90)
    np.testing.assert_array_equal(strokes > 0, cross()[40:160, 60:150])
    assert strokes.max() == 1


def test_noise_is_no_stroke():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 8, (200, 200)).astype(np.float32)
    assert find_strokes(paper() + noise) is None
    picture = np.where(cross(), 0.3, 1) * paper() + noise
    found = find_strokes(picture.astype(np.float32))
    assert np.abs(np.subtract(found.shape, (120, 90))).max() <= 4


@pytest.mark.parametrize("value", [0, 128, 255])
@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2), (30, 40)])
def test_blank_images(value, shape):
    assert find_strokes(np.full(shape, value, np.float32)) is None


def test_specks_are_left_out():
    picture = np.full((200, 200), 255, np.float32)
    picture[cross()] = 0
    picture[5:8, 5:8] = 0
    assert find_strokes(picture).shape == (120, 90)
    picture[5:35, 5:20] = 0  # large enough to be meant
    assert find_strokes(picture).shape == (155, 145)


def test_faint_ends_of_a_stroke_belong_to_it():
    picture = np.full((100, 100), 255, np.float32)
    picture[20:60, 45:55] = 0
    picture[60:80, 45:55] = 155  # 40 % of the contrast
    picture[5:9, 5:15] = 155  # as faint, but apart
    assert find_strokes(picture).shape == (60, 10)


def test_large_images_are_averaged_in_blocks():
    picture = np.arange(1000 * 10, dtype=np.float32).reshape(1000, 10)
    small = shrink(picture)
    assert small.shape == (334, 4)
    assert small[0, 0] == picture[:3, :3].mean()
    assert small[-1, -1] == picture[999, 9]
    assert max(shrink(np.zeros((1, 100_000), np.float32)).shape) <= WORK_SIDE
    assert shrink(picture[:400]).shape == (400, 10)


@pytest.mark.parametrize("ink", [0, 255])
@pytest.mark.parametrize("slant", [0.05, -0.1])
def test_a_stroke_that_fills_its_box_is_no_background(ink, slant):
    y, x = np.indices((200, 60), dtype=np.float32)
    stroke = np.abs(x - 30 - slant * (y - 100)) < 29 - 100 * abs(slant)
    columns = np.flatnonzero(stroke.any(axis=0))
    stroke = stroke[:, columns[0] : columns[-1] + 1]
    picture = np.where(stroke, ink, 255 - ink).astype(np.float32)
    np.testing.assert_array_equal(find_strokes(picture) > 0.5, stroke)


def test_a_stroke_at_the_border_of_a_narrow_picture_is_no_background():
    picture = np.full((200, 60), 255, np.float32)
    picture[:10], picture[:90, 50:] = 0, 0  # from one corner to another, and to the edge
    assert find_strokes(picture).shape == (90, 60)
