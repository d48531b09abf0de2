"""What a study found, for programs and for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from lenet_sklearn._messages import count
from lenet_sklearn._runs.metrics import METRICS, Metric
from lenet_sklearn.reproductions.study_records import STUDIES, Study
from lenet_sklearn.reproductions.summary import SeedSummary

MEASURED: dict[str, Metric] = {
    "test_accuracy": Metric("test accuracy", True, "score"),
    "parameters": METRICS["parameters"],
    "fit_seconds": METRICS["fit_seconds"],
    "predict_microseconds": METRICS["predict_microseconds"],
}


@dataclass(repr=False, eq=False)
class StudyResult(SeedSummary):
    """The rows of a study; returned by :func:`run_study`.

    Parameters
    ----------
    name : str
        Of the study.
    runs : DataFrame
        One row per case and seed: the factors of the case, ``seed``, ``n_train``, ``n_test``,
        ``test_accuracy``, ``parameters``, ``fit_seconds``, ``predict_microseconds`` and ``date``.
    environment : dict, default={}
        Machine, versions and date.
    quick : bool, default=False
        Whether the runs were quick ones, which answer nothing.

    Attributes
    ----------
    title : str
        What the study is about, in a few words.
    factors : list of str
        The columns that tell the cases apart.
    measured : dict of str to Metric
        The measured columns of `runs`, each with its label and its direction.
    study : Study
        The record.

    Examples
    --------
    >>> import pandas as pd
    >>> from lenet_sklearn.reproductions import StudyResult
    >>> runs = pd.DataFrame(
    ...     {"network": ["LeNet-5", "LeNet-5 × 2"], "seed": 0, "test_accuracy": [0.99, 0.991]}
    ... )
    >>> StudyResult("efficiency", runs)
    StudyResult('efficiency', 2 cases, 2 runs; best: 'LeNet-5 × 2', accuracy 0.9910)
    """

    name: str
    runs: pd.DataFrame
    environment: dict[str, Any] = field(default_factory=dict)
    quick: bool = False

    known: ClassVar[dict[str, Metric]] = MEASURED

    @classmethod
    def from_rows(
        cls,
        name: str,
        rows: Iterable[Mapping[str, Any]],
        environment: dict[str, Any],
        *,
        quick: bool,
    ) -> StudyResult:
        """Make a result of the rows as they are stored.

        Parameters
        ----------
        name : str
            Of the study.
        rows : iterable of mappings
            One for each case and seed.
        environment : dict
            Machine, versions and date.
        quick : bool
            Whether the runs were quick ones.

        Returns
        -------
        result : StudyResult
            The result.
        """
        return cls(name, pd.DataFrame(list(rows)), environment, quick)

    @property
    def study(self) -> Study:
        """The record."""
        return STUDIES[self.name]

    @property
    def title(self) -> str:
        """What the study is about, in a few words."""
        return self.study.title

    @property
    def factors(self) -> list[str]:
        """The columns that tell the cases apart."""
        return list(self.runs.columns[: self.runs.columns.get_loc("seed")])

    def answer(self) -> str:
        """Answer the question of the study.

        Returns
        -------
        answer : str
            Two sentences, whose words follow from the rows. "" for quick runs; and with one seed
            or without all cases, what is missing for an answer.
        """
        if self.quick:
            return ""
        counts = self.table()["n_seeds"]
        if missing := len(self.study.make_cases()) - len(counts):
            return f"Without the rows of {count(missing, 'more case')} there is no answer."
        if counts.max() < 2:
            return "One seed has no spread, so that no difference can be told from chance."
        return self.study.answer(self.runs, self.study.least)

    def _rule(self) -> str:
        least = f", or by {self.study.least:g}" if self.study.least else ""
        return (
            "Two means are level where they differ by no more than the spread, the larger of their "
            f"standard deviations{least}."
        )

    def _caution(self) -> str:
        return "A quick run, on a few images: it answers nothing." if self.quick else ""

    def __repr__(self) -> str:
        table = self.table()
        best = ", ".join(map(str, np.ravel(table["test_accuracy"].idxmax())))
        return (
            f"StudyResult({self.name!r}, {count(len(table), 'case')}, "
            f"{count(len(self.runs), 'run')}; best: {best!r}, accuracy "
            f"{table['test_accuracy'].max():.4f})"
        )
