"""``lenet-sklearn datasets``: which data sets there are, where they lie, how large they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._data import DATA_NAMES
from lenet_sklearn.cli._grid import make_console, make_grid
from lenet_sklearn.cli._messages import slug, suggest
from lenet_sklearn.cli._options import DataHome

if TYPE_CHECKING:
    from lenet_sklearn.datasets._records import Dataset

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# what is there?[/dim]
lenet-sklearn datasets

[dim]# get MNIST now, to work without a network later[/dim]
lenet-sklearn datasets --download mnist
"""

_IDX_HEADER = 16  # bytes


@app.command(epilog=_EXAMPLES)
def datasets(
    download: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Download this data set, if it is not there, and check it."
        ),
    ] = None,
    data_home: DataHome = None,
) -> None:
    """Show the data sets: images, size, and where they are; download one."""
    from lenet_sklearn.datasets._records import FASHION_MNIST, MNIST

    records = {record.name: record for record in (MNIST, FASHION_MNIST)}
    with interruptible(None, "files"):
        if download is not None:
            _download(download, records, data_home)
            return
        rows = [["digits", "1,797", "8×8", "10", "", "with scikit-learn"]]
        rows += [_describe(record, data_home) for record in records.values()]
        titles = ("name", "images", "pixels", "classes", "size", "where")
        console = make_console()
        columns = [(title, [row[i] for row in rows]) for i, title in enumerate(titles)]
        grid = make_grid(columns, console.width, [""] * len(rows))
        grid.columns[-1].justify = "left"
        console.print(grid)


def _describe(record: Dataset, data_home: Path | None) -> list[str]:
    from lenet_sklearn.datasets._fetch import find_files

    paths = list(find_files(record, data_home).values())
    there = [path for path in paths if path is not None]
    where = ", ".join(dict.fromkeys(str(path.parent) for path in there))
    if len(there) < len(paths):
        part = f"{len(there)} of {len(paths)} files in {where}" if there else "not here"
        where = f"{part}: lenet-sklearn datasets --download {record.name}"
    n_train, n_test = (
        (split.images.n_bytes - _IDX_HEADER) // 784 for split in (record.train, record.test)
    )
    size = f"{sum(path.stat().st_size for path in there) / 1e6:.1f} MB" if there else ""
    return [
        record.name, f"{n_train + n_test:,}", "28×28", str(len(record.class_names)), size, where
    ]  # fmt: skip


def _download(name: str, records: dict[str, Dataset], data_home: Path | None) -> None:
    from rich.console import Console

    from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist

    known = {slug(option): option for option in DATA_NAMES.split(", ")}
    if slug(name) not in known:
        raise typer.BadParameter(
            f"there is no data set {name!r}.{suggest(name, known.values())} Give any of "
            f"{DATA_NAMES}.",
            param_hint="'--download'",
        )
    name = known[slug(name)]
    if name not in records:
        typer.echo(f"{name}: it comes with scikit-learn; there is nothing to download")
        return
    fetch = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}[name]
    with Console(stderr=True).status(f"Downloading {name}"):
        fetch(subset="all", data_home=data_home)  # checks what is there already
    _, images, _, _, size, where = _describe(records[name], data_home)
    typer.echo(f"{name}: {images} images, {size} in {where}; complete and checked")
