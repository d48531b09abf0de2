"""``lenet-sklearn predict``: what a model says of picture files."""

from __future__ import annotations

import csv
import glob
import io
import json
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._grid import make_console, make_grid
from lenet_sklearn.cli._messages import one_line, printable, say, show_warning
from lenet_sklearn.cli._models import ModelName, NamedModel, load_named
from lenet_sklearn.cli._options import Resize

if TYPE_CHECKING:
    import numpy as np

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# which digits are on two photographs?[/dim]
lenet-sklearn predict mnist seven.jpg two.jpg

[dim]# all pictures of a folder, as a table for other programs[/dim]
lenet-sklearn predict model.safetensors pictures --csv > predictions.csv
"""

_STDIN = "-"
_COPY = "standard input"  # the name of its file
_N_TOP = 3
_MOST_BYTES = 100_000_000  # of standard input
_MOST_PIXELS = 50_000_000  # of a drawing


class _Guess(NamedTuple):
    label: str
    probability: float


class _Answer(NamedTuple):
    """A picture, and the most probable labels, the best first."""

    image: str
    top: list[_Guess]


@app.command(epilog=_EXAMPLES)
def predict(
    model: ModelName,
    images: Annotated[
        list[str],
        typer.Argument(
            metavar="IMAGE...",
            show_default=False,
            help="Picture files (PNG, JPEG, BMP, GIF, TIFF, WebP), folders of them, or - for "
            "standard input.",
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    drawing: Annotated[
        bool | None,
        typer.Option(
            "--drawing/--no-drawing",
            help="Take each picture for a drawing or photograph of one sign: find its strokes, and "
            "bring them to the form of MNIST. For models of 28x28 grey pixels.  [dim]\\[default: "
            "--drawing for the shipped model mnist, --no-drawing for all others][/dim]",
        ),
    ] = None,
    resize: Resize = None,
) -> None:
    """Predict pictures: the label, its probability, and the next two.

    Pictures get the size of the model's images. If one cannot be read, the others are predicted,
    and the exit code is 1.
    """
    if as_json and as_csv:
        raise typer.BadParameter("--json is given too. Leave one out.", param_hint="'--csv'")
    with interruptible(None, "pictures"):
        named = load_named(model)
        drawing = _choose_drawing(named, drawing)
        paths, n_lost = _find(images)
        names, pixels = [], []
        for path in paths:
            try:
                pixels.append(_read(path, named, drawing, resize or "pad"))
                names.append(path)
            except ValueError as error:
                say("Error", _explain(error, path))
                n_lost += 1
        answers = _answer(named, names, pixels)
        _print(answers, as_json, as_csv)
    if n_lost:
        raise typer.Exit(1)


def _choose_drawing(named: NamedModel, wanted: bool | None) -> bool:
    if wanted is None:
        return named.shipped == "mnist"
    if wanted and named.layout.image_shape != (1, 28, 28):
        channels, height, width = named.layout.image_shape
        raise typer.BadParameter(
            f"it makes images of 28×28 grey pixels, and {named.name} was trained on {height}×"
            f"{width} in {channels} channel{'s' * (channels > 1)}. Leave it out.",
            param_hint="'--drawing'",
        )
    return wanted


# Pictures


def _find(images: Sequence[str]) -> tuple[list[str], int]:
    """Return the paths, with folders and patterns replaced by their pictures, and the failures."""
    from lenet_sklearn.datasets._picture_paths import find_pictures

    paths: list[str] = []
    n_lost = 0
    for image in images:
        path = Path(image)
        if path.is_dir() or (glob.has_magic(image) and not path.exists()):  # Windows' shell
            try:
                paths += find_pictures(image, by_folder=False)[0]
            except (ValueError, OSError) as error:
                say("Error", one_line(printable(str(error))))
                n_lost += 1
        else:
            paths.append(image)
    return paths, n_lost


def _read(path: str, named: NamedModel, drawing: bool, resize: str) -> np.ndarray:
    """Return the pixels as the model's images have them, but from 0 to 255."""
    if path == _STDIN:
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder, _COPY)
            copy.write_bytes(sys.stdin.buffer.read(_MOST_BYTES))
            return _read(str(copy), named, drawing, resize)
    try:
        return _draw(path) if drawing else _read_as_it_is(path, named, resize)
    except ImportError as error:  # the message names the extra to install
        raise typer.BadParameter(str(error)) from error


