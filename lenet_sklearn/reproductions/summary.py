"""What the results of re-runs and of studies share: several seeds, made into one table."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._messages import count
from lenet_sklearn._runs.metrics import Metric
from lenet_sklearn._runs.tables import Cells, TableResult, describe_run, format_mean

_TIME = "quantity"  # the style of seconds and microseconds


class SeedSummary(TableResult):
    """Rows of several seeds, and the table made of them.

    Attributes
    ----------
    runs : DataFrame
        One row per fit.
    environment : dict
        Machine, versions and date.
    quick : bool
        Whether the runs were quick ones.
    """

    runs: pd.DataFrame
    environment: dict[str, Any]
    quick: bool
    known: ClassVar[dict[str, Metric]]  # every column that may be measured

    @property
    def factors(self) -> list[str]:
        """The columns of `runs` that tell the rows of the table apart."""
        raise NotImplementedError

    @property
    def measured(self) -> dict[str, Metric]:
        """The measured columns of `runs`."""
        return {name: metric for name, metric in self.known.items() if name in self.runs}

    def table(self) -> pd.DataFrame:
        """Summarise the seeds.

        Returns
        -------
        table : DataFrame
            Indexed by the factors: ``n_seeds``, then each measured column's mean, and its sample
            standard deviation under the name with ``_sd`` (NaN for one seed). Times are those of
            the fastest seed, without a deviation: other work on the machine only makes them longer.
        """
        return self._once("table", self._make_table).copy()

    def _make_table(self) -> pd.DataFrame:
        groups = self.runs.groupby(self.factors, sort=False)
        columns = {"n_seeds": groups.size()}
        for name, metric in self.measured.items():
            if metric.style == _TIME:
                columns[name] = groups[name].min()
            else:
                columns |= {name: groups[name].mean(), f"{name}_sd": groups[name].std(ddof=1)}
        return pd.DataFrame(columns)

    def cells(self) -> tuple[list[str], list[list[str]]]:
        """Give the table for people, as text.

        Returns
        -------
        header : list of str
            Headings.
        rows : list of list of str
            Cells.
        """
        header = [name.replace("_", " ") for name in self.factors]
        header += [metric.label for metric in self.measured.values()]
        return header, [[*names, *self._numbers(row)] for names, row in self._named_rows()]

    def _named_rows(self) -> Iterator[tuple[list[str], pd.Series]]:
        for labels, row in self.table().iterrows():
            yield [str(label) for label in (labels if isinstance(labels, tuple) else [labels])], row

    def _numbers(self, row: pd.Series) -> list[str]:
        return [
            format_mean(row[name], row.get(f"{name}_sd", np.nan), metric.style)
            for name, metric in self.measured.items()
        ]

    def describe_seeds(self) -> str:
        """Say over how many seeds a mean is.

        Returns
        -------
        text : str
            "3 seeds"; "up to 3 seeds" where some rows of the table have fewer.
        """
        counts = self.table()["n_seeds"]
        up_to = "" if counts.min() == counts.max() else "up to "
        return f"{up_to}{count(counts.max(), 'seed')}"

    def note(self) -> str:
        """Say how the table was made.

        Returns
        -------
        note : str
            One line.
        """
        mean = f"Mean ± standard deviation over {self.describe_seeds()}"
        times = [name for name, metric in self.measured.items() if metric.style == _TIME]
        timed = self.runs[times].notna().any(axis=None)
        mean += "; times are those of the fastest seed." if timed else "."
        said = [self._caution(), mean, self.environment.get("note"), self._rule()]
        return " ".join([*filter(None, said), describe_run(self.environment)]).rstrip()

    def _caution(self) -> str:
        """Say what a quick run is worth; "" for any other."""
        raise NotImplementedError

    def _rule(self) -> str:
        return ""

    def _cells(self) -> Cells:
        return *self.cells(), self.note()

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Put the runs and the table into a folder, for programs and people.

        Parameters
        ----------
        folder : str or path-like
            It exists.
        """
        runs = self.runs.to_csv(index=False, lineterminator="\n")
        write_atomically(Path(folder) / "runs.csv", runs)
        self.to_csv(Path(folder) / "table.csv")
        self.to_markdown(Path(folder) / "table.md")
        self.to_html(Path(folder) / "table.html")
