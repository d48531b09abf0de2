"""Results that write their table, for people and for programs; and how a table is written."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._messages import count
from lenet_sklearn._runs.html import html_page, html_table

_MISSING = "–"

Cells = tuple[list[str], list[list[str]], str]
"""Headings, cells and the note below a table, as text."""


class TableResult:
    """A result with one table: computed once until an attribute is set, and written as text.

    A class that inherits from it has `title` and `table`, and gives the text in `_cells`.
    """

    @property
    def title(self) -> str:
        """The heading of the page in HTML."""
        raise NotImplementedError

    def table(self) -> pd.DataFrame:
        """Return the table, as numbers."""
        raise NotImplementedError

    def _cells(self) -> Cells:
        """Return headings, cells and the note below, as text."""
        raise NotImplementedError

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the table for people, in Markdown.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write it to as well.

        Returns
        -------
        text : str
            The table, and a note on how it was made.
        """
        return deliver(markdown_table(*self._cells()), path)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the table for people, as an HTML page that needs no other file.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write it to as well.

        Returns
        -------
        text : str
            The page.
        """
        return deliver(html_page(self.title, html_table(*self._cells())), path)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the table for programs, as comma-separated values of full precision.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write it to as well.

        Returns
        -------
        text : str
            The columns are those of :meth:`table`.
        """
        return deliver(self.table().to_csv(lineterminator="\n"), path)

    def _repr_html_(self) -> str:
        return html_table(*self._cells())

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self.__dict__["_computed"] = {}

    def _once(self, key: str, compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """Return what was computed under the key, which callers must not change."""
        computed = self.__dict__.setdefault("_computed", {})
        if key not in computed:
            computed[key] = compute()
        return computed[key]


def deliver(text: str, path: str | os.PathLike[str] | None) -> str:
    """Return the text, and write it to the file if there is one."""
    if path is not None:
        write_atomically(path, text)
    return text


def format_mean(mean: float, sd: float, style: str) -> str:
    """Write a mean and its standard deviation, with digits that suit what it measures."""
    if math.isnan(mean):
        return _MISSING
    if style == "kilo":
        mean, sd = mean / 1000, sd / 1000
    if style == "score":
        decimals = 4
    elif style == "count" or mean == 0:
        decimals = 0
    else:
        decimals = min(max(2 - math.floor(math.log10(abs(mean))), 0), 4)
    text = f"{mean:,.{decimals}f}"
    spread = f"{sd:,.{decimals}f}"
    if math.isnan(sd) or (style in ("count", "kilo") and not spread.strip("0.")):
        return text
    return f"{text} ± {spread}"


def format_difference(difference: float, style: str) -> str:
    """Write a signed difference."""
    if math.isnan(difference):
        return _MISSING
    text = format_mean(abs(difference), math.nan, style)
    return ("-" if difference < 0 else "+") + text


def format_p_value(p_value: float) -> str:
    """Write a p-value."""
    if math.isnan(p_value):
        return _MISSING
    return "< 0.001" if p_value < 0.001 else f"{p_value:.3f}"


def describe_run(environment: Mapping[str, Any], *, with_jobs: bool = False) -> str:
    """Write on what machine, with which versions and when something was measured."""
    if "versions" not in environment:
        return ""
    versions = ", ".join(f"{name} {text}" for name, text in environment["versions"].items())
    jobs = f", n_jobs={environment['n_jobs']}" if with_jobs else ""
    # A folder of an earlier version knows no processor.
    machine = environment.get("processor") or environment["platform"]
    cpus = count(environment["cpu_count"], "CPU")
    return f"{environment['date'][:10]}, {machine}, {cpus}{jobs}; {versions}."


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    """Write a Markdown table, its columns padded so that it also reads as plain text."""
    lines = [[_escape_markdown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(3, *(len(line[i]) for line in lines)) for i in range(len(header))]

    def join(cells: Sequence[str]) -> str:
        first, *others = zip(cells, widths, strict=True)
        padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
        return "| " + " | ".join(padded) + " |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    table = "\n".join([join(lines[0]), join(rule), *map(join, lines[1:])])
    return f"{table}\n\n{_escape_markdown(note)}\n"


def _escape_markdown(text: str) -> str:
    # Markdown lets tags through, and "<class 'int'>" in an error would vanish.
    text = re.sub(r"<(?=[a-zA-Z/!?])", "&lt;", " ".join(text.split()))
    return text.replace("|", "\\|")
