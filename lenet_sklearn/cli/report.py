"""``lenet-sklearn report``: an HTML page about a saved model, on test data."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet_sklearn._messages import count
from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._data import ImageSource, load_images
from lenet_sklearn.cli._messages import show_warning
from lenet_sklearn.cli._models import ModelName, load_named
from lenet_sklearn.cli._options import (
    LabelColumn,
    Resize,
    Separator,
    data_option,
    file_option,
    seed_option,
)

if TYPE_CHECKING:
    import numpy as np

_EXAMPLES = """\
[bold]Example[/bold]

[dim]# the model that ships with the library, on the 10,000 test images of MNIST[/dim]
lenet-sklearn report mnist --data mnist --out report.html
"""


@app.command(epilog=_EXAMPLES)
def report(
    model: ModelName,
    data: Annotated[
        str, data_option("the 10,000 test images", "The model must not have been trained on them.")
    ],
    out: Annotated[Path, file_option("The HTML file to write.")] = Path("report.html"),
    corruptions: Annotated[
        bool,
        typer.Option(
            "--corruptions", help="Test on corrupted images too: all corruptions, five severities."
        ),
    ] = False,
    seed: Annotated[int, seed_option("Of the corruptions.")] = 0,
    resize: Resize = None,
    label_column: LabelColumn = None,
    separator: Separator = None,
) -> None:
    """Write an HTML page about a model: measures, mistakes, calibration, training."""
    with interruptible(None, "sections"):
        named = load_named(model)
        source = ImageSource(data, label_column, None, separator, resize=resize)
        X, y = load_images(source, subset="test", model=named)
        _write(named.fitted, X, y, out, model, data, corruptions, seed)
    typer.echo(f"Written: {out}, a report on {model} with {count(len(y), 'image')} of {data}")


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
