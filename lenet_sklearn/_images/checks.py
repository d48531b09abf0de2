"""Check X, y and weights with scikit-learn's functions, and accept arrays of images."""

from __future__ import annotations

import math
from functools import partial
from numbers import Number, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.model_selection import train_test_split
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    _check_feature_names,
    _check_sample_weight,
    check_array,
    column_or_1d,
)


def check_images(
    estimator: BaseEstimator, X: Any, *, reset: bool, min_samples: int = 1, name: str = "X"
) -> np.ndarray:
    """Check X as scikit-learn does, but accept arrays of images as well as flat rows.

    The features of a sample are all its values: ``n_features_in_`` is 784 for ``(n, 28, 28)``.
    The array keeps its dtype. It is a copy only if X was not an array.
    """
    check = partial(
        check_array, dtype="numeric", ensure_2d=False, allow_nd=True, input_name=name,
        ensure_min_samples=min_samples, estimator=estimator,
    )  # fmt: skip
    _check_feature_names(estimator, X, reset=reset)
    try:
        array = check(X)
    except ValueError as error:
        raise ValueError(_explain(error, name)) from error
    except (TypeError, OverflowError) as error:
        if "Sparse data was passed" in str(error):
            raise
        raise TypeError(f"{name} must hold numbers. Got something else: {error}.") from error
    if array.ndim < 2:
        check_array(array, input_name=name, estimator=estimator)  # raises "Reshape your data …"
    if array.dtype.kind not in "buif":
        raise TypeError(f"{name} must hold numbers or booleans. Got dtype {array.dtype}.")
    n_features = math.prod(array.shape[1:])
    expected = n_features if reset else getattr(estimator, "n_features_in_", n_features)
    if n_features != expected:
        one_image = array.size == expected
        raise ValueError(
            f"{name} has {n_features} features, but {type(estimator).__name__} is expecting "
            f"{expected} features as input."
            + (f" Got {name}.shape={array.shape}." if array.ndim > 2 else "")
            + (f" If {name} is one image, pass {name}[np.newaxis]." if one_image else "")
        )
    if reset:
        estimator.n_features_in_ = n_features
    return array


def _explain(error: ValueError, name: str) -> str:
    """Say in the words of images what NumPy found wrong."""
    message = str(error)
    if "could not convert string to float" in message:
        value = message.partition(":")[2].strip()
        return f"{name} must hold numbers. Got {value}. Remove the columns that hold no pixels."
    if "inhomogeneous shape" in message:
        return (
            f"{name} must hold images of one shape. Got rows of different lengths or images of "
            "different sizes. Resize or pad them first."
        )
    if "setting an array element with a sequence" in message:
        return (
            f"{name} must hold one number in each cell. Got arrays or sequences in its cells. If "
            f"{name} is a column of images, use np.stack({name}.to_numpy())."
        )
    if "bytes/strings" in message:
        return (
            f"{name} must hold numbers. Got text. If it is numbers, use "
            f"np.asarray({name}, dtype=float). If it names picture files, read them: "
            "X, y, filenames = lenet_sklearn.datasets.read_images(folder, size=28)."
        )
    return message


def check_labels(y: Any, *, estimator: BaseEstimator | None = None, name: str = "y") -> np.ndarray:
    """Return y as a 1-D array of labels, or raise an error that says what is wrong."""
    if y is None:
        raise ValueError(
            f"{type(estimator).__name__} requires {name} to be passed, but the target {name} is "
            "None."
        )
    try:
        kind = type_of_target(y, input_name=name)
    except TypeError:  # labels that cannot be compared; find_classes says so
        kind = "unknown"
    if kind == "multilabel-indicator":
        raise ValueError(
            f"{name} must be a 1-D array of labels, one for each image. Got a matrix of "
            f"indicators of shape {np.shape(y)}. If its rows are one-hot, use "
            f"{name}.argmax(axis=1); several labels for one image are not supported."
        )
    y = column_or_1d(y, warn=True, input_name=name)
    if y.dtype.kind == "O":
        _check_one_type(y, name)
    check_classification_targets(y)
    return y


def _check_one_type(y: np.ndarray, name: str) -> None:
    kinds = {type(label) for label in y}
    numbers = all(issubclass(kind, Number | np.bool_) for kind in kinds)
    if len(kinds) > 1 and not numbers and not all(issubclass(kind, str) for kind in kinds):
        raise ValueError(
            f"{name} must hold labels of one type that can be sorted. "
            f"Got {', '.join(sorted(kind.__name__ for kind in kinds))}. "
            f"Convert them, for example with np.asarray({name}, dtype=str)."
        )


def encode_labels(y: np.ndarray, classes: np.ndarray, *, name: str = "y") -> np.ndarray:
    """Return the index of each label among the sorted classes; raise if a label is unknown."""
    unknown = np.setdiff1d(y, classes)
    if len(unknown):
        raise ValueError(
            f"{name} must hold labels that the model knows, {classes.tolist()}. Got also "
            f"{unknown.tolist()}. Drop these samples, or fit on data that holds these classes."
        )
    return np.searchsorted(classes, y).astype(np.int64)


