"""TrainingCurveDisplay: loss and accuracy of each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from lenet_sklearn.inspection._models import find_classifier
from lenet_sklearn.inspection._style import BLUE, VERMILION, import_pyplot, write_in_percent

_NEEDED = ("train_loss", "train_acc")
# Up to this number, each epoch has a mark. A single epoch needs it to be visible.
_MOST_MARKS = 20


class TrainingCurveDisplay:
    """Loss and accuracy of each epoch, on training and on validation data.

    Make it with :meth:`from_estimator` or :meth:`from_history`.

    Parameters
    ----------
    epochs : array-like of shape (n_epochs,)
        Numbers of the epochs.
    train_loss, train_acc : array-like of shape (n_epochs,)
        Mean loss per image, and share of correct predictions, during training.
    valid_loss, valid_acc : array-like of shape (n_epochs,), default=None
        The same on validation data. NaN for an epoch without it; None if there is none.
    name : str, default=None
        Name of the model, for the titles.

    Attributes
    ----------
    lines_ : dict of str to matplotlib Line2D
        "train_loss", "train_acc" and, where there is validation data, "valid_loss", "valid_acc".
    axes_ : ndarray of shape (2,) of matplotlib Axes
        Of the loss and of the accuracy.
    figure_ : matplotlib Figure
        The figure of these Axes.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import TrainingCurveDisplay
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=3, random_state=0)
    >>> model = model.fit(X[:300], y[:300], X_val=X[300:600], y_val=y[300:600])
    >>> display = TrainingCurveDisplay.from_estimator(model)
    >>> sorted(display.lines_)
    ['train_acc', 'train_loss', 'valid_acc', 'valid_loss']
    """

    def __init__(
        self,
        *,
        epochs: ArrayLike,
        train_loss: ArrayLike,
        train_acc: ArrayLike,
        valid_loss: ArrayLike | None = None,
        valid_acc: ArrayLike | None = None,
        name: str | None = None,
    ) -> None:
        self.epochs = epochs
        self.train_loss = train_loss
        self.train_acc = train_acc
        self.valid_loss = valid_loss
        self.valid_acc = valid_acc
        self.name = name

    @classmethod
    def from_estimator(cls, estimator: Any, *, ax: Any = None, name: str | None = None) -> Self:
        """Draw the training of a classifier.

        Parameters
        ----------
        estimator : LeNet5Classifier or Pipeline
            Fitted; a Pipeline ends with the classifier.
        ax : matplotlib Axes or two of them, default=None
            As in :meth:`plot`.
        name : str, default=None
            For the titles. None: the name of the classifier's class.

        Returns
        -------
        display : TrainingCurveDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        NotFittedError
            If the estimator is not fitted.
        TypeError
            If it is not a LeNet5Classifier.
        """
        import_pyplot(f"{cls.__name__}.from_estimator")
        classifier = find_classifier(estimator)
        name = type(classifier).__name__ if name is None else name
        return cls.from_history(classifier.history_, ax=ax, name=name)

    @classmethod
    def from_history(
        cls, history: Sequence[Mapping[str, Any]], *, ax: Any = None, name: str | None = None
    ) -> Self:
        """Draw a stored history.

        Parameters
        ----------
        history : sequence of dict
            One dict for each epoch, as in `history_` of a LeNet5Classifier. It must have
            "train_loss" and "train_acc". It may have "epoch", "valid_loss" and "valid_acc".
        ax : matplotlib Axes or two of them, default=None
            As in :meth:`plot`.
        name : str, default=None
            Of the model, for the titles.

        Returns
        -------
        display : TrainingCurveDisplay
            What was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there is no epoch, or one lacks its training loss or accuracy.

        Examples
        --------
        >>> from lenet_sklearn.inspection import TrainingCurveDisplay
        >>> history = [{"train_loss": 1.2, "train_acc": 0.6}, {"train_loss": 0.4, "train_acc": 0.9}]
        >>> display = TrainingCurveDisplay.from_history(history, name="kept")
        >>> display.axes_[1].get_title()
        'kept: accuracy'
        """
        import_pyplot(f"{cls.__name__}.from_history")
        rows = list(history)
        if not rows:
            raise ValueError("history must hold at least one epoch. Got none.")
        for row in rows:
            if missing := [key for key in _NEEDED if key not in row]:
                raise ValueError(
                    f"each epoch of history must hold {list(_NEEDED)}. Got {sorted(row)}, without "
                    f"{missing}. Pass `history_` of a LeNet5Classifier."
                )
        columns = {
            key: np.array([row.get(key, np.nan) for row in rows], dtype=float)
            for key in (*_NEEDED, "valid_loss", "valid_acc")
        }
        return cls(
            epochs=np.array([row.get("epoch", i) for i, row in enumerate(rows, start=1)]),
            train_loss=columns["train_loss"],
            train_acc=columns["train_acc"],
            valid_loss=_unless_all_nan(columns["valid_loss"]),
            valid_acc=_unless_all_nan(columns["valid_acc"]),
            name=name,
        ).plot(ax=ax)

    def plot(self, *, ax: Any = None, name: str | None = None) -> Self:
        """Draw the loss and, beside it, the accuracy.

        Parameters
        ----------
        ax : matplotlib Axes or two of them, default=None
            Two Axes are for the loss and the accuracy. The area of a single one is divided.
            None: a new figure.
        name : str, default=None
            For the titles. None: that of the display.

        Returns
        -------
        display : TrainingCurveDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `ax` is neither one nor two Axes.
        """
        self.axes_ = _two_axes(ax, f"{type(self).__name__}.plot")
        self.figure_ = self.axes_[0].figure
        name = self.name if name is None else name
        marker = "o" if np.size(self.epochs) <= _MOST_MARKS else ""
        self.lines_ = {}
        for axes, quantity in zip(self.axes_, ("loss", "acc"), strict=True):
            for part, word, style in (
                ("train", "training", {"color": BLUE}),
                ("valid", "validation", {"color": VERMILION, "linestyle": "--"}),
            ):
                values = getattr(self, f"{part}_{quantity}")
                if values is not None:
                    (line,) = axes.plot(
                        self.epochs, values, label=word, marker=marker, markersize=4, **style
                    )
                    self.lines_[f"{part}_{quantity}"] = line
            title = {"loss": "loss", "acc": "accuracy"}[quantity]
            axes.set(
                title=f"{name}: {title}" if name else title.capitalize(),
                xlabel="epoch",
                ylabel={"loss": "mean loss per image", "acc": "accuracy (%)"}[quantity],
            )
            self._limit(axes, quantity)
            axes.legend(frameon=False)
        return self

    def _limit(self, axes: Any, quantity: str) -> None:
        """Mark whole epochs on the x axis; start a loss at 0, end an accuracy at 100 %."""
        from matplotlib.ticker import MaxNLocator

        axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True, steps=(1, 2, 5, 10)))
        if np.size(self.epochs) == 1:
            axes.set_xlim(np.ravel(self.epochs)[0] - 1, np.ravel(self.epochs)[0] + 1)
        bottom, top = axes.get_ylim()
        if quantity == "loss":
            least, most = axes.dataLim.intervaly
            axes.set_ylim(bottom if least < 0 else 0, max(top, 1.05 * most))
        else:
            # A little above 100 %, so that the line is not cut in half there.
            axes.set_ylim(bottom, min(top, 1 + 0.03 * (1 - bottom)))
            write_in_percent(axes.yaxis)
        axes.grid(axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)


def _unless_all_nan(values: np.ndarray) -> np.ndarray | None:
    return None if np.isnan(values).all() else values


def _two_axes(ax: Any, purpose: str) -> np.ndarray:
    """Return two Axes for the `ax` of the user."""
    pyplot = import_pyplot(purpose)
    if ax is None:
        return pyplot.subplots(1, 2, figsize=(9, 3.8), layout="constrained")[1]
    axes = np.ravel(np.asarray(ax, dtype=object))
    if len(axes) == 2:
        return axes
    if len(axes) != 1 or axes[0].get_subplotspec() is None:
        raise ValueError(
            "ax must be None, one Axes of a subplot, or two Axes, for loss and accuracy. Got "
            f"{ax!r}. Make two with plt.subplots(1, 2)."
        )
    # PartialDependenceDisplay of scikit-learn also divides the area of the Axes.
    (bounding,) = axes
    bounding.set_axis_off()
    figure = bounding.figure
    room = 0.35 if figure.get_layout_engine() is None else None
    grid = bounding.get_subplotspec().subgridspec(1, 2, wspace=room)
    return np.array([figure.add_subplot(grid[column]) for column in (0, 1)])
