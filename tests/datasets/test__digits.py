from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from lenet_sklearn.datasets import load_digits_images


def test_same_as_scikit_learn():
    ours, theirs = load_digits_images(), load_digits()
    for key in ("data", "target", "images"):
        np.testing.assert_array_equal(ours[key], theirs[key])
        assert ours[key].dtype == theirs[key].dtype
    assert ours.data.shape == (1797, 64)
    assert ours.images.shape == (1797, 8, 8)
    assert (ours.data.min(), ours.data.max()) == (0, 16)
    assert ours.frame is None
    assert ours.feature_names == theirs.feature_names
    assert ours.DESCR == theirs.DESCR


def test_target_names_are_words_as_in_the_other_data_sets():
    assert load_digits_images().target_names.tolist() == list("0123456789")
    assert load_digits_images(as_frame=True).target_names.tolist() == list("0123456789")


def test_data_and_target():
    X, y = load_digits_images(return_X_y=True)
    bunch = load_digits_images()
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_as_frame():
    bunch = load_digits_images(as_frame=True)
    assert bunch.frame.shape == (1797, 65)
    assert list(bunch.data.columns) == bunch.feature_names
    X, y = load_digits_images(return_X_y=True, as_frame=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)
