"""The models that the page offers."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.datasets._records import FASHION_MNIST, MNIST
from lenet_sklearn.inspection._models import (
    find_classifier,
    layout_of_steps,
    pixel_range,
    to_training_form,
)
from lenet_sklearn.persistence import load_model
from lenet_sklearn.pretrained import load_pretrained

_MNIST_SIDE = 28
# Mean pixel as a share of the range: 0.13 in MNIST, 0.19 in Kuzushiji-MNIST, 0.29 in
# Fashion-MNIST. Strokes leave most of an image empty.
_MOST_INK = 0.24


@dataclass(frozen=True)
class Choice:
    """A model, and what the page and the preparation of a picture must know of it.

    Parameters
    ----------
    key : str
        How a request names it.
    title : str
        What the page calls it.
    model : LeNet5Classifier or Pipeline
        Fitted.
    names : tuple of str
        Name of each class, in the order of `classes_`.
    layout : ImageLayout
        How the model takes an image.
    bright_ink : bool
        Whether it was trained on bright images on a dark background.
    strokes : bool
        Whether its images are strokes in the form of MNIST: `prepare_drawing` makes them.
    """

    key: str
    title: str
    model: LeNet5Classifier | Pipeline
    names: tuple[str, ...]
    layout: ImageLayout
    bright_ink: bool = True
    strokes: bool = True
    # Grad-CAM hangs its hooks into the network; nobody else may predict with it at that time.
    lock: Any = field(default_factory=threading.Lock, repr=False, compare=False)

    def to_input(self, image: np.ndarray) -> np.ndarray:
        """Return a uint8 image (C, H, W), bright on dark, as a batch of one for the model."""
        if not self.bright_ink and self.layout.channels == 1:
            image = 255 - image
        return to_training_form(self.model, image[np.newaxis])


def make_choice(key: str, title: str, model: Any, names: tuple[str, ...] | None = None) -> Choice:
    """Describe a fitted model.

    Parameters
    ----------
    key, title : str
        How a request names it, and what the page calls it.
    model : LeNet5Classifier or Pipeline
        Fitted.
    names : tuple of str, default=None
        Name of each class; None: the labels themselves.

    Examples
    --------
    >>> from lenet_sklearn import load_pretrained
    >>> from lenet_sklearn.demo.choices import make_choice
    >>> choice = make_choice("mnist", "Digits", load_pretrained("mnist"))
    >>> choice.strokes, choice.bright_ink, choice.names[:3]
    (True, True, ('0', '1', '2'))
    """
    classifier = find_classifier(model)
    layout = layout_of_steps(model)
    low, high, mean = pixel_range(model)
    ink = (mean - low) / (high - low) if high > low else 0.0
    bright = ink <= 0.5
    mnist_like = layout.image_shape == (1, _MNIST_SIDE, _MNIST_SIDE)
    return Choice(
        key=key,
        title=title,
        model=model,
        names=names or tuple(str(label) for label in classifier.classes_.tolist()),
        layout=layout,
        bright_ink=bright,
        strokes=mnist_like and min(ink, 1 - ink) <= _MOST_INK,
    )


def load_choices(file: str | os.PathLike[str] | None = None) -> list[Choice]:
    """Load the shipped models, and before them that of a file of `save_model`.

    Parameters
    ----------
    file : str or path-like, default=None
        The file. None: the shipped models alone.

    Raises
    ------
    ValueError, OSError
        If the file holds no model, or cannot be read.
    """
    choices = []
    if file is not None:
        choices.append(make_choice("file", Path(file).name, load_model(file)))
    for name, title, record in (
        ("mnist", "Digits (MNIST)", MNIST),
        ("fashion-mnist", "Clothes (Fashion-MNIST)", FASHION_MNIST),
    ):
        choices.append(
            make_choice(name, title, load_pretrained(name, device="cpu"), record.class_names)
        )
    return choices
