"""Samples are of their class, mistakes are mistakes, in their order and with their figures."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.inspection import plot_mistakes, plot_samples


def arrays(display):
    return [[np.asarray(image.get_array()) for image in row] for row in display.images_]


def labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def captions(display):
    return [text.get_text() for row in display.captions_ for text in row]


def test_samples_are_of_their_class(grey):
    X, y = grey
    display = plot_samples(X, y, per_class=4, random_state=0)
    assert labels(display) == ["0", "1", "2"]
    assert display.ax_.get_title() == "4 images of each class"
    for label, row in enumerate(arrays(display)):
        of_class = X[y == label].reshape(-1, 8, 8).tolist()
        shown = [image.tolist() for image in row]
        assert len(shown) == 4
        assert all(image in of_class for image in shown)
        assert all(shown.count(image) == 1 for image in shown)
    assert {image.get_clim() for row in display.images_ for image in row} == {(0, 4)}


def test_masks_are_of_the_same_images(grey):
    images = arrays(plot_samples(*grey, random_state=3))
    display = plot_samples(*grey, kind="mask", random_state=3)
    assert display.ax_.get_title() == "Pixels that are not zero: 10 images of each class"
    for row, masks in zip(images, arrays(display), strict=True):
        for image, mask in zip(row, masks, strict=True):
            np.testing.assert_array_equal(mask, image != 0)
            assert 0 < mask.mean() < 1


def test_random_state_draws(grey):
    first, again, other = (arrays(plot_samples(*grey, random_state=s)) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    plot_samples(*grey)
    assert np.array_equal(state, np.random.get_state()[1])  # noqa: NPY002


def test_a_class_with_few_images(grey):
    X, y = grey
    rare = np.where(np.arange(60) == 7, 9, y)
    display = plot_samples(X, rare, per_class=30, random_state=0)
    assert [len(row) for row in display.images_] == [20, 19, 20, 1]
    np.testing.assert_array_equal(arrays(display)[3][0], X[7].reshape(8, 8))


def test_names_of_classes(grey):
    X, y = grey
    names = np.array(["no", "perhaps", "yes"])
    assert labels(plot_samples(X, y, display_labels=names)) == ["no", "perhaps", "yes"]
    assert labels(plot_samples(X, names[y])) == ["no", "perhaps", "yes"]
    assert labels(plot_samples(X, y == 1)) == ["False", "True"]
    with pytest.raises(ValueError, match=r"one name for each of the 3 classes, .* Got 2\."):
        plot_samples(X, y, display_labels=["a", "b"])


@pytest.mark.parametrize("form", ["flat", "HW", "CHW", "HWC", "frame", "list"])
def test_forms_of_images(grey, form):
    X, y = grey
    given, shape = {
        "flat": (X, None),
        "HW": (X.reshape(-1, 8, 8), None),
        "CHW": (X.reshape(-1, 1, 8, 8), None),
        "HWC": (X.reshape(-1, 8, 8, 1), None),
        "frame": (pd.DataFrame(X).add_prefix("pixel"), (8, 8)),
        "list": (X.tolist(), (1, 8, 8)),
    }[form]
    display = plot_samples(given, y, image_shape=shape, random_state=0)
    np.testing.assert_array_equal(arrays(display), arrays(plot_samples(X, y, random_state=0)))


def test_colours(grey, colours):
    y = grey[1]
    first = plot_samples(colours, y, per_class=1, random_state=0)
    again = plot_samples(np.moveaxis(colours, -1, 1) / 255, y, per_class=1, random_state=0)
    for (a,), (b,) in zip(arrays(first), arrays(again), strict=True):
        assert a.shape == (8, 8, 3)
        assert a.max() <= 1
        np.testing.assert_allclose(a, b, rtol=1e-6)
        np.testing.assert_allclose(a[..., 2], 3 * a[..., 0])
    mask = plot_samples(colours, y, per_class=1, kind="mask", random_state=0)
    np.testing.assert_array_equal(arrays(mask)[0][0], arrays(first)[0][0].any(axis=-1))


def test_bad_samples(grey):
    X, y = grey
    with pytest.raises(ValueError, match=r"kind must be among .* Got 'masks'"):
        plot_samples(X, y, kind="masks")
    for count in (0, -1, 2.5, True):
        with pytest.raises(ValueError, match="per_class must be an integer of 1 or more"):
            plot_samples(X, y, per_class=count)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        plot_samples(X, y[:-1])
    with pytest.raises(ValueError, match="image_shape="):
        plot_samples(X, y, image_shape=(9, 9))
    with pytest.warns(UserWarning, match="no square number") as caught:
        plot_samples(X[:, :60], y)
    assert caught[0].filename == __file__


class Certain(ClassifierMixin, BaseEstimator):
    """Gives the probabilities that stand in the first pixels of X."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.asarray(X)[:, : len(self.classes_)]


