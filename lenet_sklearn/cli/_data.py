"""The images that a command is given: a data set by its name, or a CSV file."""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from lenet_sklearn._messages import count
from lenet_sklearn.cli._messages import show_warning, slug, suggest

if TYPE_CHECKING:
    import numpy as np

DATA_NAMES = "digits, mnist, fashion-mnist"


@dataclass(frozen=True)
class ImageSource:
    """What --data and the options of CSV files say."""

    data: str
    label_column: str | None = None
    shape: tuple[int, ...] | None = None
    separator: str | None = None


def parse_shape(text: str | None) -> tuple[int, ...] | None:
    """Return the numbers of --image-shape."""
    if text is None:
        return None
    shape = tuple(map(int, re.findall(r"\d+", text)))
    if not re.fullmatch(r"\d+([x×*,]\d+){1,2}", text.strip().lower()) or 0 in shape:
        raise typer.BadParameter(
            f"{text!r} is no shape of an image. Give height and width, such as 28x28, or these "
            "with the channels, such as 3x32x32.",
            param_hint="'--image-shape'",
        )
    return shape


def name_shape(shape: tuple[int, ...]) -> str:
    """Write a shape as people do."""
    return "×".join(map(str, shape))


def load_images(
    source: ImageSource, *, subset: str | None = None, least_classes: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y.

    Parameters
    ----------
    source : ImageSource
        What the user said.
    subset : str, default=None
        The part of MNIST or Fashion-MNIST, as of `fetch_mnist`. None: the training images.
    least_classes : int, default=1
        1 or 2: how many classes a CSV file must have.
    """
    from rich.console import Console

    # A download can take minutes. The line vanishes, and is not shown where nobody watches.
    with Console(stderr=True).status("Loading the images"):
        if load := _loaders(subset).get(slug(source.data)):
            _refuse_options_of_files(source)
            return load(return_X_y=True)
        path = Path(source.data).expanduser()
        if not path.exists():
            raise typer.BadParameter(
                f"there is no file {source.data!r}.{suggest(source.data, DATA_NAMES.split(', '))} "
                f"Give any of {DATA_NAMES}, or the path of a CSV file.",
                param_hint="'--data'",
            )
        return _read_csv(path, source, least_classes)


def _loaders(subset: str | None) -> dict[str, Callable[..., Any]]:
    from lenet_sklearn import datasets

    part: dict[str, Any] = {} if subset is None else {"subset": subset}
    return {
        "digits": datasets.load_digits_images,
        "mnist": partial(datasets.fetch_mnist, **part),
        "fashionmnist": partial(datasets.fetch_fashion_mnist, **part),
    }


def _refuse_options_of_files(source: ImageSource) -> None:
    of_files = {
        "--label-column": source.label_column,
        "--image-shape": source.shape,
        "--separator": source.separator,
    }
    for option, value in of_files.items():
        if value is not None:
            raise typer.BadParameter(
                f"it is for CSV files, and --data is {source.data}. Leave it out.",
                param_hint=f"'{option}'",
            )


def _read_csv(path: Path, source: ImageSource, least_classes: int) -> tuple[np.ndarray, np.ndarray]:
    from lenet_sklearn.datasets import read_csv_images

    column: int | str = "auto" if source.label_column is None else source.label_column
    if isinstance(column, str) and re.fullmatch(r"-?\d+", column):
        column = int(column)
    # Shells pass \t on as it is typed.
    cells = {None: ",", "\\t": "\t"}.get(source.separator, source.separator)
    if cells is None or len(cells) != 1 or not cells.isascii() or cells.isalnum():
        raise typer.BadParameter(
            f"{source.separator!r} is no single character that can separate numbers. Give one such "
            "as ';' or '\\t'.",
            param_hint="'--separator'",
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        X, y = read_csv_images(path, column, separator=cells, return_X_y=True)
    if len(set(y.tolist())) < least_classes:
        raise typer.BadParameter(
            f"a benchmark needs at least two classes, and the column that is taken for the label "
            f"holds {y[0]!r} alone. Is the label in another one? Name it.",
            param_hint="'--label-column'",
        )
    if y.dtype.kind == "f":
        raise typer.BadParameter(
            f"the column that is taken for the label of {path} holds measures such as {y[0]}, not "
            "classes. Name the column of the labels.",
            param_hint="'--label-column'",
        )
    if source.shape is not None and math.prod(source.shape) != X.shape[1]:
        raise typer.BadParameter(
            f"{name_shape(source.shape)} is {count(math.prod(source.shape), 'pixel')}, and the "
            f"rows of {path} have {X.shape[1]:,} beside the label. Give the shape that they have.",
            param_hint="'--image-shape'",
        )
    for warning in caught:
        show_warning(warning.message)
    return X, y
