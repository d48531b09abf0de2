"""Score fitted classifiers on the same corrupted images."""

from __future__ import annotations

import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, is_classifier
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._files.fingerprint import describe
from lenet_sklearn._files.hashing import hash_data
from lenet_sklearn._images.checks import check_images, check_labels
from lenet_sklearn._images.layout import ImageLayout, infer_layout, layout_for
from lenet_sklearn._messages import count, warn
from lenet_sklearn._runs.engine import Plan, Row, Task, run
from lenet_sklearn._runs.seeds import check_seed
from lenet_sklearn._runs.storage import read_manifest
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn.inspection._models import known_layout
from lenet_sklearn.robustness._result import CLEAN, ROW_COLUMNS, RobustnessResult
from lenet_sklearn.robustness.corruptions import (
    CORRUPTIONS,
    SEVERITIES,
    Corruption,
    check_corruptions,
    check_severities,
    corrupt_checked,
    like,
)

# What a fit records of its own duration. It is not part of what the model has learned.
_DURATIONS = ("['dur']", "fit_time", "score_time", "refit_time_")


def evaluate_robustness(
    models: Mapping[str, Any] | Any,
    X: Any,
    y: Any,
    *,
    corruptions: str | Iterable[str] = "all",
    severities: int | Iterable[int] = SEVERITIES,
    random_state: int | None = None,
    out_dir: str | os.PathLike[str] | None = None,
    image_shape: tuple[int, ...] | None = None,
    progress: bool = True,
) -> RobustnessResult:
    """Measure the accuracy of fitted classifiers on corrupted images.

    All models see the same images: those of :func:`corrupt` with the same seed. The rows are
    computed one after the other, or as :class:`joblib.parallel_config` says.

    Parameters
    ----------
    models : mapping of str to classifier, or classifier
        Fitted classifiers by name. They are not changed.
    X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
        Test images, in a layout that all the models take.
    y : array-like of shape (n,)
        Their labels. An image whose label a model has never seen counts as wrong.
    corruptions : "all", str or list of str, default="all"
        Keys of :data:`CORRUPTIONS`.
    severities : int or sequence of int, default=(1, 2, 3, 4, 5)
        From 1 (mild) to 5 (strong).
    random_state : int, default=None
        Seed of the corruptions. None draws one, and the result records it.
    out_dir : str or path-like, default=None
        A folder for the results. Each row is stored as soon as it is known. The same call, made
        again after the run was killed, computes only the rows that are missing or failed. A later
        call on the same images may have other models, corruptions or severities. At the end
        ``rows.csv`` and ``table.csv``, ``.md`` and ``.html`` are written there too.
    image_shape : tuple of int, default=None
        How a flat row is an image: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. None: as the first
        model that knows it, else a square of grey pixels.
    progress : bool, default=True
        Whether to show a bar on standard error, if that is a terminal.

    Returns
    -------
    result : RobustnessResult
        The accuracy of each model on each corruption and severity in ``rows``, and its
        ``table()``. A model that raises an exception has a row with the status "failed", and
        there is a warning.

    Raises
    ------
    NotFittedError
        If a model is not fitted.
    TypeError
        If a model is not a classifier.
    ValueError
        If a corruption or a severity is not valid; X holds no images, or NaN; X and y have
        different lengths; a model knows none of the labels in y; or `out_dir` holds another
        run's rows.

    References
    ----------
    Mu, Gilmer (2019). MNIST-C: A Robustness Benchmark for Computer Vision. arXiv:1906.02337.

    Hendrycks, Dietterich (2019). Benchmarking Neural Network Robustness to Common Corruptions and
    Perturbations. ICLR. (five severities)

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.robustness import evaluate_robustness
    >>> X, y = load_digits_images(return_X_y=True)
    >>> X = X.reshape(len(X), -1)
    >>> svm = SVC().fit(X[:900], y[:900])
    >>> result = evaluate_robustness(
    ...     {"SVM": svm}, X[900:], y[900:], corruptions=["fog", "rotate"], severities=[1, 5],
    ...     random_state=0, progress=False,
    ... )
    >>> result.rows[["corruption", "severity"]].values.tolist()
    [['clean', 0], ['fog', 1], ['fog', 5], ['rotate', 1], ['rotate', 5]]
    >>> result.table().columns.tolist()
    ['clean', 'mean', 'fog', 'rotate', 'n_failed', 'error']
    """
    models = _check_models(models)
    chosen = check_corruptions(corruptions)
    levels = check_severities(severities)
    # The check needs an estimator that stores the column names.
    pixels = check_images(BaseEstimator(), X, reset=True)
    labels = check_labels(y)
    check_consistent_length(pixels, labels)
    for name, model in models.items():
        _check_knows_labels(name, model, labels)
    layout = _find_layout(models, pixels, image_shape)
    seed = check_seed(random_state, None if out_dir is None else read_manifest(out_dir))
    identity: dict[str, Any] = {}
    settings: dict[str, dict[str, str]] = {name: {} for name in models}
    if out_dir is not None:  # else a model need not have content that can be compared
        identity = {
            "data": {"X": hash_data(pixels), "y": hash_data(labels)},
            "image_shape": [*layout.image_shape, layout.axes],
            "corruptions": _digest(describe(dict(CORRUPTIONS))),  # their amounts and code
            "random_state": seed,
        }
        settings = {name: _describe_fitted(name, model) for name, model in models.items()}
    images = _Images(X, pixels, layout, seed)
    steps: list[tuple[Corruption | None, int]] = [(None, 0)]
    steps += [(corruption, severity) for corruption in chosen for severity in levels]
    tasks = [
        # All models on the same images, which are made once.
        Task(
            f"{name}, {CLEAN if corruption is None else corruption.name}, {severity}",
            partial(_evaluate, name, corruption, severity),
            settings[name],
        )
        for corruption, severity in steps
        for name, model in models.items()
    ]
    shared = (models, images, labels)
    plan = Plan("evaluate_robustness", tasks, identity, _describe, changed="refuse", shared=shared)
    rows, environment = run(plan, out_dir=out_dir, progress=progress)
    rows.sort(key=lambda row: list(models).index(row["model"]))  # keeps the order of the steps
    frame = pd.DataFrame(rows, columns=list(ROW_COLUMNS)).astype({"accuracy": float})
    _warn_of_failures(frame)
    result = RobustnessResult(frame, seed, environment)
    if out_dir is not None:
        _write_results(result, Path(out_dir))
    return result


