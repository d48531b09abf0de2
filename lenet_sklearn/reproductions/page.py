"""The pages: claimed beside measured, each verdict with its evidence; and what a study found."""

from __future__ import annotations

from typing import Any

import pandas as pd

from lenet_sklearn._messages import count
from lenet_sklearn._runs.tables import format_difference, format_mean, markdown_table
from lenet_sklearn.reproductions.plots import caption_claims
from lenet_sklearn.reproductions.records import REPRODUCTIONS, Reproduction
from lenet_sklearn.reproductions.result import ReproductionResult
from lenet_sklearn.reproductions.study_plots import caption_study
from lenet_sklearn.reproductions.study_result import StudyResult
from lenet_sklearn.reproductions.verdicts import CLAIMS

# Training accuracy that far above the test accuracy is the mark of overfitting.
_OVERFITTED = 0.015
# The other measured columns stand in a second table: ten do not fit on a page.
_FIRST_TABLE = (
    "test accuracy",
    "test loss",
    "validation accuracy",
    "training accuracy",
    "parameters",
)
_SOURCES = (
    "Five of the sources are public projects, known here by their READMEs and a model card, from "
    "2024 to 2026. None of the five gives a seed, a spread or an interval with its figures."
)


def page_of(
    result: ReproductionResult | StudyResult, name: str, *, with_figure: bool = True
) -> str:
    """Write the page of a result, in Markdown: `name`.md, beside `name`.csv and `name`.png.

    The page follows from the stored rows alone, its command too.
    """
    command, figure = command_of(result, name), f"{name}.png" if with_figure else None
    if isinstance(result, StudyResult):
        return make_study_page(result, command=command, rows=f"{name}.csv", figure=figure)
    return make_page(result, command=command, rows=f"{name}.csv", figure=figure)


def command_of(result: ReproductionResult | StudyResult, name: str) -> str:
    """Return the command that computes the rows and writes the page."""
    if isinstance(result, StudyResult):
        words = [f"--study {result.name}"]
    else:
        ids = list(dict.fromkeys(result.runs["id"]))
        words = [] if set(ids) == set(REPRODUCTIONS) else [str(id_) for id_ in ids]
    words.append(f"--seeds {result.runs['seed'].max() + 1}")
    words += ["--quick"] if result.quick else []
    return " ".join(["lenet-sklearn reproduce", *words, f"--out results --page {name}.md"])


def make_page(
    result: ReproductionResult, *, command: str, rows: str, figure: str | None = None
) -> str:
    """Write the page of claims, in Markdown, with its command, its rows and its picture."""
    counts, n_test = result.runs.groupby("id").size(), result.runs["n_test"].max()
    fewer = ", ".join(f"{id_}: {n}" for id_, n in counts.items() if n < counts.max())
    n_seeds = count(counts.max(), "seed") + (f" ({fewer})" if fewer else "")
    parts = [
        "# Reproductions",
        "Networks that others published figures of, the 1998 paper's original and this library's "
        f"defaults, each trained again with {n_seeds} and scored on the {n_test:,} test "
        f"images that nothing was chosen on. {_written(rows)}",
        *_show(command, figure, "Claimed and measured test accuracy", caption_claims(result)),
    ]
    header, cells = _claim_cells(result)
    if cells:
        title = "## Verdicts" if header[-1] == "verdict" else "## Claims"
        parts += [title, markdown_table(header, cells, "").rstrip()]
    parts += ["## All figures", *_figure_tables(result), "## Network by network", _SOURCES]
    for id_ in dict.fromkeys(result.runs["id"]):
        parts += _describe(REPRODUCTIONS[str(id_)], result)
    return "\n\n".join(parts) + "\n"


def make_study_page(
    result: StudyResult, *, command: str, rows: str, figure: str | None = None
) -> str:
    """Write the page about a study, with its command, its rows, its picture and its answer."""
    study = result.study
    parts = [f"# {study.title}", study.question, study.method, _written(rows)]
    parts += _show(command, figure, study.title, caption_study(result))
    parts.append(result.to_markdown().rstrip())
    if study.published:
        published = [[method, f"{error:g}"] for method, error in study.published]
        note = "LeCun, Bottou, Bengio, Haffner (1998) and its results page; MNIST."
        table = markdown_table(["published in 1998", "test error (%)"], published, note)
        parts += ["## Beside the table of 1998", table.rstrip()]
    if answer := result.answer():
        parts += ["## Answer", answer]
    return "\n\n".join(parts) + "\n"


