"""BenchmarkDisplay: models with their intervals, and accuracy against time and size."""

from __future__ import annotations

import textwrap
from typing import Any, Self

import numpy as np
import pandas as pd
from scipy import stats

from lenet_sklearn.inspection._labels import place_labels, shorten_names
from lenet_sklearn.inspection._style import (
    BLUE,
    GREY,
    import_pyplot,
    new_axes,
    not_shown,
    write_in_percent,
)

_CONFIDENCE = 0.95
_MIN_FOLDS = 5  # as in compare_models
_ROUNDING = 1e-12  # a smaller standard deviation counts as 0
# Costs for the x axis: the label of the axis, and why a model may be left out.
_COSTS = {
    "fit_seconds": ("time to fit, mean of the folds (s, log scale)", "no time known"),
    "parameters": ("learned parameters (log scale)", "number of parameters not known"),
}
_KINDS = ("accuracy", *_COSTS)
# A model far below the others is drawn at the edge with an arrow. It is far below if its distance
# to the next model is this many times the range of all better models.
_FAR = 3
_TITLE = 60  # characters in a line


class BenchmarkDisplay:
    """Classifiers that were compared on the same folds.

    Make it with :meth:`from_result`.

    Parameters
    ----------
    table : DataFrame
        Indexed by model, best first, with the columns

        ``accuracy``
            Mean over the folds; NaN for a model that failed.
        ``half_width``
            Half of its 95 % confidence interval. NaN with fewer than 5 folds, or if all folds
            have the same accuracy.
        ``fit_seconds``, ``parameters``
            Mean seconds of a fit, and number of learned parameters; NaN if unknown.
    n_folds : int
        Number of folds.
    kind : {"accuracy", "fit_seconds", "parameters"}, default="accuracy"
        What :meth:`plot` draws.

    Attributes
    ----------
    errorbar_ : matplotlib ErrorbarContainer
        The models with their intervals.
    texts_ : dict of str to matplotlib Text
        The text at each model: its accuracy or its name.
    not_shown_ : list of str
        Models that are not drawn. The lowest line of the picture names them.
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of these Axes.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from lenet_sklearn import run_benchmark
    >>> from lenet_sklearn.inspection import BenchmarkDisplay
    >>> result = run_benchmark(
    ...     {"Dummy": DummyClassifier(), "Bayes": GaussianNB()},
    ...     *load_iris(return_X_y=True), random_state=0, progress=False,
    ... )
    >>> display = BenchmarkDisplay.from_result(result)
    >>> [label.get_text() for label in display.ax_.get_yticklabels()]
    ['Bayes', 'Dummy']
    >>> BenchmarkDisplay.from_result(result, kind="parameters").not_shown_
    ['Bayes']
    """

    def __init__(self, *, table: pd.DataFrame, n_folds: int, kind: str = "accuracy") -> None:
        self.table = table
        self.n_folds = n_folds
        self.kind = kind

    @classmethod
    def from_result(
        cls, result: Any, *, kind: str = "accuracy", ax: Any = None, name: str | None = None
    ) -> Self:
        """Draw a benchmark.

        The intervals are those of the corrected resampled t-test (Nadeau and Bengio, 2003).
        Folds share training data, so intervals without this correction would be too narrow.
        They end at 100 %. With fewer than 5 folds there are no intervals.

        Parameters
        ----------
        result : BenchmarkResult
            What :func:`~lenet_sklearn.run_benchmark` returned.
        kind : {"accuracy", "fit_seconds", "parameters"}, default="accuracy"
            The models with their intervals, best first; or accuracy against the time of a fit;
            or accuracy against the number of learned parameters.
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure.
        name : str, default=None
            What was compared, for the title, e.g. "MNIST". None: the name of the result.

        Returns
        -------
        display : BenchmarkDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `kind` is not valid.
        """
        import_pyplot(f"{cls.__name__}.from_result")
        table = result.table()
        n_folds = table["n_folds"]
        ratio = result.scores["n_test"].sum() / result.scores["n_train"].sum()
        quantile = stats.t.ppf((1 + _CONFIDENCE) / 2, n_folds - 1)
        half_width = quantile * table["accuracy_sd"] * np.sqrt(1 / n_folds + ratio)
        half_width = half_width.where((n_folds >= _MIN_FOLDS) & (table["accuracy_sd"] > _ROUNDING))
        columns = table[["accuracy", *_COSTS]].assign(half_width=half_width)
        name = result.name if name is None else name
        return cls(table=columns, n_folds=int(n_folds.max()), kind=kind).plot(ax=ax, name=name)

    def plot(self, *, kind: str | None = None, ax: Any = None, name: str | None = None) -> Self:
        """Draw the models.

        Parameters
        ----------
        kind : {"accuracy", "fit_seconds", "parameters"}, default=None
            As in :meth:`from_result`. None: the kind of the display.
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure.
        name : str, default=None
            What was compared, for the title.

        Returns
        -------
        display : BenchmarkDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `kind` is not valid, or if no model has its values.
        """
        kind = self.kind if kind is None else kind
        if kind not in _KINDS:
            raise ValueError(f"kind must be among {_KINDS}. Got {kind!r}.")
        shown = self.table["accuracy"].notna()
        if kind in _COSTS:
            shown &= self.table[kind] > 0  # a log axis cannot show 0 or NaN
        if not shown.any():
            raise ValueError(
                f"kind={kind!r} needs a model with an accuracy"
                + (f" and {kind}" if kind in _COSTS else "")
                + f". Got {list(self.table.index)} without it. See result.table()."
            )
        self.not_shown_ = [str(model) for model in self.table.index[~shown]]
        if ax is None:
            height = 1.6 + 0.42 * shown.sum() if kind == "accuracy" else 4.4
            ax = new_axes(f"{type(self).__name__}.plot", (7.0, height))
        self.ax_, self.figure_ = ax, ax.figure
        ax.spines[["top", "right"]].set_visible(False)
        draw = self._draw_models if kind == "accuracy" else self._draw_against
        draw(self.table[shown], kind, f" on {name}" if name else "")
        return self

    def _draw_models(self, table: pd.DataFrame, kind: str, where: str) -> None:
        """Draw one row for each model, the best on top."""
        ax, rows = self.ax_, np.arange(len(table))
        self.errorbar_ = ax.errorbar(
            table["accuracy"], rows, xerr=_widths(table), fmt="o", color=BLUE, capsize=4
        )
        ax.set_yticks(rows, shorten_names([str(model) for model in table.index]))
        ax.set_ylim(len(table) - 0.4, -0.8)
        _limit_shares(ax.set_xlim, table)
        write_in_percent(ax.xaxis)
        ax.grid(axis="x", alpha=0.3)
        left = ax.get_xlim()[0]
        self.texts_ = {}
        for row, (model, accuracy) in zip(rows, table["accuracy"].items(), strict=True):
            inside = accuracy >= left
            self.texts_[str(model)] = ax.annotate(
                f"{100 * accuracy:.2f}" if inside else f"◂ {100 * accuracy:.2f}",
                (max(accuracy, left), row),
                xytext=(0, 5) if inside else (3, 0),
                textcoords="offset points",
                ha="center" if inside else "left",
                va="bottom" if inside else "center",
                fontsize="small",
                color="black" if inside else GREY,
            )
        ax.set(
            xlabel=self._note(self._measured(), "failed"),
            title=_wrap(f"Accuracy{where}"),
        )

    def _draw_against(self, table: pd.DataFrame, kind: str, where: str) -> None:
        """Draw one point for each model: accuracy against its cost."""
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        ax = self.ax_
        label, reason = _COSTS[kind]
        ax.set_xscale("log")
        self.errorbar_ = ax.errorbar(
            table[kind], table["accuracy"], yerr=_widths(table), fmt="o", color=BLUE,
            ecolor=GREY, elinewidth=1, capsize=3,
        )  # fmt: skip
        low, high = table[kind].min(), table[kind].max()
        # Room for names, and at least a factor of ten, so that the axis has marks.
        room = max(2.0, 10 ** ((1 - np.log10(high / low)) / 2))
        ax.set_xlim(low / room, high * room)
        narrow = high * room / (low / room) < 1e3
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if narrow else (1,)))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
        ax.xaxis.set_minor_formatter(NullFormatter())
        _limit_shares(ax.set_ylim, table)
        write_in_percent(ax.yaxis)
        ax.grid(alpha=0.3)
        ax.set(
            xlabel=self._note(label, f"failed, or {reason}"),
            ylabel=self._measured(),
            title=_wrap(f"Accuracy and {label.split(' (')[0].split(',')[0]}{where}"),
        )
        self.texts_ = place_labels(ax, table[kind], table["accuracy"], table["half_width"])

    def _measured(self) -> str:
        if self.n_folds == 1:
            return "accuracy (%), one fold"
        if self.n_folds < _MIN_FOLDS:
            return f"accuracy (%), mean of {self.n_folds} folds, too few for an interval"
        return f"accuracy (%), mean of {self.n_folds} folds, 95 % interval"

    def _note(self, label: str, reason: str) -> str:
        return "\n".join(filter(None, [label, not_shown(self.not_shown_, reason)]))


