"""What all transformers over images have in common."""

import pickle
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import check_estimator

from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

TRANSFORMERS = [ImagePreprocessor, MassCenterer, Deskewer]
MOVERS = [MassCenterer, Deskewer]
DTYPES = [bool, np.uint8, np.int16, np.int64, np.float32, np.float64]


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


# Movers


@pytest.mark.parametrize("transformer", MOVERS)
@pytest.mark.parametrize("fill", [0.0, -2.0])
def test_images_without_ink_stay(transformer, fill):
    X = np.full((2, 5, 5), fill)
    np.testing.assert_array_equal(transformer().fit_transform(X), X)


@pytest.mark.parametrize("transformer", MOVERS)
@pytest.mark.parametrize("factor", [1e308, 1e-308])
def test_extreme_floats(transformer, factor):
    X = np.zeros((1, 6, 6))
    X[0, [0, 1, 2], [0, 1, 2]] = [0.5, 1, 0.75]
    expected = transformer().fit_transform(X)
    assert (expected != X).any()
    np.testing.assert_allclose(transformer().fit_transform(X * factor) / factor, expected)


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
        ([["a", "b", "c", "d"]], ValueError, "numbers. Got text"),
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


# Maps of the output, brought back


@pytest.mark.parametrize(
    "transformer",
    [
        MassCenterer(),
        Deskewer(),
        ImagePreprocessor(size=(11, 13)),
        ImagePreprocessor(size=(14, 9), resize="bilinear"),
        ImagePreprocessor(size=(5, 6), resize="bilinear"),
    ],
    ids=str,
)
def test_maps_come_back_by_the_transpose(transformer):
    """The product of a map with moved images is that of the map brought back with the images."""
    rng = np.random.default_rng(0)
    X = np.zeros((1100, 8, 8))  # more than one batch
    X[:, 1:6, 2:5] = rng.random((1100, 5, 3)) * 9
    X[0] = 0  # blank
    plain = ImagePreprocessor(**{**transformer.get_params(), "scale": None}) if hasattr(
        transformer, "scale") else transformer  # fmt: skip
    out = plain.fit(X).transform(X)
    maps = rng.random(out.shape)
    back = transformer.fit(X)._bring_back(maps, X)
    assert back.shape == X.shape
    np.testing.assert_allclose((maps * out).sum((1, 2)), (back * X).sum((1, 2)), rtol=1e-10)
    flat = transformer.fit(X.reshape(1100, -1))._bring_back(maps, X.reshape(1100, -1))
    np.testing.assert_array_equal(flat, back)