def _written(rows: str) -> str:
    return f"The command writes this page and its rows, [{rows}]({rows}):"


def _show(command: str, figure: str | None, title: str, caption: str) -> list[str]:
    """Return the command, and the figure and what it shows if there is one."""
    shown = [f"```sh\n{command}\n```"]
    return (
        shown
        if figure is None
        else [*shown, f"![{title}]({figure})", f"In the picture: {caption}."]
    )


def _claim_cells(result: ReproductionResult) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows of the table of claims, as text."""
    rows = [
        [
            str(claim["id"]),
            CLAIMS[claim["claim"]].label,
            f"{claim['claimed']:g}",
            format_mean(claim["measured"], claim["sd"], "score"),
            format_difference(claim["difference"], "score"),
            claim["verdict"],
        ]
        for _, claim in result.claims().iterrows()
    ]
    header = ["id", "claim", "claimed", "measured", "difference", "verdict"]
    if not any(row[-1] for row in rows):  # a quick run judges nothing
        return header[:-1], [row[:-1] for row in rows]
    return header, rows


def _figure_tables(result: ReproductionResult) -> list[str]:
    """Write what was measured in two tables, since one would be wider than a page of the docs."""
    header, rows = result.cells(with_claims=False)
    columns = range(1, len(header))
    halves = [
        [i for i in columns if (header[i] in _FIRST_TABLE) is first] for first in (True, False)
    ]
    tables = []
    for half, note in zip(halves, ("", result.note()), strict=True):
        cells = [[row[0], *(row[i] for i in half)] for row in rows]
        tables.append(markdown_table([header[0], *(header[i] for i in half)], cells, note).rstrip())
    return tables


def _describe(record: Reproduction, result: ReproductionResult) -> list[str]:
    lines = [
        f"- Source: {record.source}.",
        f"- Data: {record.data}, {record.split}.",
        f"- Stated: {record.stated}.",
    ]
    if record.unstated:
        lines.append(f"- Chosen here, or done otherwise: {'; '.join(record.unstated)}.")
    claims = result.claims()
    claims = claims[claims["id"] == record.id]
    lines += [f"- {explain(claim, result)}" for _, claim in claims.iterrows()]
    if claims.empty:
        lines.append("- Claimed: nothing.")
    return [f"### `{record.id}`: {record.title}", "\n".join(lines)]


def explain(claim: Any, result: ReproductionResult) -> str:
    """Say what was measured beside one claim; and where that is less, what the runs show of why."""
    runs = result.runs[result.runs["id"] == claim["id"]]
    kind = CLAIMS[claim["claim"]]
    values = ", ".join(f"{value:.4f}" for value in runs[claim["claim"]])
    difference = claim["difference"]
    side = "above" if difference > 0 else "below"
    text = (
        f"{kind.label.capitalize()}, {claim['verdict'] or 'not judged'}: "
        f"{format_mean(claim['measured'], claim['sd'], 'score')} ({values}) against "
        f"{claim['claimed']:g} claimed, {abs(difference):.4f} {side}."
    )
    if claim["verdict"] != "not reached":
        return text
    return f"{text} {_find_reason(runs.mean(numeric_only=True), kind.greater_is_better)}"


def _find_reason(means: pd.Series, greater_is_better: bool) -> str:
    """Tell overfitting from too little training, by the accuracy on the training images."""
    seen = (
        f"(training accuracy {means['train_accuracy']:.4f}, "
        f"test accuracy {means['test_accuracy']:.4f})"
    )
    learned = means["train_accuracy"] > 0.995
    if learned or means["train_accuracy"] - means["test_accuracy"] > _OVERFITTED:
        if greater_is_better:
            return f"The network has overfitted {seen}: longer training would not help."
        return (
            f"The network has learned its training images {seen}: it grows surer of its mistakes "
            "while its accuracy stays."
        )
    return f"The network has not overfitted {seen}: it could be trained for longer."
