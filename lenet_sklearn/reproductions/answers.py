"""The answer of each study in two sentences, whose words follow from its rows.

Two means are level where they differ by no more than the spread: the larger of their standard
deviations over the seeds, or what the study allows at least. A model without chance has one run and
no deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from lenet_sklearn._runs.tables import format_difference, format_mean

Answer = Callable[[pd.DataFrame, float], str]
"""Takes the rows and the smallest difference that counts, and returns two sentences."""

_DATA = {"mnist": "MNIST", "fashion-mnist": "Fashion-MNIST"}


class Score(NamedTuple):
    """Test accuracy of one case: its name, the mean over the seeds, the standard deviation."""

    name: str
    mean: float
    sd: float

    def __str__(self) -> str:
        return format_mean(self.mean, self.sd, "score")


class Gap(NamedTuple):
    """How far one score is ahead of another, and how far seeds spread."""

    difference: float
    spread: float

    @property
    def sign(self) -> int:
        """1 ahead, 0 level, -1 behind; a difference as large as the spread is level."""
        if abs(self.difference) <= self.spread + 1e-12:
            return 0
        return 1 if self.difference > 0 else -1

    @property
    def signed(self) -> str:
        """The difference as text."""
        return format_difference(self.difference, "score")


def compare(first: Score, second: Score, least: float = 0.0) -> Gap:
    """Return how far the first score is ahead of the second."""
    return Gap(first.mean - second.mean, float(np.nanmax([first.sd, second.sd, least])))


def answer_ablation(runs: pd.DataFrame, least: float) -> str:
    """Name the best pair, and the best activation and pooling over all pairs."""
    pairs = runs["activation"] + " with " + runs["pooling"]
    best, second, *_ = _best_first(_scores(runs.assign(pair=pairs), "pair"))
    over_all = " and ".join(
        _describe_factor(runs, factor, least) for factor in ("activation", "pooling")
    )
    return (
        f"The best pair is {best.name} pooling, with a test accuracy of {best}; the next, "
        f"{second.name} pooling, is {_place(compare(best, second, least))}. "
        f"On average over the other factor, {over_all}."
    )


def _describe_factor(runs: pd.DataFrame, factor: str, least: float) -> str:
    """Rank the values of a factor by their means over the other one, seed by seed."""
    means = runs.groupby([factor, "seed"], sort=False)["test_accuracy"].mean().reset_index()
    best, second, *others = _best_first(_scores(means, factor))
    text = f"{best.name} is the best {factor} ({second.name} is "
    text += _place(compare(best, second, least))
    if others:
        text += f"; the last, {others[-1].name}, is {_place(compare(best, others[-1], least))}"
    return text + ")"


def _place(gap: Gap) -> str:
    """Say where a case stands below the best."""
    return f"{'' if gap.sign else 'level, '}{_behind(gap)}"


def _behind(gap: Gap) -> str:
    distance, spread = (format_mean(value, np.nan, "score") for value in gap)
    return f"{distance} behind with a spread of {spread}"


def answer_efficiency(runs: pd.DataFrame, least: float) -> str:
    """Say what the largest network has above the smallest, and from where on no more is gained."""
    sizes = runs.groupby("network")["parameters"].mean().sort_values()
    scores = {score.name: score for score in _scores(runs, "network")}
    ordered = [scores[str(name)] for name in sizes.index]
    named = {name: f"{name} ({size:,.0f} parameters)" for name, size in sizes.items()}
    smallest, largest = ordered[0], ordered[-1]
    best = _best_first(ordered)[0]
    enough = next(score for score in ordered if compare(best, score, least).sign == 0)

    change = compare(largest, smallest, least)
    times = format_mean(sizes.iloc[-1] / sizes.iloc[0], np.nan, "count")
    verb = {1: "rises from", 0: "stays level:", -1: "falls from"}[change.sign]
    first = (
        f"From {named[smallest.name]} to {named[largest.name]}, {times} times as many, the test "
        f"accuracy {verb} {smallest} to {largest}."
    )
    if enough != best:
        gap = _behind(compare(best, enough, least))
        return (
            f"{first} The smallest network that is level with the best, {best.name}, is "
            f"{named[enough.name]}, {gap}."
        )
    if best == largest:
        nearest = _best_first(ordered)[1]
        gap = _behind(compare(best, nearest, least))
        return (
            f"{first} No smaller network is level with the largest: the nearest, {nearest.name}, "
            f"is {gap}."
        )
    return (
        f"{first} The best is {named[best.name]}, and no smaller network is level with it: more "
        "parameters buy nothing."
    )


def answer_comparison(runs: pd.DataFrame, least: float) -> str:
    """Say for each data set which models LeNet-5 is ahead of, level with and behind."""
    sentences = []
    for data, of_data in runs.groupby("data", sort=False):
        own, *others = sorted(_scores(of_data, "model"), key=lambda score: score.name != "LeNet-5")
        gaps = [(other.name, compare(own, other, least)) for other in _best_first(others)]
        verbs = ("ahead of {}", "level with {}", "behind {}")
        name = _DATA.get(str(data), str(data))
        sentences.append(f"On {name}, LeNet-5 ({own}) is {_group(gaps, verbs)}.")
    return " ".join(sentences)


def answer_transfer(runs: pd.DataFrame, least: float) -> str:
    """Say for each start with how many images per class it helps, beside none."""
    alone = "from scratch"
    sentences = []
    for start, of_start in runs[runs["start"] != alone].groupby("start", sort=False):
        own = _scores(of_start, "images_per_class")
        others = _scores(runs[runs["start"] == alone], "images_per_class")
        gaps = [(a.name, compare(a, b, least)) for a, b in zip(own, others, strict=True)]
        verbs = ("ahead at {}", "level at {}", "behind at {}")
        sentences.append(
            f"Compared with training {alone}, “{start}” is {_group(gaps, verbs)} images per class."
        )
    return " ".join(sentences)


def _scores(runs: pd.DataFrame, by: str) -> list[Score]:
    """Summarise the rows of each value of a column."""
    groups = runs.groupby(by, sort=False)["test_accuracy"]
    table = pd.DataFrame({"mean": groups.mean(), "sd": groups.std(ddof=1)})
    return [Score(str(name), row["mean"], row["sd"]) for name, row in table.iterrows()]


def _best_first(scores: Iterable[Score]) -> list[Score]:
    return sorted(scores, key=lambda score: -score.mean)


def _group(gaps: Sequence[tuple[str, Gap]], verbs: Sequence[str]) -> str:
    """Tell what is ahead, level and behind, each with its difference."""
    parts = []
    for verb, sign in zip(verbs, (1, 0, -1), strict=True):
        named = [f"{name} ({gap.signed})" for name, gap in gaps if gap.sign == sign]
        if named:
            parts.append(verb.format(_join(named)))
    return _join(parts, ", and ")


def _join(parts: Sequence[str], last: str = " and ") -> str:
    return last.join(filter(None, (", ".join(parts[:-1]), parts[-1])))
