"""The rows of a page, small enough for a repository: from them the page is made again."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from lenet_sklearn._runs.tables import deliver
from lenet_sklearn.reproductions.result import ReproductionResult
from lenet_sklearn.reproductions.study_records import STUDIES
from lenet_sklearn.reproductions.study_result import StudyResult

# Scores have six decimals, and times four digits: more is noise.
_DECIMALS = 6
_DIGITS = 4
_ABOUT = ("quick", "processor", "cpu_count", "versions", "note")


def write_rows(
    result: ReproductionResult | StudyResult, path: str | os.PathLike[str] | None = None
) -> str:
    """Write the rows of a result as comma-separated values, with where they were computed.

    Parameters
    ----------
    result : ReproductionResult or StudyResult
        What was measured.
    path : str or path-like, default=None
        A file to write it to as well.

    Returns
    -------
    text : str
        One line per fit. Scores are rounded to six decimals and times to four digits; the columns
        ``quick``, ``processor``, ``cpu_count``, ``versions`` and ``note`` are the same in all
        lines.

    Examples
    --------
    >>> import pandas as pd
    >>> from lenet_sklearn.reproductions import StudyResult
    >>> from lenet_sklearn.reproductions.stored_rows import write_rows
    >>> runs = pd.DataFrame({"network": ["LeNet-5"], "seed": [0], "test_accuracy": [0.99]})
    >>> print(write_rows(StudyResult("efficiency", runs)), end="")
    network,seed,test_accuracy,quick
    LeNet-5,0,0.99,False
    """
    rows = result.runs.copy()
    for name, metric in result.measured.items():
        if metric.style == "score":
            rows[name] = rows[name].round(_DECIMALS)
        elif metric.style == "count":
            rows[name] = rows[name].round().astype("Int64")
        else:
            rows[name] = [float(f"{value:.{_DIGITS}g}") for value in rows[name]]
    rows = rows.dropna(axis="columns", how="all").assign(quick=result.quick)
    about = result.environment
    if "versions" in about:
        # An environment of an earlier version knows no processor.
        rows["processor"] = about.get("processor") or about["platform"]
        rows["cpu_count"] = about["cpu_count"]
        rows["versions"] = ", ".join(f"{name} {text}" for name, text in about["versions"].items())
    if about.get("note"):
        rows["note"] = about["note"]
    return deliver(rows.to_csv(index=False, lineterminator="\n"), path)


def read_rows(
    path: str | os.PathLike[str], study: str | None = None
) -> ReproductionResult | StudyResult:
    """Read what :func:`write_rows` has written.

    Parameters
    ----------
    path : str or path-like
        The file.
    study : str, default=None
        A key of :data:`~lenet_sklearn.reproductions.STUDIES`. None: the rows are those of published
        networks.

    Returns
    -------
    result : ReproductionResult or StudyResult
        The result, without the curves of the training.

    Raises
    ------
    ValueError
        If the file has no such rows.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import pandas as pd
    >>> from lenet_sklearn.reproductions import StudyResult
    >>> from lenet_sklearn.reproductions.stored_rows import read_rows, write_rows
    >>> runs = pd.DataFrame({"network": ["LeNet-5"], "seed": [0], "test_accuracy": [0.99]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "efficiency.csv")
    ...     _ = write_rows(StudyResult("efficiency", runs), file)
    ...     read_rows(file, "efficiency")
    StudyResult('efficiency', 1 case, 1 run; best: 'LeNet-5', accuracy 0.9900)
    """
    rows = pd.read_csv(path)
    factors = {"id"} if study is None else set(STUDIES[study].make_cases()[0].factors)
    if lacks := (factors | {"seed", "test_accuracy", "quick"}) - set(rows):
        what = "published networks" if study is None else f"the study {study}"
        raise ValueError(
            f"{os.fspath(path)!r} has no rows of {what}: no column {', '.join(sorted(lacks))}. "
            "Give the CSV file that was written beside its page."
        )
    environment, quick = _environment(rows), bool(rows["quick"].iloc[0])
    runs = rows.drop(columns=[name for name in _ABOUT if name in rows])
    if study is not None:
        return StudyResult.from_rows(study, runs.to_dict("records"), environment, quick=quick)
    records = [{**row, "history": []} for row in runs.to_dict("records")]
    return ReproductionResult.from_rows(records, environment, quick=quick)


def _environment(rows: pd.DataFrame) -> dict[str, Any]:
    """Say where and when the first row was computed, and what was said of the run."""
    first = rows.iloc[0]
    note = {"note": first["note"]} if "note" in rows else {}
    if "versions" not in rows:
        return note
    return {
        "date": rows["date"].min(),
        "processor": first["processor"],
        "cpu_count": int(first["cpu_count"]),
        "versions": dict(part.rsplit(" ", 1) for part in first["versions"].split(", ")),
        **note,
    }
