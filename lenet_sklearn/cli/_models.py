"""The model that a command is given: a file of save_model, or a shipped one by its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet_sklearn.cli._messages import is_name, slug, suggest

if TYPE_CHECKING:
    import numpy as np

    from lenet_sklearn._images.layout import ImageLayout

SHIPPED = "mnist, fashion-mnist"

ModelName = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        show_default=False,
        help=f"A file of train or save_model; or {SHIPPED}: the models that ship with the library.",
    ),
]


@dataclass(frozen=True)
class NamedModel:
    """A fitted model and how the user calls it.

    Parameters
    ----------
    name : str
        What the user said.
    fitted : LeNet5Classifier or Pipeline
    shipped : str or None
        The name of a shipped model.
    """

    name: str
    fitted: Any
    shipped: str | None = None

    @property
    def layout(self) -> ImageLayout:
        """How a row of X is an image."""
        from lenet_sklearn.inspection._models import layout_of_steps

        return layout_of_steps(self.fitted)

    @property
    def mode(self) -> str:
        """The mode of Pillow that pictures need; raise if it has no picture of so many channels."""
        channels = self.layout.channels
        if channels not in (1, 3):
            raise ValueError(
                f"{self.name} was trained on images of {channels} channels, and picture files are "
                "read with 1 (grey) or 3 (colour). Give a CSV file."
            )
        return "L" if channels == 1 else "RGB"

    def arrange(self, pictures: np.ndarray) -> np.ndarray:
        """Give pictures, (n, H, W) or (n, H, W, 3) from 0 to 255, the form of the training data."""
        import numpy as np

        from lenet_sklearn.inspection._models import to_training_form

        images = pictures[:, None] if pictures.ndim == 3 else np.moveaxis(pictures, -1, 1)
        return to_training_form(self.fitted, images)

    def name_class(self, label: Any) -> str:
        """Return a label as people say it: the shipped models know numbers alone."""
        return self.names[int(label)] if self.names else str(label)

    @property
    def names(self) -> Sequence[str]:
        """The names of the classes, where the classes themselves are numbers."""
        from lenet_sklearn.datasets._records import FASHION_MNIST

        return FASHION_MNIST.class_names if self.shipped == FASHION_MNIST.name else ()

    def code_labels(self, labels: np.ndarray) -> np.ndarray:
        """Return labels as the model knows them: a folder "7" is the digit 7."""
        import numpy as np

        classes = self.fitted.classes_
        codes = {str(label): label for label in classes.tolist()}
        codes |= {name: label for label, name in enumerate(self.names)}
        if set(labels.tolist()) <= set(classes.tolist()):
            return labels
        if {str(label) for label in labels.tolist()} <= codes.keys():
            return np.array([codes[str(label)] for label in labels.tolist()], classes.dtype)
        return labels  # the model says which it does not know

    def check_size(self, X: np.ndarray, data: str) -> None:
        """Raise if the images of a data set or CSV file are not of the model's size."""
        layout, n_pixels = self.layout, math.prod(X.shape[1:])
        if n_pixels != layout.n_features:
            shape = layout.image_shape if layout.channels > 1 else layout.image_shape[1:]
            raise typer.BadParameter(
                f"the images of {data} have {n_pixels:,} pixels, and {self.name} was trained on "
                f"{'×'.join(map(str, shape))} = {layout.n_features:,}. Give images of that size.",
                param_hint="'--data'",
            )


def load_named(name: str) -> NamedModel:
    """Load a shipped model, or a file; raise BadParameter if it is neither."""
    from lenet_sklearn import load_model, load_pretrained

    shipped = {slug(known): known for known in SHIPPED.split(", ")}
    if slug(name) in shipped and is_name(name):
        return NamedModel(name, load_pretrained(shipped[slug(name)]), shipped[slug(name)])
    path = Path(name).expanduser()
    if not path.is_file():
        what = "a folder" if path.is_dir() else "no file"
        raise typer.BadParameter(
            f"{name!r} is {what}.{suggest(name, shipped.values())} Give a file of train or "
            f"save_model, or any of {SHIPPED}.",
            param_hint="'MODEL'",
        )
    return NamedModel(name, load_model(path))
