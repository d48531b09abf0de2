"""AuditResult: the tables of an audit, as data and for people."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lenet_sklearn._messages import count
from lenet_sklearn._runs.html import html_table
from lenet_sklearn._runs.tables import deliver, markdown_table
from lenet_sklearn.inspection._image_style import STYLE_UNITS

if TYPE_CHECKING:
    from lenet_sklearn.inspection._audit_display import AuditDisplay

_MOST_CONFUSIONS = 10  # in Markdown and HTML
UNSEEN = "The model never saw the labels"  # how the note on them begins
_Table = tuple[str, list[str], list[list[str]], str]


@dataclass(frozen=True, eq=False, repr=False)
class AuditResult:
    """What :func:`audit` found.

    Parameters
    ----------
    accuracy : float
        Share of all images that are predicted correctly.
    accuracy_interval : (float, float)
        Its Wilson interval.
    n_images, n_mistakes : int
        Number of images, and how many are predicted wrongly.
    confidence : float
        Of all intervals. Each is for its own row: among many rows, a few lie outside by chance.
    by_class : DataFrame
        Indexed by class: each label that is in y or that is predicted. Columns:

        ``support``, ``n_predicted``
            Number of images of the class, and of images predicted as the class.
        ``accuracy``, ``precision``, ``recall``, ``f1``
            Shares. ``accuracy`` is the share of correct predictions among the images of the
            class, so it equals ``recall``. NaN where there is no image to count.
        ``accuracy_low``, ``accuracy_high``, …
            Ends of the interval of each: Wilson's, and for F1 Wilson's indirect method.
    by_style : DataFrame
        Indexed by measure and quantile (from 1, the smallest values). Columns:

        ``low``, ``high``
            Smallest and largest value in the quantile. `units` says of what.
        ``n_images``, ``accuracy``, ``accuracy_low``, ``accuracy_high``
            Number of images, and their accuracy with its Wilson interval.
    confusions : DataFrame
        One row for each pair that was confused, the most frequent first: ``true``, ``predicted``,
        ``count``, and ``share`` of the true class.
    notes : tuple of str, default=()
        What to know of the rows: measures with fewer quantiles, labels that the model never saw.

    Attributes
    ----------
    units : dict of str to str
        Unit of each measure of `by_style`.
    worst_class : object
        The class of the lowest accuracy; None if there is no mistake.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import audit
    >>> X, y = load_digits_images(return_X_y=True)
    >>> X = X.reshape(len(X), -1)
    >>> result = audit(GaussianNB().fit(X[:900], y[:900]), X[900:], y[900:])
    >>> int(result.worst_class)
    9
    >>> result.units["slant"]
    'degrees'
    """

    accuracy: float
    accuracy_interval: tuple[float, float]
    n_images: int
    n_mistakes: int
    confidence: float
    by_class: pd.DataFrame
    by_style: pd.DataFrame
    confusions: pd.DataFrame
    notes: tuple[str, ...] = ()

    @property
    def units(self) -> dict[str, str]:
        """Unit of each measure of `by_style`."""
        return dict(STYLE_UNITS)

    @property
    def worst_class(self) -> Any:
        """The class of the lowest accuracy; of several, the one with most images.

        None if there is no mistake.
        """
        if self.n_mistakes == 0:
            return None
        tested = self.by_class[self.by_class["support"] > 0]
        return tested.index[np.lexsort((-tested["support"], tested["accuracy"]))[0]]

    def plot(self, *, ax: Any = None) -> AuditDisplay:
        """Draw the accuracy by class and by style.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            As in :meth:`AuditDisplay.plot`.

        Returns
        -------
        display : AuditDisplay
            What was drawn.
        """
        from lenet_sklearn.inspection._audit_display import AuditDisplay

        return AuditDisplay.from_result(self, ax=ax)

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the tables for people, in Markdown.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write them to as well.

        Returns
        -------
        text : str
            The tables, one below the other.
        """
        parts = [
            f"## {title}\n\n{markdown_table(header, rows, note).rstrip()}"
            for title, header, rows, note in self._tables()
        ]
        return deliver("\n\n".join([self._summary(), *parts]) + "\n", path)

    def _repr_html_(self) -> str:
        parts = [f"<p>{html.escape(self._summary())}</p>\n"]
        parts += [
            f"<h4>{title}</h4>\n{html_table(header, rows, note)}"
            for title, header, rows, note in self._tables()
        ]
        return "".join(parts)

    def __repr__(self) -> str:
        text = (
            f"AuditResult({count(self.n_images, 'image')}, {len(self.by_class)} classes; accuracy "
            f"{_with_interval(self.accuracy, *self.accuracy_interval)}"
        )
        if self.n_mistakes:
            worst = self.worst_class
            text += f"; worst class: {worst!s}, {100 * self.by_class.loc[worst, 'accuracy']:.1f} %"
        return text + ")"

    def _summary(self) -> str:
        return (
            f"Accuracy {_with_interval(self.accuracy, *self.accuracy_interval)}: "
            f"{count(self.n_mistakes, 'mistake')} in {count(self.n_images, 'image')}. In brackets: "
            f"the {100 * self.confidence:g} % interval, of each row alone."
        )

    def _tables(self) -> list[_Table]:
        """Return title, headings, cells and note of each table, as text."""
        shares = ("accuracy", "precision", "f1")
        classes = [
            [str(label), f"{row['support']:,.0f}", *(_cell(row, name) for name in shares)]
            for label, row in self.by_class.iterrows()
        ]
        most = self.confusions.head(_MOST_CONFUSIONS)
        confusions = [
            [str(row.true), str(row.predicted), f"{row.count:,}", f"{100 * row.share:.1f} %"]
            for row in most.itertuples(index=False, name="Confusion")
        ]
        styles = []
        for measure, quantiles in self.by_style.groupby(level=0, sort=False):
            for bounds, ((_, quantile), row) in zip(
                format_ranges(quantiles), quantiles.iterrows(), strict=True
            ):
                name = f"{measure} ({STYLE_UNITS[measure]})"
                where = f"{quantile}: {bounds}"
                styles.append([name, where, f"{row['n_images']:,.0f}", _cell(row, "accuracy")])
        return [
            (
                "By class",
                ["class", "images", "accuracy (recall)", "precision", "F1"],
                classes,
                " ".join(note for note in self.notes if note.startswith(UNSEEN)),
            ),
            (
                "Confusions",
                ["true", "predicted", "count", "share of the true class"],
                confusions,
                f"{len(most)} of {count(len(self.confusions), 'confused pair')}."
                if self.n_mistakes
                else "No mistake.",
            ),
            (
                "By style",
                ["measure", "quantile", "images", "accuracy"],
                styles,
                " ".join(note for note in self.notes if not note.startswith(UNSEEN)),
            ),
        ]


def format_ranges(quantiles: pd.DataFrame) -> list[str]:
    """Write the bounds of each quantile of one measure, with digits that suit all of them."""
    bounds = quantiles[["low", "high"]].to_numpy()
    whole = bool((bounds == bounds.round()).all())
    decimals = 0 if whole else 2 if np.ptp(bounds) < 10 else 1
    texts = []
    for row in bounds:
        # Adding 0 turns -0 into 0.
        ends = [f"{end:.{decimals}f}".replace("-", "−") for end in row.round(decimals) + 0.0]
        texts.append(ends[0] if ends[0] == ends[1] else " to ".join(ends))
    return texts


def _with_interval(share: float, low: float, high: float) -> str:
    if np.isnan(share):
        return "–"
    return f"{100 * share:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _cell(row: pd.Series, name: str) -> str:
    return _with_interval(row[name], row[f"{name}_low"], row[f"{name}_high"])
