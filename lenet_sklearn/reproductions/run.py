"""Train the networks of published projects again, and measure what they claim."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sklearn.base import clone

from lenet_sklearn._runs.engine import Row, Task
from lenet_sklearn._runs.environment import describe_used
from lenet_sklearn.comparison._inputs import check_seeds
from lenet_sklearn.reproductions._fits import QUICK_EPOCHS, fit_and_measure, run_fits, suggest
from lenet_sklearn.reproductions.image_sets import ImageSets
from lenet_sklearn.reproductions.records import REPRODUCTIONS, Reproduction
from lenet_sklearn.reproductions.result import ReproductionResult

_CURVES = ("train_loss", "train_acc", "valid_loss", "valid_acc")


def run_reproductions(
    ids: str | Iterable[str] | None = None,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    data_home: str | os.PathLike[str] | None = None,
    out_dir: str | os.PathLike[str] | None = None,
    quick: bool = False,
    progress: bool = True,
) -> ReproductionResult:
    """Train published networks again, and set what was claimed beside what is measured.

    The fits are computed one after the other, or as :class:`joblib.parallel_config` says; each
    process then loads the images itself.

    Parameters
    ----------
    ids : str or iterable of str, default=None
        Keys of :data:`~lenet_sklearn.REPRODUCTIONS`. None runs them all.
    seeds : sequence of int, default=(0, 1, 2)
        Each network is trained once with each of these as its `random_state`.
    data_home : str or path-like, default=None
        Folder of the data sets, as of :func:`~lenet_sklearn.datasets.fetch_mnist`.
    out_dir : str or path-like, default=None
        A folder for the results. Each fit is on disk as soon as it is measured, so that a killed
        run, started again, computes the missing ones only; so do further ids and seeds. At the
        end ``runs.csv``, ``history.csv`` and ``table.csv``, ``.md`` and ``.html`` are written
        there too.
    quick : bool, default=False
        Whether to train for two epochs on a few hundred images, to see that all works. What is
        measured then says nothing about the claims.
    progress : bool, default=True
        Whether to show a bar on standard error, if that is a terminal.

    Returns
    -------
    result : ReproductionResult
        Its ``table()`` has the claimed and the measured figures, and a verdict on each claim.

    Raises
    ------
    ValueError
        If an id is unknown or comes twice, there are no seeds or they are not integers from 0 to
        2**32 - 1; if `out_dir` holds another run's rows (quick ones, or of other versions) or is
        in use by another run.

    Examples
    --------
    >>> from lenet_sklearn import run_reproductions
    >>> result = run_reproductions("feedforward", seeds=[0])  # doctest: +SKIP
    >>> result.claims()[["claim", "claimed", "verdict"]]  # doctest: +SKIP
                   claim  claimed   verdict
    0      test accuracy    0.965  exceeded
    1          test loss    0.166  exceeded
    """
    records = _choose(ids)
    seeds = check_seeds(seeds)
    image_sets = ImageSets(data_home, quick=quick)
    tasks = [_make_task(record, seed, image_sets) for record in records for seed in seeds]
    rows, environment = run_fits(
        "run_reproductions", tasks, image_sets, out_dir=out_dir, progress=progress
    )
    result = ReproductionResult.from_rows(rows, environment, quick=quick)
    if out_dir is not None:
        result.write(Path(out_dir))
    return result


def _choose(ids: str | Iterable[str] | None) -> list[Reproduction]:
    """Return the records of the ids."""
    names = list(REPRODUCTIONS) if ids is None else [ids] if isinstance(ids, str) else list(ids)
    if not names:
        raise ValueError(f"ids is empty. Give any of {', '.join(REPRODUCTIONS)}; or None for all.")
    for name in names:
        if name not in REPRODUCTIONS:
            raise ValueError(
                f"ids must be keys of REPRODUCTIONS. Got {name!r}.{suggest(name, REPRODUCTIONS)} "
                f"Give any of {', '.join(REPRODUCTIONS)}."
            )
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"ids must differ from one another. Got {', '.join(twice)} twice.")
    return [REPRODUCTIONS[name] for name in names]


def _make_task(record: Reproduction, seed: int, image_sets: ImageSets) -> Task:
    model = clone(record.estimator).set_params(random_state=seed)
    if image_sets.quick:
        model.set_params(max_epochs=QUICK_EPOCHS)
    settings = {
        "estimator": describe_used(model),
        "validation_fraction": record.validation_fraction,
        "via_csv": record.via_csv,
        "data": image_sets.fingerprint(record.data),
    }
    compute = partial(_run, record, seed, model)
    return Task(f"{record.id}, seed {seed}", compute, settings)


def _run(record: Reproduction, seed: int, model: Any, image_sets: ImageSets) -> Row:
    """Train one network with one seed, and measure it on the test set."""
    images = image_sets.load(record.data, record.via_csv)
    n_train = len(images.y) - round(len(images.y) * record.validation_fraction)
    X_val, y_val = images.X[n_train:], images.y[n_train:]
    validation = {"X_val": X_val, "y_val": y_val} if len(y_val) else {}
    images = images._replace(X=images.X[:n_train], y=images.y[:n_train])
    row, measured = fit_and_measure(model, images, **validation)
    history = [
        {"epoch": epoch, **{name: epoch_row[name] for name in _CURVES if name in epoch_row}}
        for epoch, epoch_row in enumerate(model.history_, start=1)
    ]
    row |= {
        "id": record.id,
        "seed": seed,
        "test_loss": measured["log_loss"],
        **{name: measured[name] for name in ("precision_macro", "recall_macro", "f1_macro")},
        # As frameworks print it: over the batches of the last epoch, while they were trained on.
        "train_accuracy": history[-1]["train_acc"],
        "parameters": model.n_parameters_,
        "epochs": model.n_iter_,
        "history": history,
    }
    return row | ({"validation_accuracy": float(model.score(X_val, y_val))} if validation else {})
