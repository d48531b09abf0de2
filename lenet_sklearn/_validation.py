"""What may come in as X, y and weights: scikit-learn's checks, opened to image-shaped arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_n_features,
    _check_sample_weight,
    check_array,
    check_consistent_length,
    column_or_1d,
    validate_data,
)


def check_images(
    estimator: BaseEstimator, X: Any, *, reset: bool, min_samples: int = 1
) -> np.ndarray:
    """Check X as scikit-learn does, and let images through that are no flat rows.

    A sample's features are all its values: ``n_features_in_`` is 784 for ``(n, 28, 28)``.

    Returns
    -------
    X : ndarray of shape (n, features) or (n, …), of the dtype it came in
        No copy where X is an array already.
    """
    X = validate_data(
        estimator,
        X,
        reset=reset,
        dtype="numeric",
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=min_samples,
    )
    if X.ndim < 2:
        check_array(X, input_name="X", estimator=estimator)  # says "Reshape your data …"
    if X.dtype.kind not in "buif":
        raise TypeError(f"X must hold numbers or booleans. Got an array of dtype {X.dtype}.")
    n_features = math.prod(X.shape[1:])
    # scikit-learn counts the second axis; this stand-in without memory has the right one.
    _check_n_features(estimator, np.broadcast_to(np.uint8(0), (1, n_features)), reset=reset)
    return X


def check_labels(y: Any, *, name: str = "y") -> np.ndarray:
    """Return y as a 1-D array of labels, or say why it cannot be one."""
    if y is not None and type_of_target(y, input_name=name) == "multilabel-indicator":
        raise ValueError(
            f"{name} must be a 1-D array of labels, one for each image. Got a matrix of "
            f"indicators of shape {np.shape(y)}. If its rows are one-hot, use "
            f"{name}.argmax(axis=1); several labels for one image are not supported."
        )
    y = column_or_1d(y, warn=True, input_name=name)
    check_classification_targets(y)
    return y


def encode_labels(y: np.ndarray, classes: np.ndarray, *, name: str = "y") -> np.ndarray:
    """Return the place of each label among the sorted classes.

    Raises
    ------
    ValueError
        If a label is none of the classes.
    """
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"{name} must hold labels that the model knows, {classes.tolist()}. Got also "
            f"{unknown.tolist()}. Drop these samples, or fit on data that holds these classes."
        )
    return np.searchsorted(classes, y).astype(np.int64)


def find_classes(y: np.ndarray, estimator: BaseEstimator) -> np.ndarray:
    """Return the sorted classes of y, of which there must be two."""
    try:
        classes = np.unique(y)
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in y})
        raise ValueError(
            f"y must hold labels of one type, which can be sorted. Got {', '.join(kinds)}. "
            "Convert them, for example with np.asarray(y, dtype=str)."
        ) from error
    if len(classes) < 2:
        raise ValueError(
            f"y must hold at least 2 classes for {type(estimator).__name__}. "
            f"Got 1 class, {classes[0]!r}."
        )
    return classes


def combine_weights(
    sample_weight: Any, class_weight: Any, X: np.ndarray, y: np.ndarray
) -> np.ndarray | None:
    """Weight of each sample: its own × that of its class; None where all are equal.

    Raises
    ------
    ValueError
        If weights are negative, all zero, not finite or not one for each sample.
    """
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if class_weight is not None:
        of_class = compute_sample_weight(class_weight, y)
        weight = of_class if weight is None else weight * of_class
        if not weight.any():
            raise ValueError(
                f"class_weight={class_weight!r} leaves no sample a positive weight. Give at "
                "least one class that is in y a weight above 0."
            )
    return weight


def check_validation_set(
    estimator: BaseEstimator, X_val: Any, y_val: Any, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Check X_val and y_val against the training data; None where there are none."""
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
        raise ValueError(f"X_val and y_val go together. Got {given} without {missing}.")
    X_val = check_images(estimator, X_val, reset=False)
    y_val = check_labels(y_val, name="y_val")
    check_consistent_length(X_val, y_val)
    return X_val, encode_labels(y_val, classes, name="y_val")


def hold_out(
    y: np.ndarray, classes: np.ndarray, fraction: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows into training and stratified validation rows.

    Parameters
    ----------
    y : ndarray of shape (n,), dtype int64
        Class indices.

    Raises
    ------
    ValueError
        If there are too few samples for both sides to hold each class.
    """
    counts = np.bincount(y, minlength=len(classes))
    counts = np.where(counts == 0, 2, counts)  # a class that is not here is on neither side
    if counts.min() < 2:
        raise ValueError(
            f"early_stopping=True holds out validation_fraction={fraction:g} of the samples, "
            "stratified, which takes at least 2 of each class. Got 1 of class "
            f"{classes[counts.argmin()]!r}. Pass X_val and y_val to fit, or set "
            "early_stopping=False."
        )
    n_present = len(np.unique(y))
    n_valid = math.ceil(fraction * len(y))
    if n_valid < n_present or len(y) - n_valid < n_present:
        raise ValueError(
            f"validation_fraction={fraction:g} of {len(y)} samples leaves {n_valid} to validate "
            f"and {len(y) - n_valid} to train on, and each side needs one of each of the "
            f"{n_present} classes. Change validation_fraction, pass X_val and y_val to fit, or "
            "set early_stopping=False."
        )
    train, valid = train_test_split(
        np.arange(len(y)), test_size=n_valid, stratify=y, random_state=seed
    )
    return np.sort(train), np.sort(valid)
