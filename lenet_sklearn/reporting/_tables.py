"""What is known of a model, as tables of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from lenet_sklearn._runs.metrics import METRICS
from lenet_sklearn._runs.tables import describe_run, format_mean
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.reporting._evaluation import Evaluation, n_parameters
from lenet_sklearn.robustness import RobustnessResult

if TYPE_CHECKING:
    from lenet_sklearn.inspection._audit_result import AuditResult

_OF_WORDS = {"predicted", "kind"}  # headings of columns that are no numbers


class Table(NamedTuple):
    """A table as text; the note stands below it."""

    title: str
    header: list[str]
    rows: list[list[str]]
    note: str = ""

    @property
    def is_text(self) -> list[bool]:
        """Whether each column holds words: the first, and those of known headings."""
        return [i == 0 or name in _OF_WORDS for i, name in enumerate(self.header)]


def score_table(evaluations: list[Evaluation]) -> Table:
    """Return the measures of one or more models: a measure in a row, a model in a column."""
    scores = [evaluation.scores() for evaluation in evaluations]
    names = [name for name in METRICS if any(name in measured for measured in scores)]
    rows = []
    for name in names:
        label, _, style = METRICS[name]
        cells = [format_mean(measured.get(name, np.nan), np.nan, style) for measured in scores]
        rows.append([label, *cells])
    numbers = [n_parameters(evaluation.model) for evaluation in evaluations]
    rows.append(["parameters", *(format_mean(number, np.nan, "count") for number in numbers)])
    note = "Accuracy to F1: shares from 0 to 1. Macro: the mean over the classes."
    if "log_loss" in names:
        note += " Log loss: in nats. Less is better of log loss and calibration error."
        if any(evaluation.proba is None for evaluation in evaluations):
            note += " –: not known of a model without predict_proba."
    return Table("Measures", ["measure", *(each.name for each in evaluations)], rows, note)


def layer_table(network: LeNet5Classifier) -> Table:
    """Return the layers, as `summary()` gives them."""
    rows = [
        [str(layer), row.kind, row.output_shape, f"{row.n_parameters:,}", f"{row.n_connections:,}"]
        for layer, row in network.summary().iterrows()
    ]
    header = ["layer", "kind", "output shape", "parameters", "connections"]
    return Table("Layers", header, rows)


def audit_tables(result: AuditResult) -> list[Table]:
    """Return the tables of an audit that have rows; the note of an empty one is in its summary."""
    return [table for table in (Table(*each) for each in result._tables()) if table.rows]


def corruption_table(result: RobustnessResult) -> Table:
    """Return the accuracy under each corruption, the easiest first; a model in a column."""
    table = result.table()
    order = table[list(result.corruptions)].mean().sort_values(ascending=False, kind="stable").index
    labels = {"clean": "clean", "mean": "mean of the corruptions"}
    labels |= {name: name.replace("_", " ") for name in order}
    rows = [[label, *map(_percent, table[name])] for name, label in labels.items()]
    notes = [result._note().removesuffix(describe_run(result.environment)).rstrip()]
    if table["n_failed"].any():
        failed = table[table["n_failed"] > 0]
        notes += [f"{model} failed: {row['error']}" for model, row in failed.iterrows()]
    header = ["images", *map(str, table.index)]
    return Table("Accuracy (%)", header, rows, " ".join(notes))


def _percent(share: float) -> str:
    return "–" if pd.isna(share) else f"{100 * share:.1f}"
