"""Audit: for which classes, and for which ways of drawing, a classifier fails."""

from __future__ import annotations

import html
import os
from dataclasses import dataclass
from numbers import Integral, Number, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from lenet_sklearn._images.checks import check_images, check_labels
from lenet_sklearn._messages import count
from lenet_sklearn._runs.tables import deliver, html_table, markdown_table
from lenet_sklearn.inspection._image_style import STYLE_UNITS, measure_style, quantile_groups
from lenet_sklearn.inspection._intervals import f1_interval, wilson_interval
from lenet_sklearn.inspection._samples import _layout_of

_MOST_CONFUSIONS = 10  # in Markdown and HTML
_UNSEEN = "The model never saw the labels"
_Table = tuple[str, list[str], list[list[str]], str]


@dataclass(frozen=True, eq=False, repr=False)
class AuditResult:
    """What :func:`audit` found.

    Attributes
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
    notes : tuple of str
        What to know of the rows: measures with fewer quantiles, labels that the model never saw.
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

    def plot(self, *, ax: Any = None) -> Any:
        """Draw the accuracy by class and by style.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            As in :meth:`AuditDisplay.plot`.

        Returns
        -------
        display : AuditDisplay
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
                " ".join(note for note in self.notes if note.startswith(_UNSEEN)),
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
                " ".join(note for note in self.notes if not note.startswith(_UNSEEN)),
            ),
        ]


def audit(
    model: Any,
    X: Any,
    y: Any,
    *,
    n_quantiles: int = 4,
    confidence: float = 0.95,
    image_shape: tuple[int, ...] | None = None,
) -> AuditResult:
    """Find the classes and the ways of drawing for which a classifier fails.

    The images are grouped by class, and by quantiles of measures of their ink: thickness of the
    strokes, slant, height, width and darkness. Each group gets its accuracy with an interval.

    Parameters
    ----------
    model : classifier
        Fitted, with `predict`: of scikit-learn, or any object.
    X : array-like of shape (n_samples, features), (n_samples, H, W) …
        Images as the model takes them, of any range. The model should not have seen them.
    y : array-like of shape (n_samples,)
        Their true labels. A label that the model never saw takes part; all its images count as
        mistakes, and `notes` says so.
    n_quantiles : int, default=4
        Number of groups for each measure. Equal values stay in one group, and a very small group
        joins its neighbour. So there may be fewer; `notes` says so.
    confidence : float, default=0.95
        Confidence of the intervals, above 0 and below 1.
    image_shape : tuple of int, default=None
        Shape of one image in a flat row. None: the shape that the model or the first step of the
        Pipeline uses, or else a square of grey pixels.

    Returns
    -------
    result : AuditResult

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If it has no `predict`.
    ValueError
        If X holds no images, y does not have one label for each image, its labels are of another
        type than the predictions, or a parameter is out of its range.

    Notes
    -----
    An image is measured as it stands in X. Its grey values are the means of the channels, its
    background is the median of its border pixels, and its ink is the distance from the background.

    ``thickness`` (pixels)
        Four times the mean distance from the ink to its edge: about the width of a bar.
    ``slant`` (degrees)
        From the vertical, by moments of the ink as in :class:`~lenet_sklearn.Deskewer`. Positive
        leans to the right.
    ``height``, ``width`` (pixels)
        Of the smallest box around the pixels with at least half of the largest ink of the image.
        Thickness uses the same area.
    ``darkness`` (share)
        Mean ink of all pixels, as a share of the range of grey values in X.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference.
    Journal of the American Statistical Association 22, 209-212.

    K. F. Y. Lam, V. Gopal and J. Qian (2023), Confidence intervals for the F1 score: a comparison
    of four methods. arXiv:2309.14621. The interval of F1 is their Wilson indirect method.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import audit
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> result = audit(model, X[900:], y[900:])
    >>> result.by_style.loc["thickness", ["n_images", "accuracy"]].shape
    (4, 2)
    >>> bool(result.by_class.loc[result.worst_class, "accuracy"] <= result.accuracy)
    True
    """
    _check_parameters(n_quantiles, confidence)
    if not hasattr(model, "predict"):
        raise TypeError(
            f"model must have predict. Got {type(model).__name__}. Pass a fitted classifier."
        )
    if isinstance(model, BaseEstimator):  # any other object must only predict
        check_is_fitted(model)
    images = check_images(BaseEstimator(), X, reset=True)
    truth = check_labels(y)
    check_consistent_length(images, truth)
    predicted = column_or_1d(model.predict(X))
    _check_same_type(truth, predicted)
    layout = _layout_of(getattr(model, "best_estimator_", model), images, image_shape)
    correct = predicted == truth
    by_style, notes = _by_style(measure_style(images, layout), correct, n_quantiles, confidence)
    low, high = wilson_interval(correct.sum(), len(correct), confidence)
    return AuditResult(
        accuracy=float(correct.mean()),
        accuracy_interval=(float(low), float(high)),
        n_images=len(correct),
        n_mistakes=int((~correct).sum()),
        confidence=float(confidence),
        by_class=_by_class(truth, predicted, confidence),
        by_style=by_style,
        confusions=_confusions(truth, predicted),
        notes=(*_unknown(model, truth), *notes),
    )


