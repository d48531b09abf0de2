"""Interleaved timing.

Times drift on shared machines, so every claim is a ratio of runs that took turns in one process.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Timings:
    """Seconds and results of runs that took turns: the i-th of each name are of one round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    results: dict[str, list[Any]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Median seconds of one run."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, reference: str) -> float:
        """Median seconds of `name` ÷ those of `reference`."""
        return self.median(name) / self.median(reference)

    def paired_ratio(self, name: str, reference: str) -> float:
        """Median, over the rounds, of the ratio within one round."""
        pairs = zip(self.seconds[name], self.seconds[reference], strict=True)
        return statistics.median(mine / its for mine, its in pairs)

    def fastest_ratio(self, name: str, reference: str) -> float:
        """Fastest run of `name` ÷ that of `reference`: what a busy machine disturbs least."""
        return min(self.seconds[name]) / min(self.seconds[reference])

    def ratios(self, name: str, reference: str) -> dict[str, float]:
        """Return `ratio` and `fastest_ratio`, as a target takes them."""
        return {
            "value": self.ratio(name, reference),
            "fastest": self.fastest_ratio(name, reference),
        }

    def row(self, name: str, *, against: str | None = None, scale: float = 1.0) -> list[str]:
        """Cells for `TIMING_COLUMNS`; `against` is who is divided by `name`."""
        times = [scale * second for second in self.seconds[name]]
        cells = [name, f"{statistics.median(times):.4g}", f"{min(times):.4g}–{max(times):.4g}"]
        if against is None or against == name:
            return [*cells, "", "", ""]
        how = self.ratio, self.paired_ratio, self.fastest_ratio
        return [*cells, *(f"{ratio(against, name):.3f}" for ratio in how)]


def timing_columns(who: str, unit: str = "s") -> list[str]:
    """Head of a table of `Timings.row`."""
    return ["", f"median {unit}", "min–max", f"{who} ÷ it (medians)", "(pairs)", "(fastest)"]


def interleave(
    runs: Mapping[str, Callable[[], Any]],
    repeats: int,
    warm_up: Mapping[str, Callable[[], Any]] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Timings:
    """Run each once to warm up, then A B C, A B C …, timed.

    `warm_up` may give something shorter that takes the same paths. For what runs on one thread of
    this process, `time.process_time` is a clock that other work on the machine hardly disturbs.
    """
    timings = Timings({name: [] for name in runs}, {name: [] for name in runs})
    for name, run in runs.items():
        (run if warm_up is None else warm_up[name])()
    for _ in range(repeats):
        gc.collect()  # what earlier runs left behind is not the next one's to clear up
        for name, run in runs.items():
            start = clock()
            result = run()
            timings.seconds[name].append(clock() - start)
            timings.results[name].append(result)
    return timings


def growth_exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Slope of log(seconds) over log(size), by least squares."""
    slope, _ = np.polyfit(np.log(sizes), np.log(seconds), 1)
    return float(slope)
