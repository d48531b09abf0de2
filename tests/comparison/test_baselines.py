"""Each baseline is set up well: it learns, at any pixel range and layout, without a warning."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.pipeline import Pipeline
from sklearn.utils.estimator_checks import check_estimator

from lenet_sklearn.comparison import make_baselines
from lenet_sklearn.comparison.baselines import PixelScaler

NAMES = ["SVM", "Random forest", "MLP", "k-NN", "Logistic regression", "Dummy"]
# What each reaches at least on the last 797 digits, which other people wrote than the first 1,000.
LOWEST = {
    "SVM": 0.96,
    "Random forest": 0.92,
    "MLP": 0.93,
    "k-NN": 0.95,
    "Logistic regression": 0.90,
    "Dummy": 0.09,
}


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


def test_names_and_kinds():
    baselines = make_baselines()
    assert list(baselines) == NAMES
    assert all(isinstance(model, Pipeline) for model in baselines.values())


@pytest.mark.parametrize("name", NAMES)
def test_learns_without_a_warning(name, digits):
    X, y = digits
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = make_baselines(random_state=0)[name].fit(X[:1000], y[:1000])
    assert model.score(X[1000:], y[1000:]) >= LOWEST[name]


@pytest.mark.parametrize("name", NAMES)
def test_range_and_layout_of_the_pixels_do_not_matter(name, digits):
    X, y = digits[0][:300], digits[1][:300]
    variants = {
        "0-16": X,
        "0-1": X / 16,
        "0-240, integers, images": (X * 15).astype(np.uint8).reshape(-1, 8, 8),
        "channels": X.reshape(-1, 1, 8, 8).astype(np.float32),
    }
    predicted = {
        label: clone(make_baselines(random_state=0)[name]).fit(data, y).predict(data[:200])
        for label, data in variants.items()
    }
    for label, labels in predicted.items():
        # float32 rounds the last digit, which may turn a split of a tree or a pass of the MLP.
        assert np.mean(labels == predicted["0-16"]) >= 0.99, label


def test_random_state_repeats_the_fit(digits):
    X, y = digits[0][:200], digits[1][:200]
    for name in ("Random forest", "MLP"):
        first, second = (make_baselines(random_state=3)[name].fit(X, y) for _ in range(2))
        np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))


def test_can_be_pickled_and_cloned(digits):
    X, y = digits[0][:100], digits[1][:100]
    for model in make_baselines(random_state=0).values():
        fitted = clone(model).fit(X, y)
        copied = pickle.loads(pickle.dumps(fitted))
        np.testing.assert_array_equal(fitted.predict(X), copied.predict(X))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_pixel_scaler_keeps_scikit_learns_contract():
    check_estimator(PixelScaler())


def test_pixel_scaler_uses_one_scale_for_all_pixels():
    X = np.array([[0.0, 10.0, 0.0], [0.0, 30.0, 2.0]])
    scaled = PixelScaler().fit_transform(X)
    np.testing.assert_allclose(scaled, (X - X.mean()) / X.std())
    assert scaled.mean() == pytest.approx(0)
    assert scaled.std() == pytest.approx(1)


def test_pixel_scaler_unit_image():
    X = np.random.default_rng(0).integers(0, 256, (50, 4, 4), dtype=np.uint8)
    scaled = PixelScaler(unit="image").fit_transform(X)
    assert (scaled**2).sum(axis=1).mean() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [("uint8", "float32"), ("bool", "float32"), ("int64", "float32"), ("float64", "float64")],
)
def test_pixel_scaler_dtype(dtype, expected):
    X = np.array([[0, 1], [1, 1]], dtype=dtype)
    assert PixelScaler().fit_transform(X).dtype == expected


def test_pixel_scaler_constant_images():
    np.testing.assert_array_equal(PixelScaler().fit_transform(np.full((3, 2, 2), 7)), 0)


def test_pixel_scaler_bad_input():
    scaler = PixelScaler().fit(np.zeros((2, 4, 4)))
    with pytest.raises(ValueError, match="X has 9 features, but PixelScaler is expecting 16"):
        scaler.transform(np.zeros((2, 3, 3)))
    with pytest.raises(ValueError, match="NaN"):
        PixelScaler().fit([[np.nan, 1.0]])
    with pytest.raises(ValueError, match=r"must be 'pixel' or 'image'\. Got 'row'\."):
        PixelScaler(unit="row").fit([[0.0, 1.0]])
