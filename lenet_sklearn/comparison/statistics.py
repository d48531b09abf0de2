"""Is one model better than another, or was it luck? Paired tests over cross-validation folds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

_CONFIDENCE = 0.95
# Of fewer scores the spread is hardly known, and two that happen to agree would prove anything.
MIN_SCORES = 5
# 0.9 - 0.8 and 0.8 - 0.7 are the same difference, whatever binary makes of them.
_ROUNDING = 1e-12


class HasScores(Protocol):
    """A result of a benchmark, as far as tests need it."""

    @property
    def scores(self) -> pd.DataFrame:
        """One row per model and fold: "model", "fold", "n_train", "n_test", and the metrics."""


class PairedTest(NamedTuple):
    """What the test of one pair gives; see :func:`corrected_t_test`."""

    difference: float
    t: float
    p_value: float
    ci_low: float
    ci_high: float


def compare_models(
    result: HasScores | Mapping[str, ArrayLike] | pd.DataFrame,
    *,
    metric: str = "accuracy",
    reference: str | None = None,
    test_train_ratio: float | None = None,
) -> pd.DataFrame:
    r"""Compare models that were scored on the same folds, by the corrected resampled t-test.

    Folds share training data, so that their scores are not independent and the ordinary paired
    t-test finds differences that are not there. Nadeau and Bengio [1]_ correct its variance: with
    :math:`d_1, …, d_k` the differences in score on the :math:`k` folds and :math:`s^2` their sample
    variance,

    .. math:: t = \bar d \Big/ \sqrt{\Big(\frac1k + \frac{n_{test}}{n_{train}}\Big) s^2}

    is compared with Student's t on :math:`k - 1` degrees of freedom. Tests are two-sided. As
    several comparisons are made at once, their p-values are also corrected by Holm's method [2]_.

    Parameters
    ----------
    result : BenchmarkResult, mapping or DataFrame
        What :func:`run_benchmark` returned; or the scores themselves, as a mapping of a model's
        name to its `k` fold scores, or as a DataFrame of one column per model and one row per fold.
    metric : str, default="accuracy"
        The column of ``result.scores`` to compare. Not used with a mapping or a DataFrame.
    reference : str, default=None
        The model that each other is compared with. None compares every pair.
    test_train_ratio : float, default=None
        The number of test samples in a fold divided by its number of training samples, e.g. 0.25
        for 5-fold cross-validation. Required with a mapping or a DataFrame; a BenchmarkResult
        knows it.

    Returns
    -------
    comparison : DataFrame
        One row per comparison, in the order of the models, with the columns

        ``model``, ``reference``
            The two that are compared.
        ``difference``
            Mean score of `model` minus mean score of `reference`. **Positive is better for**
            `model` where more is better (accuracy, F1); where less is better (log loss, seconds),
            **negative is better for** `model`.
        ``t``, ``p_value``
            The corrected statistic and its two-sided p-value.
        ``p_value_holm``
            The p-value corrected for the number of comparisons in this table.
        ``ci_low``, ``ci_high``
            The 95 % confidence interval of the difference, with the corrected variance; of this
            comparison alone, without Holm's correction.

        A model without a score in some fold (it failed, or has no probabilities to measure) has
        NaN here, and does not count as a comparison in Holm's correction. With fewer than 5 folds
        all but the difference is NaN: so few scores do not tell their spread. If the difference
        is the same in all folds there is no spread to judge it by, though it would vary on other
        data: all but the difference is NaN, except that p is 1 where the scores are equal.

    Raises
    ------
    ValueError
        If there are fewer than two models, their numbers of folds differ, `metric` or `reference`
        is unknown, or `test_train_ratio` is missing or not positive.

    References
    ----------
    .. [1] C. Nadeau, Y. Bengio, "Inference for the Generalization Error", Machine Learning 52,
       2003, pp. 239-281.
    .. [2] S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian
       Journal of Statistics 6, 1979, pp. 65-70.

    Examples
    --------
    >>> from lenet_sklearn.comparison import compare_models
    >>> scores = {
    ...     "SVM": [0.98, 0.99, 0.98, 0.97, 0.98],
    ...     "Dummy": [0.10, 0.11, 0.10, 0.10, 0.11],
    ...     "Forest": [0.97, 0.98, 0.97, 0.97, 0.97],
    ... }
    >>> table = compare_models(scores, reference="SVM", test_train_ratio=0.25)
    >>> table[["model", "reference", "difference", "p_value_holm"]].round(3)
        model reference  difference  p_value_holm
    0   Dummy       SVM      -0.876         0.000
    1  Forest       SVM      -0.008         0.056
    """
    scores, ratio = _fold_scores(result, metric, test_train_ratio)
    names = list(scores.columns)
    if len(names) < 2:
        raise ValueError(f"A comparison needs at least two models. Got {names}.")
    if reference is None:
        pairs = list(combinations(names, 2))
    elif reference in names:
        pairs = [(name, reference) for name in names if name != reference]
    else:
        raise ValueError(f"reference must be one of the models {names}. Got {reference!r}.")
    tests = [
        corrected_t_test(scores[model].to_numpy() - scores[other].to_numpy(), ratio)
        for model, other in pairs
    ]
    table = pd.DataFrame(pairs, columns=["model", "reference"])
    table = table.join(pd.DataFrame(tests, columns=list(PairedTest._fields), dtype=float))
    table.insert(5, "p_value_holm", holm(table["p_value"].to_numpy()))
    return table


def corrected_t_test(differences: ArrayLike, test_train_ratio: float) -> PairedTest:
    """Test whether paired differences have mean zero, by Nadeau and Bengio's corrected t-test."""
    values = np.asarray(differences, dtype=float)
    mean = float(values.mean())
    if len(values) < MIN_SCORES or np.isnan(mean):
        return PairedTest(mean, np.nan, np.nan, np.nan, np.nan)
    if np.ptp(values) <= _ROUNDING * np.abs(values).max():
        equal = mean == 0
        return PairedTest(mean, *((0.0, 1.0) if equal else (np.nan, np.nan)), np.nan, np.nan)
    scale = float(np.sqrt((1 / len(values) + test_train_ratio) * values.var(ddof=1)))
    t = mean / scale
    freedom = len(values) - 1
    half_width = scale * float(stats.t.ppf((1 + _CONFIDENCE) / 2, freedom))
    p_value = 2 * float(stats.t.sf(abs(t), freedom))
    return PairedTest(mean, t, p_value, mean - half_width, mean + half_width)