@pytest.fixture
def certain():
    """model, X, y: of six images the second, third and sixth are mistaken."""
    proba = [[.6, .4], [.7, .3], [.9, .1], [1, 0], [.45, .55], [.2, .8]]  # fmt: skip
    X, y = np.array(proba).repeat([1, 1], axis=1), np.array(["a", "b", "b", "a", "b", "a"])
    X = np.column_stack([X, np.arange(12).reshape(6, 2)])
    return Certain().fit(X, y), X, y


def test_mistakes_come_in_the_order_of_confidence(certain):
    display = plot_mistakes(*certain)
    assert captions(display) == [
        "✗ a: 90.0 %\n✓ b: 10.0 %",
        "✗ b: 80.0 %\n✓ a: 20.0 %",
        "✗ a: 70.0 %\n✓ b: 30.0 %",
    ]
    X = certain[1]
    (row,) = arrays(display)
    np.testing.assert_array_equal(row, X[[2, 5, 1]].reshape(-1, 2, 2))
    assert display.ax_.get_title() == "All 3 mistakes in 6 images"
    assert display.ax_.get_xlabel() == "✗ predicted, ✓ true, with their probabilities"


def test_n_mistakes(certain):
    display = plot_mistakes(*certain, n=2)
    assert [text.split(":")[0] for text in captions(display)] == ["✗ a", "✗ b"]
    assert display.ax_.get_title() == "The 2 most confident of 3 mistakes in 6 images"
    model, X, y = certain
    assert plot_mistakes(model, X[:2], y[:2]).ax_.get_title() == "The one mistake in 2 images"
    with pytest.raises(ValueError, match=r"n must be an integer of 1 or more\. Got 0"):
        plot_mistakes(*certain, n=0)


def test_no_mistake(certain):
    model, X, _ = certain
    y = model.classes_[model.predict_proba(X).argmax(axis=1)]
    display = plot_mistakes(model, X, y)
    assert display.images_ == []
    assert display.ax_.get_title() == "No mistake in 6 images"
    assert plot_mistakes(model, X[:1], y[:1]).ax_.get_title() == "No mistake in 1 image"
    assert display.ax_.get_xlabel() == ""


def test_mistakes_of_a_network(model, grey):
    X, y = grey
    wrong = (y + 1) % 3
    proba = model.predict_proba(X)
    predicted = proba.argmax(axis=1)
    display = plot_mistakes(model, X, wrong, n=7)
    errors = np.flatnonzero(predicted != wrong)
    best = errors[np.argsort(-proba[errors].max(axis=1), kind="stable")][:7]
    shown = [image for row in arrays(display) for image in row]
    assert [len(row) for row in display.images_] == [5, 2]
    np.testing.assert_array_equal(shown, X[best].reshape(-1, 8, 8))
    i = best[0]
    assert captions(display)[0] == (
        f"✗ {predicted[i]}: {100 * proba[i, predicted[i]]:.1f} %\n"
        f"✓ {wrong[i]}: {100 * proba[i, wrong[i]]:.1f} %"
    )


def test_images_are_read_as_the_model_reads_them(tiny, grey):
    X, y = grey
    model = LeNet5Classifier(**tiny, image_shape=(4, 16)).fit(X, y)
    given = arrays(plot_mistakes(model, X, (y + 1) % 3, n=1))[0][0]
    assert given.shape == (4, 16)
    pipeline = make_pipeline(ImagePreprocessor(image_shape=(4, 16)), LeNet5Classifier(**tiny))
    assert arrays(plot_mistakes(pipeline.fit(X, y), X, (y + 1) % 3, n=1))[0][0].shape == (4, 16)
    own = plot_mistakes(model, X, (y + 1) % 3, n=1, image_shape=(2, 32))
    assert arrays(own)[0][0].shape == (2, 32)


def test_long_names_are_cut(certain):
    names = ["a very long name of a class", "b"]
    display = plot_mistakes(*certain, n=1, display_labels=names)
    assert captions(display)[0].startswith("✗ a very long n…: 90.0 %")


def test_mistakes_into_an_axes_of_ones_own(certain):
    _, ax = plt.subplots()
    assert plot_mistakes(*certain, ax=ax).ax_ is ax


def test_bad_mistakes(certain, grey):
    model, X, _ = certain
    with pytest.raises(ValueError, match=r"y must hold labels that the model knows, \['a', 'b'\]"):
        plot_mistakes(model, X, list("abcabc"))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        plot_mistakes(model, X, ["a", "b"])
    with pytest.raises(ValueError, match="display_labels must hold one name"):
        plot_mistakes(model, X, list("ababab"), display_labels=["a"])
    with pytest.raises(TypeError, match=r"must have predict_proba.*Got SVC\. Wrap it"):
        plot_mistakes(SVC().fit(*grey), *grey)
    with pytest.raises(NotFittedError):
        plot_mistakes(SVC(), *grey)
