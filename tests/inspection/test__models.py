"""Network, layout and names are found in what a user has at hand."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.inspection._models import (
    find_classifier,
    known_layout,
    layout_of,
    layout_of_steps,
    names_of_classes,
    pixel_range,
    shorten,
    to_training_form,
)


def test_found(model):
    assert find_classifier(model) is model
    assert find_classifier(make_pipeline(StandardScaler(), model)) is model


def test_not_fitted():
    with pytest.raises(NotFittedError):
        find_classifier(make_pipeline(StandardScaler(), LeNet5Classifier()))


def test_a_search_is_told_what_to_pass(grey, tiny):
    search = GridSearchCV(LeNet5Classifier(**tiny), {"max_epochs": [1]}, cv=2).fit(*grey)
    with pytest.raises(TypeError, match=r"Got GridSearchCV\. Pass its best_estimator_\."):
        find_classifier(search)
    assert find_classifier(search.best_estimator_) is search.best_estimator_


def shape_of(layout):
    return layout.channels, layout.height, layout.width


def test_the_layout_is_that_of_the_estimator(tiny, grey):
    X, y = grey
    wide = LeNet5Classifier(**tiny, image_shape=(4, 16)).fit(X, y)
    step = ImagePreprocessor(image_shape=(2, 32)).fit(X)
    assert shape_of(layout_of(wide, X)) == (1, 4, 16)
    assert shape_of(layout_of(make_pipeline(step, wide), X)) == (1, 2, 32)  # X comes to the step
    assert shape_of(layout_of(wide, X.reshape(-1, 4, 16))) == (1, 4, 16)


def test_other_estimators_know_no_layout(grey, colours):
    X = grey[0]
    for estimator in (SVC(), make_pipeline(StandardScaler(), SVC()), object()):
        assert shape_of(layout_of(estimator, X)) == (1, 8, 8)
        assert shape_of(layout_of(estimator, colours)) == (3, 8, 8)


def test_the_layout_is_known_after_the_fit(model):
    assert shape_of(known_layout(model)) == (1, 8, 8)
    assert shape_of(known_layout(make_pipeline(model, SVC()))) == (1, 8, 8)
    for estimator in (LeNet5Classifier(), make_pipeline(StandardScaler(), model), object()):
        assert known_layout(estimator) is None


def test_the_users_layout_comes_first(model, grey):
    assert shape_of(layout_of(model, grey[0], (16, 4))) == (1, 16, 4)
    with pytest.raises(ValueError, match="image_shape="):
        layout_of(model, grey[0], (9, 9))


def test_names_of_classes():
    classes = np.array([3, 7])
    assert names_of_classes(None, classes) == ["3", "7"]
    assert names_of_classes(np.array(["three", "seven"]), classes) == ["three", "seven"]
    assert names_of_classes((True, None), classes) == ["True", "None"]
    with pytest.raises(ValueError, match=r"one name for each of the 2 classes, \[3, 7\]\. Got 1\."):
        names_of_classes(["three"], classes)


def test_only_long_names_are_cut():
    assert shorten("a" * 14) == "a" * 14
    assert shorten("a" * 15) == "a" * 13 + "…"
    assert shorten("abcd", longest=3) == "ab…"


def test_the_layout_of_a_saved_model_is_that_of_its_first_step_that_has_one():
    layouts = [SimpleNamespace(_layout="first"), SimpleNamespace(_layout="second")]
    steps = [("none", "passthrough"), *((str(i), step) for i, step in enumerate(layouts))]
    assert layout_of_steps(Pipeline(steps)) == "first"
    assert layout_of_steps(layouts[1]) == "second"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 16, (0, 16)),
        (0.2, 0.9, (0, 1)),
        (3, 254, (0, 255)),
        (0, 60000, (0, 65535)),
        (0, 1e5, (0, 1e5)),
        (-0.5, 2.5, (-0.5, 2.5)),
    ],
)
def test_pixels_get_the_range_of_the_training_data(tiny, grey, low, high, expected):
    X, y = grey
    X = low + (X - X.min()) * ((high - low) / np.ptp(X))
    model = LeNet5Classifier(**tiny).fit(X, y)
    assert pixel_range(model) == pytest.approx((*expected, X.mean()), rel=1e-3, abs=1e-3)
    image = np.zeros((1, 1, 8, 8), np.uint8)
    image[..., 0] = 255
    rows = to_training_form(model, image)
    assert (rows.min(), rows.max()) == pytest.approx(expected)
    assert rows.dtype == (np.uint8 if expected == (0, 255) else np.float32)


@pytest.mark.parametrize("scale", ["unit", "standard", None])
def test_a_pipeline_gets_what_its_first_step_saw(tiny, grey, scale):
    X, y = grey
    step = ImagePreprocessor(size=12, scale=scale)
    pipeline = make_pipeline(step, LeNet5Classifier(**tiny)).fit(X / X.max(), y)
    white = to_training_form(pipeline, np.full((1, 1, 8, 8), 255, np.uint8))
    assert white.tolist() == [[1.0] * 64]
