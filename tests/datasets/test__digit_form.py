from __future__ import annotations

import numpy as np
import pytest

from lenet_sklearn.datasets._digit_form import NARROWEST, WIDEST, to_mnist_form


def bar(height, width):
    return np.ones((height, width), np.float32)


def box_of(image, level=0):
    rows, columns = (
        np.nonzero((image > level).any(axis=1))[0],
        np.nonzero((image > level).any(0))[0],
    )
    return rows[0], rows[-1] + 1, columns[0], columns[-1] + 1


def ring(side, width):
    y, x = np.indices((side, side)) - (side - 1) / 2
    radius = np.hypot(y, x)
    return ((radius <= side / 2) & (radius >= side / 2 - width)).astype(np.float32)


def test_the_longer_side_becomes_20_pixels():
    top, bottom, left, right = box_of(to_mnist_form(ring(200, 25)))
    assert (bottom - top, right - left) == (20, 20)
    assert (top, left) in [(4, 4), (5, 5)]
    top, bottom, left, right = box_of(to_mnist_form(np.pad(bar(160, 1), ((20, 20), (20, 20)))))
    assert right - left < 6


def test_the_centre_of_mass_is_at_14():
    rng = np.random.default_rng(0)
    for _ in range(20):
        strokes = np.zeros((60, 50), np.float32)
        for row, column in rng.integers(0, 40, size=(6, 2)):
            strokes[row : row + 20, column : column + 10] = 1
        strokes[0] = strokes[:, 0] = 1
        image = to_mnist_form(strokes).astype(float)
        for axis in (0, 1):
            centre = image.sum(axis=1 - axis) @ np.arange(28) / image.sum()
            assert abs(centre - 14) <= 0.51


@pytest.mark.parametrize("width", [2, 5, 15, 25, 60])
def test_strokes_become_neither_thin_nor_thick(width):
    """The length of a ring times the width of its stroke is its ink."""
    image = to_mnist_form(ring(200, width)) / 255
    ink = image.sum()
    widths = [ink / (np.pi * (20 - guess)) for guess in (NARROWEST, WIDEST)]
    assert widths[0] > NARROWEST * 0.8
    assert widths[1] < WIDEST * 1.25
    assert image.max() == 1


def test_a_usual_width_is_kept():
    strokes = ring(200, 25)  # 2.5 of 20 pixels
    image = to_mnist_form(strokes)
    assert image.sum() / 255 == pytest.approx(strokes.sum() / 100, rel=0.08)


@pytest.mark.parametrize("shape", [(1, 1), (1, 400), (400, 1), (3, 2), (20, 20)])
def test_any_shape(shape):
    image = to_mnist_form(bar(*shape))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert (image[:3] == 0).all()
    assert (image[:, -3:] == 0).all()
