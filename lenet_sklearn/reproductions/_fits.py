"""What re-runs and studies share: a plan of fits on the images of a data set, each with a seed."""

from __future__ import annotations

import difflib
import os
import time
from collections.abc import Collection, Sequence
from typing import Any

from lenet_sklearn._runs.engine import Plan, Row, Task, run
from lenet_sklearn._runs.metrics import measure_predictions
from lenet_sklearn.reproductions.image_sets import ImageSet, ImageSets

QUICK_EPOCHS = 2


def run_fits(
    name: str,
    tasks: Sequence[Task],
    image_sets: ImageSets,
    *,
    out_dir: str | os.PathLike[str] | None,
    progress: bool,
) -> tuple[list[Row], dict[str, Any]]:
    """Run the tasks; a finished row of another recipe or of other images is computed again."""
    identity = {"quick": image_sets.quick}
    plan = Plan(name, tasks, identity, _describe, changed="recompute", shared=(image_sets,))
    return run(plan, out_dir=out_dir, progress=progress)


def _describe(key: str, row: Row) -> str:
    return f"{key}: accuracy {row['test_accuracy']:.4f}, fit {row['fit_seconds']:.1f} s"


def fit_and_measure(model: Any, images: ImageSet, **validation: Any) -> tuple[Row, Row]:
    """Fit on the training images; return the row's first columns, and all that is measured."""
    start = time.perf_counter()
    model.fit(images.X, images.y, **validation)
    seconds = time.perf_counter() - start
    measured = measure_predictions(model, images.X_test, images.y_test)
    row = {
        "n_train": len(images.y),
        "n_test": len(images.y_test),
        "test_accuracy": measured["accuracy"],
        "fit_seconds": seconds,
    }
    return row, measured


def suggest(name: object, known: Collection[str]) -> str:
    """Make a question of the nearest known name, if there is one; it begins with a space."""
    near = difflib.get_close_matches(str(name), known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
