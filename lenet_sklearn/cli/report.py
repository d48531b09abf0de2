"""``lenet-sklearn report``: an HTML page about a saved model, on test data."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet_sklearn._messages import count
from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._data import DATA_NAMES, ImageSource, load_images
from lenet_sklearn.cli._messages import show_warning, slug, suggest

if TYPE_CHECKING:
    import numpy as np

_SHIPPED = "mnist, fashion-mnist"

_EXAMPLES = """\
[bold]Example[/bold]

[dim]# the model that ships with the library, on the 10,000 test images of MNIST[/dim]
lenet-sklearn report mnist --data mnist --out report.html
"""


def _check_out(out: Path) -> Path:
    """Find out before the work whether the report can be written after it."""
    from lenet_sklearn._files.atomic import check_target

    try:
        folder = check_target(out).parent
    except OSError as error:
        raise typer.BadParameter(f"{error.strerror}: {str(error.filename)!r}.") from error
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(
            f"the folder {str(folder)!r} cannot be written to. Give another one."
        )
    return out


@app.command(epilog=_EXAMPLES)
def report(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL",
            show_default=False,
            help=f"A file of save_model; or {_SHIPPED}: the models that ship with the library.",
        ),
    ],
    data: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help=f"{DATA_NAMES} (the 10,000 test images), or a CSV file with an image a row, plain "
            "or gzip. The model must not have been trained on them.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="FILE", callback=_check_out, help="The HTML file to write."),
    ] = Path("report.html"),
    corruptions: Annotated[
        bool,
        typer.Option(
            "--corruptions", help="Test on corrupted images too: all corruptions, five severities."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the corruptions.")] = 0,
    label_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Where a CSV file has the label: a position (0 is the first, -1 the last) or a "
            "name in its first line.  [dim]\\[default: the one that is named label, class or "
            "target; else 0][/dim]",
        ),
    ] = None,
    separator: Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER",
            help="What separates the cells of a CSV file, such as ';' or '\\t'.  "
            "[dim]\\[default: ,][/dim]",
        ),
    ] = None,
) -> None:
    """Write an HTML page about a model: measures, mistakes, calibration, training."""
    with interruptible(None, "sections"):
        fitted = _load_model(model)
        X, y = load_images(ImageSource(data, label_column, None, separator), subset="test")
        _write(fitted, X, y, out, model, data, corruptions, seed)
    typer.echo(f"Written: {out}, a report on {model} with {count(len(y), 'image')} of {data}")


def _load_model(name: str) -> Any:
    from lenet_sklearn import load_model, load_pretrained

    shipped = {slug(known): known for known in _SHIPPED.split(", ")}
    if slug(name) in shipped:
        return load_pretrained(shipped[slug(name)])
    path = Path(name).expanduser()
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise typer.BadParameter(
            f"{name!r} is {what}.{suggest(name, shipped.values())} Give a file of save_model, or "
            f"any of {_SHIPPED}.",
            param_hint="'MODEL'",
        )
    return load_model(path)


def _write(
    model: Any,
    X: np.ndarray,
    y: np.ndarray,
    out: Path,
    name: str,
    data: str,
    corruptions: bool,
    seed: int,
) -> None:
    from rich.console import Console

    from lenet_sklearn.reporting import write_report

    title = f"Report on {Path(name).name}, tested on {Path(data).name}"
    with warnings.catch_warnings(), Console(stderr=True).status("Writing the report"):
        warnings.showwarning = show_warning
        try:
            write_report(model, X, y, out, title=title, robustness=corruptions, random_state=seed)
        except ImportError as error:  # the message names the extra to install
            raise typer.BadParameter(str(error)) from error
