import copy
import json

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer
from lenet_sklearn.persistence._estimators import (
    CLASSIFIERS,
    TRANSFORMERS,
    describe_estimator,
    restore_estimator,
)

KINDS = {**CLASSIFIERS, **TRANSFORMERS}


def described(estimator):
    left_out = []
    state = describe_estimator(estimator, KINDS[type(estimator).__name__], left_out)
    return json.loads(json.dumps(state)), left_out


@pytest.mark.parametrize("shape", [(9, 64), (9, 8, 8), (9, 3, 8, 8), (9, 8, 8, 3), (9, 50)])
@pytest.mark.parametrize(
    "transformer",
    [
        ImagePreprocessor(size=(9, 12)),
        ImagePreprocessor(size=4, resize="bilinear", scale="standard", flatten=True),
        ImagePreprocessor(scale=None),
        MassCenterer(),
        Deskewer(),
    ],
    ids=repr,
)
@pytest.mark.filterwarnings("ignore:X has 50 features:UserWarning")
def test_transformers_come_back(transformer, shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    fitted = copy.copy(transformer).fit(images)
    state, left_out = described(fitted)
    back = restore_estimator(state, TRANSFORMERS, "it")
    assert left_out == []
    assert repr(sorted(vars(back).items())) == repr(sorted(vars(fitted).items()))
    transformed = fitted.transform(images)
    np.testing.assert_array_equal(back.transform(images), transformed)
    if getattr(transformer, "resize", "bilinear") == "pad":
        np.testing.assert_array_equal(
            back.inverse_transform(transformed), fitted.inverse_transform(transformed)
        )


def test_what_is_not_fitted_is_refused():
    for estimator in (ImagePreprocessor(), LeNet5Classifier()):
        with pytest.raises(NotFittedError):
            described(estimator)
    state, _ = described(MassCenterer(image_shape=(8, 8)))
    back = restore_estimator(state, TRANSFORMERS, "it")
    assert back.image_shape == (8, 8)
    assert not hasattr(back, "_layout")


def test_foreign_attributes_are_named(X):
    transformer = MassCenterer().fit(X)
    transformer.note = "mine"
    assert described(transformer)[1] == ["note"]


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("class", "LeNet5Classifier", "it must be of the class ImagePreprocessor or"),
        ("class", ["Deskewer"], "it must be of the class"),
        ("params", {"image_shape": None, "n_jobs": 2}, "no parameter 'n_jobs'"),
        ("params", {"image_shape": 3}, "image_shape"),
        ("output", "cupy", "output of it must be among"),
        ("fitted", [], "it has not been fitted"),
        ("fitted", {"layout": None}, "layout must be an object"),
    ],
)
def test_what_describes_no_estimator_is_refused(name, value, message, X):
    state, _ = described(MassCenterer().fit(X))
    state[name] = value
    with pytest.raises(ValueError, match=message):
        restore_estimator(state, TRANSFORMERS, "it")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"channels": 3}, "must be HW"),
        ({"axes": "XYZ"}, "must be HW"),
        ({"axes": ["HW"]}, "must be HW"),
        ({"height": 0}, "positive integers"),
        ({"height": 8.0}, "positive integers"),
        ({"flat": "yes"}, "a boolean"),
        ({"n_features": 63, "flat": False}, "does not fit its image"),
        ({"n_features": 48}, "does not fit its image"),
        ({"n_features": 65}, "does not fit its image"),
        ({"height": 10**5, "width": 10**5}, "that one image"),
    ],
)
def test_what_is_no_layout_is_refused(changes, message, X):
    state, _ = described(MassCenterer().fit(X))
    state["fitted"]["layout"].update(changes)
    with pytest.raises(ValueError, match=message):
        restore_estimator(state, TRANSFORMERS, "it")
