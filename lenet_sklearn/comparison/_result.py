"""What a benchmark found: every score, and the table made of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lenet_sklearn._messages import count
from lenet_sklearn._runs.html import html_page, html_table
from lenet_sklearn._runs.metrics import EXTRA_METRICS, METRICS, Metric
from lenet_sklearn._runs.tables import (
    Cells,
    TableResult,
    deliver,
    describe_run,
    format_difference,
    format_mean,
    format_p_value,
    markdown_table,
)
from lenet_sklearn.comparison._charts import embed_charts
from lenet_sklearn.comparison._corrupted import describe_corruptions
from lenet_sklearn.comparison.statistics import MIN_SCORES, compare_models

ROW_COLUMNS = ("model", "fold", "status", "error", "n_train", "n_test")
# What a row says in words, after its measures.
TEXT_COLUMNS = ("best_params",)


@dataclass(repr=False, eq=False)
class BenchmarkResult(TableResult):
    """The scores of several classifiers on the same folds; returned by :func:`run_benchmark`.

    Parameters
    ----------
    scores : DataFrame
        One row per model and fold, with the columns

        ``model``, ``fold``
            Name, and number of the fold from 0.
        ``status``, ``error``
            "ok" and "", or "failed" and what was raised, e.g. "ValueError: ...". A failed fold has
            NaN for scores.
        ``n_train``, ``n_test``
            Sample counts of the fold.
        ``accuracy``, ``balanced_accuracy``, ``precision_macro``, ``recall_macro``, ``f1_macro``
            On the test fold; a class that is never predicted has precision 0.
        ``accuracy_corrupted``
            On corrupted images of the test fold; see `corruptions` of :func:`run_benchmark`. Only
            where it was asked for. NaN for a model that failed on them.
        ``log_loss``, ``expected_calibration_error``
            Of the probabilities, NaN for a model without `predict_proba`. The calibration error
            is that of the predicted class, in 15 bins of equal width.
        ``fit_seconds``, ``predict_microseconds``
            Wall times of `fit`, and of `predict` per test image.
        ``n_fits``
            How many models a search fitted: candidates × splits, and the last fit on all training
            data. A candidate of a halving search counts once in each iteration that it is in,
            whatever share of the data it gets there. 1 for other models. Only where a model is
            a search.
        ``parameters``, ``size_bytes``
            Learned numbers that prediction needs (NaN where the kind of model is not known),
            and the length of the pickled model.

        and one more for each extra scorer. Where a model is a search, the last column is
        ``best_params``, what it chose in that fold: "lr=0.02, activation='relu'". It is "" for
        other models.
    reference : str, default=None
        The model that others are compared with in the table. None takes the best one.
    random_state : int, default=None
        The seed of the folds and the models; with it the run can be repeated.
    environment : dict, default={}
        Machine, versions and date; of a run in a folder, those of its first call.
    corruptions : sequence of str, default=()
        The corruptions of ``accuracy_corrupted``, if there are any.
    name : str, default=None
        What was compared, such as "MNIST", for the title of the page in HTML and of its charts.

    Attributes
    ----------
    title : str
        The heading of the page in HTML.
    metrics : dict of str to Metric
        The measured columns of `scores`, each with its label and its direction.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.dummy import DummyClassifier
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from lenet_sklearn.comparison import run_benchmark
    >>> result = run_benchmark(
    ...     {"Dummy": DummyClassifier(), "Bayes": GaussianNB()},
    ...     *load_iris(return_X_y=True), random_state=0, progress=False,
    ... )
    >>> result
    BenchmarkResult(2 models, 5 folds; best: 'Bayes', accuracy 0.9600 ± 0.0149)
    >>> result.table()[["accuracy", "accuracy_sd", "difference"]].round(3)
           accuracy  accuracy_sd  difference
    model
    Bayes     0.960        0.015         NaN
    Dummy     0.333        0.000      -0.627
    """

    scores: pd.DataFrame
    reference: str | None = None
    random_state: int | None = None
    environment: dict[str, Any] = field(default_factory=dict)
    corruptions: Sequence[str] = ()
    name: str | None = None

    @property
    def title(self) -> str:
        """The heading of the page in HTML."""
        return f"Benchmark on {self.name}" if self.name else "Benchmark"

    @property
    def metrics(self) -> dict[str, Metric]:
        """The measured columns of `scores`; an extra scorer follows scikit-learn: more is better.

        Returns
        -------
        metrics : dict of str to Metric
        """
        others = {*ROW_COLUMNS, *TEXT_COLUMNS}
        names = [name for name in self.scores.columns if name not in others]
        known = METRICS | EXTRA_METRICS
        return {name: known.get(name, Metric(name, True, "score")) for name in names}

    def table(self, metric: str = "accuracy") -> pd.DataFrame:
        """Summarise the folds: one row per model, best first.

        Parameters
        ----------
        metric : str, default="accuracy"
            The column of `scores` to order the models by, and to compare them in.

        Returns
        -------
        table : DataFrame
            Indexed by model. For each measured column its mean, and under the name with ``_sd``
            its sample standard deviation over the folds (NaN for a single fold). Then

            ``difference``
                Mean of `metric` minus that of the reference, which itself has NaN.
            ``p_value``, ``p_value_holm``
                Of that difference, by the corrected resampled t-test, and corrected for the number
                of models; see :func:`compare_models`. NaN with fewer than 5 folds, and where the
                difference is the same in all folds. When the reference is the best model, chosen
                after seeing the scores, these are somewhat too small: name a reference beforehand
                where they matter.
            ``n_folds``, ``n_failed``, ``error``
                Number of folds, how many failed, and the first error.

            A model that failed in any fold has NaN for means, as an average over other folds does
            not compare, and stands last. What it reached is in `scores`.

        Raises
        ------
        ValueError
            If there is no such metric.
        """
        if metric not in self.metrics:
            raise ValueError(f"metric must be one of {list(self.metrics)}. Got {metric!r}.")
        return self._once(metric, lambda: self._make_table(metric)).copy()

    def _make_table(self, metric: str) -> pd.DataFrame:
        metrics = self.metrics
        groups = self.scores.groupby("model", sort=False)
        columns = {}
        for name in metrics:
            # A failed fold must not vanish from the average, so NaN is not skipped.
            columns[name] = groups[name].agg(lambda folds: folds.mean(skipna=False))
            columns[f"{name}_sd"] = groups[name].agg(lambda folds: folds.std(ddof=1, skipna=False))
        table = pd.DataFrame(columns)
        table["n_folds"] = groups.size()
        table["n_failed"] = groups["status"].agg(lambda folds: int((folds == "failed").sum()))
        table["error"] = groups["error"].agg(lambda errors: next(filter(None, errors), ""))

        best_first = table[metric] * (-1 if metrics[metric].greater_is_better else 1)
        order = np.lexsort((best_first, table["n_failed"] > 0))  # stable, NaN last
        table = table.iloc[order]
        comparison = pd.DataFrame(
            np.nan, index=table.index, columns=["difference", "p_value", "p_value_holm"]
        )
        if len(table) > 1:
            tests = compare_models(self, metric=metric, reference=self._reference(table))
            comparison.update(tests.set_index("model"))
        position = table.columns.get_loc("n_folds")
        return pd.concat([table.iloc[:, :position], comparison, table.iloc[:, position:]], axis=1)

    def to_markdown(
        self, path: str | os.PathLike[str] | None = None, *, metric: str = "accuracy"
    ) -> str:
        """Write the table for people, in Markdown.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write it to as well.
        metric : str, default="accuracy"
            As in :meth:`table`.

        Returns
        -------
        text : str
            The table, and a note on how it was made.
        """
        return deliver(markdown_table(*self._cells(metric)), path)

    def to_html(
        self, path: str | os.PathLike[str] | None = None, *, metric: str = "accuracy"
    ) -> str:
        """Write the table for people, as an HTML page that needs no other file.

        With matplotlib, the page has charts: the models with their intervals, and their accuracy
        against the time of a fit.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write it to as well.
        metric : str, default="accuracy"
            As in :meth:`table`.

        Returns
        -------
        text : str
            The page.
        """
        table = html_table(*self._cells(metric))
        page = html_page(self.title, table, lead=self._lead(metric), figures=embed_charts(self))
        return deliver(page, path)

    def to_csv(
        self, path: str | os.PathLike[str] | None = None, *, metric: str = "accuracy"
    ) -> str:
        """Write the table for programs, as comma-separated values of full precision.

        Parameters
        ----------
        path : str or path-like, default=None
            A file to write it to as well.
        metric : str, default="accuracy"
            As in :meth:`table`.

        Returns
        -------
        text : str
            The columns are those of :meth:`table`.
        """
        return deliver(self.table(metric).to_csv(lineterminator="\n"), path)

    def __repr__(self) -> str:
        table = self.table()
        best = table.iloc[0]
        text = f"BenchmarkResult({count(len(table), 'model')}, {count(best['n_folds'], 'fold')}"
        if not best["n_failed"]:
            accuracy = format_mean(best["accuracy"], best["accuracy_sd"], "score")
            text += f"; best: {table.index[0]!r}, accuracy {accuracy}"
        if failed := list(table.index[table["n_failed"] > 0]):
            text += f"; failed: {failed}"
        return text + ")"

    def _reference(self, table: pd.DataFrame) -> str:
        return str(table.index[0]) if self.reference is None else self.reference

    def _cells(self, metric: str = "accuracy") -> Cells:
        table = self.table(metric)
        reference = self._reference(table)
        failed = bool(table["n_failed"].any())
        comparing = len(table) > 1
        compared, others = self.metrics[metric], {**self.metrics}
        del others[metric]
        # What the models are ordered by, and how they differ in it, stands first.
        header = ["model", compared.label]
        header += [f"difference in {compared.label}", "p (Holm)"] if comparing else []
        header += [column.label for column in others.values()]
        header += ["error"] if failed else []
        rows = []
        for model, row in table.iterrows():
            cells = [str(model), format_mean(row[metric], row[f"{metric}_sd"], compared.style)]
            if comparing and model == reference:
                cells += ["reference", ""]
            elif comparing:
                cells += [
                    format_difference(row["difference"], compared.style),
                    format_p_value(row["p_value_holm"]),
                ]
            for name, column in others.items():
                cells.append(format_mean(row[name], row[f"{name}_sd"], column.style))
            if failed:
                cells.append(_failure(row))
            rows.append(cells)
        return header, rows, self._note(table, metric)

    def _lead(self, metric: str) -> str:
        """Say in one line which model is the best; "" if all failed."""
        table = self.table(metric)
        best, column = table.iloc[0], self.metrics[metric]
        if best["n_failed"]:
            return ""
        value = format_mean(best[metric], best[f"{metric}_sd"], column.style)
        of = f" of {len(table)} models" if len(table) > 1 else ""
        return f"Best{of}: {table.index[0]}, {column.label} {value}."

    def _note(self, table: pd.DataFrame, metric: str) -> str:
        n_train, n_test = self.scores["n_train"].mean(), self.scores["n_test"].mean()
        note = (
            f"Mean ± standard deviation over {count(table['n_folds'].max(), 'fold')}, each of "
            f"about {n_train:,.0f} training and {n_test:,.0f} test samples."
        )
        if len(table) > 1:
            chosen = " (the best)" if self.reference is None else ""
            note += (
                f" Differences in {self.metrics[metric].label} from {self._reference(table)}"
                f"{chosen}; p-values of the corrected resampled t-test (Nadeau and Bengio, 2003), "
                "two-sided, corrected by Holm's method."
            )
            note += explain_missing(table, self._reference(table))
        if self.corruptions:
            note += f" Accuracy (corrupted): {describe_corruptions(self.corruptions)}."
        if self.random_state is not None:
            note += f" random_state={self.random_state}."
        return f"{note} {describe_run(self.environment, with_jobs=True)}".rstrip()


def explain_missing(table: pd.DataFrame, reference: str) -> str:
    """Say why a table has no p-values, or lacks some; begins with a space."""
    n_folds = table["n_folds"].max()
    if n_folds < MIN_SCORES:
        count = "is 1" if n_folds == 1 else f"are {n_folds}"
        return f" No p-values: they need at least {MIN_SCORES} folds, and there {count}."
    untested = table["p_value"].isna() & table["difference"].notna() & (table.index != reference)
    if untested.any():
        return " No p-value where the difference is the same in all folds."
    return ""


def _failure(row: pd.Series) -> str:
    if not row["n_failed"]:
        return ""
    return f"failed in {row['n_failed']} of {count(row['n_folds'], 'fold')}: {row['error']}"
