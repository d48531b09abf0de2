"""Turn a plan into rows; what a killed run had finished is not computed again."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Any, Literal

from joblib import Parallel, delayed, effective_n_jobs

from lenet_sklearn._files.fingerprint import differences, package_versions
from lenet_sklearn._messages import parameter
from lenet_sklearn._runs.dask_jobs import active_client, compute_on_dask
from lenet_sklearn._runs.environment import describe_environment
from lenet_sklearn._runs.jobs import numbered
from lenet_sklearn._runs.progress import deaf_to_ctrl_c, progress_bar, stoppable
from lenet_sklearn._runs.storage import RunFolder, join_differences

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One row to compute.

    Parameters
    ----------
    key : str
        Its name in the folder, unique there.
    compute : callable
        Takes what the tasks of the plan share, and returns the row, as JSON. A row whose "status"
        is "failed" is computed again next time.
    settings : mapping of str to str, as JSON
        All that decides the row and is not the same for the whole folder.
    """

    key: str
    compute: Callable[..., Row]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """What to fit, on which rows, with which seed.

    Parameters
    ----------
    name : str
        What is run, for the bar and for the folder.
    tasks : sequence of Task
        In the order of their computation. A folder keeps the tasks of all calls.
    identity : mapping, as JSON
        What must be the same for all rows of a folder, beside the versions of the packages.
    describe : callable
        Makes a short line of a key and its finished row.
    changed : {"recompute", "refuse"}
        What happens to a finished row of other settings.
    shared : tuple
        What all tasks are computed with, such as the images: sent once to each worker.
    """

    name: str
    tasks: Sequence[Task]
    identity: Mapping[str, Any]
    describe: Callable[[str, Row], str]
    changed: Literal["recompute", "refuse"] = "recompute"
    shared: tuple[Any, ...] = ()


def run(
    plan: Plan,
    *,
    out_dir: str | os.PathLike[str] | None,
    n_jobs: int | None = None,
    progress: bool = True,
) -> tuple[list[Row], dict[str, Any]]:
    """Compute the rows that `out_dir` lacks; return all, and where the first was computed.

    They are computed by the backend that `joblib.parallel_config` has set. `n_jobs=None` takes the
    number from there too; `n_jobs=1` computes here, one after the other.
    """
    with ExitStack() as stack:
        stack.enter_context(stoppable())
        environment = describe_environment(n_jobs)
        folder, rows = None, {}
        if out_dir is not None:
            folder = stack.enter_context(RunFolder(out_dir))
            whole = {"task": plan.name, **plan.identity, "versions": package_versions()}
            rows = _finished(plan, folder.begin(whole, about=environment), folder)
            environment = (folder.recorded or {}).get("about") or environment
        missing = [task for task in plan.tasks if task.key not in rows]
        advance = stack.enter_context(progress_bar(plan.name, len(plan.tasks), len(rows), progress))
        for task, computed in _compute(missing, plan.shared, n_jobs, advance, _remedy(out_dir)):
            row = {**computed, "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
            rows[task.key] = row
            if folder is not None:
                folder.write(task.key, {"settings": dict(task.settings), "row": row})
            advance(plan.describe(task.key, row), 1)
    return [rows[task.key] for task in plan.tasks], environment


def _finished(
    plan: Plan, stored: Mapping[str, Mapping[str, Any]], folder: RunFolder
) -> dict[str, Row]:
    """Return the stored rows that count."""
    rows = {}
    for task in plan.tasks:
        if task.key not in stored or stored[task.key]["row"].get("status") == "failed":
            continue
        content = stored[task.key]
        # Benchmarks named the settings "model" before they ran on this engine.
        settings = content["settings"] if "settings" in content else content["model"]
        if settings == task.settings:
            rows[task.key] = content["row"]
        elif plan.changed == "refuse":
            raise ValueError(
                f"{folder.label} holds rows of another model of that name: "
                f"{join_differences(differences(settings, task.settings))}. Give the changed "
                "model a name of its own, which keeps the finished rows, or give another "
                f"{parameter('out_dir')}."
            )
    return rows


def _remedy(out_dir: str | os.PathLike[str] | None) -> str:
    """Say what to do after an error of the machines."""
    name = parameter("out_dir")
    if out_dir is None:
        return f"With {name}, finished rows are kept, and the same call goes on there."
    return (
        f"Finished rows are in {name}={os.fspath(out_dir)!r}: the same call, with or without Dask, "
        "goes on there."
    )


def _compute(
    tasks: Sequence[Task],
    shared: tuple[Any, ...],
    n_jobs: int | None,
    advance: Callable[[str, int], None],
    remedy: str,
) -> Iterator[tuple[Task, Row]]:
    """Yield each task and its row as soon as that is known."""
    if not tasks:
        return
    if n_jobs != 1 and (client := active_client()) is not None:
        named = {task.key: task for task in tasks}
        jobs = {key: task.compute for key, task in named.items()}
        with closing(compute_on_dask(client, jobs, shared, remedy=remedy)) as there:
            for key, row in there:
                yield named[key], row
        return
    if effective_n_jobs(n_jobs) == 1:
        for task in tasks:
            advance(task.key, 0)
            yield task, task.compute(*shared)
        return
    with deaf_to_ctrl_c():
        computed = Parallel(n_jobs=n_jobs, return_as="generator_unordered")(
            delayed(_compute_one)(number, task.compute, *shared)
            for number, task in enumerate(tasks)
        )
    with closing(computed):
        for number, row in computed:
            yield tasks[number], row


def _compute_one(number: int, compute: Callable[..., Row], *shared: Any) -> tuple[int, Row]:
    with numbered(number):
        return number, compute(*shared)
