"""Say what a run consists of, in strings that are the same in every process."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import platform
import re
from collections.abc import Iterable, Mapping
from typing import Any

import joblib
import numpy as np

from lenet_sklearn._hash import hash_data

_PACKAGES = ("lenet-sklearn", "numpy", "scikit-learn", "scipy", "torch", "skorch")


def describe_object(value: Any, name: str = "") -> dict[str, str]:
    """Describe an estimator, down to each nested parameter, as flat text.

    ``repr`` would not do: scikit-learn shortens it, and functions show their address in memory.

    Parameters
    ----------
    value : object
        An estimator, or anything that a parameter may be.
    name : str, default=""
        Prefix of the keys.

    Returns
    -------
    description : dict of str to str
        One entry for each parameter at any depth. The same for equal configurations, in any
        process.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from lenet_sklearn.comparison._fingerprint import describe_object
    >>> describe_object(DummyClassifier(random_state=0))
    {'': 'sklearn.dummy.DummyClassifier', '.constant': 'None', '.random_state': '0',
     '.strategy': "'prior'"}
    """
    if isinstance(value, type) or (hasattr(value, "__qualname__") and callable(value)):
        return {name: f"{value.__module__}.{value.__qualname__}"}
    if isinstance(value, np.ndarray):
        return {name: hash_data(value)}
    if isinstance(value, Mapping):
        parts: Iterable[tuple[str, Any]] = ((f"{name}[{key!r}]", value[key]) for key in value)
        return {name: type(value).__name__, **_merge(parts)}
    if isinstance(value, (list, tuple, set, frozenset)):
        if isinstance(value, (set, frozenset)):
            value = sorted(value, key=repr)  # a set of strings has another order in each process
        parts = ((f"{name}[{i}]", item) for i, item in enumerate(value))
        return {name: type(value).__name__, **_merge(parts)}
    if hasattr(value, "get_params"):
        params = value.get_params(deep=False)
        parts = ((f"{name}.{key}", params[key]) for key in sorted(params))
        kind = type(value)
        return {name: f"{kind.__module__}.{kind.__qualname__}", **_merge(parts)}
    return {name: re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))}


def describe_used(estimator: Any) -> dict[str, str]:
    """Describe an estimator as `describe_object` does, without the parameters that are None.

    These are not used. A row that was stored before the library had them stays valid.

    Parameters
    ----------
    estimator : estimator
        Unfitted.

    Returns
    -------
    description : dict of str to str

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from lenet_sklearn.comparison._fingerprint import describe_used
    >>> describe_used(DummyClassifier())
    {'': 'sklearn.dummy.DummyClassifier', '.strategy': "'prior'"}
    """
    described = describe_object(estimator)
    return {name: value for name, value in described.items() if value != "None"}


def _merge(parts: Iterable[tuple[str, Any]]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for name, value in parts:
        merged |= describe_object(value, name)
    return merged


def package_versions() -> dict[str, str]:
    """Give the versions of Python and of the packages that decide a score.

    Returns
    -------
    versions : dict of str to str
        Packages that are not installed are left out.

    Examples
    --------
    >>> from lenet_sklearn.comparison._fingerprint import package_versions
    >>> sorted(package_versions())[:3]
    ['lenet-sklearn', 'numpy', 'python']
    """
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def describe_environment(n_jobs: int | None) -> dict[str, Any]:
    """Describe what timings depend on: machine, processors, parallel jobs, versions, date.

    Parameters
    ----------
    n_jobs : int or None
        As given to the run.

    Returns
    -------
    environment : dict
        With ``date`` (UTC), ``platform``, ``machine``, ``cpu_count``, ``n_jobs``, ``versions``.

    Examples
    --------
    >>> from lenet_sklearn.comparison._fingerprint import describe_environment
    >>> describe_environment(2)["n_jobs"]
    2
    """
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "cpu_count": joblib.cpu_count(),
        "n_jobs": joblib.effective_n_jobs(n_jobs),
        "versions": package_versions(),
    }
