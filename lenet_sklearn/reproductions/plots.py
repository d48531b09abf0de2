"""The picture of all claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn.inspection._style import BLUE, VERMILION, new_axes

if TYPE_CHECKING:
    from lenet_sklearn.reproductions.result import ReproductionResult


def caption_claims(result: ReproductionResult) -> str:
    """Say what the picture's bars are."""
    if result.table()["n_seeds"].max() < 2:
        return "one seed each"
    return f"mean ± 2 standard deviations over {result.describe_seeds()}"


def plot_claims(result: ReproductionResult, *, ax: Any = None) -> Any:
    """Draw the test error of each network, measured and claimed."""
    ticker = import_optional("matplotlib.ticker", extra="plots", purpose="plot_claims")
    table = result.table()[::-1]  # the first stands on top
    if is_new := ax is None:
        ax = new_axes("plot_claims", (7.0, 1.6 + 0.36 * len(table)))
    places = range(len(table))
    error = 100 * (1 - table["test_accuracy"])
    spread = 200 * table["test_accuracy_sd"].fillna(0.0)
    ax.errorbar(
        error, places, xerr=[np.minimum(spread, error), spread], fmt="o", color=BLUE, capsize=3,
        label=f"measured: {caption_claims(result)}",
    )  # fmt: skip
    claimed = 100 * (1 - table["test_accuracy_claimed"])
    label = "claimed" if claimed.notna().any() else None
    ax.plot(claimed, places, "D", color=VERMILION, fillstyle="none", label=label)
    ax.set_yticks(places, table.index)
    ax.set_ylim(-0.5, len(table) - 0.5)
    ax.set_xscale("log")
    low, high = ax.get_xlim()
    narrow = high < 5 * low  # too few of the round numbers would be left
    ax.xaxis.set_major_locator(
        ticker.MaxNLocator(6) if narrow else ticker.LogLocator(subs=(1, 2, 5))
    )
    ax.xaxis.set_major_formatter("{x:g}")
    ax.xaxis.set_minor_formatter(ticker.NullFormatter())
    ax.set(xlabel="test error (%)", title="Test error, claimed and measured")
    ax.tick_params(axis="x", which="minor", length=0)
    ax.grid(axis="x", alpha=0.3)
    if is_new:  # the layout gives a legend of the figure room of its own
        ax.figure.legend(loc="outside lower center", ncols=2, frameon=False)
    else:
        below = -0.5 / (0.36 * len(table) + 0.1)  # half an inch, which the axis has for its label
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, below), ncols=2, frameon=False)
    return ax