def find_classes(y: np.ndarray, estimator: BaseEstimator) -> np.ndarray:
    """Return the sorted classes of y; raise if there are fewer than two."""
    classes = np.unique(y)
    if len(classes) < 2:
        raise ValueError(
            f"y must hold at least 2 classes for {type(estimator).__name__}. "
            f"Got 1 class, {classes.tolist()[0]!r}."
        )
    return classes


def combine_weights(
    sample_weight: Any, class_weight: Any, X: np.ndarray, y: np.ndarray, classes: np.ndarray
) -> np.ndarray | None:
    """Multiply sample weights by class weights; return None if there are neither.

    Raises
    ------
    ValueError
        If weights are negative, all zero, not finite or not one for each sample.
    """
    weight = None
    if sample_weight is not None:
        weight = _check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True)
    if class_weight is not None:
        of_class = _weights_of_classes(class_weight, y, classes)
        weight = of_class if weight is None else weight * of_class
        if not weight.any():
            raise ValueError(
                f"class_weight={class_weight!r} leaves no sample a positive weight. Give at "
                "least one class that is in y a weight above 0."
            )
    return weight


def _weights_of_classes(class_weight: Any, y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return the class weight of each sample; y may lack some of the classes."""
    if not isinstance(class_weight, dict):
        return compute_sample_weight(class_weight, y)
    if not all(isinstance(w, Real) and 0 <= float(w) < math.inf for w in class_weight.values()):
        raise ValueError(
            "class_weight must hold finite numbers of 0 or more for the classes. "
            f"Got {class_weight!r}."
        )
    unknown = set(class_weight) - set(classes.tolist())
    if unknown:
        raise ValueError(
            f"class_weight must name labels that are classes, {classes.tolist()}. Got also "
            f"{sorted(unknown, key=repr)}. Take them out."
        )
    weights = np.array([class_weight.get(label, 1.0) for label in classes.tolist()])
    return weights[np.searchsorted(classes, y)]


def check_validation_set(
    estimator: BaseEstimator, X_val: Any, y_val: Any, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Check X_val and y_val against the training data; return None if both are None."""
    if X_val is None and y_val is None:
        return None
    if X_val is None or y_val is None:
        given, missing = ("y_val", "X_val") if X_val is None else ("X_val", "y_val")
        raise ValueError(f"X_val and y_val go together. Got {given} without {missing}.")
    X_val = check_images(estimator, X_val, reset=False, name="X_val")
    y_val = check_labels(y_val, name="y_val")
    if len(X_val) != len(y_val):
        raise ValueError(
            "X_val and y_val have inconsistent numbers of samples: "
            f"[{len(X_val)}, {len(y_val)}]. Give one label for each image."
        )
    return X_val, encode_labels(y_val, classes, name="y_val")


def hold_out(
    y: np.ndarray,
    classes: np.ndarray,
    fraction: float,
    seed: int,
    weight: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Split the rows into training and validation rows, stratified by class.

    Parameters
    ----------
    y : ndarray of shape (n,), dtype int64
        Class indices.
    classes : ndarray
        The label of each class index.
    fraction : float
        Share of the rows to hold out.
    seed : int
        Seed of the split.
    weight : ndarray of shape (n,), default=None
        Weights of the rows.

    Raises
    ------
    ValueError
        If there are too few samples to have each class on both sides.
    """
    counts = np.bincount(y, minlength=len(classes))
    counts = np.where(counts == 0, 2, counts)  # an absent class needs no sample
    if counts.min() < 2:
        raise ValueError(
            f"early_stopping=True holds out validation_fraction={fraction:g} of the samples, "
            "stratified, which needs at least 2 of each class. Got 1 of class "
            f"{classes.tolist()[counts.argmin()]!r}. Pass X_val and y_val to fit, or set "
            "early_stopping=False."
        )
    n_present = len(np.unique(y))
    n_valid = math.ceil(fraction * len(y))
    if n_valid < n_present or len(y) - n_valid < n_present:
        raise ValueError(
            f"validation_fraction={fraction:g} of {len(y)} samples leaves {n_valid} to validate "
            f"and {len(y) - n_valid} to train on, but each side needs one of each of the "
            f"{n_present} classes. Change validation_fraction, pass X_val and y_val to fit, or "
            "set early_stopping=False."
        )
    train, valid = train_test_split(
        np.arange(len(y)), test_size=n_valid, stratify=y, random_state=seed
    )
    if weight is not None and not (weight[train].any() and weight[valid].any()):
        raise ValueError(
            "early_stopping=True splits the samples in two, and all on one side weigh 0. Pass "
            "X_val and y_val to fit, or set early_stopping=False."
        )
    return np.sort(train), np.sort(valid)
