"""Size, scale and layout of images, and the way back."""

import numpy as np
import pytest
import torch
from sklearn.exceptions import NotFittedError

from lenet_sklearn.preprocessing import ImagePreprocessor

DTYPES = [bool, np.uint8, np.int16, np.int64, np.float32, np.float64]


# Layouts and dtypes


@pytest.mark.parametrize("resize", ["pad", "bilinear"])
@pytest.mark.parametrize("scale", ["unit", "standard", "lecun1998", None])
def test_preprocessor_keeps_the_layout(resize, scale, colour):
    params = {"size": (9, 7), "resize": resize, "scale": scale}
    expected = ImagePreprocessor(**params).fit_transform(colour)
    assert expected.shape == (4, 3, 9, 7)
    hwc = np.moveaxis(colour, 1, -1)
    from_hwc = ImagePreprocessor(**params).fit_transform(hwc)
    np.testing.assert_array_equal(from_hwc, np.moveaxis(expected, 1, -1))
    flat = ImagePreprocessor(image_shape=(3, 6, 5), **params).fit_transform(colour.reshape(4, -1))
    np.testing.assert_array_equal(flat, expected.reshape(4, -1))
    flattened = ImagePreprocessor(flatten=True, **params).fit_transform(hwc)
    np.testing.assert_array_equal(flattened, from_hwc.reshape(4, -1))
    one_channel = ImagePreprocessor(**params).fit_transform(colour[:, 0])
    assert one_channel.shape == (4, 9, 7)


@pytest.mark.parametrize("dtype", [*DTYPES, np.float16])
def test_preprocessor_dtypes(dtype):
    X = np.ones((2, 4, 4), dtype=dtype)
    out = ImagePreprocessor(size=6).fit_transform(X)
    assert out.dtype == (np.float64 if dtype == np.float64 else np.float32)
    for params in ({"size": 6}, {"size": 3, "resize": "bilinear"}, {}):
        kept = ImagePreprocessor(scale=None, **params).fit_transform(X)
        assert kept.dtype == dtype
        background = 0 if params == {"size": 6} else 1
        np.testing.assert_allclose([kept.max(), kept.min()], [1, background])


def test_padding_keeps_the_largest_integers():
    X = np.full((1, 3, 3), 2**63 - 1)
    np.testing.assert_array_equal(
        ImagePreprocessor(size=5, scale=None).fit_transform(X)[:, 1:-1, 1:-1], X
    )


# Names and set_output


def test_pixel_names(colour):
    grey = ImagePreprocessor(size=(3, 2)).fit(np.ones((1, 2, 2)))
    names = ["pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1", "pixel_2_0", "pixel_2_1"]
    assert grey.get_feature_names_out().tolist() == names
    chw = ImagePreprocessor().fit(colour).get_feature_names_out()
    hwc = ImagePreprocessor().fit(np.moveaxis(colour, 1, -1)).get_feature_names_out()
    assert chw[:2].tolist() == ["pixel_0_0_c0", "pixel_0_1_c0"]
    assert hwc[:4].tolist() == ["pixel_0_0_c0", "pixel_0_0_c1", "pixel_0_0_c2", "pixel_0_1_c0"]
    assert set(chw) == set(hwc)


# Scale


@pytest.mark.parametrize(
    ("pixels", "dtype", "white"),
    [
        ([0, 16], np.uint8, 255),
        ([0, 16], np.float64, 16),
        ([3, 16], np.int64, 16),
        ([0.0, 0.9], np.float32, 1),
        ([0, 1], bool, 1),
        ([0, 4000], np.uint16, 4000),
        ([0, 0], np.float64, 1),
    ],
)
def test_range_of_unit(pixels, dtype, white):
    X = np.array(pixels, dtype=dtype).reshape(2, 1)
    np.testing.assert_allclose(
        ImagePreprocessor().fit_transform(X), X.astype(float) / white, rtol=1e-6
    )
    lecun = ImagePreprocessor(scale="lecun1998").fit_transform(X)
    np.testing.assert_allclose(lecun, X.astype(float) / white * 1.275 - 0.1, rtol=1e-5)


def test_unit_reaches_both_ends_and_learns_in_fit_alone():
    X = np.array([[-3.0], [5.0]])
    estimator = ImagePreprocessor().fit(X)
    np.testing.assert_array_equal(estimator.transform(X), [[0], [1]])
    np.testing.assert_array_equal(estimator.transform([[9.0]]), [[1.5]])
    assert ImagePreprocessor().fit_transform(np.full((1, 1), 255, np.uint8)) == 1


