"""Several threads at once get what one would have got."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer

N_THREADS = 8


def at_once(functions):
    """Call each function in a thread of its own, none before all are there."""
    barrier = Barrier(len(functions))

    def call(function):
        barrier.wait()
        return function()

    with ThreadPoolExecutor(len(functions)) as pool:
        return list(pool.map(call, functions))


@pytest.fixture(scope="module")
def model():
    """A fitted pipeline of every transformer with a classifier."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (200, 784), dtype=np.uint8), np.arange(200) % 10
    classifier = LeNet5Classifier(max_epochs=2, random_state=0, device="cpu")
    steps = (MassCenterer(), Deskewer(), ImagePreprocessor(size=32))
    return make_pipeline(*steps, classifier).fit(X, y.astype(str))


@pytest.mark.parametrize("n_images", [1100, pytest.param(10_000, marks=pytest.mark.slow)], ids=str)
def test_predicting_from_eight_threads(model, n_images):
    rng = np.random.default_rng(1)
    images = [rng.integers(0, 256, (n_images, 784), dtype=np.uint8) for _ in range(N_THREADS)]
    expected = [model.predict_proba(X) for X in images]
    answers = at_once([lambda X=X: model.predict_proba(X) for X in images])
    np.testing.assert_array_equal(answers, expected)
    labels = at_once([lambda X=X: model.predict(X) for X in images])
    np.testing.assert_array_equal(labels, model[-1].classes_[np.argmax(expected, axis=-1)])


def test_fitting_predicting_and_transforming_at_once(model):
    """Models of several kinds, in the making beside others in use."""
    rng = np.random.default_rng(2)
    X, y = rng.integers(0, 256, (60, 784), dtype=np.uint8), np.arange(60) % 3
    base = LeNet5Classifier(max_epochs=2, random_state=0, device="cpu")
    kinds = [{"dropout": 0.4}, {"augmentation": "digits"}, {"early_stopping": True},
             {"output": "rbf", "connectivity": "lecun1998"}]  # fmt: skip
    work = [
        *(
            lambda kind=kind: clone(base).set_params(**kind).fit(X, y).predict_proba(X)
            for kind in kinds
        ),
        lambda: model.predict_proba(X),
        lambda: model[:-1].transform(X),
        lambda: clone(model).fit(X, y).predict_proba(X),
        lambda: model[-1].transform(model[:-1].transform(X)),
    ]
    expected = [function() for function in work]
    for answer, right in zip(at_once(work), expected, strict=True):
        np.testing.assert_array_equal(answer, right)
