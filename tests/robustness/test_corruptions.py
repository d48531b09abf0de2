"""Each corruption takes any image and gives back one of its shape, dtype and range."""

import numpy as np
import pandas as pd
import pytest
from sklearn.svm import SVC

from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn.datasets import load_digits_images
from lenet_sklearn.robustness import CORRUPTIONS, corrupt, corruptions

NAMES = [
    *("shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale", "rotate"),
    *("brightness", "translate", "stripe", "fog", "spatter", "dotted_line", "zigzag"),
    "canny_edges",
]


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits_images(return_X_y=True)
    return np.asarray(X, np.float64), y


def test_the_fifteen_of_mnist_c():
    assert list(CORRUPTIONS) == NAMES
    assert all(len(each.amounts) == 5 and each.name == k for k, each in CORRUPTIONS.items())
    with pytest.raises(TypeError):
        CORRUPTIONS["fog"] = None


@pytest.mark.parametrize("name", NAMES)
def test_shape_dtype_and_range(name, digits):
    X = digits[0][:20]
    for dtype, high in ((np.uint8, 255), (np.float32, 1), (np.float64, 16), (bool, 1)):
        given = (X / 16 * high).round().astype(dtype)
        before = given.copy()
        for severity in (1, 5):
            Z = corrupt(given, name, severity=severity, random_state=0)
            assert Z.shape == given.shape
            assert Z.dtype == dtype
            assert Z.min() >= 0
            assert Z.max() <= high
            assert np.isfinite(Z).all()
        # Half of the range is not enough to turn a black pixel of two values white.
        assert not np.array_equal(Z, given) or (name, dtype) == ("brightness", bool)
        np.testing.assert_array_equal(given, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "shape", [(1, 1), (4, 1), (4, 4), (2, 1, 2), (3, 1, 7), (3, 5, 1), (2, 3, 9, 6), (2, 9, 6, 3)]
)
def test_any_size_and_layout(name, shape, rng):
    X = rng.random(shape)
    Z = corrupt(X, name, severity=5, random_state=0)
    assert Z.shape == shape
    assert np.isfinite(Z).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name, digits):
    X = digits[0][:20]
    first, again, other = (corrupt(X, name, random_state=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    drawn = name not in ("scale", "brightness", "canny_edges")
    assert (first != other).any() == drawn


@pytest.mark.parametrize("name", NAMES)
def test_ranges_and_layouts_give_the_same_images(name, digits):
    X = digits[0][:15].reshape(15, 8, 8)
    Z = corrupt(X, name, random_state=0)
    shifted = corrupt(3 * X - 7, name, random_state=0)
    np.testing.assert_allclose((shifted + 7) / 3, Z, atol=1e-4)
    flat = corrupt(X.reshape(15, 64), name, random_state=0, image_shape=(8, 8))
    np.testing.assert_array_equal(flat.reshape(Z.shape), Z)
    colours = np.repeat(X[..., np.newaxis], 3, axis=-1)
    last = corrupt(colours, name, random_state=0)
    first = corrupt(np.moveaxis(colours, -1, 1), name, random_state=0)
    np.testing.assert_array_equal(np.moveaxis(last, -1, 1), first)


def test_severities_are_harder_and_harder(digits):
    X, y = digits[0].reshape(-1, 64), digits[1]
    model = SVC().fit(X[:900], y[:900])
    clean = model.score(X[900:], y[900:])
    for name in NAMES:
        mild, strong = (
            model.score(corrupt(X[900:], name, severity=s, random_state=0), y[900:]) for s in (1, 5)
        )
        # All edges of images of 8×8 are equally unreadable.
        assert strong < mild or name == "canny_edges", name
        assert strong < clean - 0.05, name


def test_in_chunks(digits, monkeypatch):
    X = digits[0][:50]
    whole = [corrupt(X, name, random_state=0) for name in ("scale", "canny_edges")]
    monkeypatch.setattr(corruptions, "_AT_ONCE", 64 * 7)
    parts = [corrupt(X, name, random_state=0) for name in ("scale", "canny_edges")]
    np.testing.assert_array_equal(whole, parts)


def test_black_and_white_may_be_given(digits):
    """A few images need not hold the darkest and the brightest pixel of all."""
    X = digits[0][:1] / 4
    layout = infer_layout(X.shape)
    dark, full = (
        corruptions.corrupt_checked(X, layout, CORRUPTIONS["brightness"], 5, 0, limits=limits)
        for limits in (None, (0, 16))
    )
    assert (dark.max(), full.max()) == (X.max(), X.max() + 8)


def test_constant_images_stay():
    X = np.full((3, 64), 5.0)
    np.testing.assert_array_equal(corrupt(X, "fog"), X)
    one_pixel = np.array([[7]])
    np.testing.assert_array_equal(corrupt(one_pixel, "impulse_noise"), one_pixel)


def test_data_frame():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.random((4, 9)), columns=[f"p{i}" for i in range(9)], index=list("abcd"))
    Z = corrupt(X, "rotate", random_state=0)
    assert isinstance(Z, pd.DataFrame)
    assert (Z.columns == X.columns).all()
    assert (Z.index == X.index).all()


def test_rows_that_are_no_square():
    X = np.random.default_rng(0).random((5, 60))
    with pytest.warns(UserWarning, match="no square number"):
        assert corrupt(X, "fog", random_state=0).shape == (5, 60)


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002  (the one to be left alone)
    corrupt(np.random.default_rng(0).random((5, 64)), "fog")
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "snow"}, r"name must be among \['shot_noise'.*Got 'snow'\.$"),
        ({"name": "fogg"}, r"Got 'fogg'\. Did you mean 'fog'\?"),
        ({"name": 3}, r"name must be among .* Got 3\."),
        ({"severity": 0}, r"severity must be an integer from 1 to 5\. Got 0\."),
        ({"severity": 6}, "Got 6"),
        ({"severity": 2.0}, r"Got 2\.0"),
        ({"severity": "5"}, "Got '5'"),
        ({"severity": True}, "Got True"),
        ({"severity": None}, "Got None"),
        ({"image_shape": (5, 5)}, "image_shape"),
        ({"X": np.full((2, 64), np.nan)}, "NaN"),
        ({"X": np.zeros((0, 64))}, "0 sample"),
        ({"X": np.array([[[-1.5e308, 1.5e308]]])}, "whose range is finite"),
    ],
)
def test_bad_input(options, message):
    given = {"X": np.eye(4, 64), "name": "fog", **options}
    with pytest.raises(ValueError, match=message):
        corrupt(given.pop("X"), given.pop("name"), **given)
