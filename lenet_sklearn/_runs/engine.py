"""Compute rows one after another; what a killed run had finished is not computed again."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from lenet_sklearn._files.fingerprint import package_versions
from lenet_sklearn._runs.environment import describe_environment
from lenet_sklearn._runs.progress import progress_bar, stoppable
from lenet_sklearn._runs.storage import RunFolder

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One row to compute.

    Parameters
    ----------
    key : str
        Its name in the folder, unique there.
    settings : mapping, as JSON
        All that decides the row. A finished row of other settings is computed again.
    compute : callable
        Returns the row, as JSON.
    """

    key: str
    settings: Mapping[str, Any]
    compute: Callable[[], Row]


def run_tasks(
    name: str,
    tasks: Sequence[Task],
    *,
    identity: Mapping[str, Any],
    describe: Callable[[Row], str],
    out_dir: str | os.PathLike[str] | None,
    progress: bool,
) -> tuple[list[Row], dict[str, Any]]:
    """Compute the rows of all tasks, except those that `out_dir` has already.

    Parameters
    ----------
    name : str
        What is run, for the bar and for the folder.
    tasks : sequence of Task
        In their order. A folder may get other tasks at each call, and keeps them all.
    identity : mapping, as JSON
        What must be the same for all rows of a folder, beside the versions of the packages.
    describe : callable
        Makes a short line of a finished row.
    out_dir : str or path-like or None
        The folder.
    progress : bool
        Whether to show a bar on standard error, if that is a terminal.

    Returns
    -------
    rows : list of dict
        One per task; "date" tells when it was computed.
    environment : dict
        Of the machine that computed the first row of the folder, or this one.

    Examples
    --------
    >>> from lenet_sklearn._runs.engine import Task, run_tasks
    >>> task = Task("3", {"square of": 3}, lambda: {"square": 9})
    >>> rows, environment = run_tasks(
    ...     "squares", [task], identity={}, describe=str, out_dir=None, progress=False
    ... )
    >>> rows[0]["square"], "versions" in environment
    (9, True)
    """
    with ExitStack() as stack:
        stack.enter_context(stoppable())
        environment = describe_environment(None)
        folder, stored = None, {}
        if out_dir is not None:
            folder = stack.enter_context(RunFolder(out_dir))
            whole = {"task": name, **identity, "versions": package_versions()}
            stored = folder.begin(whole, about=environment)
            if folder.recorded is not None:
                environment = folder.recorded["about"]
        finished = {
            task.key: stored[task.key]["row"]
            for task in tasks
            if task.key in stored and stored[task.key]["settings"] == task.settings
        }
        bar = progress_bar(name, len(tasks), len(finished), progress)
        advance = stack.enter_context(bar)
        for task in tasks:
            if task.key in finished:
                continue
            advance(task.key, 0)
            row = {**task.compute(), "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds")}
            finished[task.key] = row
            if folder is not None:
                folder.write(task.key, {"settings": dict(task.settings), "row": row})
            advance(f"{task.key}: {describe(row)}", 1)
    return [finished[task.key] for task in tasks], environment
