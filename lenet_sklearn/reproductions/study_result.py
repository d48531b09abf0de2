"""What a study found, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._messages import count
from lenet_sklearn._runs.metrics import METRICS, Metric
from lenet_sklearn._runs.tables import describe_run, format_mean, markdown_table
from lenet_sklearn.reproductions.study_records import STUDIES, Study

MEASURED: dict[str, Metric] = {
    "test_accuracy": Metric("test accuracy", True, "score"),
    "parameters": METRICS["parameters"],
    "fit_seconds": METRICS["fit_seconds"],
    "predict_microseconds": METRICS["predict_microseconds"],
}


@dataclass(repr=False, eq=False)
class StudyResult:
    """The rows of a study; returned by :func:`run_study`.

    Parameters
    ----------
    name : str
        Of the study.
    runs : DataFrame
        One row per case and seed: the factors of the case, ``seed``, ``n_train``, ``n_test``,
        ``test_accuracy``, ``parameters``, ``fit_seconds``, ``predict_microseconds`` and ``date``.
    environment : dict
        Machine, versions and date.
    quick : bool
        Whether the runs were quick ones, which answer nothing.
    """

    name: str
    runs: pd.DataFrame
    environment: dict[str, Any] = field(default_factory=dict)
    quick: bool = False

    @classmethod
    def from_rows(
        cls,
        name: str,
        rows: Iterable[Mapping[str, Any]],
        environment: dict[str, Any],
        *,
        quick: bool,
    ) -> StudyResult:
        """Make a result of the rows as they are stored."""
        return cls(name, pd.DataFrame(list(rows)), environment, quick)

    @property
    def study(self) -> Study:
        """The record."""
        return STUDIES[self.name]

    @property
    def factors(self) -> list[str]:
        """The columns that tell the cases apart."""
        return list(self.runs.columns[: self.runs.columns.get_loc("seed")])

    def table(self) -> pd.DataFrame:
        """Summarise the seeds.

        Returns
        -------
        table : DataFrame
            One row per case, indexed by the factors: ``n_seeds``, then each measured column's
            mean, and its sample standard deviation under the name with ``_sd``.
        """
        groups = self.runs.groupby(self.factors, sort=False)
        table = pd.DataFrame({"n_seeds": groups.size()})
        for name in MEASURED:
            table[name] = groups[name].mean()
            table[f"{name}_sd"] = groups[name].std(ddof=1)
        return table

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and rows of the table for people, as text."""
        header = [*self.factors, *(metric.label for metric in MEASURED.values())]
        rows = []
        for labels, row in self.table().iterrows():
            names = labels if isinstance(labels, tuple) else (labels,)
            numbers = [
                format_mean(row[name], row[f"{name}_sd"], metric.style)
                for name, metric in MEASURED.items()
            ]
            rows.append([*map(str, names), *numbers])
        return [name.replace("_", " ") for name in header], rows

    def note(self) -> str:
        """Say how the table was made."""
        quick = "A quick run, on a few images: it answers nothing. " if self.quick else ""
        n_seeds = self.runs.groupby(self.factors).size().max()
        return (
            f"{quick}Mean ± standard deviation over {count(n_seeds, 'seed')}. "
            f"{describe_run(self.environment)}"
        ).strip()

    def to_markdown(self) -> str:
        """Return the table for people, in Markdown."""
        return markdown_table(*self.cells(), self.note())

    def make_page(self, *, command: str, figure: str | None = None) -> str:
        """Write the page about the study, in Markdown.

        Parameters
        ----------
        command : str
            What a reader types to run it again.
        figure : str, default=None
            File name of its picture.

        Returns
        -------
        page : str
        """
        study = self.study
        parts = [f"# {study.title}", study.question, study.method]
        parts += ["This page is written by the command from its stored results:"]
        parts += [f"```sh\n{command}\n```"]
        if figure is not None:
            parts.append(f"![{study.title}]({figure})")
        parts.append(self.to_markdown().rstrip())
        if study.published:
            rows = [[method, f"{error:g}"] for method, error in study.published]
            note = "LeCun, Bottou, Bengio, Haffner (1998) and its results page; MNIST."
            table = markdown_table(["published in 1998", "test error (%)"], rows, note)
            parts += ["## Beside the table of 1998", table.rstrip()]
        return "\n\n".join(parts) + "\n"

    def write(self, folder: Path) -> None:
        """Put the runs and the table into a folder."""
        texts = {
            "runs.csv": self.runs.to_csv(index=False, lineterminator="\n"),
            "table.csv": self.table().to_csv(lineterminator="\n"),
            "table.md": self.to_markdown(),
        }
        for name, text in texts.items():
            write_atomically(folder / name, text)

    def __repr__(self) -> str:
        table = self.table()
        best = ", ".join(map(str, np.ravel(table["test_accuracy"].idxmax())))
        return (
            f"StudyResult({self.name!r}, {count(len(table), 'case')}, "
            f"{count(len(self.runs), 'run')}; best: {best!r}, accuracy "
            f"{table['test_accuracy'].max():.4f})"
        )
