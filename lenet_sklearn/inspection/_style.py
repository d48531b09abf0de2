"""What all pictures share: the import of matplotlib, colours and axes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from lenet_sklearn._files.optional import import_optional

# The palette of Okabe and Ito (2008). Colour-blind people can tell these colours apart.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#808080"
# For classes: the palette "muted" of Paul Tol, and black. Colour-blind people can tell them apart.
CLASS_COLOURS = (
    "#332288", "#CC6677", "#117733", "#DDCC77", "#88CCEE",
    "#882255", "#44AA99", "#999933", "#AA4499", "#000000",
)  # fmt: skip
CLASS_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", "p", ">")
# For models: without the yellow of that palette, which is too light for a dot.
MODEL_COLOURS = (BLUE, VERMILION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MODEL_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_OF_A_MODEL = "a model"  # marks the line of a model among the lines of an Axes


def import_pyplot(purpose: str) -> Any:
    """Import ``matplotlib.pyplot``, or raise an error that names the extra to install."""
    return import_optional("matplotlib.pyplot", extra="plots", purpose=purpose)


def new_axes(purpose: str, figsize: tuple[float, float]) -> Any:
    """Return the Axes of a new figure; its layout cuts off no text."""
    return import_pyplot(purpose).subplots(figsize=figsize, layout="constrained")[1]


def write_in_percent(axis: Any) -> None:
    """Write the shares of the x or y axis of an Axes in percent; its label has the sign."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(xmax=1, symbol=""))


def n_models(ax: Any) -> int:
    """Count the models that are drawn in an Axes with `model_style`."""
    return sum(line.get_gid() == _OF_A_MODEL for line in ax.lines)


def model_style(ax: Any) -> dict[str, Any]:
    """Return how to draw the line of the next model in an Axes: no two alike in up to 42."""
    place = n_models(ax)
    return {
        "color": MODEL_COLOURS[place % len(MODEL_COLOURS)],
        "marker": MODEL_MARKERS[place % len(MODEL_MARKERS)],
        "gid": _OF_A_MODEL,
    }


def not_shown(names: Iterable[str], reason: str, *, width: int = 64) -> str:
    """Write which models a picture leaves out, and why; "" if it shows all.

    Examples
    --------
    >>> from lenet_sklearn.inspection._style import not_shown
    >>> not_shown(["SVM", "k-NN"], "failed")
    'Not shown (failed): SVM, k-NN'
    """
    names = list(names)
    if not names:
        return ""
    return textwrap.fill(f"Not shown ({reason}): {', '.join(names)}", width)
