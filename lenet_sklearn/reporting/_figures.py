"""Figures as text that stands in the page itself."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lenet_sklearn._files.optional import import_optional

# The first that fits is taken.
_DPIS = (160, 110, 80, 55, 40, 28, 20)
MOST_BYTES = 600_000  # of an image; a page has seven at most
_MOST_PIXELS = 60_000  # of a side; matplotlib refuses 65,536
_MOST_NUMBERS = 20  # classes, beyond which the cells of a confusion matrix have no number
_LONGEST_NAME = 16  # of a class
_LONGEST_MODEL = 32
_PIXELS_PER_INCH = 100  # in the page, where 10 points are 14 pixels high
_WIDE = 700  # pixels, above which small text cannot be read when a phone shows it all
# Else a title touches the upper edge.
_SAVED: dict[str, Any] = {"facecolor": "white", "bbox_inches": "tight", "pad_inches": 0.1}


class Figure(NamedTuple):
    """An image: the PNG in base64, what it shows, and its size in the page in pixels."""

    png: str
    alt: str
    width: int
    height: int

    @property
    def is_wide(self) -> bool:
        """Whether its text is too small once it is as narrow as a phone."""
        return self.width > _WIDE


def draw(make: Callable[[], Any], alt: str) -> Figure:
    """Draw a display, and close its figure.

    Parameters
    ----------
    make : callable
        Returns a display with `figure_`.
    alt : str
        What the figure shows.
    """
    plt = import_optional("matplotlib.pyplot", extra="report", purpose="write_report")
    before = set(plt.get_fignums())
    # A class may be named "$x$", which is no formula here, or in a script that the font lacks.
    with plt.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        try:
            png, dpi = _to_png(make().figure_)
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
    # The header of a PNG begins with width and height.
    sides = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    width, height = (round(side / dpi * _PIXELS_PER_INCH) for side in sides)
    return Figure(base64.b64encode(png).decode("ascii"), alt, width, height)


def _to_png(figure: Any) -> tuple[bytes, float]:
    content, used = b"", 0.0
    longest = max(figure.get_size_inches())
    for dpi in _DPIS:
        buffer, used = io.BytesIO(), min(dpi, _MOST_PIXELS / longest)
        figure.savefig(buffer, format="png", dpi=used, **_SAVED)
        content = buffer.getvalue()
        if len(content) * 4 / 3 <= MOST_BYTES:
            break
    return content, used


def legend_below(display: Any) -> Any:
    """Move the legend of a display below its axes, where it hides nothing."""
    ax, figure = display.ax_, display.figure_
    lines, labels = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + 0.22 * len(labels))
    figure.legend(lines, labels, loc="outside lower left", frameon=False)
    return display


def shorten(names: Sequence[str], longest: int = _LONGEST_MODEL) -> list[str]:
    """Shorten names for a chart; names that differ stay different.

    Examples
    --------
    >>> from lenet_sklearn.reporting._figures import shorten
    >>> shorten(["SVM", "network of 1998", "network of 2024"], 9)
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


def draw_confusion_matrix(y: np.ndarray, predicted: np.ndarray) -> Any:
    """Return scikit-learn's display of the confusion matrix, in a figure of fitting size."""
    from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

    plt = import_optional("matplotlib.pyplot", extra="report", purpose="write_report")
    labels = np.unique(np.concatenate([y, predicted]))
    names = shorten([str(label) for label in labels], _LONGEST_NAME)
    many = len(labels) > _MOST_NUMBERS
    side = min(max(3.2, 1.6 + 0.42 * len(labels)), 12)
    _, ax = plt.subplots(figsize=(side + 0.6, side), layout="constrained")
    display = ConfusionMatrixDisplay(
        confusion_matrix(y, predicted, labels=labels), display_labels=names
    )
    display.plot(
        ax=ax,
        cmap="Blues",
        include_values=not many,
        colorbar=many,  # else the numbers say it
        values_format="d",
        xticks_rotation="vertical" if max(map(len, names)) > 2 else "horizontal",
    )
    ax.set(xlabel="predicted class", ylabel="true class", title="Confusion matrix")
    if many:
        display.im_.colorbar.set_label("images")
    return display
