"""Check what a benchmark is given, and say clearly what is wrong with it."""

from __future__ import annotations

import copy
import hashlib
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import get_scorer
from sklearn.model_selection import StratifiedKFold, check_cv
from sklearn.utils import check_array, check_consistent_length
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from lenet_sklearn._messages import parameter
from lenet_sklearn._runs.metrics import EXTRA_METRICS, METRICS
from lenet_sklearn.comparison._result import ROW_COLUMNS, TEXT_COLUMNS

Scorers = dict[str, Callable[[Any, Any, Any], float]]


def check_estimators(estimators: Any) -> dict[str, Any]:
    """Return the classifiers by name."""
    if not isinstance(estimators, Mapping):
        raise TypeError(
            "estimators must be a mapping of names to classifiers, e.g. {'SVM': SVC()}. Got "
            f"{type(estimators).__name__}."
        )
    if not estimators:
        raise ValueError("estimators is empty: give at least one classifier, e.g. {'SVM': SVC()}.")
    for name, estimator in estimators.items():
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"The names in estimators must be non-empty strings. Got {name!r}.")
        if isinstance(estimator, type):
            raise TypeError(
                f"estimators[{name!r}] must be an instance. Got the class "
                f"{estimator.__name__}. Write {estimator.__name__}()."
            )
        if not (hasattr(estimator, "get_params") and is_classifier(estimator)):
            raise TypeError(
                f"estimators[{name!r}] must be a scikit-learn classifier. Got "
                f"{type(estimator).__name__}."
            )
    return dict(estimators)


def check_data(X: Any, y: Any) -> tuple[Any, np.ndarray]:
    """Return X as an array of any layout, or the DataFrame that it is, and y as an array."""
    if not hasattr(X, "iloc"):
        X = check_array(
            X, dtype=None, ensure_2d=False, allow_nd=True, ensure_all_finite=False, input_name="X"
        )
    if X.ndim < 2:
        raise ValueError(
            f"X must have one row or image per sample, shape (n, ...). Got shape {X.shape}."
        )
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y.ravel()
    if y.ndim != 1:
        hint = " For one-hot rows give y.argmax(axis=1)." if y.ndim == 2 else ""
        raise ValueError(f"y must be one label per sample, shape (n,). Got shape {y.shape}.{hint}")
    check_consistent_length(X, y)
    if missing := np.flatnonzero(pd.isna(y)).tolist():
        raise ValueError(
            f"y must have a label for each sample, but {len(missing)} are missing (NaN or None), "
            f"the first at index {missing[0]}. Leave those samples out."
        )
    check_classification_targets(y)
    if type_of_target(y) not in ("binary", "multiclass") or len(np.unique(y)) < 2:
        raise ValueError(f"y must hold at least two classes. Got {np.unique(y)[:5].tolist()}.")
    return X, y


def check_scoring(scoring: Any) -> Scorers:
    """Return the extra scorers by the name of their column."""
    if scoring is None:
        return {}
    if isinstance(scoring, str):
        scoring = [scoring]
    if callable(scoring):
        scoring = {"score": scoring}
    if not isinstance(scoring, Mapping):
        # What is measured anyway, under scikit-learn's own names, needs no second column.
        scoring = {name: name for name in scoring if name not in METRICS}
    columns = {*METRICS, *EXTRA_METRICS, *ROW_COLUMNS, *TEXT_COLUMNS}
    if taken := [name for name in scoring if name in columns]:
        raise ValueError(
            f"scoring: the names {taken} are columns of the benchmark already. Rename them."
        )
    return {str(name): get_scorer(scorer) for name, scorer in scoring.items()}


def check_seeds(seeds: Sequence[int]) -> list[int]:
    """Return the seeds as a list of different ints."""
    values = list(seeds)
    valid = [isinstance(seed, numbers.Integral) and 0 <= seed < 2**32 for seed in values]
    if not values or not all(valid) or len(set(values)) < len(values):
        raise ValueError(
            "seeds must be one or more different integers from 0 to 2**32 - 1, e.g. (0, 1, 2). "
            f"Got {seeds!r}."
        )
    return [int(seed) for seed in values]


def seeded(estimator: Any, seed: int) -> Any:
    """Return a clone in which each `random_state` that is None is the seed; none that is frozen."""
    estimator = clone(estimator)
    if isinstance(estimator, FrozenEstimator):
        return estimator
    params = estimator.get_params(deep=True)
    frozen = tuple(f"{k}__" for k, v in params.items() if isinstance(v, FrozenEstimator))
    unset = {
        name: seed
        for name, value in params.items()
        if value is None
        and (name == "random_state" or name.endswith("__random_state"))
        and not name.startswith(frozen)
    }
    return estimator.set_params(**unset)


def make_splits(cv: Any, X: Any, y: np.ndarray, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the indices of the training and the test samples of each fold."""
    cv = 5 if cv is None else cv
    if isinstance(cv, numbers.Integral):
        n_folds = int(cv)
        if n_folds < 2:
            raise ValueError(f"{parameter('cv')} must be at least 2 folds. Got {cv}.")
        labels, counts = np.unique(y, return_counts=True)
        if counts.min() < n_folds:
            raise ValueError(
                f"{parameter('cv')}={n_folds} folds need at least {n_folds} samples of each class, "
                f"but y has {counts.min()} of class {labels.tolist()[counts.argmin()]!r}. Use "
                "fewer folds, more samples, or leave that class out."
            )
        cv = StratifiedKFold(n_folds, shuffle=True, random_state=seed)
    elif getattr(cv, "random_state", seed) is None:
        cv = copy.copy(cv)
        cv.random_state = seed
    splits = list(check_cv(cv, y, classifier=True).split(X, y))
    if not splits:
        raise ValueError(f"{parameter('cv')} gave no folds.")
    return [(_to_indices(train), _to_indices(test)) for train, test in splits]


def hash_splits(splits: list[tuple[np.ndarray, np.ndarray]]) -> str:
    """Return the number of folds and a hash of their rows."""
    digest = hashlib.sha256()
    for part in (part for split in splits for part in split):
        digest.update(f"{len(part)}:".encode() + part.astype("<i8").tobytes())
    return f"{len(splits)} folds, sha256:{digest.hexdigest()[:16]}"


def _to_indices(selection: ArrayLike) -> np.ndarray:
    array = np.asarray(selection)
    return np.flatnonzero(array) if array.dtype == bool else array