class _Images:
    """The images of the step that is being computed; one set at a time is in memory."""

    def __init__(self, X: Any, pixels: np.ndarray, layout: ImageLayout, seed: int) -> None:
        self._X, self._pixels, self._layout = X, pixels, layout
        self._seed = draw_seed(seed)  # as corrupt does
        # The step and its images in one attribute: threads may ask for several steps at once.
        self._made: tuple[tuple[str, int], Any] | None = None

    def get(self, corruption: Corruption | None, severity: int) -> Any:
        """Return X, corrupted; None means as it is."""
        if corruption is None:
            return like(self._X, self._pixels)
        step, made = (corruption.name, severity), self._made
        if made is None or made[0] != step:
            made = self._made = None  # frees the memory first
            images = corrupt_checked(self._pixels, self._layout, corruption, severity, self._seed)
            made = self._made = step, like(self._X, images)
        return made[1]


def _evaluate(
    name: str,
    corruption: Corruption | None,
    severity: int,
    models: Mapping[str, Any],
    images: _Images,
    y: np.ndarray,
) -> Row:
    """Measure one model on one set of images; its failure becomes the row."""
    step = CLEAN if corruption is None else corruption.name
    row: Row = {"model": name, "corruption": step, "severity": severity, "n_images": len(y)}
    X = images.get(corruption, severity)
    try:
        with warnings.catch_warnings():
            if corruption is not None:  # that these pixels are unlike the trained ones is the point
                warnings.filterwarnings("ignore", "The pixels of X")
            predicted = np.asarray(models[name].predict(X))
        accuracy = float(np.mean(predicted == y))
    except Exception as error:  # any: it is another's code, and the other models shall go on
        return row | {"status": "failed", "error": f"{type(error).__name__}: {error}"}
    return row | {"status": "ok", "error": "", "accuracy": accuracy}


def _check_models(models: Any) -> dict[str, Any]:
    """Return the fitted classifiers by name."""
    named = dict(models) if isinstance(models, Mapping) else {type(models).__name__: models}
    if not named:
        raise ValueError("models is empty: give at least one fitted classifier.")
    for name, model in named.items():
        if not isinstance(name, str) or not name.strip():
            raise TypeError(f"The names in models must be non-empty strings. Got {name!r}.")
        if isinstance(model, type) or not hasattr(model, "get_params") or not is_classifier(model):
            got = f"the class {model.__name__}" if isinstance(model, type) else repr(model)
            raise TypeError(
                f"models must be a fitted classifier, or a mapping of names to fitted "
                f"classifiers. Got {got} as {name!r}."
            )
        check_is_fitted(model)
    return named


def _check_knows_labels(name: str, model: Any, y: np.ndarray) -> None:
    classes = getattr(model, "classes_", None)
    if classes is not None and not set(np.unique(y).tolist()) & set(np.asarray(classes).tolist()):
        raise ValueError(
            f"y must hold labels that the models know. Got {np.unique(y)[:5].tolist()}, of which "
            f"{name!r} knows none: its classes are {np.asarray(classes)[:10].tolist()}. Give the "
            "labels in the form that it was fitted on."
        )


def _find_layout(
    models: Mapping[str, Any], X: np.ndarray, image_shape: tuple[int, ...] | None
) -> ImageLayout:
    """Return the layout that the user gave, or else that of the first model that has one."""
    layouts = filter(None, map(known_layout, models.values()))
    if image_shape is None and (known := next(layouts, None)):
        return layout_for(X, known)
    return infer_layout(X.shape, image_shape)


def _describe_fitted(name: str, model: Any) -> dict[str, str]:
    """Describe what a model has learned in one line, the same in every process."""
    content = describe(
        FrozenEstimator(model), f"models[{name!r}]"
    )  # frozen: what it learned counts
    learned = {k: v for k, v in content.items() if not any(word in k for word in _DURATIONS)}
    return {f"models[{name!r}]": _digest(learned)}


def _digest(lines: Mapping[str, str]) -> str:
    return f"sha256:{hashlib.sha256(json.dumps(lines, sort_keys=True).encode()).hexdigest()[:16]}"


def _warn_of_failures(rows: pd.DataFrame) -> None:
    failed = rows[rows["status"] == "failed"]
    for name, those in failed.groupby("model", sort=False):
        total = int((rows["model"] == name).sum())
        warn(
            f"{name} failed on {len(those)} of {count(total, 'set')} of images: "
            f"{those['error'].iloc[0]}"
        )


def _describe(key: str, row: Row) -> str:
    return f"{key}: {row['error'] or format(row['accuracy'], '.4f')}"


def _write_results(result: RobustnessResult, path: Path) -> None:
    write_atomically(path / "rows.csv", result.rows.to_csv(index=False, lineterminator="\n"))
    result.to_csv(path / "table.csv")
    result.to_markdown(path / "table.md")
    result.to_html(path / "table.html")
