"""``lenet-sklearn train``: a model file from a data set, a CSV file or a folder of pictures."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet_sklearn._messages import count
from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._data import (
    ImageSource,
    load_images,
    name_shape,
    parse_shape,
    parse_size,
)
from lenet_sklearn.cli._messages import say, show_warning
from lenet_sklearn.cli._options import (
    Colour,
    ImageShape,
    LabelColumn,
    Resize,
    Separator,
    Size,
    data_option,
    file_option,
    seed_option,
)
from lenet_sklearn.cli._scores import describe_accuracy

if TYPE_CHECKING:
    import numpy as np

    from lenet_sklearn import LeNet5Classifier

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# a folder of pictures with a folder for each class[/dim]
lenet-sklearn train --data pictures --size 28 --out model.safetensors

[dim]# it was stopped: go on after the last finished epoch[/dim]
lenet-sklearn train --data pictures --size 28 --out model.safetensors --resume

[dim]# a fifth of the images is held out, to test the model[/dim]
lenet-sklearn train --data digits --out model.safetensors --validation 0.2
"""


class _Augmentation(StrEnum):
    DIGITS = "digits"
    OBJECTS = "objects"


class _Shipped(StrEnum):
    MNIST = "mnist"
    FASHION_MNIST = "fashion-mnist"


def _check_share(share: float | None) -> float | None:
    if share is not None and not 0 < share < 1:
        raise typer.BadParameter(f"{share:g} is no share between 0 and 1, such as 0.1.")
    return share


def _check_rate(rate: float | None) -> float | None:
    if rate is not None and not 0 < rate < float("inf"):
        raise typer.BadParameter(f"{rate:g} is not above 0.")
    return rate


@app.command(epilog=_EXAMPLES)
def train(
    data: Annotated[str, data_option("the 60,000 training images")],
    out: Annotated[
        Path,
        file_option(
            "The model file to write. An existing file is replaced when the training is finished."
        ),
    ],
    validation: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            callback=_check_share,
            help="Hold out this share of the images, such as 0.1, each class in its share: the "
            "model is not trained on them, but tested after each epoch.",
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Passes over the images.  [dim]\\[default: fewer, the more images there are]"
            "[/dim]",
        ),
    ] = None,
    augmentation: Annotated[
        _Augmentation | None,
        typer.Option(
            help="Distort the images at random: digits turns, shifts, stretches and bends; objects "
            "shifts and mirrors.  [dim]\\[default: none][/dim]"
        ),
    ] = None,
    pretrained: Annotated[
        _Shipped | None,
        typer.Option(help="Start from the weights of a shipped model, where images are few."),
    ] = None,
    learning_rate: Annotated[
        float | None,
        typer.Option(
            metavar="RATE",
            callback=_check_rate,
            help="Greatest learning rate.  [dim]\\[default: 0.02][/dim]",
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Images in one step.  [dim]\\[default: more, the more images there are][/dim]",
        ),
    ] = None,
    seed: Annotated[int, seed_option("Of the weights, the order and the held-out images.")] = 0,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with a training of the same images and options that was stopped or killed. "
            "Its finished epochs are kept beside FILE, in FILE.checkpoint.",
        ),
    ] = False,
    size: Size = None,
    colour: Colour = False,
    resize: Resize = None,
    label_column: LabelColumn = None,
    image_shape: ImageShape = None,
    separator: Separator = None,
) -> None:
    """Train LeNet-5 on your images, and write it to a file."""
    shape, sides = parse_shape(image_shape), parse_size(size)
    source = ImageSource(data, label_column, shape, separator, sides, colour, resize)
    kept = _Kept.beside(out)
    kept.check(out, resume)
    go_on = "the same command with --resume goes on"
    with interruptible(kept.folder, "epochs", go_on=go_on):
        X, y = load_images(source, least_classes=2)
        given = _split(X, y, validation, seed)
        options: dict[str, Any] = {
            "max_epochs": epochs,
            "batch_size": batch_size,
            "lr": learning_rate,
            "augmentation": augmentation and str(augmentation),
            "pretrained": pretrained and str(pretrained),
            # A picture 3 pixels wide is no reason to take its rows for colours.
            "image_shape": X.shape[1:] if X.ndim > 2 else shape,
        }
        model = _fit(given, {k: v for k, v in options.items() if v is not None}, seed, kept)
        replaced = ", in place of an older file" if out.exists() else ""
        _save(model, out)
        kept.discard()
    _report(model, given, data)
    typer.echo(f"Written: {out}, {out.stat().st_size:,} bytes{replaced}")


@dataclass(frozen=True)
class _Images:
    """The images to train on, and those that are held out."""

    X: np.ndarray
    y: np.ndarray
    X_val: np.ndarray | None = None
    y_val: np.ndarray | None = None


