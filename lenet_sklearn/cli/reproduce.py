"""``lenet-sklearn reproduce``: published networks trained again, claimed beside measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._charts import save_charts
from lenet_sklearn.cli._dask import Dask, on_dask
from lenet_sklearn.cli._grid import make_console, make_grid
from lenet_sklearn.cli._messages import slug, suggest
from lenet_sklearn.cli._options import DataHome, check_file, results_option

if TYPE_CHECKING:
    from lenet_sklearn.reproductions import ReproductionResult, StudyResult

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# every network on a few hundred images, to see that all works[/dim]
lenet-sklearn reproduce --quick

[dim]# two of them in earnest, kept in a folder: once stopped, the same line goes on[/dim]
lenet-sklearn reproduce keras-relu-max feedforward --out results

[dim]# everything, and a page about it[/dim]
lenet-sklearn reproduce --out results --page reproductions.md

[dim]# a study instead: which activation and which pooling?[/dim]
lenet-sklearn reproduce --study ablation --quick

[dim]# the page again of the rows beside it, without training[/dim]
lenet-sklearn reproduce --from reproductions.csv --page reproductions.md
"""

_STUDY_NAMES = "ablation, efficiency, comparison, transfer"


def _check_page(page: Path | None) -> Path | None:
    """Check the page, and the chart and the rows beside it."""
    check_file(page)
    if page is not None:
        if page.suffix in (".png", ".csv"):
            raise typer.BadParameter(
                f"the page is Markdown, and {page.suffix} beside it. Got {str(page)!r}."
            )
        for ending in ("png", "csv"):
            check_file(page.parent / f"{page.stem}.{ending}")
    return page


@app.command(epilog=_EXAMPLES)
def reproduce(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[IDS]...", help="Which networks, such as lecun1998; all if none is named."
        ),
    ] = None,
    seeds: Annotated[
        int, typer.Option(metavar="N", min=1, help="Train each network with the seeds 0 to N-1.")
    ] = 3,
    study: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Run a study instead: {_STUDY_NAMES}."),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Two epochs on a few hundred images, as a trial.")
    ] = False,
    data_home: DataHome = None,
    dask: Dask = None,
    out: Annotated[Path | None, results_option("fit", "measured")] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            callback=_check_page,
            help="Write a Markdown page of the results, and beside it its chart and its rows.",
        ),
    ] = None,
    note: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="A sentence about the run, for the page's table."),
    ] = None,
    rows: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Train nothing: take the CSV file of rows beside a page.",
        ),
    ] = None,
) -> None:
    """Train published networks again, and set what was claimed beside what is measured."""
    from lenet_sklearn.reproductions import REPRODUCTIONS, run_reproductions, run_study
    from lenet_sklearn.reproductions.stored_rows import read_rows

    chosen = _choose(ids or [], list(REPRODUCTIONS))
    if study is not None:
        study = _choose_study(study, chosen)
    if rows is not None and (chosen or quick or out is not None):
        raise typer.BadParameter(
            "nothing is trained with it. Leave IDS, --quick and --out out.", param_hint="'--from'"
        )
    options: dict[str, Any] = {
        "seeds": range(seeds),
        "data_home": data_home,
        "out_dir": out,
        "quick": quick,
    }
    with interruptible(out, "fits"):
        with on_dask(dask):
            result = (
                read_rows(rows, study)
                if rows is not None
                else run_study(study, **options)
                if study
                else run_reproductions(chosen or None, **options)
            )
        if note is not None:
            result.environment = {**result.environment, "note": note}
        _report(result)
        if out is not None:
            charts = save_charts(out, lambda: _make_charts(result))
            typer.echo(
                f"Written to {out}: runs.csv, and the table as CSV, Markdown and HTML{charts}"
            )
        if page is not None:
            _write_page(result, study, page)
            typer.echo(f"Written: {page}, and {page.stem}.csv")


def _choose_study(name: str, ids: list[str]) -> str:
    if ids:
        raise typer.BadParameter(
            f"it runs a study, and {' '.join(ids)} names networks. Leave one of them out.",
            param_hint="'--study'",
        )
    known = {slug(option): option for option in _STUDY_NAMES.split(", ")}
    if slug(name) not in known:
        raise typer.BadParameter(
            f"there is no study {name!r}.{suggest(name, known.values())} Give any of "
            f"{_STUDY_NAMES}.",
            param_hint="'--study'",
        )
    return known[slug(name)]


def _choose(names: list[str], known: list[str]) -> list[str]:
    """Return the ids that are meant, whatever their case and dashes."""
    ids = {slug(id_): id_ for id_ in known}
    for name in names:
        if slug(name) not in ids:
            raise typer.BadParameter(
                f"there is no network {name!r}.{suggest(name, known)} Give any of "
                f"{', '.join(known)}.",
                param_hint="'IDS'",
            )
    return list(dict.fromkeys(ids[slug(name)] for name in names))


def _report(result: ReproductionResult | StudyResult) -> None:
    from lenet_sklearn.reproductions import StudyResult

    console = make_console()
    header, rows = result.cells()
    columns = [(name, [row[i] for row in rows]) for i, name in enumerate(header)]
    console.print(make_grid(columns, console.width, [""] * len(rows)))
    console.print(f"\n{result.note()}")
    if isinstance(result, StudyResult) and (answer := result.answer()):
        console.print(f"\n{answer}", markup=False)


def _make_charts(result: ReproductionResult | StudyResult) -> Iterator[tuple[str, Any]]:
    """Yield the charts; of a reproduced network also the curves of its first seed."""
    from lenet_sklearn.inspection import TrainingCurveDisplay
    from lenet_sklearn.reproductions import ReproductionResult

    yield _main_chart(result)
    if not isinstance(result, ReproductionResult):
        return
    for id_, curves in result.history.groupby("id", sort=False):
        seed = curves["seed"].iloc[0]
        first = curves[curves["seed"] == seed].dropna(axis="columns", how="all")
        display = TrainingCurveDisplay.from_history(
            first.to_dict("records"), name=f"{id_}, seed {seed}"
        )
        yield f"curves-{id_}", display.figure_


def _main_chart(result: ReproductionResult | StudyResult) -> tuple[str, Any]:
    from lenet_sklearn.reproductions import StudyResult
    from lenet_sklearn.reproductions.plots import plot_claims
    from lenet_sklearn.reproductions.study_plots import plot_study

    if isinstance(result, StudyResult):
        return result.name, plot_study(result).figure
    return "claims", plot_claims(result).figure


def _write_page(result: ReproductionResult | StudyResult, study: str | None, page: Path) -> None:
    """Write the rows, and from them the page, and the picture where that can be drawn."""
    from lenet_sklearn._files.atomic import write_atomically
    from lenet_sklearn.reproductions.page import page_of
    from lenet_sklearn.reproductions.stored_rows import read_rows, write_rows

    rows = page.with_suffix(".csv")
    write_rows(result, rows)
    stored = read_rows(rows, study)
    chart = save_charts(page.parent, lambda: iter([(page.stem, _main_chart(stored)[1])]))
    write_atomically(page, page_of(stored, page.stem, with_figure=bool(chart)))
