"""Tables on the terminal: as many columns as its width allows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

Column = tuple[str, list[str]]
"""The heading and the cells."""


def make_console() -> Console:
    """Make a console for standard output that wraps nothing where there is no terminal."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 1000  # a file or a pipe has no edge: all columns, each line whole
    return console


def make_grid(columns: Sequence[Column], width: int, styles: Sequence[str]) -> Table:
    """Lay a table out, the most important columns first, two of them at least."""
    from rich import box
    from rich.table import Table

    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    needed = 0
    for title, texts in columns:
        heading = title.translate({ord("("): "", ord(")"): "", ord(" "): "\n"})
        needed += max(map(len, [*heading.split("\n"), *texts]))
        if needed > width and len(grid.columns) >= 2:
            break
        grid.add_column(
            heading,
            justify="right" if grid.columns else "left",
            vertical="bottom",
            overflow="fold",
        )
        needed += 2  # the gap
    shown = [texts for _, texts in columns[: len(grid.columns)]]
    for cells, style in zip(zip(*shown, strict=True), styles, strict=True):
        grid.add_row(*cells, style=style)
    return grid