def _read_as_it_is(path: str, named: NamedModel, resize: str) -> np.ndarray:
    from lenet_sklearn.datasets import read_images

    size, mode = named.layout.image_shape[1:], named.mode
    return read_images([path], size=size, mode=mode, labels=None, resize=resize).data[0]  # type: ignore[arg-type]


def _draw(path: str) -> np.ndarray:
    """Bring a picture to the form of MNIST; what is transparent in it is no paper."""
    from lenet_sklearn.datasets import prepare_drawing
    from lenet_sklearn.datasets._decode import UnreadableError, pillow, read_picture

    pillow("predict")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns of much that is no harm
            picture = read_picture(path, "L", _MOST_PIXELS, keep_alpha=True)
    except UnreadableError as error:
        raise ValueError(f"cannot be read: {error}.") from error
    drawn = prepare_drawing(picture)
    if not drawn.any():
        raise ValueError("it shows no strokes. --no-drawing predicts it as it is.")
    return drawn


def _explain(error: ValueError, path: str) -> str:
    """Name the picture and the reason; `read_images` speaks of many pictures."""
    name = "standard input" if path == _STDIN else repr(path)
    before_reason = f"{_COPY}' (" if path == _STDIN else f"{name} ("
    _, found, reason = str(error).removesuffix("). Repair or remove them.").partition(before_reason)
    if found:
        return f"{name} cannot be read: {one_line(reason)}."
    if str(error).startswith("cannot be read"):
        return f"{name} {one_line(str(error))}"
    return f"{name}: {one_line(str(error))}"


# Predictions


def _answer(named: NamedModel, names: list[str], pixels: list[np.ndarray]) -> list[_Answer]:
    import numpy as np
    from rich.console import Console

    if not names:
        return []
    with warnings.catch_warnings(), Console(stderr=True).status("Predicting"):
        warnings.showwarning = show_warning
        proba = named.fitted.predict_proba(named.arrange(np.stack(pixels)))
    order = np.argsort(-proba, axis=1, kind="stable")[:, :_N_TOP]
    classes = [named.name_class(label) for label in named.fitted.classes_]
    return [
        _Answer(name, [_Guess(classes[i], float(row[i])) for i in best])
        for name, row, best in zip(names, proba, order, strict=True)
    ]


def _print(answers: list[_Answer], as_json: bool, as_csv: bool) -> None:
    if as_json:
        content = [
            {
                "image": answer.image,
                **answer.top[0]._asdict(),
                "top": [guess._asdict() for guess in answer.top],
            }
            for answer in answers
        ]
        typer.echo(json.dumps(content, indent=1))
    elif as_csv:
        typer.echo(_to_csv(answers), nl=False)
    elif answers:
        console = make_console()
        columns = [
            ("picture", [printable(answer.image) for answer in answers]),
            ("label", [printable(answer.top[0].label) for answer in answers]),
            ("probability", [_percent(answer.top[0]) for answer in answers]),
            ("next", [_list(answer.top[1:]) for answer in answers]),
        ]
        grid = make_grid(columns, console.width, [""] * len(answers))
        for column in grid.columns[1::2]:
            column.justify = "left"
        console.print(grid)


def _to_csv(answers: list[_Answer]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    n_top = max((len(answer.top) for answer in answers), default=_N_TOP)
    ends = ["", *(f"_{i + 1}" for i in range(1, n_top))]
    writer.writerow(["image", *(f"{part}{end}" for end in ends for part in _Guess._fields)])
    for answer in answers:
        cells = [(guess.label, f"{guess.probability:.6f}") for guess in answer.top]
        writer.writerow([answer.image, *(cell for pair in cells for cell in pair)])
    return text.getvalue()


def _percent(guess: _Guess) -> str:
    return f"{100 * guess.probability:.1f} %"


def _list(guesses: list[_Guess]) -> str:
    return ", ".join(f"{printable(guess.label)} {_percent(guess)}" for guess in guesses)