def test_standard_is_per_channel(colour):
    X = colour.copy()
    X[:, 1] //= 4
    X[:, 2] = 7
    estimator = ImagePreprocessor(scale="standard", size=8).fit(X)
    np.testing.assert_allclose(estimator.offset_, X.mean(axis=(0, 2, 3)))
    np.testing.assert_allclose(estimator.scale_[:2], X.std(axis=(0, 2, 3))[:2])
    inner = estimator.transform(X)[:, :, 1:7, 1:6].astype(float)
    np.testing.assert_allclose(inner.mean(axis=(0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(inner.std(axis=(0, 2, 3)), [1, 1, 0], atol=1e-6)


def test_standard_of_several_batches():
    X = np.random.default_rng(0).normal(1000, 1, (2500, 4))
    estimator = ImagePreprocessor(scale="standard").fit(X)
    np.testing.assert_allclose(estimator.offset_, X.mean())
    np.testing.assert_allclose(estimator.scale_, X.std())


# Size


def test_pad_centres_on_a_background_of_zeros():
    X = np.full((1, 28, 28), 255, dtype=np.uint8)
    out = ImagePreprocessor(size=32, scale="lecun1998").fit_transform(X)[0]
    np.testing.assert_allclose(out[2:30, 2:30], 1.175, rtol=1e-6)
    out[2:30, 2:30] = -0.1
    np.testing.assert_allclose(out, -0.1, rtol=1e-6)


@pytest.mark.parametrize("size", [(13, 11), (4, 3), (13, 3), (6, 11), (1, 1), (12, 10)])
def test_bilinear_is_that_of_torch(size):
    X = np.random.default_rng(0).random((3, 3, 6, 5))
    ours = ImagePreprocessor(size=size, resize="bilinear", scale=None).fit_transform(X)
    shrinks = size[0] < 6 or size[1] < 5
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(X), size, mode="bilinear", align_corners=False, antialias=shrinks
    )
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)


def test_bilinear_rounds_integers_unless_they_are_scaled():
    X = np.array([[[0, 255]]], dtype=np.uint8)
    kept = ImagePreprocessor(size=(1, 4), resize="bilinear", scale=None).fit_transform(X)
    np.testing.assert_array_equal(kept, np.array([[[0, 64, 191, 255]]], dtype=np.uint8))
    unit = ImagePreprocessor(size=(1, 4), resize="bilinear").fit_transform(X)
    np.testing.assert_allclose(unit, [[[0, 0.25, 0.75, 1]]])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("scale", ["unit", "standard", "lecun1998", None])
@pytest.mark.parametrize("size", [None, (9, 7)])
def test_inverse_round_trip(dtype, scale, size, colour):
    X = np.moveaxis(colour % 2 if dtype is bool else colour, 1, -1).astype(dtype)
    estimator = ImagePreprocessor(size=size, scale=scale)
    back = estimator.inverse_transform(estimator.fit_transform(X))
    assert back.dtype == dtype
    if np.dtype(dtype).kind == "f":
        np.testing.assert_allclose(back, X, rtol=1e-5, atol=1e-4)
    else:
        np.testing.assert_array_equal(back, X)
    flat = estimator.set_params(flatten=True).fit_transform(X)
    np.testing.assert_array_equal(estimator.inverse_transform(flat), back)


def test_inverse_stays_within_the_integers():
    X = np.zeros((1, 4), dtype=np.uint8)
    estimator = ImagePreprocessor().fit(X)
    back = estimator.inverse_transform([[-0.5, 0.2, 1.0, 7.0]])
    np.testing.assert_array_equal(back, np.array([[0, 51, 255, 255]], dtype=np.uint8))


def test_inverse_refuses():
    X = np.ones((2, 6, 6))
    resampled = ImagePreprocessor(size=4, resize="bilinear")
    with pytest.raises(ValueError, match=r"resize='bilinear'.*6×6 to 4×4 loses information"):
        resampled.inverse_transform(resampled.fit_transform(X))
    same_size = ImagePreprocessor(size=6, resize="bilinear")
    np.testing.assert_array_equal(same_size.inverse_transform(same_size.fit_transform(X)), X)
    padded = ImagePreprocessor(size=8).fit(X)
    with pytest.raises(ValueError, match=r"X must have 64 features, .* Got 36"):
        padded.inverse_transform(X)


# Wrong input


def test_preprocessor_needs_fit():
    with pytest.raises(NotFittedError):
        ImagePreprocessor().transform(np.ones((1, 4)))
    with pytest.raises(NotFittedError):
        ImagePreprocessor().inverse_transform(np.ones((1, 4)))


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"resize": "foo"}, r"The 'resize' parameter of ImagePreprocessor must be a str among"),
        ({"scale": "minmax"}, r"The 'scale' parameter of ImagePreprocessor must be a str among"),
        ({"flatten": "yes"}, r"The 'flatten' parameter of ImagePreprocessor must be"),
        ({"size": 0}, r"The 'size' parameter of ImagePreprocessor must be None, an int in"),
        ({"size": 8.5}, r"The 'size' parameter of ImagePreprocessor must be"),
        ({"size": (8, 8, 8)}, r"size must be None, a positive int or \(height, width\)"),
        ({"size": (8, -8)}, r"size must be None, a positive int or \(height, width\)"),
        ({"size": 6}, r"size=6 is smaller than the images of 8×8.*resize='bilinear'"),
        ({"size": (9, 7)}, r"size=\(9, 7\) is smaller than the images of 8×8"),
        ({"image_shape": "8x8"}, r"The 'image_shape' parameter of ImagePreprocessor must be"),
        ({"image_shape": (8, 0)}, r"image_shape must be \(H, W\)"),
        ({"image_shape": (7, 8)}, r"image_shape=\(7, 8\) asks for 56 values"),
    ],
)
def test_wrong_parameters(params, message):
    with pytest.raises(ValueError, match=message):
        ImagePreprocessor(**params).fit(np.ones((2, 64)))


def test_size_may_be_an_array_of_one_number():
    X = np.zeros((2, 16))
    assert ImagePreprocessor(size=np.array(6)).fit_transform(X).shape == (2, 36)
