"""``lenet-sklearn evaluate``: a model on test images: accuracy, classes, confusion matrix."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._charts import save_figure
from lenet_sklearn.cli._data import ImageSource, load_images
from lenet_sklearn.cli._grid import make_console, make_grid
from lenet_sklearn.cli._messages import printable, show_warning
from lenet_sklearn.cli._models import ModelName, NamedModel, load_named
from lenet_sklearn.cli._options import LabelColumn, Resize, Separator, data_option, file_option
from lenet_sklearn.cli._scores import describe_accuracy

if TYPE_CHECKING:
    import numpy as np

_EXAMPLES = """\
[bold]Example[/bold]

[dim]# the model that ships with the library, on the 10,000 test images of MNIST[/dim]
lenet-sklearn evaluate mnist --data mnist --confusion confusion.png
"""


@app.command(epilog=_EXAMPLES)
def evaluate(
    model: ModelName,
    data: Annotated[
        str, data_option("the 10,000 test images", "The model must not have been trained on them.")
    ],
    confusion: Annotated[
        Path | None, file_option("Draw the confusion matrix to this PNG file.")
    ] = None,
    resize: Resize = None,
    label_column: LabelColumn = None,
    separator: Separator = None,
) -> None:
    """Test a model: accuracy with its interval, each class, and the confusion matrix."""
    if confusion is not None:
        _check_matplotlib()
    with interruptible(None, "images"):
        named = load_named(model)
        source = ImageSource(data, label_column, None, separator, resize=resize)
        X, y = load_images(source, subset="test", model=named)
        predicted = _predict(named, X, y)
        _report(named, y, predicted, data)
        if confusion is not None:
            _draw(named, y, predicted, confusion)
            typer.echo(f"\nWritten: {confusion}, the confusion matrix")


def _check_matplotlib() -> None:
    """Find out before the work whether the picture can be drawn after it."""
    from lenet_sklearn.inspection._style import import_pyplot

    try:
        import_pyplot("--confusion")
    except ImportError as error:  # the message names the extra to install
        raise typer.BadParameter(str(error), param_hint="'--confusion'") from error


def _predict(named: NamedModel, X: np.ndarray, y: np.ndarray) -> np.ndarray:
    from rich.console import Console

    from lenet_sklearn._images.checks import check_labels, encode_labels

    encode_labels(check_labels(y), named.fitted.classes_, name="--data")
    with warnings.catch_warnings(), Console(stderr=True).status("Predicting"):
        warnings.showwarning = show_warning
        return named.fitted.predict(X)


def _report(named: NamedModel, y: np.ndarray, predicted: np.ndarray, data: str) -> None:
    from sklearn.metrics import precision_recall_fscore_support

    n_right = int((predicted == y).sum())
    typer.echo(f"{named.name} on {data}: {describe_accuracy(n_right, len(y))}\n")
    labels = named.fitted.classes_
    precision, recall, f1, n = precision_recall_fscore_support(
        y, predicted, labels=labels, zero_division=0
    )
    names = [printable(named.name_class(label)) for label in labels]
    columns = [("class", names), ("images", [f"{number:,}" for number in n])]
    measures = {"recall (%)": (recall, n), "precision (%)": (precision, None), "F1 (%)": (f1, n)}
    for title, (values, needed) in measures.items():
        # Without an image of the class there is nothing to find.
        cells = [f"{100 * value:.1f}" for value in values]
        if needed is not None:
            cells = [cell if number else "–" for cell, number in zip(cells, needed, strict=True)]
        columns.append((title, cells))
    console = make_console()
    console.print(make_grid(columns, console.width, [""] * len(labels)))


def _draw(named: NamedModel, y: np.ndarray, predicted: np.ndarray, path: Path) -> None:
    import numpy as np
    from matplotlib import pyplot as plt

    from lenet_sklearn.reporting._figures import draw_confusion_matrix

    if named.names:
        y, predicted = (
            np.array([named.name_class(label) for label in labels]) for labels in (y, predicted)
        )
    figure = draw_confusion_matrix(y, predicted).figure_
    save_figure(figure, path)
    plt.close(figure)
