"""Score several classifiers on the same folds; a killed run goes on where it stopped."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._files.fingerprint import describe
from lenet_sklearn._files.hashing import hash_data
from lenet_sklearn._messages import warn
from lenet_sklearn._runs.engine import Plan, Row, Task, run
from lenet_sklearn._runs.metrics import METRICS, count_parameters, measure_predictions, pickled_size
from lenet_sklearn._runs.seeds import check_seed
from lenet_sklearn._runs.storage import read_manifest
from lenet_sklearn.comparison._corrupted import CorruptedTest, take, warn_of_failures
from lenet_sklearn.comparison._inputs import (
    Scorers,
    check_data,
    check_estimators,
    check_scoring,
    hash_splits,
    make_splits,
    seeded,
)
from lenet_sklearn.comparison._result import ROW_COLUMNS, TEXT_COLUMNS, BenchmarkResult
from lenet_sklearn.comparison._searches import count_fits, describe_choice, is_search


def run_benchmark(
    estimators: Mapping[str, Any],
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    *,
    cv: int | Any = 5,
    scoring: str | Callable | Iterable[str] | Mapping[str, str | Callable] | None = None,
    n_jobs: int | None = None,
    random_state: int | None = None,
    reference: str | None = None,
    out_dir: str | os.PathLike[str] | None = None,
    progress: bool = True,
    corruptions: str | Iterable[str] | None = None,
    image_shape: tuple[int, ...] | None = None,
    name: str | None = None,
) -> BenchmarkResult:
    """Cross-validate several classifiers on the same folds.

    Parameters
    ----------
    estimators : mapping of str to classifier
        Any scikit-learn classifiers by name. They are cloned, and not changed. In the clones each
        parameter ``random_state``, nested ones too, that is None is set to the seed of the run.
        A search, such as ``GridSearchCV``, searches anew in each fold, on the training images of
        the fold alone; ``fit_seconds`` is the time of the whole search, and the columns
        ``n_fits`` and ``best_params`` are added.
    X : array-like or DataFrame of shape (n, ...)
        Images or rows in any layout that all the estimators take; the pipelines of
        :func:`make_baselines` take every one. Of a memmap each job reads the rows of its fold.
    y : array-like of shape (n,)
        Labels: numbers, strings or booleans.
    cv : int, splitter or iterable, default=5
        An int asks for that many stratified, shuffled folds. Else a scikit-learn splitter, whose
        ``random_state`` is set to the seed if it is None, or an iterable of
        ``(train, test)`` index arrays; for groups give ``list(splitter.split(X, y, groups))``.
    scoring : str, callable, list or dict, default=None
        Further metrics, as in :func:`sklearn.model_selection.cross_validate`: each becomes a column
        named by its string or its key ("score" for a callable ``(estimator, X, y) -> float``).
    n_jobs : int, default=None
        Number of folds that are computed at the same time. None means 1, or what
        :class:`joblib.parallel_config` has set, which may also name Dask (see :doc:`/dask`);
        -1 means all processors. Each job has its share of the processors. Seconds are wall time:
        **with more than one job they are measured under load**; use one to report them.
    random_state : int, default=None
        Seed of the folds and of the estimators. None draws one, and the result records it.
    reference : str, default=None
        Name of the model that the others are compared with in the table. None takes the best.
    out_dir : str or path-like, default=None
        A folder for the results. Each row is on disk as soon as it is known, so that the same call,
        made again after the run was killed, computes the missing and the failed rows only, under
        the seed that was recorded. A later call with the same data and folds may have other
        models: the rows of those that it shares are taken from there, and those of models that it
        leaves out stay. At the end ``scores.csv`` and ``table.csv``, ``.md`` and
        ``.html`` are written there too.
    progress : bool, default=True
        Whether to show a bar on standard error, if that is a terminal.
    corruptions : "all", str or list of str, default=None
        Keys of :data:`~lenet_sklearn.robustness.CORRUPTIONS`. Each fitted model is also tested on
        corrupted images; the column ``accuracy_corrupted`` is the mean over the corruptions. To
        keep this short, at most 1,000 test images of a fold take part, drawn by the seed. Each
        corruption is applied to all of them, each time at one of the five severities, also
        drawn: a fifth of the images at each. All models see the same images.
    image_shape : tuple of int, default=None
        How a flat row is an image, for `corruptions` alone: ``(H, W)``, ``(C, H, W)`` or
        ``(H, W, C)``. None: the `image_shape` of the first estimator that has one, else a square
        of grey pixels.
    name : str, default=None
        What the models are compared on, such as "MNIST", for the titles of ``table.html`` and of
        charts.

    Returns
    -------
    result : BenchmarkResult
        All scores, in ``scores``, and their ``table()``. A model that raises an exception in a fold
        has that as a row with status "failed" (and a FitFailedWarning); the others go on. One that
        fails on corrupted images alone has no ``accuracy_corrupted``, and there is a warning.

    Raises
    ------
    ValueError
        If there are no estimators, `X` and `y` do not match, a class has fewer members than there
        are folds, `reference`, a metric or a corruption is unknown; if there are `corruptions` and
        X does not hold images of at least 4×4 pixels, all finite; if `out_dir` holds another run's
        rows (other data, folds, seed, metrics, corruptions or versions), or rows of a model that
        had that name and other parameters, or is in use by another run; if a parameter has no
        content that can be compared between runs, such as a lock, and no name (see
        the page :doc:`/persistence`).
    TypeError
        If `estimators` is not a mapping of str to classifier instances.
    ConnectionError
        If a Dask scheduler goes away. `out_dir` then holds all rows that were finished.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from lenet_sklearn.comparison import make_baselines, run_benchmark
    >>> X, y = load_digits(return_X_y=True)
    >>> models = {name: make_baselines()[name] for name in ("SVM", "k-NN")}
    >>> result = run_benchmark(models, X, y, cv=3, random_state=0, progress=False)
    >>> result.table()["accuracy"].round(3)
    model
    SVM     0.991
    k-NN    0.984
    Name: accuracy, dtype: float64
    """
    models = check_estimators(estimators)
    X, y = check_data(X, y)
    scorers = check_scoring(scoring)
    if reference is not None and reference not in models:
        raise ValueError(
            f"reference must be one of the estimators {list(models)}. Got {reference!r}."
        )
    seed = check_seed(random_state, None if out_dir is None else read_manifest(out_dir))
    corrupted = None
    if corruptions is not None:
        corrupted = CorruptedTest.make(corruptions, models, X, image_shape, seed)
    splits = make_splits(cv, X, y, seed)
    models = {name: seeded(model, seed) for name, model in models.items()}
    identity: dict[str, Any] = {}
    described: dict[str, dict[str, str]] = {name: {} for name in models}
    if out_dir is not None:  # else a model need not have content that can be compared
        identity = {
            "data": {"X": hash_data(X), "y": hash_data(y)},
            "random_state": seed,
            "folds": hash_splits(splits),
            **describe(scoring, "scoring"),
        }
        if corrupted is not None:
            identity["corruptions"] = corrupted.identity()
        described = {k: describe(model, f"estimators[{k!r}]") for k, model in models.items()}
    tasks = [
        # All models on the first fold, then on the next: what is there early can be compared.
        Task(
            f"{name}, fold {fold}",
            partial(_evaluate, name, model, fold, scorers, corrupted),
            described[name],
        )
        for fold in range(len(splits))
        for name, model in models.items()
    ]
    plan = Plan(
        "run_benchmark", tasks, identity, _describe, changed="refuse", shared=(X, y, splits)
    )
    rows, environment = run(plan, out_dir=out_dir, n_jobs=n_jobs, progress=progress)
    _warn_of_failures(rows)
    warn_of_failures(rows)
    rows.sort(key=lambda row: list(models).index(row["model"]))  # keeps the order of the folds
    names = () if corrupted is None else corrupted.names
    searches = {name for name, model in models.items() if is_search(model)}
    scores = _to_frame(rows, scorers, searches, with_corrupted=corrupted is not None)
    result = BenchmarkResult(scores, reference, seed, environment, names, name)
    if out_dir is not None:
        _write_results(result, Path(out_dir))
    return result


def _warn_of_failures(rows: list[Row]) -> None:
    for row in rows:
        if row["status"] == "failed":
            warn(f"{row['model']} failed in fold {row['fold']}: {row['error']}", FitFailedWarning)


def _evaluate(
    name: str,
    model: Any,
    fold: int,
    scorers: Scorers,
    corrupted: CorruptedTest | None,
    X: Any,
    y: np.ndarray,
    splits: list[tuple[np.ndarray, np.ndarray]],
) -> Row:
    """Fit and measure one model on one fold, in a worker; its failure becomes the row."""
    train, test = splits[fold]
    row: Row = {"model": name, "fold": fold, "status": "ok", "error": ""}
    row |= {"n_train": len(train), "n_test": len(test)}
    try:
        model = clone(model)
        X_train, X_test = take(X, train), take(X, test)
        start = time.perf_counter()
        model.fit(X_train, y[train])
        measured = {"fit_seconds": time.perf_counter() - start}
        measured |= measure_predictions(model, X_test, y[test])
        measured |= {"parameters": count_parameters(model), "size_bytes": pickled_size(model)}
        for column, scorer in scorers.items():
            measured[column] = float(scorer(model, X_test, y[test]))
        if is_search(model):
            measured["n_fits"] = count_fits(model)
            row["best_params"] = describe_choice(model)
    except Exception as error:  # any: it is another's code, and the other models shall go on
        return row | {"status": "failed", "error": f"{type(error).__name__}: {error}"}
    # JSON has no NaN; a missing metric is read back as one.
    row |= {column: value for column, value in measured.items() if not np.isnan(value)}
    return row if corrupted is None else row | corrupted.measure(model, X_test, y[test], fold)


def _to_frame(
    rows: list[Row], scorers: Scorers, searches: set[str], *, with_corrupted: bool
) -> pd.DataFrame:
    measured, texts = [*METRICS, *scorers], TEXT_COLUMNS if searches else ()
    if with_corrupted:
        measured.insert(1, "accuracy_corrupted")  # beside the accuracy
    if searches:
        measured.insert(measured.index("fit_seconds") + 1, "n_fits")
        once = {"n_fits": 1, "best_params": ""}
        rows = [
            row if row["status"] == "failed" or row["model"] in searches else row | once
            for row in rows
        ]
    scores = pd.DataFrame(rows, columns=[*ROW_COLUMNS, *measured, *texts])
    scores = scores.fillna(dict.fromkeys(texts, ""))
    return scores.astype(dict.fromkeys(measured, float))


def _write_results(result: BenchmarkResult, path: Path) -> None:
    write_atomically(path / "scores.csv", result.scores.to_csv(index=False, lineterminator="\n"))
    result.to_csv(path / "table.csv")
    result.to_markdown(path / "table.md")
    result.to_html(path / "table.html")


def _describe(key: str, row: Row) -> str:
    text = row["error"] or f"accuracy {row['accuracy']:.4f}, fit {row['fit_seconds']:.1f} s"
    return f"{row['model']}, fold {row['fold'] + 1}: {text}"
