"""The charts of a benchmark: beside its table, and inside the page."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from lenet_sklearn._runs.figures import Figure, draw

if TYPE_CHECKING:
    from lenet_sklearn.inspection import BenchmarkDisplay

# The name of each chart, what of a model it sets beside the accuracy, and what it shows.
_KINDS = {
    "accuracy": ("accuracy", "Accuracy of each model"),
    "accuracy-fit-time": ("fit_seconds", "Accuracy of each model against the time of a fit"),
}
_WIDTH, _HEIGHT = 5.6, 4.2  # inches; both stand side by side, and a phone shows one whole


def draw_charts(result: Any) -> Iterator[tuple[str, Any]]:
    """Yield the name and the matplotlib figure of each chart that has something to show."""
    for name in _shown(result):
        yield name, _draw(result, _KINDS[name][0]).figure_


def embed_charts(result: Any) -> list[Figure]:
    """Return the charts to stand in a page; none where matplotlib is missing."""
    purpose = "BenchmarkResult.to_html"
    try:
        return [
            draw(partial(_draw, result, kind), alt, extra="plots", purpose=purpose)
            for kind, alt in (_KINDS[name] for name in _shown(result))
        ]
    except ImportError:
        return []


def _shown(result: Any) -> list[str]:
    table = result.table()
    known = table["accuracy"].notna()
    timed = known & (table["fit_seconds"] > 0)
    return [name for name, is_there in zip(_KINDS, (known, timed), strict=True) if is_there.any()]


def _draw(result: Any, kind: str) -> BenchmarkDisplay:
    """Draw in a figure of its own: pyplot's could open a window, and wants the main thread."""
    from matplotlib.figure import Figure as Canvas

    from lenet_sklearn.inspection import BenchmarkDisplay

    height = 1.6 + 0.42 * len(result.table()) if kind == "accuracy" else _HEIGHT
    figure = Canvas(figsize=(_WIDTH, height), layout="constrained")
    return BenchmarkDisplay.from_result(result, kind=kind, ax=figure.subplots())