@dataclass(frozen=True)
class _Kept:
    """The folder beside the model file that keeps the finished epochs until the model is saved."""

    folder: Path

    @classmethod
    def beside(cls, out: Path) -> _Kept:
        return cls(out.with_name(f"{out.name}.checkpoint"))

    def epochs(self) -> list[Path]:
        return list(self.folder.glob("epoch-*.checkpoint"))

    def check(self, out: Path, resume: bool) -> None:
        """Refuse to throw away a stopped training, or to repeat a finished one by a slip."""
        if self.epochs() and not resume:
            raise typer.BadParameter(
                f"{self.folder} keeps a training that was stopped. Add --resume to go on with it, "
                "or delete this folder to start afresh.",
                param_hint="'--out'",
            )
        if resume and not self.epochs() and out.exists():
            raise typer.BadParameter(
                f"{out} is there, and no stopped training of it. Leave the option out to train it "
                "again.",
                param_hint="'--resume'",
            )

    def explain(self, error: ValueError) -> Exception:
        """Say of another training's folder how to go on from here."""
        _, found, differences = str(error).partition("the checkpoint of another fit: ")
        if not found:
            return error
        return typer.BadParameter(
            f"{self.folder} keeps a training of other images or options: "
            f"{differences.partition('. Choose another folder')[0]}. Repeat the command of that "
            "training, or delete this folder to start afresh.",
            param_hint="'--resume'",
        )

    def discard(self) -> None:
        """Remove what a training writes, and the folder if nothing else is in it."""
        with contextlib.suppress(OSError):  # also where a file has the folder's name
            for path in [*self.epochs(), self.folder / ".writable"]:
                path.unlink(missing_ok=True)
            self.folder.rmdir()


def _split(X: np.ndarray, y: np.ndarray, share: float | None, seed: int) -> _Images:
    """Hold out a share of the images, stratified."""
    if share is None:
        return _Images(X, y)
    import numpy as np
    from sklearn.model_selection import train_test_split

    classes, counts = np.unique(y, return_counts=True)
    n_held_out = round(share * len(y))
    if counts.min() < 2:
        raise typer.BadParameter(
            f"the class {str(classes[counts.argmin()])!r} has one image, and there must be one to "
            "train on and one to hold out. Give more of it, or leave the option out.",
            param_hint="'--validation'",
        )
    if not len(classes) <= n_held_out <= len(y) - len(classes):
        raise typer.BadParameter(
            f"{share:g} of {count(len(y), 'image')} holds out {n_held_out} and leaves "
            f"{len(y) - n_held_out}, and on both sides must be one of each of the "
            f"{len(classes)} classes. Give another share, or leave the option out.",
            param_hint="'--validation'",
        )
    rows = train_test_split(np.arange(len(y)), test_size=n_held_out, stratify=y, random_state=seed)
    trained, held_out = map(np.sort, rows)
    return _Images(X[trained], y[trained], X[held_out], y[held_out])


def _fit(given: _Images, options: dict[str, Any], seed: int, kept: _Kept) -> LeNet5Classifier:
    from lenet_sklearn import LeNet5Classifier
    from lenet_sklearn._training.callbacks import EachEpoch

    with warnings.catch_warnings(), _progress() as tell:
        warnings.showwarning = show_warning
        model = LeNet5Classifier(
            **options, random_state=seed, checkpoint_dir=kept.folder, callbacks=[EachEpoch(tell)]
        )
        try:
            model.fit(given.X, given.y, X_val=given.X_val, y_val=given.y_val)
        except ValueError as error:
            raise kept.explain(error) from error
        except OSError as error:
            raise OSError(
                f"{kept.folder} cannot be written to, where the finished epochs are kept. Give "
                "another --out."
            ) from error
        finally:
            if not kept.epochs():
                kept.discard()
    return model


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[dict[str, Any], int, int], None]]:
    """Yield a function for `EachEpoch` that shows a bar, where somebody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from lenet_sklearn._runs.progress import begun

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("Training"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    with begun(bar):
        task = bar.add_task("", total=None)

        def tell(row: dict[str, Any], n_finished: int, n_epochs: int) -> None:
            news = f"loss {row['train_loss']:.3f}, accuracy {100 * row['train_acc']:.1f} %"
            if "valid_acc" in row:
                news += f", held out {100 * row['valid_acc']:.1f} %"
            bar.update(task, total=n_epochs, completed=n_finished, description=news)

        yield tell


def _save(model: LeNet5Classifier, out: Path) -> None:
    from lenet_sklearn import save_model

    model.set_params(callbacks=None, checkpoint_dir=None)  # of the training, not of the model
    try:
        save_model(model, out)
    except OSError as error:
        say("Warning", "the finished epochs are kept: repeat the command with --resume.")
        raise OSError(f"Cannot write --out {out} ({error.strerror or error}).") from error


def _report(model: LeNet5Classifier, given: _Images, data: str) -> None:
    channels, *sides = model.image_shape_
    pixels = name_shape((channels, *sides) if channels > 1 else tuple(sides))
    seconds = sum(row["dur"] for row in model.history_)
    typer.echo(
        f"Trained on {count(len(given.X), 'image')} of {data}, {pixels} pixels, "
        f"{len(model.classes_)} classes: {count(model.n_iter_, 'epoch')} in {seconds:.1f} s"
    )
    if given.X_val is not None and given.y_val is not None:
        n_right = int((model.predict(given.X_val) == given.y_val).sum())
        typer.echo(f"On held-out images: {describe_accuracy(n_right, len(given.y_val))}")