def holm(p_values: ArrayLike) -> np.ndarray:
    """Correct p-values for their number by Holm's step-down method."""
    p = np.asarray(p_values, dtype=float)
    corrected = np.full(p.shape, np.nan)
    order = np.argsort(p, kind="stable")[: np.isfinite(p).sum()]  # NaN is sorted last
    factors = np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(factors * p[order]))
    return corrected


def _fold_scores(result: Any, metric: str, ratio: float | None) -> tuple[pd.DataFrame, float]:
    """Return the scores with one column per model, one row per fold, and n_test / n_train."""
    if isinstance(result, (Mapping, pd.DataFrame)):
        columns = {str(name): np.asarray(result[name], dtype=float) for name in result}
        for name, values in columns.items():
            if values.ndim != 1 or len(values) == 0:
                raise ValueError(
                    f"The scores of {name!r} must be one number per fold. Got an array of shape "
                    f"{values.shape}."
                )
        if len({len(values) for values in columns.values()}) > 1:
            counts = {name: len(values) for name, values in columns.items()}
            raise ValueError(f"All models must be scored on the same folds. Got {counts} scores.")
        if ratio is None:
            raise ValueError(
                "test_train_ratio is required with bare scores: give n_test / n_train of a fold, "
                "e.g. 1 / (k - 1) for k-fold cross-validation."
            )
        scores = pd.DataFrame(columns)
    elif hasattr(result, "scores"):
        long = result.scores
        if metric not in long.columns or not pd.api.types.is_float_dtype(long[metric]):
            known = [name for name in long.columns if pd.api.types.is_float_dtype(long[name])]
            raise ValueError(f"metric must be one of {known}. Got {metric!r}.")
        order = list(dict.fromkeys(long["model"]))
        scores = long.pivot_table(  # a fold that failed is NaN
            index="fold", columns="model", values=metric, dropna=False, observed=True
        ).reindex(columns=order)
        if ratio is None:
            ratio = long["n_test"].sum() / long["n_train"].sum()
    else:
        raise TypeError(
            "result must be a BenchmarkResult, a mapping of names to fold scores, or a DataFrame "
            f"of them. Got {type(result).__name__}."
        )
    if not ratio > 0:
        raise ValueError(f"test_train_ratio must be positive. Got {ratio!r}.")
    return scores, float(ratio)
