"""The rows of a page, small enough for a repository: from them the page is made again."""

from __future__ import annotations

import os
from typing import Any

import pandas as pd

from lenet_sklearn._runs.tables import deliver
from lenet_sklearn.reproductions.records import REPRODUCTIONS
from lenet_sklearn.reproductions.result import MEASURED as MEASURED_OF_NETWORKS
from lenet_sklearn.reproductions.result import ReproductionResult
from lenet_sklearn.reproductions.study_records import STUDIES
from lenet_sklearn.reproductions.study_result import MEASURED as MEASURED_OF_CASES
from lenet_sklearn.reproductions.study_result import StudyResult

# Scores have six decimals, and times four digits: more is noise.
_DECIMALS = 6
_DIGITS = 4
_MACHINE = ("date", "processor", "cpu_count", "versions")
_ABOUT = ("quick", "processor", "cpu_count", "versions", "note")
_MEASURED = [*MEASURED_OF_NETWORKS, *MEASURED_OF_CASES]
_TEXTS = ("id", "date", "processor", "versions", "note")  # also where they look like numbers


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
        If the file cannot be read, or has no such rows; the message says what is wrong.

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
    rows = _parse(path)
    factors = ["id"] if study is None else list(STUDIES[study].make_cases()[0].factors)
    if problem := _find_problem(rows, factors):
        what = "published networks" if study is None else f"the study {study}"
        raise ValueError(
            f"{os.fspath(path)!r} has no rows of {what}: {problem}. "
            "Give the CSV file that was written beside its page."
        )
    environment, quick = _environment(rows), bool(rows["quick"].iloc[0])
    runs = rows.drop(columns=[name for name in _ABOUT if name in rows])
    if study is not None:
        return StudyResult.from_rows(study, runs.to_dict("records"), environment, quick=quick)
    records = [{**row, "history": []} for row in runs.to_dict("records")]
    return ReproductionResult.from_rows(records, environment, quick=quick)


def _parse(path: str | os.PathLike[str]) -> pd.DataFrame:
    """Read the table. Only an empty cell is a missing value: a note may be "NA", or a number."""
    try:
        return pd.read_csv(
            path, dtype=dict.fromkeys(_TEXTS, str), keep_default_na=False, na_values=[""]
        )
    except ValueError as error:  # of pandas, which does not name the file
        raise ValueError(f"{os.fspath(path)!r} is no CSV file that can be read: {error}") from error


def _find_problem(rows: pd.DataFrame, factors: list[str]) -> str:
    """Say what is wrong with the rows; "" for rows as `write_rows` writes them."""
    needed = [*factors, "seed", "test_accuracy", "quick"]
    if "versions" in rows:
        needed += _MACHINE
    if lacks := set(needed) - set(rows):
        return f"no column {', '.join(sorted(lacks))}"
    if rows.empty:
        return "there is no line below the headings"
    for name in needed:
        if rows[name].isna().any():
            return f"an empty cell in the column {name}"
    before = list(rows.columns[: rows.columns.get_loc("seed")])
    if before != factors:
        return f"before seed are the columns {', '.join(before)}, not {', '.join(factors)}"
    for name in {"seed", "cpu_count"} & set(needed):
        if not pd.api.types.is_integer_dtype(rows[name]):
            return f"{name} is no whole number"
    for name in rows.columns.intersection(_MEASURED):
        if not pd.api.types.is_numeric_dtype(rows[name]):
            return f"{name} is no number"
    if not rows["test_accuracy"].between(0, 1).all():
        return "test_accuracy is not from 0 to 1"
    if rows["quick"].dtype != bool or len(set(rows["quick"])) > 1:
        return "quick is not the same True or False in all lines"
    if "id" in factors and (unknown := set(rows["id"]) - set(REPRODUCTIONS)):
        return f"no network is named {', '.join(sorted(unknown))}"
    if rows.duplicated([*factors, "seed"]).any():
        return "two lines are of the same seed"
    return ""


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
        "versions": dict(_split(part) for part in first["versions"].split(", ")),
        **note,
    }


def _split(part: str) -> tuple[str, str]:
    """Split "torch 2.13.0"."""
    name, _, version = part.rpartition(" ")
    return name, version
