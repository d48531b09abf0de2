"""Run a study, which answers a question that the public projects left open."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from lenet_sklearn._runs.engine import Row, Task
from lenet_sklearn._runs.environment import describe_used
from lenet_sklearn._runs.metrics import count_parameters
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.comparison._inputs import check_seeds, seeded
from lenet_sklearn.reproductions._fits import QUICK_EPOCHS, fit_and_measure, run_fits, suggest
from lenet_sklearn.reproductions.image_sets import ImageSet, ImageSets, draw_few
from lenet_sklearn.reproductions.study_records import STUDIES, Case, Study
from lenet_sklearn.reproductions.study_result import StudyResult

__all__ = ["STUDIES", "Study", "StudyResult", "run_study"]


def run_study(
    name: str,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    data_home: str | os.PathLike[str] | None = None,
    out_dir: str | os.PathLike[str] | None = None,
    quick: bool = False,
    progress: bool = True,
) -> StudyResult:
    """Run one of the studies.

    Parameters
    ----------
    name : {"ablation", "efficiency", "comparison", "transfer"}
        A key of :data:`~lenet_sklearn.reproductions.STUDIES`.
    seeds : sequence of int, default=(0, 1, 2)
        Each case is run once with each of these, but those without chance in them once in all.
    data_home : str or path-like, default=None
        Folder of the data sets, as of :func:`~lenet_sklearn.datasets.fetch_mnist`.
    out_dir : str or path-like, default=None
        A folder for the results, as of
        :func:`~lenet_sklearn.run_reproductions`: a killed run goes on there.
    quick : bool, default=False
        Whether to train for two epochs on a few hundred images, to see that all works.
    progress : bool, default=True
        Whether to show a bar on standard error, if that is a terminal.

    Returns
    -------
    result : StudyResult
        Every run, and the table.

    Raises
    ------
    ValueError
        If there is no such study, the seeds are no different integers, or `out_dir` holds another
        run's rows or is in use.

    Examples
    --------
    >>> from lenet_sklearn.reproductions.studies import run_study
    >>> run_study("transfer", seeds=range(10)).table()  # doctest: +SKIP
    """
    if name not in STUDIES:
        raise ValueError(
            f"name must be one of {list(STUDIES)}. Got {name!r}.{suggest(name, STUDIES)}"
        )
    seeds = check_seeds(seeds)
    image_sets = ImageSets(data_home, quick=quick)
    tasks = [
        _make_task(case, seed, image_sets)
        for seed in seeds
        for case in STUDIES[name].make_cases()
        if case.stochastic or seed == seeds[0]
    ]
    rows, environment = run_fits(
        f"study {name}", tasks, image_sets, out_dir=out_dir, progress=progress
    )
    result = StudyResult.from_rows(name, rows, environment, quick=quick)
    if out_dir is not None:
        result.write(Path(out_dir))
    return result


def _make_task(case: Case, seed: int, image_sets: ImageSets) -> Task:
    model = seeded(case.estimator, seed)
    if image_sets.quick and isinstance(model, LeNet5Classifier):
        model.set_params(max_epochs=QUICK_EPOCHS)
    settings = {
        "estimator": describe_used(model),
        "n_per_class": case.n_per_class,
        "new_labels": case.new_labels,
        "data": image_sets.fingerprint(case.data),
    }
    key = ", ".join([*(f"{value}" for value in case.factors.values()), f"seed {seed}"])
    return Task(key, partial(_run, case, seed, model), settings)


def _run(case: Case, seed: int, model: Any, image_sets: ImageSets) -> Row:
    """Train one model with one seed, and measure it on the test set."""
    images = image_sets.load(case.data)
    if case.n_per_class is not None:
        images = draw_few(images, case.n_per_class, seed)
    if case.new_labels:
        images = ImageSet(images.X, images.y.astype(str), images.X_test, images.y_test.astype(str))
    row, measured = fit_and_measure(model, images)
    return {
        **case.factors,
        "seed": seed,
        **row,
        "parameters": count_parameters(model),
        "predict_microseconds": measured["predict_microseconds"],
    }
