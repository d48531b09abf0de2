"""The networks that ship with the library: read when they are first asked for.

`tools/train_weights.py` has trained them; each is a file of `save_model` in `_weights/`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lenet_sklearn._files.json_values import decode, parse
from lenet_sklearn._files.safetensors_container import Container
from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn._images.statistics import PixelStatistics, unpack_pixels
from lenet_sklearn._network.architecture import Architecture
from lenet_sklearn._training.history import unpack_history
from lenet_sklearn.networks import LeNet5

PRETRAINED = ("mnist", "fashion-mnist")

_FOLDER = Path(__file__).parents[1] / "_weights"
# These choices do not change the shape or the meaning of the weights.
_FREE = ("dropout", "resize")


@dataclass(frozen=True)
class ShippedNetwork:
    """What a file of shipped weights holds.

    Parameters
    ----------
    name : str
        The value of `pretrained`.
    architecture : Architecture
    classes : ndarray
        Labels of its outputs.
    layout : ImageLayout
        Of the images that it was trained on, which is also the size that it sees.
    weights : dict of str to ndarray
        Its state.
    history : list of dict
        Of its training.
    pixels : PixelStatistics or None
        Of its training data, where the file has them.
    smoothing : float
        Share of the targets that was spread over all classes.
    """

    name: str
    architecture: Architecture
    classes: np.ndarray
    layout: ImageLayout
    weights: dict[str, np.ndarray]
    history: list[dict[str, Any]]
    pixels: PixelStatistics | None
    smoothing: float

    def check_architecture(self, architecture: Architecture) -> None:
        """Raise ValueError if a network of this architecture cannot hold the weights."""
        height, width = self.layout.height, self.layout.width
        for name, value in architecture.choices().items():
            valid: list[Any] = [getattr(self.architecture, name)]
            if name == "input_size":
                valid = [None, height, (height, width)]
            if name not in _FREE and value not in valid:
                rule = " or ".join(map(repr, valid))
                raise ValueError(
                    f"{name} must be {rule} with pretrained={self.name!r}, as in the network whose "
                    f"weights are shipped. Got {value!r}. Set it so, or pretrained=None."
                )

    def copy_to(self, module: LeNet5, classes: np.ndarray) -> None:
        """Copy the weights to a network; those of the outputs only if the classes are the same."""
        channels, height, width = self.layout.image_shape
        image = module.architecture.image_shape
        if image[0] != channels:
            raise ValueError(
                f"X must hold grey images with pretrained={self.name!r}: the weights are for one "
                f"channel. Got {image[0]} channels. Average them first, with "
                "X.mean(axis=…) over their axis, or set pretrained=None."
            )
        if module.architecture.network_input != (height, width):
            raise ValueError(
                f"X must hold images of at most {height}×{width} pixels with "
                f"pretrained={self.name!r} and input_size=None. Got {image[1]}×"
                f"{image[2]}. Set input_size={height}, which shrinks them, or "
                "pretrained=None."
            )
        own = {"pixel_mean", "pixel_std"}
        if classes.tolist() != self.classes.tolist():
            own |= {"output.weight", "output.bias"}
        weights = {k: torch.from_numpy(w) for k, w in self.weights.items() if k not in own}
        module.load_state_dict(weights, strict=False)


@cache
def read_shipped(name: str) -> ShippedNetwork:
    """Read the network of this name, one of `PRETRAINED`."""
    path = _FOLDER / f"{name}.safetensors"
    try:
        with path.open("rb") as file:
            container = Container(file, path.stat().st_size)
            weights = container.read()
    except (OSError, ValueError) as error:
        raise ValueError(
            f"The weights of pretrained={name!r} cannot be read from {str(path)!r}: {error}. "
            "Install lenet-sklearn again."
        ) from error
    model = parse(container.metadata["model"])
    learned = model["estimator"]["fitted"]
    classes, layout = decode(learned["classes"]), ImageLayout(**learned["layout"])
    choices = {key: decode(value) for key, value in model["network"].items()}
    return ShippedNetwork(
        name,
        Architecture(len(classes), layout.image_shape, **choices),
        classes,
        layout,
        weights,
        unpack_history(model["history"]),
        unpack_pixels(learned.get("pixels")),
        learned["smoothing"],
    )
