"""What an evaluation under corruptions found: every accuracy, and the table made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from lenet_sklearn._messages import count
from lenet_sklearn._runs.tables import Cells, TableResult, describe_run

CLEAN = "clean"
ROW_COLUMNS = ("model", "corruption", "severity", "status", "error", "n_images", "accuracy")


@dataclass(repr=False, eq=False)
class RobustnessResult(TableResult):
    """Accuracies under corruptions; returned by :func:`evaluate_robustness`.

    Parameters
    ----------
    rows : DataFrame
        One row for each model, corruption and severity, with the columns

        ``model``, ``corruption``, ``severity``
            Names, and 1 to 5. The images as they are have the corruption "clean" and the
            severity 0.
        ``status``, ``error``
            "ok" and "", or "failed" and what was raised.
        ``n_images``
            Number of images.
        ``accuracy``
            Share of the images that are predicted right; NaN if the model failed.
    random_state : int, default=None
        The seed of the corruptions.
    environment : dict, default={}
        Machine, versions and date; of a run in a folder, those of its first call.

    Attributes
    ----------
    title : str
        The heading of the page in HTML.
    corruptions : list of str
        The corruptions, in the order of the rows.

    Examples
    --------
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.robustness import evaluate_robustness
    >>> X, y = load_digits_images(return_X_y=True)
    >>> X = X.reshape(len(X), -1)
    >>> bayes = GaussianNB().fit(X[:900], y[:900])
    >>> result = evaluate_robustness(
    ...     {"Bayes": bayes}, X[900:], y[900:], corruptions="fog", random_state=0, progress=False
    ... )
    >>> print(result)
    RobustnessResult(1 model, 1 corruption; best: 'Bayes', mean accuracy ..., clean ...)
    """

    rows: pd.DataFrame
    random_state: int | None = None
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The heading of the page in HTML."""
        return "Robustness"

    @property
    def corruptions(self) -> list[str]:
        """The corruptions, in the order of the rows."""
        return [name for name in self.rows["corruption"].unique().tolist() if name != CLEAN]

    def table(self) -> pd.DataFrame:
        """Summarise the rows: one row per model, best first.

        Returns
        -------
        table : DataFrame
            Indexed by model, with the columns

            ``clean``
                Accuracy on the images as they are.
            ``mean``
                Mean accuracy over all corruptions and severities. It orders the models.
            one for each corruption
                Mean accuracy over its severities.
            ``n_failed``, ``error``
                On how many sets of images the model failed, and the first error. Means that
                would need them are NaN, and the model stands last.
        """
        return self._once("table", self._make_table).copy()

    def _make_table(self) -> pd.DataFrame:
        models = list(dict.fromkeys(self.rows["model"]))
        columns = {
            # A set on which the model failed must not vanish from the average: NaN is not skipped.
            name: of.groupby("model")["accuracy"].agg(lambda each: each.mean(skipna=False))
            for name, of in self.rows.groupby("corruption", sort=False)
        }
        table = pd.DataFrame(columns, index=models, columns=[CLEAN, *self.corruptions])
        # Each corruption has the same severities, so this is the mean over all its rows.
        table.insert(1, "mean", table[self.corruptions].mean(axis=1, skipna=False))
        groups = self.rows.groupby("model")
        table["n_failed"] = groups["status"].agg(lambda each: int((each == "failed").sum()))
        table["error"] = groups["error"].agg(lambda errors: next(filter(None, errors), ""))
        table.index.name, table.columns.name = "model", None
        order = np.lexsort((-table[CLEAN], -table["mean"], table["n_failed"] > 0))
        return table.iloc[order]

    def __repr__(self) -> str:
        table = self.table()
        best = table.iloc[0]
        text = (
            f"RobustnessResult({count(len(table), 'model')}, "
            f"{count(len(self.corruptions), 'corruption')}"
        )
        if not best["n_failed"]:
            text += (
                f"; best: {table.index[0]!r}, mean accuracy {best['mean']:.4f}, "
                f"clean {best[CLEAN]:.4f}"
            )
        if failed := list(table.index[table["n_failed"] > 0]):
            text += f"; failed: {failed}"
        return text + ")"

    def _cells(self) -> Cells:
        table = self.table()
        measured = [CLEAN, "mean", *self.corruptions]
        failed = bool(table["n_failed"].any())
        header = ["model", *(name.replace("_", " ") for name in measured)]
        rows = []
        for model, row in table.iterrows():
            cells = [str(model), *("–" if pd.isna(row[k]) else f"{row[k]:.3f}" for k in measured)]
            rows.append([*cells, row["error"]] if failed else cells)
        return [*header, "error"] if failed else header, rows, self._note()

    def _note(self) -> str:
        severities = sorted(self.rows.loc[self.rows["severity"] > 0, "severity"].unique())
        which = "severity" if len(severities) == 1 else "mean over the severities"
        note = (
            f"Accuracy on {count(int(self.rows['n_images'].max()), 'image')}, {which} "
            f"{', '.join(map(str, severities))}; corruptions as in MNIST-C (Mu and Gilmer, 2019)."
        )
        if self.random_state is not None:
            note += f" random_state={self.random_state}."
        return f"{note} {describe_run(self.environment)}".rstrip()
