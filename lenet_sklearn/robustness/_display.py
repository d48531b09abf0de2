"""RobustnessDisplay: the accuracy of each model under each corruption."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from lenet_sklearn.inspection._style import (
    GREY,
    MODEL_COLOURS,
    MODEL_MARKERS,
    import_pyplot,
    new_axes,
    not_shown,
    write_in_percent,
)
from lenet_sklearn.robustness._result import CLEAN, RobustnessResult

_COLOURS = (*MODEL_COLOURS, "#000000")
_MARKERS = (*MODEL_MARKERS, "<", ">")
_SPREAD = 0.76  # of a row, over which its dots are spread so that they do not hide each other


class RobustnessDisplay:
    """Classifiers under corruptions: a row for each corruption, a dot for each model.

    Make it with :meth:`from_result`.

    Parameters
    ----------
    table : DataFrame
        Indexed by model, best first. One column for the clean images, "clean", and one for each
        corruption; shares, NaN for a model that failed.

    Attributes
    ----------
    lines_ : dict of str to matplotlib Line2D
        The dots of each model.
    order_ : list of str
        The rows from top to bottom: "clean", then the corruptions from the easiest to the hardest
        by the mean of the models.
    not_shown_ : list of str
        Models that failed, on all images or on some. The lowest line of the picture names them.
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of these Axes.

    Examples
    --------
    >>> from sklearn.svm import SVC
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.robustness import RobustnessDisplay, evaluate_robustness
    >>> X, y = load_digits_images(return_X_y=True)
    >>> X = X.reshape(len(X), -1)
    >>> result = evaluate_robustness(
    ...     {"SVM": SVC().fit(X[:900], y[:900])}, X[900:], y[900:],
    ...     corruptions=["impulse_noise", "shot_noise"], random_state=0, progress=False,
    ... )
    >>> RobustnessDisplay.from_result(result).order_
    ['clean', 'shot_noise', 'impulse_noise']
    """

    def __init__(self, *, table: pd.DataFrame) -> None:
        self.table = table

    @classmethod
    def from_result(
        cls, result: RobustnessResult, *, ax: Any = None, name: str | None = None
    ) -> Self:
        """Draw the result of :func:`evaluate_robustness`.

        Parameters
        ----------
        result : RobustnessResult
            What :func:`evaluate_robustness` returned.
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure.
        name : str, default=None
            What the images are, for the title, e.g. "MNIST".

        Returns
        -------
        display : RobustnessDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If all models failed.
        """
        import_pyplot(f"{cls.__name__}.from_result")
        return cls(table=result.table()[[CLEAN, *result.corruptions]]).plot(ax=ax, name=name)

    def plot(self, *, ax: Any = None, name: str | None = None) -> Self:
        """Draw the dots.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure.
        name : str, default=None
            What the images are, for the title.

        Returns
        -------
        display : RobustnessDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If all models failed.
        """
        shown = self.table[self.table.notna().any(axis=1)]
        if shown.empty:
            raise ValueError(
                f"The result must have a model with an accuracy. Got {list(self.table.index)} "
                "without one. See result.table()."
            )
        self.not_shown_ = [
            str(model) if missing.all() else f"{model} on {', '.join(missing.index[missing])}"
            for model, missing in self.table.isna().iterrows()
            if missing.any()
        ]
        corruptions = shown.drop(columns=CLEAN).mean().sort_values(ascending=False, kind="stable")
        self.order_ = [CLEAN, *corruptions.index]
        if ax is None:
            height = 1.5 + len(self.order_) * max(0.3, 0.085 * len(shown))
            ax = new_axes(f"{type(self).__name__}.plot", (7.6, height))
        self.ax_, self.figure_ = ax, ax.figure
        self._draw(shown[self.order_])
        self._label(name)
        return self

    def _draw(self, shown: pd.DataFrame) -> None:
        ax, rows = self.ax_, np.arange(len(self.order_))
        ax.hlines(rows, shown.min(), shown.max(), color=GREY, linewidth=1, alpha=0.6, zorder=1)
        places = np.linspace(-_SPREAD / 2, _SPREAD / 2, len(shown)) if len(shown) > 1 else [0.0]
        self.lines_ = {}
        for i, (place, model) in enumerate(zip(places, shown.index, strict=True)):
            (self.lines_[str(model)],) = ax.plot(
                shown.loc[model],
                rows + place,
                linestyle="none",
                marker=_MARKERS[i % len(_MARKERS)],
                color=_COLOURS[i % len(_COLOURS)],
                markersize=5,
                markeredgecolor="white",
                markeredgewidth=0.5,
                label=str(model),
                clip_on=False,
            )

    def _label(self, name: str | None) -> None:
        ax = self.ax_
        names = [name.replace("_", " ") for name in self.order_]
        ax.set_yticks(np.arange(len(names)), names)
        ax.set_ylim(len(names) - 0.5, -0.5)
        ax.axhline(0.5, color=GREY, linewidth=0.8)  # above it: the images as they are
        left, _ = ax.dataLim.intervalx
        ax.set_xlim(0 if left < 0.5 else left - 0.05 * (1 - left) - 0.005, 1)
        write_in_percent(ax.xaxis)
        ax.grid(axis="x", alpha=0.3)
        ax.tick_params(axis="y", length=0)
        ax.spines[["top", "right", "left"]].set_visible(False)
        label = "accuracy (%), mean over the severities"
        ax.set_xlabel("\n".join(filter(None, [label, not_shown(self.not_shown_, "failed")])))
        ax.set_title(
            f"{name}: accuracy under corruptions" if name else "Accuracy under corruptions"
        )
        if len(self.lines_) > 1:
            ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, borderaxespad=0)
