"""The pixels that a model was fitted on, and the warning about other ones."""

import json
import re
import tracemalloc
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.datasets import load_digits

from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._images.statistics import measure_pixels, unpack_pixels


def measure(X, y=None, **kwargs):
    y = np.zeros(len(X), int) if y is None else y
    return measure_pixels(X, infer_layout(X.shape), y, **kwargs)


def standard(X, **kwargs):
    return measure(X, **kwargs).standard()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("offset", [0, 1e4])
def test_mean_and_standard_deviation(dtype, offset):
    X = np.random.default_rng(0).integers(0, 200, (3000, 3, 5, 6)).astype(dtype)
    if dtype != np.uint8:
        X += offset
    mean, std = standard(X)
    np.testing.assert_allclose(mean.flatten(), X.mean((0, 2, 3), dtype=float), rtol=1e-6)
    np.testing.assert_allclose(std.flatten(), X.std((0, 2, 3), dtype=float), rtol=1e-5)


def test_they_weigh_and_pick():
    X = np.random.default_rng(0).integers(0, 256, (10, 16), dtype=np.uint8)
    weight = np.random.default_rng(1).integers(0, 4, 10).astype(float)
    repeated = X.repeat(weight.astype(int), axis=0)
    np.testing.assert_allclose(standard(X, weight=weight), standard(repeated), rtol=1e-6)
    rows = np.array([0, 4])
    np.testing.assert_allclose(standard(X, rows=rows), standard(X[rows]), rtol=1e-6)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1])
def test_constant_pixels_have_a_deviation_of_one(value):
    mean, std = standard(np.full((5, 16), value))
    assert mean.item() == pytest.approx(value)
    assert std.item() == 1.0


def test_values_beyond_float32_are_refused():
    X = np.array([[1e300, 1.0, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]])
    with pytest.raises(ValueError, match=r"X must hold pixels whose squares fit float32.*Divide X"):
        measure(X)


def test_levels_of_the_least_and_the_greatest_pixel():
    mean, std = measure(np.array([[3.0, 5.0, 9.0, 13.0]])).scale_to((0.0, 1.0))
    np.testing.assert_allclose(
        (np.array([3.0, 13.0]) - mean.item()) / std.item(), [0.0, 1.0], atol=1e-6
    )


def test_no_copy_of_the_whole():
    X = np.zeros((200_000, 64), dtype=np.uint8)  # 12.8 MB
    X[:, 0] = 1
    tracemalloc.start()
    measure(X, np.zeros(len(X), np.int8))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8e6


@pytest.fixture(scope="module")
def fitted():
    X, y = load_digits(return_X_y=True)
    return X, y, measure(X[:1000], y[:1000])


def difference(statistics, X):
    return statistics.find_difference(X.min(), X.max(), X.mean(), len(X))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda X: X / 16, "go from 0 to 1, but from 0 to 16"),
        (lambda X: X / 255, "go from 0 to 0.06"),
        (lambda X: X * 255, r"go from 0 to 4.08e\+03"),
        (lambda X: 16 - X, "they look inverted"),
    ],
    ids=["÷16", "÷255", "×255", "16−X"],
)
@pytest.mark.parametrize("n", [1, 5, 300])
def test_pixels_of_another_range_are_seen(change, said, n, fitted):
    X, _, statistics = fitted
    assert re.search(said, difference(statistics, change(X[-n:])))


def test_ordinary_images_are_not(fitted):
    """Single images, classes on their own and draws of all sizes: 2,000 cases."""
    X, y, statistics = fitted
    rng = np.random.default_rng(0)
    cases = [X[i : i + 1] for i in range(797)] + [X[y == label] for label in range(10)]
    cases += [X[rng.integers(0, len(X), n)] for n in rng.integers(1, 200, 1193)]
    assert len(cases) == 2000
    assert [len(case) for case in cases if difference(statistics, case)] == []


def test_dark_and_blank_images_are_not(fitted):
    X, _, statistics = fitted
    assert difference(statistics, X[:1] * 0.6) is None
    assert difference(statistics, np.zeros((1, 64))) is None


def test_they_survive_a_file(fitted):
    statistics = fitted[2]
    assert unpack_pixels(json.loads(json.dumps(asdict(statistics)))) == statistics
    assert unpack_pixels(None) is None
    for wrong in ({"mean": [0.0]}, {**asdict(statistics), "low": "0"}, []):
        with pytest.raises(ValueError, match="must"):
            unpack_pixels(wrong)


def test_the_memory_depends_neither_on_the_number_nor_on_the_size_of_images():
    X = np.random.default_rng(0).integers(0, 256, (500, 3, 100, 100), dtype=np.uint8)
    measure(X[:10])
    tracemalloc.start()
    found = measure(X)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30e6  # the doubles of all images are 120 MB
    np.testing.assert_allclose(found.mean, X.mean((0, 2, 3)))
