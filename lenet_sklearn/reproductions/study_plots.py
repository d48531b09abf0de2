"""The picture of a study."""

from __future__ import annotations

from typing import Any

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn.inspection._style import new_axes
from lenet_sklearn.reproductions.study_result import StudyResult

# Of Okabe and Ito (2008), told apart by all kinds of colour vision, and by their marks.
_STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"))


def caption_study(result: StudyResult) -> str:
    """Say what the picture's marks and bars are."""
    if result.table()["n_seeds"].max() < 2:
        return "one seed each"
    return f"mean of {result.describe_seeds()}, bars from the lowest seed to the highest"


def plot_study(result: StudyResult, *, ax: Any = None) -> Any:
    """Draw the test error of each case: the mean, and a bar from its lowest seed to its highest."""
    ticker = import_optional("matplotlib.ticker", extra="plots", purpose="plot_study")
    study = result.study
    errors = (100 * (1 - result.runs["test_accuracy"])).groupby(
        [result.runs[name] for name in result.factors]
    )
    table = result.table().assign(lowest=errors.min(), highest=errors.max()).reset_index()
    if ax is None:
        ax = new_axes("plot_study", (7.0, 4.6))
    numeric = table[study.x].dtype.kind in "if"
    labels = list(dict.fromkeys(table[study.x]))
    names = [None] if study.series is None else list(dict.fromkeys(table[study.series]))
    for i, name in enumerate(names):
        rows = table if name is None else table[table[study.series] == name]
        # Side by side, so that no interval hides another.
        shift = 0.16 * (i - (len(names) - 1) / 2)
        x = rows[study.x] if numeric else [labels.index(label) + shift for label in rows[study.x]]
        colour, mark = _STYLES[i]
        error = 100 * (1 - rows["test_accuracy"])
        ax.errorbar(
            x,
            error,
            yerr=[error - rows["lowest"], rows["highest"] - error],
            fmt=f"{mark}{'-' if numeric else ''}",
            color=colour,
            capsize=3,
            label=name,
        )
    if numeric:
        ax.set_xscale("log")
        ax.set_xticks(
            labels, [f"{label:,.0f}" for label in labels], rotation=30 * (len(labels) > 4)
        )
        ax.xaxis.set_minor_locator(ticker.NullLocator())
    else:
        ax.set_xticks(range(len(labels)), labels)
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 1.5, 2, 3, 5, 7)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(ticker.NullFormatter())
    ax.set(xlabel=study.x.replace("_", " "), ylabel="test error (%)")
    ax.set_title(f"{study.title}\n{caption_study(result)}", fontsize="medium")
    ax.tick_params(axis="y", which="minor", length=0)
    ax.grid(axis="y", alpha=0.3)
    if study.series is not None:
        ax.legend(title=study.series.replace("_", " "), edgecolor="none")
    return ax
