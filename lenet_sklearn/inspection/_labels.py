"""Write names beside points, so that they do not cover each other; names that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from lenet_sklearn.inspection._style import GREY

LONGEST_NAME = 32  # of a model

# Possible places of a name beside its point, the best first: offset (in points) and alignment.
# Names are at the side, because the interval goes up and down.
_PLACES = [
    ((side * 7, step), "left" if side > 0 else "right", "bottom" if step > 0 else "top")
    for step in (3, -3, 15, -15, 27, -27, 39, -39)
    for side in (1, -1)
]


def shorten_names(names: Sequence[str], longest: int = LONGEST_NAME) -> list[str]:
    """Shorten names for a chart; names that differ stay different.

    Examples
    --------
    >>> from lenet_sklearn.inspection._labels import shorten_names
    >>> shorten_names(["SVM", "network of 1998", "network of 2024"], 9)
    ['SVM', 'network…', 'network… (2)']
    """
    seen: dict[str, dict[str, int]] = {}
    shortened = []
    for name in names:
        line = " ".join(name.split())
        short = line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
        alike = seen.setdefault(short, {})
        number = alike.setdefault(name, len(alike) + 1)
        shortened.append(short if number == 1 else f"{short} ({number})")
    return shortened


def place_labels(ax: Any, x: pd.Series, y: pd.Series, half_width: pd.Series) -> dict[str, Any]:
    """Write the name of each point beside it, shortened; return the texts by the whole name.

    Parameters
    ----------
    ax : matplotlib Axes
        Its limits and labels must be final.
    x, y : Series
        The points, indexed by name. y is a share. A point below the axes gets its name and its
        value at the edge.
    half_width : Series
        Half of the interval of y. Names avoid the intervals if possible.
    """
    ax.figure.draw_without_rendering()  # computes all positions in pixels
    bottom = ax.get_ylim()[0]
    reach = half_width.fillna(0)
    # Each point in pixels: x, y, and the ends of its interval.
    centre, low, high = (
        ax.transData.transform(np.column_stack([x, end]))
        for end in (y.clip(lower=bottom), y - reach, y + reach)
    )
    marks = np.column_stack([centre, low[:, 1], high[:, 1]])
    texts: dict[str, Any] = {}
    shown = shorten_names([str(name) for name in x.index])
    for own, name in enumerate(x.index):
        below = y[name] < bottom
        text = ax.annotate(
            f"▾ {shown[own]} {100 * y[name]:.1f}" if below else shown[own],
            (x[name], max(y[name], bottom)),
            xytext=(0, 0),
            textcoords="offset points",
            fontsize="small",
            arrowprops={"arrowstyle": "-", "color": GREY, "linewidth": 0.6, "shrinkB": 3},
        )
        taken = [other.get_window_extent() for other in texts.values()]
        costs = []
        for place in _PLACES:
            _move(text, place)
            costs.append(_cost(_extent(text), ax.get_window_extent(), taken, marks, own))
        _move(text, _PLACES[int(np.argmin(costs))])
        texts[str(name)] = text
    return texts


def _move(text: Any, place: tuple[tuple[int, int], str, str]) -> None:
    text.xyann = place[0]
    text.set(ha=place[1], va=place[2])


def _extent(text: Any) -> Any:
    """Return the box of the words without the line to their point."""
    from matplotlib.text import Text

    text.get_window_extent()  # moves the words to their place
    return Text.get_window_extent(text).padded(1)


def _cost(box: Any, frame: Any, taken: list[Any], marks: np.ndarray, own: int) -> float:
    """Count how much a name in this box would cover, and how many points it could belong to."""
    outside = box.x0 < frame.x0 or box.x1 > frame.x1 or box.y0 < frame.y0 or box.y1 > frame.y1
    x, y, low, high = marks.T
    crossed = (box.x0 < x) & (x < box.x1) & (low < box.y1) & (high > box.y0)
    aside = np.hypot(
        np.maximum(np.maximum(box.x0 - x, x - box.x1), 0),
        np.maximum(np.maximum(box.y0 - y, y - box.y1), 0),
    )
    closer = np.delete(aside, own) < aside[own]
    return (
        20 * outside
        + 20 * sum(box.overlaps(other) for other in taken)
        + 10 * (aside == 0).sum()
        + 3 * closer.sum()
        + 2 * crossed.sum()
    )
