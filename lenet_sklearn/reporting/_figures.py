"""Figures for the page of the report: its way to draw them, and one of its charts."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._runs import figures
from lenet_sklearn.inspection._labels import shorten_names

_MOST_NUMBERS = 20  # classes, beyond which the cells of a confusion matrix have no number
_LONGEST_NAME = 16  # of a class

draw = partial(figures.draw, extra="report", purpose="write_report")


def legend_below(display: Any) -> Any:
    """Move the legend of a display below its axes, where it hides nothing."""
    ax, figure = display.ax_, display.figure_
    lines, labels = ax.get_legend_handles_labels()
    ax.get_legend().remove()
    width, height = figure.get_size_inches()
    figure.set_size_inches(width, height + 0.22 * len(labels))
    figure.legend(lines, labels, loc="outside lower left", frameon=False)
    return display


def draw_confusion_matrix(y: np.ndarray, predicted: np.ndarray) -> Any:
    """Return scikit-learn's display of the confusion matrix, in a figure of fitting size."""
    from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

    plt = import_optional("matplotlib.pyplot", extra="report", purpose="write_report")
    labels = np.unique(np.concatenate([y, predicted]))
    names = shorten_names([str(label) for label in labels], _LONGEST_NAME)
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
