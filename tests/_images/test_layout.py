import warnings

import numpy as np
import pytest

from lenet_sklearn._images.layout import check_image_shape, infer_layout


@pytest.mark.parametrize(
    ("shape", "image_shape", "expected"),
    [
        ((5, 784), None, (1, 28, 28)),
        ((5, 12, 9), None, (1, 12, 9)),
        ((5, 3, 12, 9), None, (3, 12, 9)),
        ((5, 12, 9, 3), None, (3, 12, 9)),
        ((5, 12, 9, 1), None, (1, 12, 9)),
        ((5, 12, 9, 4), None, (4, 12, 9)),
        ((5, 3072), (3, 32, 32), (3, 32, 32)),
        ((5, 3072), (32, 32, 3), (3, 32, 32)),
        ((5, 108), (12, 9), (1, 12, 9)),
        ((5, 12, 9), (1, 12, 9), (1, 12, 9)),
        ((5, 1, 12, 9), (12, 9), (1, 12, 9)),
        ((5, 3, 9, 3), (3, 9, 3), (3, 9, 3)),
        ((5, 10, 16, 16), (10, 16, 16), (10, 16, 16)),
    ],
)
def test_layout_and_back(shape, image_shape, expected):
    layout = infer_layout(shape, image_shape)
    assert layout.image_shape == expected
    X = np.arange(np.prod(shape)).reshape(shape)
    images = layout.to_images(X)
    assert images.shape == (5, *expected)
    assert np.shares_memory(images, X)
    np.testing.assert_array_equal(layout.from_images(images).reshape(shape), X)


def test_pixels_keep_their_place():
    rgb = np.random.default_rng(0).integers(0, 256, (4, 6, 5, 3))  # H, W, C
    from_4d = infer_layout(rgb.shape).to_images(rgb)
    from_flat = infer_layout((4, 90), (6, 5, 3)).to_images(rgb.reshape(4, -1))
    np.testing.assert_array_equal(from_4d[2, 1], rgb[2, :, :, 1])
    np.testing.assert_array_equal(from_4d, from_flat)


def test_flat_rows_that_are_no_square_are_padded_with_a_warning():
    with pytest.warns(UserWarning, match=r"10 features.*smallest square.*4×4.*6 pixels are zero"):
        layout = infer_layout((2, 10))
    X = np.arange(20.0).reshape(2, 10) + 1
    images = layout.to_images(X)
    assert images.shape == (2, 1, 4, 4)
    np.testing.assert_array_equal(images.reshape(2, 16)[:, :10], X)
    assert (images.reshape(2, 16)[:, 10:] == 0).all()


def test_colour_rows_are_told_about_image_shape():
    with pytest.warns(UserWarning, match=r"image_shape=\(3, 32, 32\)"):
        infer_layout((2, 3072))


def test_a_square_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        infer_layout((2, 64))


@pytest.mark.parametrize("n_features", [65, 785, 1025])
def test_one_column_too_many_asks_for_the_label(n_features):
    with pytest.raises(ValueError, match=rf"{n_features} columns.*label column still in X"):
        infer_layout((2, n_features))


@pytest.mark.parametrize("shape", [(2, 3, 9, 3), (2, 4, 9, 1), (2, 10, 16, 16)])
def test_an_ambiguous_colour_layout_names_image_shape(shape):
    with pytest.raises(ValueError, match=r"ambiguous.*image_shape"):
        infer_layout(shape)


@pytest.mark.parametrize("shape", [(7,), (2, 3, 4, 5, 6)])
def test_wrong_number_of_dimensions(shape):
    with pytest.raises(ValueError, match="X must have 2, 3 or 4 dimensions"):
        infer_layout(shape)


@pytest.mark.parametrize(
    ("shape", "image_shape", "message"),
    [
        ((2, 784), (28, 27), "asks for 756 values per sample. Got 784"),
        ((2, 28, 28), (14, 56), "does not agree with X.shape"),
        ((2, 3, 8, 8), (8, 8, 3), "does not agree with X.shape"),
    ],
)
def test_an_image_shape_that_does_not_fit(shape, image_shape, message):
    with pytest.raises(ValueError, match=message):
        infer_layout(shape, image_shape)


@pytest.mark.parametrize("value", [28, (28,), (1, 2, 3, 4), (0, 3), (2.0, 3), "28", (True, 3)])
def test_check_image_shape_refuses(value):
    with pytest.raises(ValueError, match="image_shape must be"):
        check_image_shape(value)