def _by_class(truth: np.ndarray, predicted: np.ndarray, confidence: float) -> pd.DataFrame:
    classes, codes = np.unique(np.concatenate([truth, predicted]), return_inverse=True)
    true, guess = np.split(codes, 2)
    support, n_predicted, hits = (
        np.bincount(rows, minlength=len(classes)) for rows in (true, guess, true[true == guess])
    )
    misses = support + n_predicted - 2 * hits
    table = pd.DataFrame(
        {"support": support, "n_predicted": n_predicted}, index=pd.Index(classes, name="class")
    )
    for name, n in (("accuracy", support), ("precision", n_predicted), ("recall", support)):
        _add_share(table, name, hits, n, confidence)
    table["f1"] = 2 * hits / (2 * hits + misses)
    table["f1_low"], table["f1_high"] = f1_interval(hits, misses, confidence)
    return table


def _by_style(
    measures: dict[str, np.ndarray], correct: np.ndarray, n_quantiles: int, confidence: float
) -> tuple[pd.DataFrame, list[str]]:
    tables, notes = {}, []
    for name, values in measures.items():
        quantile = quantile_groups(values, n_quantiles)
        groups = pd.DataFrame({"value": values, "correct": correct}).groupby(quantile)
        table = groups["value"].agg(low="min", high="max", n_images="size")
        _add_share(table, "accuracy", groups["correct"].sum(), table["n_images"], confidence)
        tables[name] = table
        if len(table) == 1:
            notes.append(f"{name}: one quantile, since it is (almost) the same in all images.")
        elif len(table) < n_quantiles:
            notes.append(
                f"{name}: {len(table)} quantiles instead of {n_quantiles}, since equal values "
                "stay together."
            )
    return pd.concat(tables, names=["measure", "quantile"]), notes


def _add_share(table: pd.DataFrame, name: str, hits: Any, n: Any, confidence: float) -> None:
    hits, n = np.asarray(hits, dtype=float), np.asarray(n, dtype=float)
    table[name] = np.divide(hits, n, out=np.full(len(n), np.nan), where=n > 0)
    table[f"{name}_low"], table[f"{name}_high"] = wilson_interval(hits, n, confidence)


def _confusions(truth: np.ndarray, predicted: np.ndarray) -> pd.DataFrame:
    pairs = pd.DataFrame({"true": truth, "predicted": predicted})
    of_class = pairs["true"].value_counts()
    wrong = pairs[pairs["true"] != pairs["predicted"]]
    table = wrong.groupby(["true", "predicted"]).size().rename("count").reset_index()
    table["share"] = table["count"] / table["true"].map(of_class).astype(float)
    return table.sort_values(["count", "share"], ascending=False, kind="stable", ignore_index=True)


def _unknown(model: Any, truth: np.ndarray) -> list[str]:
    """Say which labels the model cannot predict."""
    if getattr(model, "classes_", None) is None:
        return []
    unknown = np.setdiff1d(truth, np.asarray(model.classes_)).tolist()
    if not unknown:
        return []
    return [f"{_UNSEEN} {unknown}: all their images count as mistakes."]


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


def _check_parameters(n_quantiles: Any, confidence: Any) -> None:
    if not isinstance(n_quantiles, Integral) or isinstance(n_quantiles, bool) or n_quantiles < 2:
        raise ValueError(f"n_quantiles must be an integer of 2 or more. Got {n_quantiles!r}.")
    if not isinstance(confidence, Real) or not 0 < float(confidence) < 1:
        raise ValueError(
            f"confidence must be a number above 0 and below 1. Got {confidence!r}. For 95 %, set "
            "confidence=0.95."
        )


def _check_same_type(truth: np.ndarray, predicted: np.ndarray) -> None:
    """Refuse the labels 3 and "3" side by side: none would count as correct."""
    kinds = [isinstance(labels[0], Number | np.bool_) for labels in (truth, predicted)]
    if kinds[0] != kinds[1]:
        raise ValueError(
            "y must hold labels of the type that the model predicts. Got "
            f"{truth[0]!r} in y, and the prediction {predicted[0]!r}. Convert y, for example with "
            f"np.asarray(y, dtype={'str' if kinds[0] else 'int'})."
        )
