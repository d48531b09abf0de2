"""Options that several commands share: what they look like, and how their values are checked.

An alias stands for an option that reads the same in each command: ``label_column: LabelColumn =
None``. A function makes one whose help differs: ``seed: Annotated[int, seed_option("Of the
models.")] = 0``.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from lenet_sklearn.cli._data import DATA_NAMES

PathOrNone = TypeVar("PathOrNone", Path, Path | None)

LabelColumn = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Where a CSV file has the label: a position (0 is the first, -1 the last) or a name "
        "in its first line.  [dim]\\[default: the one that is named label, class or target; else "
        "0][/dim]",
    ),
]

ImageShape = Annotated[
    str | None,
    typer.Option(
        metavar="HxW|CxHxW",
        help="How a row of a CSV file is an image, such as 20x30 or 3x32x32.  "
        "[dim]\\[default: a square][/dim]",
    ),
]
"""The text; `parse_shape` of _data.py makes numbers of it."""

Separator = Annotated[
    str | None,
    typer.Option(
        metavar="CHARACTER",
        help="What separates the cells of a CSV file, such as ';' or '\\t'.  "
        "[dim]\\[default: ,][/dim]",
    ),
]


Size = Annotated[
    str | None,
    typer.Option(
        metavar="N|HxW",
        help="Height and width that pictures of a folder get, such as 28 or 28x32.  "
        "[dim]\\[default: all must have one size][/dim]",
    ),
]
"""The text; `parse_size` of _data.py makes numbers of it."""

Colour = Annotated[
    bool,
    typer.Option("--colour", help="Read pictures of a folder in colour, not as shades of grey."),
]


class Fit(StrEnum):
    """How a picture gets another size."""

    PAD = "pad"
    STRETCH = "stretch"


Resize = Annotated[
    Fit | None,
    typer.Option(
        help="How a picture gets the size: pad keeps its proportions and fills the rest with the "
        "colour of its border.  [dim]\\[default: pad][/dim]",
    ),
]


def check_file(path: PathOrNone) -> PathOrNone:
    """Find out before the work whether the file can be written after it."""
    from lenet_sklearn._files.atomic import check_target

    if path is None:
        return path
    try:
        folder = check_target(path).parent
    except OSError as error:
        raise typer.BadParameter(f"{error.strerror}: {str(error.filename)!r}.") from error
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(
            f"the folder {str(folder)!r} cannot be written to. Give another one."
        )
    return path


def check_data_home(data_home: PathOrNone) -> PathOrNone:
    """Take a slip for one before anything else, instead of a folder to download into."""
    if data_home is not None and not data_home.expanduser().is_dir():
        raise typer.BadParameter(
            f"there is no folder {str(data_home)!r}. Make it first, or leave the option out."
        )
    return data_home


DataHome = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        callback=check_data_home,
        help="Folder of the data sets. Without it they are downloaded once, or taken from the "
        "folder that the variable LENET_SKLEARN_DATA names.",
    ),
]


def data_option(images: str, more: str = "") -> Any:
    """Make --data: which images of a data set the command takes, and what else is to say."""
    return typer.Option(
        metavar="NAME|FILE|FOLDER",
        help=f"{DATA_NAMES} ({images}); a CSV file with an image a row, plain or gzip; or a "
        f"folder of pictures with a folder for each class. {more}".strip(),
    )


def seed_option(what: str) -> Any:
    """Make --seed: 0 or more; `what` is the help, such as 'Of the models.'."""
    return typer.Option(metavar="N", min=0, help=what)


def file_option(what: str) -> Any:
    """Make an option for a file to write, which is checked by `check_file`."""
    return typer.Option(metavar="FILE", callback=check_file, help=what)


def results_option(part: str, known: str) -> Any:
    """Make --out: a folder that keeps each part of a long run as soon as it is known."""
    return typer.Option(
        metavar="DIR",
        file_okay=False,
        writable=True,
        help=f"Folder for the results as CSV, Markdown and HTML. Each {part} is kept there as soon "
        f"as it is {known}, so that the same command goes on where it was stopped.",
    )
