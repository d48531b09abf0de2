import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import ndimage, sparse
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from lenet_sklearn._images.geometry import ink, slant
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

TRANSFORMERS = [ImagePreprocessor, MassCenterer, Deskewer]
MOVERS = [MassCenterer, Deskewer]
DTYPES = [bool, np.uint8, np.int16, np.int64, np.float32, np.float64]


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X, y


@pytest.fixture
def colour():
    """Four RGB images of 6×5, (n, C, H, W)."""
    return np.random.default_rng(0).integers(0, 256, (4, 3, 6, 5), dtype=np.uint8)


def skew_of(images):
    return slant(ink(images[:, np.newaxis]))[0]


# scikit-learn's contract


def checks(estimator):
    """Names of the checks by status: passed, failed, skipped, xfail."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the checks' data are no square images
        results = check_estimator(estimator, on_skip=None, on_fail=None)
    names = {}
    for result in results:
        names.setdefault(result["status"], []).append(result["check_name"])
    return names


@pytest.fixture(scope="module")
def scaler_checks():
    return checks(StandardScaler())


@pytest.mark.parametrize(
    "estimator",
    [
        ImagePreprocessor(),
        ImagePreprocessor(size=5, resize="bilinear", scale="standard"),
        ImagePreprocessor(size=4, scale="lecun1998"),
        ImagePreprocessor(scale=None),
        MassCenterer(),
        Deskewer(),
    ],
    ids=repr,
)
def test_check_estimator(estimator, scaler_checks):
    done = checks(estimator)
    assert set(done) == {"passed", "skipped"}
    assert set(done["skipped"]) <= set(scaler_checks["skipped"])
    assert len(done["skipped"]) <= len(scaler_checks["skipped"])
    # StandardScaler passes 53; eight of those weigh samples, which nothing here does.
    not_done = set(scaler_checks["passed"]) - set(done["passed"])
    if isinstance(estimator, ImagePreprocessor):
        assert len(done["passed"]) >= 46
        assert all("sample_weight" in name for name in not_done)
    else:
        assert len(done["passed"]) >= 45
        assert "check_transformers_unfitted_stateless" in done["passed"]
        not_done -= {"check_estimators_unfitted", "check_transformers_unfitted"}
        assert all("sample_weight" in name for name in not_done)


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_clone_and_pickle(transformer, digits):
    X = digits[0][:20]
    estimator = clone(transformer(image_shape=(8, 8)).fit(X))
    assert not hasattr(estimator, "n_features_in_")
    assert estimator.image_shape == (8, 8)
    estimator.fit(X)
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(again.transform(X), estimator.transform(X))


def test_pipeline_and_grid_search(digits):
    X, y = digits
    pipeline = make_pipeline(ImagePreprocessor(), MassCenterer(), Deskewer(), SVC())
    search = GridSearchCV(pipeline, {"imagepreprocessor__size": [8, 12]}, cv=2).fit(X, y)
    assert search.best_score_ > 0.93
    side = search.best_params_["imagepreprocessor__size"]
    assert search.best_estimator_[-1].n_features_in_ == side**2


# Layouts and dtypes


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("transformer", MOVERS)
def test_movers_keep_shape_and_dtype(transformer, dtype, colour):
    X = (colour % 2 if dtype is bool else colour // 2).astype(dtype)
    expected = transformer().fit_transform(X)
    assert expected.dtype == dtype
    assert expected.shape == X.shape
    hwc = transformer().fit_transform(np.moveaxis(X, 1, -1))
    np.testing.assert_array_equal(hwc, np.moveaxis(expected, 1, -1))
    flat = transformer(image_shape=(3, 6, 5)).fit_transform(X.reshape(4, -1))
    np.testing.assert_array_equal(flat, expected.reshape(4, -1))


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


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_flat_and_image_shaped_rows_of_one_fit(transformer, digits):
    X = digits[0][:10]
    estimator = transformer().fit(X)
    images = estimator.transform(X.reshape(10, 8, 8))
    assert images.shape == (10, 8, 8)
    np.testing.assert_array_equal(images.reshape(10, -1), estimator.transform(X))
    assert estimator.transform(X.reshape(10, 8, 8, 1)).shape == (10, 8, 8, 1)
    refitted = transformer().fit(X.reshape(10, 8, 8))
    assert refitted.n_features_in_ == 64
    np.testing.assert_array_equal(refitted.transform(X), estimator.transform(X))


@pytest.mark.parametrize("transformer", MOVERS)
def test_movers_need_no_fit(transformer, digits):
    X = digits[0][:10]
    np.testing.assert_array_equal(transformer().transform(X), transformer().fit_transform(X))


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_rows_that_are_no_square(transformer):
    X = np.arange(20.0).reshape(2, 10)
    with pytest.warns(UserWarning, match="10 features") as caught:
        estimator = transformer().fit(X)
    assert caught[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # once is enough
        out = estimator.transform(X)
    assert out.shape == (2, 16 if transformer is ImagePreprocessor else 10)
    assert len(estimator.get_feature_names_out()) == out.shape[1]
    if transformer is ImagePreprocessor:
        np.testing.assert_allclose(estimator.inverse_transform(out), X)


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_batches_give_what_one_image_gives(transformer):
    rng = np.random.default_rng(0)
    X = rng.integers(0, 256, (1500, 5, 5), dtype=np.uint8) * (rng.random((1500, 5, 5)) < 0.3)
    estimator = transformer().fit(X)
    one_by_one = np.concatenate([estimator.transform(X[i : i + 1]) for i in (0, 1023, 1024, 1499)])
    np.testing.assert_array_equal(estimator.transform(X)[[0, 1023, 1024, 1499]], one_by_one)


@pytest.mark.parametrize("estimator", [t(image_shape=(28, 28)) for t in TRANSFORMERS], ids=repr)
def test_no_whole_copy_is_made(estimator):
    X = np.zeros((20_000, 784), dtype=np.uint8)
    X[:, ::3] = 200
    if isinstance(estimator, ImagePreprocessor):
        estimator.set_params(size=32, scale="standard")
    tracemalloc.start()
    try:
        out = estimator.fit(X).transform(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak - out.nbytes < 25e6  # X in float32 would take 63e6


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


def test_set_output_pandas(digits):
    X = digits[0][:10]
    frame = pd.DataFrame(X, columns=[f"p{i}" for i in range(64)], index=range(100, 110))
    out = ImagePreprocessor(size=10).set_output(transform="pandas").fit_transform(frame)
    assert out.shape == (10, 100)
    assert (out.index == frame.index).all()
    np.testing.assert_array_equal(out["pixel_1_3"], frame["p2"] / 16)
    for transformer in MOVERS:
        out = transformer().set_output(transform="pandas").fit_transform(frame)
        assert out.columns.equals(frame.columns)
        np.testing.assert_array_equal(out, transformer().fit_transform(X))


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_images_are_no_table(transformer, digits):
    images = digits[0][:10].reshape(10, 8, 8)
    estimator = transformer().set_output(transform="pandas").fit(images)
    with pytest.raises(ValueError, match=r"set_output\(transform='pandas'\) needs flat rows"):
        estimator.transform(images)
    if transformer is ImagePreprocessor:
        assert estimator.set_params(flatten=True).fit_transform(images).shape == (10, 64)


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


# Movers


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


def test_a_slanted_bar_becomes_upright():
    X = np.zeros((2, 28, 28), dtype=np.uint8)
    for row in range(4, 24):
        X[0, row, row : row + 3] = 200
        X[1, row, 24 - row // 2 : 27 - row // 2] = 200
    before, after = skew_of(X), skew_of(Deskewer().fit_transform(X))
    np.testing.assert_allclose(before, [1, -0.5], atol=0.02)
    np.testing.assert_allclose(after, 0, atol=0.01)


def test_deskewing_keeps_the_centre_of_mass_and_the_ink():
    X = np.zeros((1, 20, 20))
    for row in range(5, 15):
        X[0, row, row - 1 : row + 2] = [1, 2, 1.5]
    out = Deskewer().fit_transform(X)
    np.testing.assert_allclose(ndimage.center_of_mass(out[0]), ndimage.center_of_mass(X[0]))
    np.testing.assert_allclose(out.sum(axis=2), X.sum(axis=2))


def test_deskewing_reduces_the_slant_of_digits(digits):
    X = np.pad(digits[0].reshape(-1, 8, 8), ((0, 0), (4, 4), (4, 4)))
    before, after = np.abs(skew_of(X)), np.abs(skew_of(Deskewer().fit_transform(X)))
    assert before.mean() > 0.1
    assert after.max() < 1e-6


def test_a_steep_slant_takes_no_more_memory():
    X = np.zeros((1, 300, 300), dtype=np.uint8)
    X[0, 0, 0] = X[0, 1, 299] = 255
    tracemalloc.start()
    try:
        out = Deskewer().fit_transform(X)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 5e6  # the last row would move by 89,101 pixels
    np.testing.assert_array_equal(out[0, :2, 149:151], 128)  # halves, rounded


@pytest.mark.parametrize("transformer", MOVERS)
@pytest.mark.parametrize("fill", [0.0, -2.0])
def test_images_without_ink_stay(transformer, fill):
    X = np.full((2, 5, 5), fill)
    np.testing.assert_array_equal(transformer().fit_transform(X), X)


def test_negative_pixels_weigh_nothing_and_move_along():
    X = np.zeros((1, 5, 5))
    X[0, 0, 1:3] = [-9, 1]
    out = MassCenterer().fit_transform(X)
    assert (out[0, 2, 1], out[0, 2, 2]) == (-9, 1)
    assert np.count_nonzero(out) == 2


def test_ink_in_one_row_has_no_slant():
    X = np.zeros((1, 7, 7))
    X[0, 1] = np.random.default_rng(0).random(7)
    X[0, 6, 0] = 1e-9  # too little to tell a direction
    np.testing.assert_array_equal(Deskewer().fit_transform(X), X)


@pytest.mark.parametrize("transformer", MOVERS)
@pytest.mark.parametrize("factor", [1e308, 1e-308])
def test_extreme_floats(transformer, factor):
    X = np.zeros((1, 6, 6))
    X[0, [0, 1, 2], [0, 1, 2]] = [0.5, 1, 0.75]
    expected = transformer().fit_transform(X)
    assert (expected != X).any()
    np.testing.assert_allclose(transformer().fit_transform(X * factor) / factor, expected)


def test_channels_move_together(colour):
    X = np.zeros((1, 3, 9, 9), dtype=np.uint8)
    X[0, 0, 0, 0], X[0, 1, 2, 2], X[0, 2, 1, 1] = 10, 10, 10
    out = MassCenterer().fit_transform(X)
    assert out[0, 0, 3, 3] == out[0, 1, 5, 5] == out[0, 2, 4, 4] == 10
    upright = Deskewer().fit_transform(X)
    assert upright[0, 0, 0, 1] == upright[0, 1, 2, 1] == upright[0, 2, 1, 1] == 10


# Wrong input


@pytest.mark.parametrize("transformer", TRANSFORMERS)
@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (np.array([[0, np.nan, 0, 0]]), ValueError, "Input X contains NaN"),
        (np.array([[[0, np.inf], [0, 0]]]), ValueError, "Input X contains infinity"),
        (sparse.eye(4, format="csr"), TypeError, "Sparse data was passed for X"),
        (np.ones((2, 4), dtype=complex), ValueError, "Complex data not supported"),
        (np.ones(4), ValueError, "Reshape your data"),
        (np.ones((1, 1, 1, 2, 2)), ValueError, "2, 3 or 4 dimensions"),
        (np.ones((0, 4)), ValueError, "minimum of 1 is required"),
        (np.ones((4, 0)), ValueError, "0 feature"),
        ([["a", "b", "c", "d"]], ValueError, "strings"),
        ([[1, 2], [3]], ValueError, "images of one shape"),
        (np.ones((2, 785)), ValueError, "label column"),
        (np.ones((2, 3, 9, 3)), ValueError, "image_shape"),
    ],
)
def test_wrong_input(transformer, X, error, message):
    with pytest.raises(error, match=message):
        transformer().fit(X)


@pytest.mark.parametrize("transformer", TRANSFORMERS)
def test_other_images_at_transform(transformer):
    estimator = transformer().fit(np.ones((3, 8, 8)))
    name = transformer.__name__
    for shape in [(3, 63), (3, 8, 9), (3, 3, 8, 8)]:
        message = f"X has {np.prod(shape[1:])} features, but {name} is expecting 64 features"
        with pytest.raises(ValueError, match=message):
            estimator.transform(np.ones(shape))
    with pytest.raises(ValueError, match=rf"images of shape \(8, 8\), as {name}"):
        estimator.transform(np.ones((3, 4, 16)))


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