def _widths(table: pd.DataFrame) -> np.ndarray | None:
    """Return the interval's widths below and above, cut at 0 and 100 %; None without intervals."""
    half_width, accuracy = table["half_width"].to_numpy(), table["accuracy"].to_numpy()
    if np.isnan(half_width).all():
        return None
    return np.stack([np.minimum(half_width, accuracy), np.minimum(half_width, 1 - accuracy)])


def _limit_shares(set_limits: Any, table: pd.DataFrame) -> None:
    """Set limits that leave out models far below the others, and shares above 100 %."""
    near = table.sort_values("accuracy", ascending=False)
    values = near["accuracy"].to_numpy()
    spans, gaps = values[0] - values[:-1], values[:-1] - values[1:]
    far = np.flatnonzero((gaps > _FAR * spans) & (np.arange(len(gaps)) > 0) & (gaps > 0.1))
    if len(far):
        near = near[: far[0] + 1]
    half = near["half_width"].fillna(0)
    low, high = (near["accuracy"] - half).min(), (near["accuracy"] + half).max()
    margin = max(0.06 * (high - low), 0.002)
    set_limits(max(low - margin, -0.02), min(high + margin, 1 + margin / 2))


def _wrap(title: str) -> str:
    return textwrap.fill(title, _TITLE)


def _short(value: float) -> str:
    """Write the value of an axis mark: 0.05, 20, 5 k, 2 M."""
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:g} {unit}"
    return f"{value:g}"
