"""AuditDisplay: accuracy with intervals, by class and by style."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd

from lenet_sklearn.inspection._audit import audit
from lenet_sklearn.inspection._audit_result import AuditResult, format_ranges
from lenet_sklearn.inspection._models import shorten
from lenet_sklearn.inspection._style import BLUE, GREY, VERMILION, import_pyplot

_MOST_CLASSES = 40  # with more, the picture has the worst ones
_MOST_BOUNDS = 10  # with more quantiles, some have no label
_ROOM_FOR_NAMES = 90  # letters in a row: the names of the classes are turned if they need more
_LONGEST_NAME = 20


class AuditDisplay:
    """Accuracy of a classifier by class and by style, in small panels.

    Make it with :meth:`from_estimator`, or with :meth:`AuditResult.plot`.

    Parameters
    ----------
    result : AuditResult
        What :func:`audit` found.

    Attributes
    ----------
    errorbars_ : dict of str to matplotlib ErrorbarContainer
        The groups with their intervals: "class", and each measure of style.
    axes_ : dict of str to matplotlib Axes
        The panels, under the same names. The dashed line is the accuracy of all images.
    figure_ : matplotlib Figure
        The figure of the panels.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import AuditDisplay
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> display = AuditDisplay.from_estimator(model, X[900:], y[900:])
    >>> list(display.axes_)
    ['class', 'thickness', 'slant', 'height', 'width', 'darkness']
    """

    def __init__(self, *, result: AuditResult) -> None:
        self.result = result

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        n_quantiles: int = 4,
        confidence: float = 0.95,
        image_shape: tuple[int, ...] | None = None,
        ax: Any = None,
    ) -> Self:
        """Audit a classifier, and draw what was found.

        Parameters
        ----------
        estimator : classifier
            Fitted, with `predict`.
        X : array-like of shape (n, features), (n, H, W) …
            Images as the estimator takes them.
        y : array-like of shape (n,)
            Their true labels.
        n_quantiles : int, default=4
            Number of groups for each measure.
        confidence : float, default=0.95
            Of the intervals.
        image_shape : tuple of int, default=None
            Shape of one image in a flat row. All as in :func:`audit`.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : AuditDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        result = audit(
            estimator, X, y,
            n_quantiles=n_quantiles, confidence=confidence, image_shape=image_shape,
        )  # fmt: skip
        return cls.from_result(result, ax=ax)

    @classmethod
    def from_result(cls, result: AuditResult, *, ax: Any = None) -> Self:
        """Draw the result of :func:`audit`.

        Parameters
        ----------
        result : AuditResult
            What :func:`audit` returned.
        ax : matplotlib Axes, default=None
            As in :meth:`plot`.

        Returns
        -------
        display : AuditDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        import_pyplot(f"{cls.__name__}.from_result")
        return cls(result=result).plot(ax=ax)

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the classes in a wide panel, and below it one panel for each measure of style.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Axes of a subplot, whose area is divided. None: a new figure.

        Returns
        -------
        display : AuditDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `ax` is no Axes of a subplot.
        """
        styles = {name: table.droplevel(0) for name, table in self._styles().items()}
        grid, self.figure_ = _grid(ax, len(styles), f"{type(self).__name__}.plot")
        classes = self.result.by_class[self.result.by_class["support"] > 0]
        worst_is = "square: the worst; " if self.result.n_mistakes else ""
        title = (
            f"Accuracy by class, with {100 * self.result.confidence:g} % intervals ({worst_is}"
            f"dashed: all images, {100 * self.result.accuracy:.1f} %)"
        )
        if len(classes) > _MOST_CLASSES:
            title += f"\nThe {_MOST_CLASSES} worst of {len(classes)} classes"
            worst = np.argsort(classes["accuracy"], kind="stable")[:_MOST_CLASSES]
            classes = classes.iloc[np.sort(worst)]
        self.axes_ = {"class": self.figure_.add_subplot(grid[0, :])}
        for column, name in enumerate(styles):
            share = self.axes_.get("thickness")
            self.axes_[name] = self.figure_.add_subplot(grid[1, column], sharey=share)
        labels = [shorten(str(label), _LONGEST_NAME) for label in classes.index]
        self.errorbars_ = {"class": self._draw("class", classes, labels)}
        self.axes_["class"].set_title(title)
        for column, (name, table) in enumerate(styles.items()):
            self.errorbars_[name] = self._draw(name, table, format_ranges(table))
            self.axes_[name].set_title(f"{name.capitalize()} ({self.result.units[name]})", size=11)
            if column:
                self.axes_[name].tick_params(labelleft=False)
        for name in ("class", "thickness"):
            self.axes_[name].set_ylabel("accuracy (%)")
        self._set_limits(list(styles))
        return self

    def _styles(self) -> dict[str, pd.DataFrame]:
        return dict(iter(self.result.by_style.groupby(level=0, sort=False)))

    def _draw(self, name: str, table: pd.DataFrame, labels: list[str]) -> Any:
        """Draw the groups of one panel; the worst has the second colour."""
        axes, places = self.axes_[name], np.arange(len(table))
        accuracy = table["accuracy"].to_numpy()
        reach = np.abs(table[["accuracy_low", "accuracy_high"]].to_numpy().T - accuracy)
        axes.axhline(self.result.accuracy, color=GREY, linestyle="--", linewidth=1, zorder=0)
        bars = axes.errorbar(places, accuracy, yerr=reach, fmt="o", color=BLUE, capsize=3, ms=5)
        if name == "class" and self.result.worst_class is not None:
            worst = int(table.index.get_indexer([self.result.worst_class])[0])
            axes.errorbar(
                places[worst], accuracy[worst], yerr=reach[:, [worst]],
                fmt="s", color=VERMILION, capsize=3, ms=6, zorder=3,
            )  # fmt: skip
        axes.set_xlim(-0.6, len(table) - 0.4)
        angle = _angle(name, labels)
        every = 1 if name == "class" else -(-len(labels) // _MOST_BOUNDS)
        axes.set_xticks(
            places[::every], labels[::every], rotation=angle, size=10 if angle < 90 else 8,
            ha="right" if angle else "center", va="center" if angle == 90 else "top",
            rotation_mode="anchor" if angle else "default",
        )  # fmt: skip
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:.4g}")
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        return bars

    def _set_limits(self, styles: list[str]) -> None:
        """Let an axis of accuracy end at 100 %, with room for a mark on its edge."""
        by_style = self.result.by_style
        for name, low in (
            ("class", self.result.by_class["accuracy_low"].min()),
            (styles[0], by_style["accuracy_low"].min()),
        ):
            room = 0.06 * (1 - low)
            self.axes_[name].set_ylim(low - room, 1 + room)


