"""The centre of mass in the middle of the image."""

import numpy as np
import pytest
from scipy import ndimage

from lenet_sklearn.preprocessing import MassCenterer


def test_shifted_digits_come_back(digits):
    X = digits[0][:200].reshape(-1, 8, 8)
    padded = np.pad(X, ((0, 0), (8, 8), (8, 8)))
    centred = MassCenterer().fit_transform(padded)
    assert (centred != padded).any()
    for down, right in [(-5, 3), (2, 0), (1, -1), (8, 8)]:
        moved = np.roll(padded, (down, right), axis=(1, 2))
        np.testing.assert_array_equal(MassCenterer().fit_transform(moved), centred)
    np.testing.assert_array_equal(MassCenterer().fit_transform(centred), centred)
    for image in centred:
        np.testing.assert_allclose(ndimage.center_of_mass(image), 11.5, atol=0.5)


@pytest.mark.parametrize("left", range(6))
def test_ties_go_one_way(left):
    X = np.zeros((1, 1, 7), dtype=np.uint8)
    X[0, 0, left : left + 2] = 9
    np.testing.assert_array_equal(MassCenterer().fit_transform(X)[0, 0], [0, 0, 0, 9, 9, 0, 0])


def test_ink_pushed_over_the_edge_is_lost():
    X = np.zeros((1, 1, 5), dtype=np.uint8)
    X[0, 0] = [1, 0, 0, 9, 9]
    np.testing.assert_array_equal(MassCenterer().fit_transform(X)[0, 0], [0, 0, 9, 9, 0])


def test_negative_pixels_weigh_nothing_and_move_along():
    X = np.zeros((1, 5, 5))
    X[0, 0, 1:3] = [-9, 1]
    out = MassCenterer().fit_transform(X)
    assert (out[0, 2, 1], out[0, 2, 2]) == (-9, 1)
    assert np.count_nonzero(out) == 2


def test_channels_move_together():
    X = np.zeros((1, 3, 9, 9), dtype=np.uint8)
    X[0, 0, 0, 0], X[0, 1, 2, 2], X[0, 2, 1, 1] = 10, 10, 10
    out = MassCenterer().fit_transform(X)
    assert out[0, 0, 3, 3] == out[0, 1, 5, 5] == out[0, 2, 4, 4] == 10
