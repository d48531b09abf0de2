"""What the reproductions found: every run, every claim, and the table made of them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._messages import count
from lenet_sklearn._runs.metrics import METRICS, Metric
from lenet_sklearn._runs.tables import (
    describe_run,
    format_mean,
    html_page,
    html_table,
    markdown_table,
)
from lenet_sklearn.reproductions.records import REPRODUCTIONS
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
class ReproductionResult:
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
    environment : dict
        Machine, versions and date.
    quick : bool
        Whether the runs were quick ones, which say nothing about the claims.

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

    @classmethod
    def from_rows(
        cls, rows: Iterable[Mapping[str, Any]], environment: dict[str, Any], *, quick: bool = False
    ) -> ReproductionResult:
        """Make a result of the rows as they are stored."""
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
        rows = []
        for id_, runs in self.runs.groupby("id", sort=False):
            for name, claimed in REPRODUCTIONS[str(id_)].claimed.items():
                values = runs[name]
                rows.append(
                    {
                        "id": id_,
                        "claim": name,
                        "claimed": claimed,
                        "measured": values.mean(),
                        "sd": values.std(ddof=1),
                        "difference": values.mean() - claimed,
                        "verdict": ""
                        if self.quick
                        else judge(
                            claimed,
                            values.tolist(),
                            greater_is_better=CLAIMS[name].greater_is_better,
                        ),
                    }
                )
        columns = ["id", "claim", "claimed", "measured", "sd", "difference", "verdict"]
        return pd.DataFrame(rows, columns=columns)

    def table(self) -> pd.DataFrame:
        """Set claimed beside measured, one row per network.

        Returns
        -------
        table : DataFrame
            Indexed by id: ``title``, ``data``, ``n_seeds``; then each measured column's mean over
            the seeds, and its sample standard deviation under the name with ``_sd`` (NaN for one
            seed). What may be claimed has ``_claimed`` (NaN where nothing is) and ``_verdict``
            ("" there) too.
        """
        groups = self.runs.groupby("id", sort=False)
        table = pd.DataFrame({"n_seeds": groups.size()})
        table.insert(0, "title", [REPRODUCTIONS[id_].title for id_ in table.index])
        table.insert(1, "data", [REPRODUCTIONS[id_].data for id_ in table.index])
        claims = self.claims().set_index("id")
        for name in self._measured:
            if name in CLAIMS:
                of_name = claims[claims["claim"] == name]
                table[f"{name}_claimed"] = of_name["claimed"].reindex(table.index)
            table[name] = groups[name].mean()
            table[f"{name}_sd"] = groups[name].std(ddof=1)
            if name in CLAIMS:
                table[f"{name}_verdict"] = of_name["verdict"].reindex(table.index).fillna("")
        return table

    @property
    def _measured(self) -> dict[str, Metric]:
        return {name: metric for name, metric in MEASURED.items() if name in self.runs}

    def to_markdown(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the table for people, in Markdown; also written to `path` if that is given."""
        return _deliver(markdown_table(*self.cells(), self.note()), path)

    def to_html(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return the table for people, as an HTML page; also written to `path` if given."""
        body = html_table(*self.cells(), self.note())
        return _deliver(html_page("Claimed and measured", body), path)

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return `table` as comma-separated values; also written to `path` if that is given."""
        return _deliver(self.table().to_csv(lineterminator="\n"), path)

    def make_page(self, *, command: str, figure: str | None = None) -> str:
        """Write the page about the networks, in Markdown.

        Parameters
        ----------
        command : str
            What a reader types to measure it again.
        figure : str, default=None
            File name of the picture of all claims, to be shown.

        Returns
        -------
        page : str
        """
        from lenet_sklearn.reproductions.page import make_page

        return make_page(self, command=command, figure=figure)

    def write(self, folder: Path) -> None:
        """Put the runs, their history and the table into a folder, for programs and people."""
        for name, frame in (("runs.csv", self.runs), ("history.csv", self.history)):
            write_atomically(folder / name, frame.to_csv(index=False, lineterminator="\n"))
        self.to_csv(folder / "table.csv")
        self.to_markdown(folder / "table.md")
        self.to_html(folder / "table.html")

    def __repr__(self) -> str:
        n_networks, verdicts = self.runs["id"].nunique(), self.claims()["verdict"]
        n_seeds = self.runs["seed"].nunique()
        reached = verdicts.isin(["reproduced", "exceeded"]).sum()
        return (
            f"ReproductionResult({count(n_networks, 'network')}, {count(n_seeds, 'seed')}; "
            f"{reached} of {count(len(verdicts), 'claim')} "
            "reproduced or exceeded)"
        )

    def _repr_html_(self) -> str:
        return html_table(*self.cells(), self.note())

    def cells(self, *, with_claims: bool = True) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows of the table for people, as text."""
        table = self.table()
        header, rows = ["id"], [[str(id_)] for id_ in table.index]
        for name, metric in self._measured.items():
            if self.runs[name].isna().all():
                continue
            # A column in which no network has anything is left out.
            claimed = with_claims and name in CLAIMS and table[f"{name}_claimed"].notna().any()
            judged = claimed and (table[f"{name}_verdict"] != "").any()
            header += [metric.label, *(["claimed"] if claimed else [])]
            header += ["verdict"] if judged else []
            for cells, (_, row) in zip(rows, table.iterrows(), strict=True):
                cells.append(format_mean(row[name], row[f"{name}_sd"], metric.style))
                if claimed:
                    cells.append(_format_claim(row[f"{name}_claimed"]))
                if judged:
                    cells.append(row[f"{name}_verdict"])
        return header, rows

    def note(self) -> str:
        """Say how the table was made."""
        n_seeds = self.runs.groupby("id").size().max()
        note = (
            f"Mean ± standard deviation over {count(n_seeds, 'seed')}. A claim is reproduced where "
            "the mean is within 2 standard deviations or 0.003 of it."
        )
        if self.quick:
            note = "A quick run: a few hundred images, two epochs; it judges no claim. " + note
        return f"{note} {describe_run(self.environment)}".rstrip()


def _format_claim(claimed: float) -> str:
    return "–" if np.isnan(claimed) else f"{claimed:g}"


def _deliver(text: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        write_atomically(path, text)
    return text
