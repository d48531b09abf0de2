"""What a benchmark shows: targets, machine, table and JSON file."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lenet_sklearn._runs.environment import processor_name

RESULTS = Path(__file__).parent / "results"
_VERSIONS = ("lenet-sklearn", "numpy", "torch", "scikit-learn", "skorch")


@dataclass(frozen=True)
class Target:
    """A figure, the bound that it is to keep, and whether it does.

    Parameters
    ----------
    what : str
        What was measured.
    value : float or None
        The figure, from medians where it is one of times; None: not measured.
    at_most, at_least : float, default=None
        The bound: one of the two.
    goal : float, default=None
        A harder bound, for information.
    fastest : float, default=None
        The same from the fastest runs, for information.
    unit : str, default=""
        Written behind the figure and the bound.
    digits : int, default=2
        Decimal places.
    """

    what: str
    value: float | None
    at_most: float | None = None
    at_least: float | None = None
    goal: float | None = None
    fastest: float | None = None
    unit: str = ""
    digits: int = 2

    @property
    def met(self) -> bool | None:
        """Whether the figure keeps the bound; None where there is no figure."""
        if self.value is None:
            return None
        if self.at_most is not None:
            return self.value <= self.at_most
        assert self.at_least is not None
        return self.value >= self.at_least

    def number(self, value: float | None) -> str:
        """Write a figure as the target does."""
        return "–" if value is None else f"{value:,.{self.digits}f}{self.unit}"

    def cells(self) -> list[str]:
        """What, the figure, that of the fastest runs, the bound, and the verdict."""
        sign, bound = ("≤", self.at_most) if self.at_least is None else ("≥", self.at_least)
        goal = "" if self.goal is None else f", goal {self.goal:g}"
        verdict = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        fastest = "" if self.fastest is None else self.number(self.fastest)
        return [self.what, self.number(self.value), fastest, f"{sign} {bound:g}{self.unit}{goal}",
                verdict]  # fmt: skip

    def __str__(self) -> str:
        what, value, fastest, bound, verdict = self.cells()
        fastest = f"; fastest runs {fastest}" if fastest else ""
        return f"{what}: {value} (target {bound}: {verdict}{fastest})"


def machine() -> dict[str, Any]:
    """Describe what the figures were taken on."""
    return {
        "cpu": processor_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _VERSIONS},
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def machine_line(about: Mapping[str, Any]) -> str:
    """Describe the machine in one line."""
    versions = ", ".join(f"{name} {about[name]}" for name in _VERSIONS)
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['threads']} torch threads, "
        f"load {about['load']}; Python {about['python']}, {versions}; {about['date']}"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lay cells out in columns, the first to the left and the others to the right."""
    lines = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["─" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def command(name: str, typed: Sequence[str]) -> str:
    """Return what was typed to run a script, without the places of one machine."""
    kept, words = [], iter(typed)
    for word in words:
        if word in ("--out", "--keras-python"):
            next(words, None)
        else:
            kept.append(word)
    return shlex.join(["python", f"benchmarks/{name}.py", *kept])


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write to a temporary file, then move: a killed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.part")
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    temporary.write_text(f"{text}\n", encoding="utf-8")
    temporary.replace(path)


def report(
    script: str,
    args: argparse.Namespace,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    figures: Mapping[str, Any],
    *,
    targets: Sequence[Target] = (),
    notes: Sequence[str] = (),
    seconds: Mapping[str, Sequence[float]] | None = None,
    **more: Any,
) -> None:
    """Print the table, and write it with the figures and each single time to ``--out``.

    Parameters
    ----------
    script : str
        ``__file__`` of the benchmark.
    figures : mapping of str to number
        What the run shows, by name; None where it could not be measured.
    targets : sequence of Target
        What it is to show.
    seconds : mapping of str to list of float
        Each timed run.
    more
        Further entries of the JSON file.
    """
    name = Path(script).stem
    about = machine()
    out = args.out or RESULTS / f"{name}.json"
    settings = {key: value for key, value in vars(args).items() if key not in ("out", "typed")}
    content = {
        "benchmark": name,
        "command": command(name, args.typed),
        "title": title,
        "machine": about,
        "settings": settings,
        "figures": {key: _plain(value) for key, value in figures.items()},
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "targets": [target.cells() for target in targets],
        "notes": list(notes),
        "seconds": {key: list(values) for key, values in (seconds or {}).items()},
        **more,
    }
    write_json(out, content)
    print(f"\n{title}\n{machine_line(about)}\n\n{table(columns, rows)}\n")
    for line in (*targets, *notes):
        print(line)
    print(f"written to {out}", flush=True)


def _plain(value: Any) -> Any:
    """Turn NumPy's numbers into Python's, and NaN into None, which JSON has."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
