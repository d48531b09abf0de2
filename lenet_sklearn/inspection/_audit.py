"""Audit: for which classes, and for which ways of drawing, a classifier fails."""

from __future__ import annotations

from numbers import Integral, Number, Real
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted, column_or_1d

from lenet_sklearn._images.checks import check_images, check_labels
from lenet_sklearn.inspection._audit_result import UNSEEN, AuditResult
from lenet_sklearn.inspection._image_style import measure_style, quantile_groups
from lenet_sklearn.inspection._intervals import f1_interval, wilson_interval
from lenet_sklearn.inspection._models import layout_of


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
        The tables, and the picture with `result.plot()`.

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
    layout = layout_of(getattr(model, "best_estimator_", model), images, image_shape)
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
    return [f"{UNSEEN} {unknown}: all their images count as mistakes."]


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
