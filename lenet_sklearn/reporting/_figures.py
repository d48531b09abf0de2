"""Figures as text that stands in the page itself."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from lenet_sklearn._files.optional import import_optional

# The first that fits is taken.
_DPIS = (110, 80, 55, 40, 28, 20)
MOST_BYTES = 600_000  # of an image; a page has seven at most
_MOST_PIXELS = 60_000  # of a side; matplotlib refuses 65,536
_MOST_NUMBERS = 20  # classes, beyond which the cells of a confusion matrix have no number
_LONGEST_NAME = 16
# Else a title touches the upper edge.
_SAVED: dict[str, Any] = {"facecolor": "white", "bbox_inches": "tight", "pad_inches": 0.1}


class Figure(NamedTuple):
    """An image: the PNG in base64, and what it shows."""

    png: str
    alt: str


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
            png = _to_png(make().figure_)
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
    return Figure(base64.b64encode(png).decode("ascii"), alt)


def _to_png(figure: Any) -> bytes:
    content = b""
    longest = max(figure.get_size_inches())
    for dpi in _DPIS:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=min(dpi, _MOST_PIXELS / longest), **_SAVED)
        content = buffer.getvalue()
        if len(content) * 4 / 3 <= MOST_BYTES:
            break
    return content


def draw_confusion_matrix(y: np.ndarray, predicted: np.ndarray) -> Any:
    """Return scikit-learn's display of the confusion matrix, in a figure of fitting size."""
    from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

    plt = import_optional("matplotlib.pyplot", extra="report", purpose="write_report")
    labels = np.unique(np.concatenate([y, predicted]))
    names = [_short(str(label)) for label in labels]
    side = min(max(3.2, 1.6 + 0.42 * len(labels)), 12)
    _, ax = plt.subplots(figsize=(side + 0.6, side), layout="constrained")
    display = ConfusionMatrixDisplay(
        confusion_matrix(y, predicted, labels=labels), display_labels=names
    )
    display.plot(
        ax=ax,
        cmap="Blues",
        include_values=len(labels) <= _MOST_NUMBERS,
        values_format="d",
        xticks_rotation="vertical" if max(map(len, names)) > 2 else "horizontal",
    )
    ax.set(xlabel="predicted class", ylabel="true class", title="Confusion matrix")
    return display


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
