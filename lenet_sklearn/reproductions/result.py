"""What the reproductions found: every run, every claim, and the table made of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._messages import count
from lenet_sklearn._runs.metrics import METRICS, Metric
from lenet_sklearn._runs.tables import format_mean
from lenet_sklearn.reproductions.records import REPRODUCTIONS
from lenet_sklearn.reproductions.summary import SeedSummary
from lenet_sklearn.reproductions.verdicts import CLAIMS, judge

# The measured columns, with their headings.
MEASURED: dict[str, Metric] = {
    "test_accuracy": Metric("test accuracy", True, "score"),
    "test_loss": Metric("test loss", False, "score"),
    "precision_macro": METRICS["precision_macro"],
    "recall_macro": METRICS["recall_macro"],
    "f1_macro": METRICS["f1_macro"],
    "validation_accuracy": Metric("validation accuracy", True, "score"),
    "train_accuracy": Metric("training accuracy", True, "score"),
    "parameters": METRICS["parameters"],
    "epochs": Metric("epochs", False, "count"),
    "fit_seconds": METRICS["fit_seconds"],
}
_RUN_COLUMNS = ("id", "seed", "n_train", "n_test", *MEASURED, "date")
_CURVE_COLUMNS = ("id", "seed", "epoch", "train_loss", "train_acc", "valid_loss", "valid_acc")


@dataclass(repr=False, eq=False)
class ReproductionResult(SeedSummary):
    """Claimed and measured figures; returned by :func:`run_reproductions`.

    Parameters
    ----------
    runs : DataFrame
        One row per network and seed: ``id``, ``seed``, ``n_train``, ``n_test``; on the test set
        ``test_accuracy``, ``test_loss`` (mean negative logarithm of the true class's
        probability), ``precision_macro``, ``recall_macro``, ``f1_macro``; ``validation_accuracy``
        of the trained network, NaN where nothing is held out; ``train_accuracy``, over the
        batches of the last epoch as they were trained on; ``parameters``, ``epochs``,
        ``fit_seconds``, and the ``date`` of the measurement (UTC).
    history : DataFrame
        One row per network, seed and epoch: ``train_loss``, ``train_acc``, ``valid_loss``,
        ``valid_acc``.
    environment : dict, default={}
        Machine, versions and date.
    quick : bool, default=False
        Whether the runs were quick ones, which say nothing about the claims.

    Attributes
    ----------
    title : str
        The heading of the page in HTML.
    factors : list of str
        The column that tells the networks apart.
    measured : dict of str to Metric
        The measured columns of `runs`, each with its label and its direction.

    Examples
    --------
    >>> import pandas as pd
    >>> from lenet_sklearn.reproductions import ReproductionResult
    >>> runs = pd.DataFrame(
    ...     {"id": "keras-relu-max", "seed": [0, 1], "test_accuracy": [0.9880, 0.9890],
    ...      "test_loss": [0.050, 0.054]}
    ... )
    >>> result = ReproductionResult(runs, pd.DataFrame())
    >>> result
    ReproductionResult(1 network, 2 seeds; 1 of 2 claims reproduced or exceeded)
    >>> result.claims()[["claim", "claimed", "measured", "verdict"]]
               claim  claimed  measured      verdict
    0  test_accuracy    0.986    0.9885   reproduced
    1      test_loss    0.039    0.0520  not reached
    """

    runs: pd.DataFrame
    history: pd.DataFrame
    environment: dict[str, Any] = field(default_factory=dict)
    quick: bool = False

    known: ClassVar[dict[str, Metric]] = MEASURED

    @classmethod
    def from_rows(
        cls, rows: Iterable[Mapping[str, Any]], environment: dict[str, Any], *, quick: bool = False
    ) -> ReproductionResult:
        """Make a result of the rows as they are stored.

        Parameters
        ----------
        rows : iterable of mappings
            One for each network and seed, with its ``history``.
        environment : dict
            Machine, versions and date.
        quick : bool, default=False
            Whether the runs were quick ones.

        Returns
        -------
        result : ReproductionResult
            The result.
        """
        rows = list(rows)
        curves = [
            {"id": row["id"], "seed": row["seed"], **epoch}
            for row in rows
            for epoch in row["history"]
        ]
        runs = pd.DataFrame(rows, columns=list(_RUN_COLUMNS))
        return cls(
            runs.astype(dict.fromkeys(MEASURED, float)),
            pd.DataFrame(curves, columns=list(_CURVE_COLUMNS)),
            environment,
            quick,
        )

    def claims(self) -> pd.DataFrame:
        """Judge each claim.

        Returns
        -------
        claims : DataFrame
            One row per claim: ``id``, ``claim`` ("test_accuracy", "test_loss",
            "validation_accuracy" or "train_accuracy"), ``claimed``, ``measured`` (mean over the
            seeds), ``sd``, ``difference`` (measured minus claimed) and ``verdict``: "reproduced"
            within 2 standard deviations or 0.003, else "exceeded" or "not reached"; "" for quick
            runs.
        """
        return self._once("claims", self._judge_claims).copy()

    def _judge_claims(self) -> pd.DataFrame:
        rows = [
            (id_, name, claimed, *self._judge(name, claimed, runs[name]))
            for id_, runs in self.runs.groupby("id", sort=False)
            for name, claimed in REPRODUCTIONS[str(id_)].claimed.items()
        ]
        columns = ["id", "claim", "claimed", "measured", "sd", "difference", "verdict"]
        return pd.DataFrame(rows, columns=columns)

    def _judge(self, name: str, claimed: float, values: pd.Series) -> tuple[Any, ...]:
        """Return the mean, the deviation, the difference from the claim, and the verdict."""
        mean, better = values.mean(), CLAIMS[name].greater_is_better
        verdict = "" if self.quick else judge(claimed, values.tolist(), greater_is_better=better)
        return mean, values.std(ddof=1), mean - claimed, verdict

    @property
    def title(self) -> str:
        """The heading of the page in HTML.

        Returns
        -------
        title : str
        """
        return "Claimed and measured"

    @property
    def factors(self) -> list[str]:
        """The column that tells the networks apart.

        Returns
        -------
        factors : list of str
        """
        return ["id"]

    def table(self) -> pd.DataFrame:
        """Set claimed beside measured, one row per network.

        Returns
        -------
        table : DataFrame
            Indexed by id: ``title``, ``data``, ``n_seeds``; then each measured column's mean over
            the seeds, and its sample standard deviation under the name with ``_sd`` (NaN for one
            seed); ``fit_seconds`` is that of the fastest seed. What may be claimed has
            ``_claimed`` (NaN where nothing is) and ``_verdict`` ("" there) too.
        """
        return super().table()

    def _make_table(self) -> pd.DataFrame:
        summary, claims = super()._make_table(), self.claims().set_index("id")
        records = [REPRODUCTIONS[id_] for id_ in summary.index]
        table = summary[["n_seeds"]].copy()
        table.insert(0, "title", [record.title for record in records])
        table.insert(1, "data", [record.data for record in records])
        for name in self.measured:
            of_name = claims[claims["claim"] == name].reindex(table.index)
            if name in CLAIMS:
                table[f"{name}_claimed"] = of_name["claimed"].astype(float)
            of_seeds = [column for column in (name, f"{name}_sd") if column in summary]
            table[of_seeds] = summary[of_seeds]
            if name in CLAIMS:
                table[f"{name}_verdict"] = of_name["verdict"].fillna("")
        return table

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Put the runs, their history and the table into a folder, for programs and people.

        Parameters
        ----------
        folder : str or path-like
            It exists.
        """
        super().write(folder)
        history = self.history.to_csv(index=False, lineterminator="\n")
        write_atomically(Path(folder) / "history.csv", history)

    def __repr__(self) -> str:
        n_networks, verdicts = self.runs["id"].nunique(), self.claims()["verdict"]
        n_seeds = self.runs["seed"].nunique()
        reached = verdicts.isin(["reproduced", "exceeded"]).sum()
        return (
            f"ReproductionResult({count(n_networks, 'network')}, {count(n_seeds, 'seed')}; "
            f"{reached} of {count(len(verdicts), 'claim')} "
            "reproduced or exceeded)"
        )

    def cells(self, *, with_claims: bool = True) -> tuple[list[str], list[list[str]]]:
        """Give the table for people, as text, without the columns in which no network has anything.

        Parameters
        ----------
        with_claims : bool, default=True
            Whether to set what is claimed, and the verdicts, beside what is measured.

        Returns
        -------
        header : list of str
            Headings.
        rows : list of list of str
            Cells.
        """
        table = self.table()
        header, rows = ["id"], [[str(id_)] for id_ in table.index]
        for name, metric in self.measured.items():
            if self.runs[name].isna().all():
                continue
            claimed = with_claims and name in CLAIMS and table[f"{name}_claimed"].notna().any()
            judged = claimed and (table[f"{name}_verdict"] != "").any()
            header += [metric.label, *(["claimed"] if claimed else [])]
            header += ["verdict"] if judged else []
            for cells, (_, row) in zip(rows, table.iterrows(), strict=True):
                cells.append(format_mean(row[name], row.get(f"{name}_sd", np.nan), metric.style))
                if claimed:
                    cells.append(_format_claim(row[f"{name}_claimed"]))
                if judged:
                    cells.append(row[f"{name}_verdict"])
        return header, rows

    def _caution(self) -> str:
        if not self.quick:
            return ""
        return "A quick run: a few hundred images, two epochs; it judges no claim."

    def _rule(self) -> str:
        return (
            "A claim is reproduced where the mean is within 2 standard deviations or 0.003 of it."
        )


def _format_claim(claimed: float) -> str:
    return "–" if np.isnan(claimed) else f"{claimed:g}"
