"""The scale of pixels, learned in one pass of batches, and their way back to integers."""

import numpy as np
import pytest

from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._images.pixels import BATCH_SIZE, cast_pixels, learn_scale


def scaled(X, scale):
    offset, divisor = learn_scale(X, infer_layout(X.shape), scale)
    return (X - offset[0]) / divisor[0]


def test_no_scale_is_none():
    X = np.zeros((2, 4, 4))
    assert learn_scale(X, infer_layout(X.shape), None) == (None, None)


@pytest.mark.parametrize(("scale", "ends"), [("unit", (0, 1)), ("lecun1998", (-0.1, 1.175))])
@pytest.mark.parametrize(
    ("dtype", "least", "greatest"),
    [(np.uint8, 0, 255), (np.float64, 0, 16), (np.float64, -3, 5), (np.int16, 0, 4000)],
)
def test_the_ends_of_the_range(scale, ends, dtype, least, greatest):
    X = np.full((2, 4, 4), least, dtype=dtype)
    X[0, 0, 0] = greatest
    out = scaled(X, scale)
    np.testing.assert_allclose([out.min(), out.max()], ends, atol=1e-12)


def test_the_range_of_a_fold_without_white_or_black_is_the_same():
    faint = np.full((2, 4, 4), 3, dtype=np.uint8)
    np.testing.assert_allclose(scaled(faint, "unit"), 3 / 255)
    np.testing.assert_allclose(scaled(np.full((2, 4, 4), 0.5), "unit"), 0.5)


def test_standard_over_several_batches():
    X = np.random.default_rng(0).normal(1000, 3, (BATCH_SIZE * 2 + 7, 4, 4))
    offset, divisor = learn_scale(X, infer_layout(X.shape), "standard")
    np.testing.assert_allclose([offset[0], divisor[0]], [X.mean(), X.std()], rtol=1e-9)


def test_standard_of_each_channel_and_of_a_constant_one():
    X = np.random.default_rng(0).random((5, 3, 6, 6)) * [[[1]], [[10]], [[0]]]
    offset, divisor = learn_scale(X, infer_layout(X.shape), "standard")
    np.testing.assert_allclose(offset, X.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(divisor[:2], X.std(axis=(0, 2, 3))[:2])
    assert divisor[2] == 1


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", [0, 0, 2, 2, 255]),
        ("int8", [-3, 0, 2, 2, 127]),
        ("bool", [False, False, True, True, True]),
        ("float32", [-3, 0.4, 1.5, 2.5, 300]),
    ],
)
def test_cast_pixels_rounds_and_stays_in_the_range(dtype, expected):
    out = cast_pixels(np.array([-3, 0.4, 1.5, 2.5, 300]), np.dtype(dtype))
    assert out.dtype == dtype
    np.testing.assert_array_equal(out, np.array(expected, dtype=dtype))


def test_cast_pixels_copies_nothing_that_is_right_already():
    X = np.arange(4, dtype=np.int64)
    assert cast_pixels(X, X.dtype) is X
