"""The images that a command is given: a data set by its name, a CSV file, or picture files."""

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
from lenet_sklearn.cli._messages import is_name, show_warning, slug, suggest

if TYPE_CHECKING:
    import numpy as np

    from lenet_sklearn.cli._models import NamedModel

DATA_NAMES = "digits, mnist, fashion-mnist"
_TITLES = {"digits": "scikit-learn's digits", "mnist": "MNIST", "fashionmnist": "Fashion-MNIST"}


@dataclass(frozen=True)
class ImageSource:
    """What --data, the options of CSV files and those of picture files say."""

    data: str
    label_column: str | None = None
    shape: tuple[int, ...] | None = None
    separator: str | None = None
    size: tuple[int, int] | None = None
    colour: bool = False
    resize: str | None = None


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


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Return height and width of --size: 28, or 28x32."""
    if text is None:
        return None
    sides = [int(side) for side in re.findall(r"\d+", text)]
    if not re.fullmatch(r"\d+([x×*,]\d+)?", text.strip().lower()) or 0 in sides:
        raise typer.BadParameter(
            f"{text!r} is no size. Give the side of a square, such as 28, or height and width, "
            "such as 28x32.",
            param_hint="'--size'",
        )
    return sides[0], sides[-1]


def name_shape(shape: tuple[int, ...]) -> str:
    """Write a shape as people do."""
    return "×".join(map(str, shape))


def name_data(data: str) -> str:
    """Name what --data is, for the title of a page: "MNIST", or the name of a file or folder."""
    if is_name(data) and (title := _TITLES.get(slug(data))):
        return title
    return Path(data).expanduser().resolve().name


def load_images(
    source: ImageSource,
    *,
    subset: str | None = None,
    least_classes: int = 1,
    model: NamedModel | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return X and y.

    Parameters
    ----------
    source : ImageSource
        What the user said.
    subset : str, default=None
        The part of MNIST or Fashion-MNIST, as of `fetch_mnist`. None: the training images.
    least_classes : int, default=1
        1 or 2: how many classes a CSV file or a folder must have.
    model : NamedModel, default=None
        The model that X is for: pictures get its size, colours and pixels, labels its type.
    """
    from rich.console import Console

    # A download can take minutes. The line vanishes, and is not shown where nobody watches.
    with Console(stderr=True).status("Loading the images"):
        X, y = _load(source, subset, least_classes, model)
    if model is None:
        return X, y
    model.check_size(X, source.data)
    return X, model.code_labels(y)


def _load(
    source: ImageSource, subset: str | None, least_classes: int, model: NamedModel | None
) -> tuple[np.ndarray, np.ndarray]:
    load = _loaders(subset).get(slug(source.data))
    if load and is_name(source.data):
        _refuse(source, "CSV files", f"--data is {source.data}")
        _refuse(source, "folders of pictures", f"--data is {source.data}")
        return load(return_X_y=True)
    path = Path(source.data).expanduser()
    if path.is_dir():
        _refuse(source, "CSV files", f"{source.data} is a folder")
        return _read_folder(path, source, least_classes, model)
    if not path.exists():
        raise typer.BadParameter(
            f"there is no file {source.data!r}.{suggest(source.data, DATA_NAMES.split(', '))} "
            f"Give any of {DATA_NAMES}, the path of a CSV file, or a folder of pictures.",
            param_hint="'--data'",
        )
    _refuse(source, "folders of pictures", f"{source.data} is a file")
    return _read_csv(path, source, least_classes)


def _loaders(subset: str | None) -> dict[str, Callable[..., Any]]:
    from lenet_sklearn import datasets

    part: dict[str, Any] = {} if subset is None else {"subset": subset}
    return {
        "digits": datasets.load_digits_images,
        "mnist": partial(datasets.fetch_mnist, **part),
        "fashionmnist": partial(datasets.fetch_fashion_mnist, **part),
    }


def _refuse(source: ImageSource, kind: str, found: str) -> None:
    """Refuse the options that are for another kind of --data."""
    of_kind: dict[str, dict[str, object]] = {
        "CSV files": {
            "--label-column": source.label_column,
            "--image-shape": source.shape,
            "--separator": source.separator,
        },
        "folders of pictures": {
            "--size": source.size,
            "--colour": source.colour or None,
            "--resize": source.resize,
        },
    }
    for option, value in of_kind[kind].items():
        if value is not None:
            raise typer.BadParameter(
                f"it is for {kind}, and {found}. Leave it out.", param_hint=f"'{option}'"
            )


def _read_folder(
    path: Path, source: ImageSource, least_classes: int, model: NamedModel | None
) -> tuple[np.ndarray, np.ndarray]:
    from lenet_sklearn.datasets import read_images

    mode: Any = "RGB" if source.colour else "L"
    size = source.size
    if model is not None:
        mode, size = model.mode, model.layout.image_shape[1:]
    try:
        X, y, _ = read_images(path, size=size, mode=mode, resize=source.resize or "pad")  # type: ignore[arg-type]
    except ImportError as error:  # the message names the extra to install
        raise typer.BadParameter(str(error)) from error
    except ValueError as error:
        # A command always needs the labels; the remedy without them is not for it.
        message = str(error).replace("labels='folder' needs", "--data needs")
        raise ValueError(message.partition(" Pass labels=")[0]) from error
    assert y is not None
    if len(set(y.tolist())) < least_classes:
        raise typer.BadParameter(
            f"at least two classes are needed, and the pictures in {source.data} are all in the "
            f"folder {str(y[0])!r}. Give a folder that holds one folder for each class.",
            param_hint="'--data'",
        )
    return (X if model is None else model.arrange(X)), y


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
            f"at least two classes are needed, and the column that is taken for the label holds "
            f"{y[0]!r} alone. Is the label in another one? Name it.",
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