def _angle(name: str, labels: list[str]) -> int:
    """Return the angle at which the labels of a panel do not cover each other."""
    if name != "class":
        return 40 if len(labels) <= 5 else 90
    lengths = [len(label) for label in labels]
    # Two neighbours share the room of two names; a single name has all of it.
    widest = max((a + b) / 2 for a, b in zip(lengths, lengths[1:] or lengths, strict=False))
    if widest * len(labels) <= _ROOM_FOR_NAMES:
        return 0
    return 40 if len(labels) <= 20 else 90


def _grid(ax: Any, n_styles: int, purpose: str) -> tuple[Any, Any]:
    """Return a grid with two rows of panels, and the figure that it divides."""
    pyplot = import_pyplot(purpose)
    if ax is None:
        figure = pyplot.figure(figsize=(11, 6.2), layout="constrained")
        return figure.add_gridspec(2, n_styles), figure
    area: Any = getattr(ax, "get_subplotspec", lambda: None)()
    if area is None:
        raise ValueError(
            f"ax must be None or one Axes of a subplot, whose area is divided. Got {ax!r}. Make "
            "one with plt.subplots()."
        )
    ax.set_axis_off()
    # A third row has room for the labels of the second, if no layout engine makes room.
    if ax.figure.get_layout_engine() is None:
        rows = {"height_ratios": (1, 1, 0.1), "hspace": 0.6, "wspace": 0.2}
        return area.subgridspec(3, n_styles, **rows), ax.figure
    return area.subgridspec(2, n_styles), ax.figure
