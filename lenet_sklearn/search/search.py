"""search_lenet5: draw parameters, prune the bad ones, and fit the best on all data."""

from __future__ import annotations

import itertools
import logging
import math
import numbers
import os
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning

from lenet_sklearn._files.fingerprint import describe, package_versions
from lenet_sklearn._files.hashing import hash_data
from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._messages import count, parameter, warn
from lenet_sklearn._runs.dask_jobs import active_client
from lenet_sklearn._runs.progress import deaf_to_ctrl_c, progress_bar, stoppable
from lenet_sklearn._runs.seeds import check_seed
from lenet_sklearn.comparison._inputs import check_data, hash_splits, make_splits, seeded
from lenet_sklearn.search._result import SearchResult, make_table
from lenet_sklearn.search._space import SearchSpace, make_space
from lenet_sklearn.search._steps import check_estimator
from lenet_sklearn.search._store import (
    claim,
    disconnect,
    end_dead_trials,
    locked_file,
    open_study,
    recorded_identity,
)
from lenet_sklearn.search._trial import Problem, counts, describe_outcome, run_trial

SAMPLERS = ("tpe", "random")
_MAX_FAILURES = 3

Outcome = dict[str, Any]


def search_lenet5(
    X: ArrayLike | pd.DataFrame,
    y: ArrayLike,
    *,
    budget_minutes: float,
    n_trials: int | None = None,
    cv: int | Any = 3,
    storage: str | os.PathLike[str] | None = None,
    n_jobs: int | None = None,
    random_state: int | None = None,
    space: Mapping[str, Any] | None = None,
    estimator: Any = None,
    sampler: str = "tpe",
    prune: bool = True,
    progress: bool = True,
    verbose: int = 0,
) -> SearchResult:
    """Search for the best parameters of a LeNet5Classifier within a budget of time.

    The first trial is the estimator as it is, if its parameters are in the space. A trial reports
    its validation accuracy after each epoch of the first fold, and after each further fold. It
    ends early if it is below the median of the finished trials at the same share of the epochs.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n, ...)
        Images in any layout that the estimator takes.
    y : array-like of shape (n,)
        Labels: numbers, strings or booleans.
    budget_minutes : float
        Minutes for the trials of this call. When they are over, running trials stop at the end of
        their epoch. Then the best model is fitted, once, on all data. ``inf`` needs `n_trials`.
    n_trials : int, default=None
        Number of trials, with pruned ones and with those in `storage`. None: as many as the budget
        allows.
    cv : int, splitter or iterable, default=3
        The validation folds, as in :func:`run_benchmark`. For a single hold-out give
        ``StratifiedShuffleSplit(1, test_size=0.2)``: it allows more trials.
    storage : str or path-like, default=None
        SQLite file that keeps each trial as soon as it ends. If the search is interrupted or
        killed, the same call goes on there, under the seed that was recorded, with a new budget.
        None: trials are kept in memory alone.
    n_jobs : int, default=None
        Number of trials at the same time, each in a process of this machine. None means 1, or what
        :class:`joblib.parallel_config` has set; -1 means all processors.
    random_state : int, default=None
        Seed of folds, trials and models. With one job and `n_trials`, the same seed gives the same
        trials, if the budget is long enough. None draws one, and the result records it.
    space : mapping, default=None
        For each parameter of the estimator a list of choices; or ``uniform``, ``loguniform`` or
        ``randint`` of :mod:`scipy.stats`; or a distribution of Optuna. None:
        :func:`default_search_space`.
    estimator : LeNet5Classifier or Pipeline that ends in one, default=None
        What is cloned for each trial. Parameters that are not in the space stay as they are. In a
        pipeline the names in `space` have prefixes, e.g. ``"lenet5classifier__lr"``.
    sampler : {"tpe", "random"}, default="tpe"
        "tpe" prefers parameters like those of good trials. "random" draws each trial by chance.
    prune : bool, default=True
        Whether bad trials end early.
    progress : bool, default=True
        Whether to show a bar on standard error, if that is a terminal.
    verbose : int, default=0
        Whether Optuna's logger writes its lines, one for each trial.

    Returns
    -------
    result : SearchResult
        ``best_estimator_``, ``best_params_``, ``best_score_``, ``table()`` and ``plot()``. A trial
        that raises an exception is "failed" in the table (and a FitFailedWarning); the others go
        on.

    Raises
    ------
    ImportError
        If Optuna is not installed.
    ValueError
        If an argument is not as above; if `storage` is a file of something else or of another
        search (other data, folds, seed, space, estimator or versions), or is in use; if the first
        three trials fail; if no trial ends within the budget.
    TypeError
        If `estimator`, `space` or `storage` is of another type.
    KeyboardInterrupt
        On Ctrl-C. `storage` then holds all trials that have ended.

    References
    ----------
    Bergstra, Bardenet, Bengio, Kégl (2011). Algorithms for Hyper-Parameter Optimization. Advances
    in Neural Information Processing Systems 24. (The sampler "tpe".)

    Akiba, Sano, Yanase, Ohta, Koyama (2019). Optuna: A Next-generation Hyperparameter Optimization
    Framework. KDD 2019.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier, search_lenet5
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> X, y = load_digits_images(return_X_y=True)
    >>> result = search_lenet5(
    ...     X[:200], y[:200], budget_minutes=1, n_trials=2, cv=2, random_state=0,
    ...     estimator=LeNet5Classifier(max_epochs=2), space={"activation": ["relu", "tanh"]},
    ...     progress=False,
    ... )
    >>> result.counts_
    {'complete': 2}
    >>> sorted(result.best_params_)
    ['activation']
    >>> result.best_estimator_.predict(X[200:205]).shape
    (5,)
    """
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    _check_numbers(budget_minutes, n_trials)
    if sampler not in SAMPLERS:
        raise ValueError(f"sampler must be one of {list(SAMPLERS)}. Got {sampler!r}.")
    estimator = check_estimator(estimator)
    X, y = check_data(X, y)
    drawn = make_space(space, estimator)
    _check_backend(n_jobs)
    n_workers = effective_n_jobs(n_jobs)
    with ExitStack() as stack:
        stack.enter_context(stoppable())
        stack.enter_context(_quiet(optuna, verbose))
        path: Path | None = None
        if storage is not None:
            path = stack.enter_context(locked_file(storage))
        elif n_workers > 1:
            path = (
                Path(stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
                / "search.db"
            )
        stack.callback(disconnect)
        study = open_study(None if path is None else str(path))
        seed = check_seed(random_state, recorded_identity(study))
        splits = make_splits(cv, X, y, seed)
        estimator = seeded(estimator, seed)
        if storage is not None:
            identity = _identity(X, y, splits, seed, drawn, estimator, sampler, prune)
            claim(study, identity, storage)
        end_dead_trials(study)
        before = max((t.user_attrs.get("elapsed", 0.0) for t in study.trials), default=0.0)
        now = time.monotonic()
        problem = Problem(
            estimator, X, y, splits, drawn, seed, sampler, bool(prune),
            began=now - before, deadline=now + 60 * budget_minutes,
        )  # fmt: skip
        _begin_with(study, drawn, estimator)
        n_done = sum(map(counts, study.get_trials(deepcopy=False)))
        advance = stack.enter_context(progress_bar("search_lenet5", n_trials, n_done, progress))
        places = _places(problem, n_done, n_trials)
        _run_trials(problem, study, path, places, n_workers, verbose, advance)
        return _make_result(problem, study, budget_minutes)


def _check_backend(n_jobs: int | None) -> None:
    if n_jobs != 1 and active_client() is not None:
        raise ValueError(
            "search_lenet5 computes its trials in processes of this machine, since they share a "
            "file. Got the backend of Dask. Call it outside of that parallel_config, with "
            f"{parameter('n_jobs')}=2 or more."
        )


def _check_numbers(budget_minutes: Any, n_trials: Any) -> None:
    real = isinstance(budget_minutes, numbers.Real) and not isinstance(budget_minutes, bool)
    if not real or not budget_minutes > 0:
        raise ValueError(f"budget_minutes must be a number above 0. Got {budget_minutes!r}.")
    whole = isinstance(n_trials, numbers.Integral) and not isinstance(n_trials, bool)
    if n_trials is not None and (not whole or n_trials < 1):
        raise ValueError(f"n_trials must be an int of 1 or more, or None. Got {n_trials!r}.")
    if n_trials is None and math.isinf(budget_minutes):
        raise ValueError(
            "budget_minutes must be finite where n_trials is None: the search would not end. Got "
            f"{budget_minutes!r}. Give n_trials."
        )


@contextmanager
def _quiet(optuna: Any, verbose: int) -> Iterator[None]:
    """Keep Optuna's lines back unless they are wanted."""
    before = optuna.logging.get_verbosity()
    if not verbose:
        optuna.logging.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _identity(
    X: Any,
    y: np.ndarray,
    splits: list[tuple[np.ndarray, np.ndarray]],
    seed: int,
    space: SearchSpace,
    estimator: Any,
    sampler: str,
    prune: bool,
) -> dict[str, Any]:
    """Describe by content all that decides the trials."""
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    write = optuna.distributions.distribution_to_json
    described: dict[str, str] = describe(estimator, "estimator")
    for name, values in space.distributions.items():
        key = f"space[{name!r}]"
        choices = space.choices.get(name)
        described |= {key: write(values)} if choices is None else describe(choices, key)
    return {
        "data": {"X": hash_data(X), "y": hash_data(y)},
        "folds": hash_splits(splits),
        "random_state": seed,
        "sampler": sampler,
        "prune": bool(prune),
        **described,
        "versions": package_versions() | {"optuna": optuna.__version__},
    }


def _begin_with(study: Any, space: SearchSpace, estimator: Any) -> None:
    """Let the first trial be the estimator as it is, if it is in the space."""
    own = space.encode(estimator.get_params(deep=True))
    waiting = [
        t for t in study.get_trials(deepcopy=False) if counts(t) or not t.state.is_finished()
    ]
    if own is not None and not waiting:
        study.enqueue_trial(own)


def _places(problem: Problem, n_done: int, n_trials: int | None) -> Iterator[int]:
    """Count trials until their number or the budget is used up."""
    for place in itertools.count(n_done):
        if problem.time_is_up or (n_trials is not None and place >= n_trials):
            return
        yield place


def _run_trials(
    problem: Problem,
    study: Any,
    path: Path | None,
    places: Iterator[int],
    n_workers: int,
    verbose: int,
    advance: Callable[[str, int], None],
) -> None:
    """Run the trials of these places; end the search if the first ones fail."""
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    said = optuna.logging.get_logger("optuna.lenet_sklearn")
    failures: list[str] = []
    succeeded = any(t.state.name in ("COMPLETE", "PRUNED") for t in study.get_trials())
    if n_workers == 1:
        outcomes: Generator[Outcome] = (run_trial(problem, study, place) for place in places)
    else:
        with deaf_to_ctrl_c():
            parallel = Parallel(
                n_jobs=n_workers,
                return_as="generator_unordered",
                pre_dispatch="n_jobs",  # a trial is drawn when its process is free
                batch_size=1,
            )
            outcomes = parallel(
                delayed(_run_trial_in)(problem, str(path), place, verbose) for place in places
            )
    with closing(outcomes):
        for outcome in outcomes:
            line = describe_outcome(outcome)
            advance(line, 1)
            said.info(line)
            if error := outcome["error"]:
                failures.append(error)
                warn(f"Trial {outcome['number']} failed: {error}", FitFailedWarning)
            succeeded |= outcome["state"] in ("COMPLETE", "PRUNED")
            if not succeeded and len(failures) >= _MAX_FAILURES:
                raise ValueError(
                    f"The first {_MAX_FAILURES} trials failed, so the search was ended. The last "
                    f"error: {error}"
                )


def _run_trial_in(problem: Problem, path: str, place: int, verbose: int) -> Outcome:
    """Run a trial in a process of its own."""
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    with _quiet(optuna, verbose):
        return run_trial(problem, open_study(path, problem.began), place)


def _make_result(problem: Problem, study: Any, budget_minutes: float) -> SearchResult:
    """Fit the best parameters on all data."""
    trials = [t for t in study.get_trials() if t.state.name != "WAITING"]
    table = make_table(trials, list(problem.space.distributions), problem.space.decode)
    if not (table["state"] == "complete").any():
        raise ValueError(
            f"budget_minutes={budget_minutes:g} was over before a trial was complete "
            f"({count(len(trials), 'trial')} begun). Give more minutes, fewer folds in cv or "
            "fewer images; with storage the trials that have ended are kept."
        )
    best = study.best_trial
    params = problem.space.decode(best.params)
    model = clone(problem.estimator).set_params(**params).fit(problem.X, problem.y)
    return SearchResult(
        table, list(problem.space.distributions), model, params, best.value, problem.seed
    )
