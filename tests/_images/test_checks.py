import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import DataConversionWarning

from lenet_sklearn._images.checks import (
    check_images,
    check_labels,
    check_validation_set,
    combine_weights,
    encode_labels,
    find_classes,
    hold_out,
)


class Thing(BaseEstimator):
    """Any estimator that remembers what it was fitted on."""


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 255, (12, 3, 4, 5), dtype=np.uint8)


# Images


@pytest.mark.parametrize("shape", [(12, 60), (12, 15, 4), (12, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [bool, "uint8", ">i4", "float16", "float64"])
def test_arrays_come_back_as_they_are(shape, dtype, images):
    X = images.reshape(shape).astype(dtype)
    thing = Thing()
    checked = check_images(thing, X, reset=True)
    assert np.shares_memory(checked, X)
    assert checked.dtype == X.dtype
    assert checked.shape == shape
    assert thing.n_features_in_ == 60


def test_containers_become_arrays(images):
    flat = images.reshape(12, 60)
    thing = Thing()
    assert check_images(thing, flat.tolist(), reset=True).shape == (12, 60)
    assert check_images(thing, list(images), reset=True).shape == (12, 3, 4, 5)
    assert not hasattr(thing, "feature_names_in_")
    table = pd.DataFrame(flat).add_prefix("pixel")
    checked = check_images(thing, table, reset=True)
    np.testing.assert_array_equal(checked, flat)
    assert checked.dtype == np.uint8
    assert thing.feature_names_in_.tolist() == table.columns.tolist()


def test_later_images_are_counted_by_their_values(images):
    thing = Thing()
    check_images(thing, images, reset=True)
    assert check_images(thing, images[:, 0], reset=True).shape == (12, 4, 5)
    assert thing.n_features_in_ == 20
    assert check_images(thing, images[:1, 0].reshape(1, 20), reset=False).shape == (1, 20)
    with pytest.raises(ValueError, match="X has 60 features, but Thing is expecting 20 features"):
        check_images(thing, images, reset=False)
    assert thing.n_features_in_ == 20


def test_the_least_number_of_images(images):
    assert len(check_images(Thing(), images[:1], reset=True)) == 1
    with pytest.raises(ValueError, match=r"1 sample\(s\).* minimum of 2 is required by Thing"):
        check_images(Thing(), images[:1], reset=True, min_samples=2)


@pytest.mark.parametrize("bad", ["datetime64[D]", "complex128", "U3"])
def test_what_are_no_pixels(bad, images):
    X = images.reshape(12, 60).astype(int).astype(bad)
    with pytest.raises(
        (TypeError, ValueError), match=r"numbers or booleans|omplex|numbers\. Got text"
    ):
        check_images(Thing(), X, reset=True)


# Labels


@pytest.mark.parametrize(
    "y",
    [
        np.array([2, 0, 2]),
        ["b", "a", "b"],
        [True, False, True],
        np.array(["b", "a", "b"], dtype=object),
        np.array([2.0, 1.0, 2.0]),
        pd.Series([7, 3, 7], index=[5, 6, 7]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.Series([2, 1, 2], dtype="Int64"),
    ],
    ids=repr,
)
def test_labels_of_many_kinds(y):
    checked = check_labels(y)
    assert isinstance(checked, np.ndarray)
    assert checked.tolist() == list(y)
    classes = find_classes(checked, Thing())
    assert classes.tolist() == sorted(set(y))
    codes = encode_labels(checked, classes)
    assert codes.tolist() == [1, 0, 1]
    assert codes.dtype == np.int64


def test_a_column_of_labels():
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        assert check_labels(np.array([[1], [0]])).tolist() == [1, 0]


@pytest.mark.parametrize("name", ["y", "y_val"])
def test_one_hot_rows(name):
    with pytest.raises(ValueError, match=rf"{name} must be .* \(3, 3\).* {name}\.argmax\(axis=1\)"):
        check_labels(np.eye(3), name=name)


def test_labels_that_were_not_there():
    classes = np.array(["cat", "dog"])
    with pytest.raises(ValueError, match=r"y_val .*\['cat', 'dog'\]\. Got also \['cow', 'eel'\]"):
        encode_labels(np.array(["eel", "cat", "cow"]), classes, name="y_val")


def test_a_single_class():
    with pytest.raises(ValueError, match="at least 2 classes for Thing"):
        find_classes(np.array([5, 5]), Thing())


# Weights


def test_equal_weights_are_none(images):
    assert combine_weights(None, None, images, np.arange(12) % 2, np.arange(2)) is None


def test_weights_multiply(images):
    y = np.arange(12) % 2
    weight = np.arange(12.0)
    np.testing.assert_array_equal(combine_weights(weight, None, images, y, np.unique(y)), weight)
    by_class = {0: 2.0, 1: 0.5}
    expected = np.where(y == 0, 2.0, 0.5)
    np.testing.assert_array_equal(
        combine_weights(None, by_class, images, y, np.unique(y)), expected
    )
    np.testing.assert_array_equal(
        combine_weights(weight, by_class, images, y, np.unique(y)), weight * expected
    )


def test_balanced_weights(images):
    y = (np.arange(12) < 3).astype(int)
    weight = combine_weights(None, "balanced", images, y, np.unique(y))
    assert weight[y == 1].sum() == pytest.approx(weight[y == 0].sum())


def test_weights_of_other_types_become_float64(images):
    y = np.arange(12) % 2
    for given in (np.ones(12, dtype=bool), [1] * 12, pd.Series(np.ones(12, dtype=np.float32))):
        assert combine_weights(given, None, images, y, np.unique(y)).dtype == np.float64


@pytest.mark.parametrize(
    ("weight", "class_weight", "words"),
    [
        (-np.ones(12), None, "Negative values in data passed to `sample_weight`"),
        (np.zeros(12), None, "at least one non-zero"),
        (np.full(12, np.nan), None, "sample_weight contains NaN"),
        (np.ones(11), None, "sample_weight.shape"),
        (None, {0: 0.0, 1: 0.0}, "class_weight=.*leaves no sample a positive weight"),
        (np.arange(12) % 2, {1: 0.0}, "class_weight=.*leaves no sample a positive weight"),
    ],
)
def test_weights_that_cannot_be(weight, class_weight, words, images):
    with pytest.raises(ValueError, match=words):
        combine_weights(weight, class_weight, images, np.arange(12) % 2, np.arange(2))


# Validation data


@pytest.fixture
def thing(images):
    thing = Thing()
    check_images(thing, images, reset=True)
    return thing


def test_no_validation_data(thing):
    assert check_validation_set(thing, None, None, np.array([0, 1])) is None


def test_validation_data(thing, images):
    classes = np.array(["cat", "dog"])
    X, y = check_validation_set(thing, images[:3], ["dog", "cat", "dog"], classes)
    assert np.shares_memory(X, images)
    assert y.tolist() == [1, 0, 1]


@pytest.mark.parametrize(("given", "missing"), [("X_val", "y_val"), ("y_val", "X_val")])
def test_half_of_the_validation_data(given, missing, thing, images):
    pair = (images, None) if given == "X_val" else (None, [0] * 12)
    with pytest.raises(ValueError, match=f"go together. Got {given} without {missing}"):
        check_validation_set(thing, *pair, np.array([0, 1]))


def test_validation_data_of_another_kind(thing, images):
    with pytest.raises(ValueError, match="20 features, but Thing is expecting 60"):
        check_validation_set(thing, images[:, 0], [0] * 12, np.array([0, 1]))
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        check_validation_set(thing, images, [0] * 11, np.array([0, 1]))


# Holding out


def test_hold_out_is_stratified_and_complete():
    y = np.repeat([0, 1, 2], [100, 40, 10])
    train, valid = hold_out(y, np.arange(3), 0.2, seed=0)
    np.testing.assert_array_equal(np.sort(np.r_[train, valid]), np.arange(150))
    assert np.bincount(y[valid]).tolist() == [20, 8, 2]
    assert (np.diff(train) > 0).all()
    assert (np.diff(valid) > 0).all()


def test_hold_out_follows_its_seed():
    y = np.arange(100) % 2
    first = hold_out(y, np.arange(2), 0.2, seed=0)[1]
    np.testing.assert_array_equal(first, hold_out(y, np.arange(2), 0.2, seed=0)[1])
    assert (first != hold_out(y, np.arange(2), 0.2, seed=1)[1]).any()


def test_hold_out_where_a_class_is_absent():
    y = np.repeat([0, 2], 20)
    train, valid = hold_out(y, np.arange(3), 0.1, seed=0)
    assert np.bincount(y[valid]).tolist() == [2, 0, 2]
    assert len(train) == 36


def test_hold_out_names_the_class_that_is_alone():
    with pytest.raises(ValueError, match=r"at least 2 of each class. Got 1 of class .*'dog'"):
        hold_out(np.array([0, 0, 0, 1]), np.array(["cat", "dog"]), 0.5, seed=0)


@pytest.mark.parametrize(("fraction", "sides"), [(0.05, (1, 19)), (0.95, (19, 1))])
def test_hold_out_needs_every_class_on_both_sides(fraction, sides):
    words = f"validation_fraction={fraction} of 20 samples leaves {sides[0]} to validate and "
    with pytest.raises(ValueError, match=f"{words}{sides[1]} to train on.* 2 classes"):
        hold_out(np.arange(20) % 2, np.arange(2), fraction, seed=0)
