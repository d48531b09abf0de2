"""The networks that ship with the library: read when they are first asked for.

`tools/train_weights.py` has trained them; each is a file of `save_model` in `_weights/`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import torch
from sklearn.exceptions import NotFittedError

from lenet_sklearn._files.json_values import decode, parse
from lenet_sklearn._files.safetensors_container import Container
from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn._images.statistics import PixelStatistics, unpack_pixels
from lenet_sklearn._training import TrainingNet
from lenet_sklearn._training.history import unpack_history
from lenet_sklearn.networks import LeNet5

PRETRAINED = ("mnist", "fashion-mnist")

_FOLDER = Path(__file__).parents[1] / "_weights"
# How images come to the network, and what is left out in training, ask for no other weights.
_FREE = ("dropout", "resize")


@dataclass(frozen=True)
class ShippedNetwork:
    """What a file of shipped weights holds.

    Parameters
    ----------
    name : str
        The value of `pretrained`.
    config : dict
        The network's parameters.
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
    """

    name: str
    config: dict[str, Any]
    classes: np.ndarray
    layout: ImageLayout
    weights: dict[str, np.ndarray]
    history: list[dict[str, Any]]
    pixels: PixelStatistics | None

    def check_architecture(self, params: Mapping[str, Any]) -> None:
        """Check that a network of these parameters can hold the weights.

        Raises
        ------
        ValueError
            If one asks for another network.
        """
        height, width = self.layout.height, self.layout.width
        for name, value in params.items():
            valid: list[Any] = [self.config[name]]
            if name == "input_size":
                valid = [None, height, (height, width)]
            if name not in _FREE and value not in valid:
                rule = " or ".join(map(repr, valid))
                raise ValueError(
                    f"{name} must be {rule} with pretrained={self.name!r}, as in the network whose "
                    f"weights are shipped. Got {value!r}. Set it so, or pretrained=None."
                )

    def copy_to(self, module: LeNet5, classes: np.ndarray) -> None:
        """Copy the weights to a network; those of the outputs only where the classes are the same.

        Raises
        ------
        ValueError
            If the network is one for colour images, or sees larger ones.
        """
        channels, height, width = self.layout.image_shape
        if module.image_shape[0] != channels:
            raise ValueError(
                f"X must hold grey images with pretrained={self.name!r}: the weights are for one "
                f"channel. Got {module.image_shape[0]} channels. Average them first, with "
                "X.mean(axis=…) over their axis, or set pretrained=None."
            )
        if module.input_size != (height, width):
            raise ValueError(
                f"X must hold images of at most {height}×{width} pixels with "
                f"pretrained={self.name!r} and input_size=None. Got {module.image_shape[1]}×"
                f"{module.image_shape[2]}. Set input_size={height}, which shrinks them, or "
                "pretrained=None."
            )
        own = {"pixel_mean", "pixel_std"}
        if classes.tolist() != self.classes.tolist():
            own |= {"output.weight", "output.bias"}
        weights = {k: torch.from_numpy(w) for k, w in self.weights.items() if k not in own}
        module.load_state_dict(weights, strict=False)


@cache
def read_shipped(name: str) -> ShippedNetwork:
    """Read the network of this name.

    Raises
    ------
    ValueError
        If there is none, or its file is damaged.
    """
    if name not in PRETRAINED:
        raise ValueError(f"pretrained must be None or among {PRETRAINED}. Got {name!r}.")
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
    return ShippedNetwork(
        name,
        {key: decode(value) for key, value in model["network"].items()},
        decode(learned["classes"]),
        ImageLayout(**learned["layout"]),
        weights,
        unpack_history(model["history"]),
        unpack_pixels(learned.get("pixels")),
    )


def restore_net(
    settings: dict[str, Any],
    config: dict[str, Any],
    weights: dict[str, np.ndarray],
    history: list[dict[str, Any]],
) -> TrainingNet:
    """Make the net of a fit from what it leaves behind; its optimiser starts afresh."""
    net = TrainingNet.__new__(TrainingNet)
    net.__setstate__(
        {
            "settings": settings,
            "config": config,
            "weights": weights,
            "optimizer": None,
            "history": history,
        }
    )
    return net


class Learned:
    """An attribute that `fit` sets, and that shipped weights bring until then.

    Any attribute of an instance goes before it, as it has no ``__set__``.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, model: Any, owner: type | None = None) -> Any:
        if model is None:
            return self
        if getattr(model, "pretrained", None) is None:
            raise NotFittedError(  # an AttributeError too, for hasattr
                f"This {type(model).__name__} instance is not fitted yet. Call 'fit' with "
                "appropriate arguments before using this estimator."
            )
        try:
            return _learned(model)[self._name]
        except ValueError as error:
            raise NotFittedError(str(error)) from error


# Not in the models themselves: predicting does not change what is pickled, or trained on.
_LOADED: WeakKeyDictionary[Any, dict[tuple[str, str], dict[str, Any]]] = WeakKeyDictionary()


def _learned(model: Any) -> dict[str, Any]:
    """Return the fitted attributes that shipped weights give a model, its own copy of them."""
    shipped = read_shipped(model.pretrained)
    shipped.check_architecture(model._architecture())
    loaded, key = _LOADED.setdefault(model, {}), (model.pretrained, model.device)
    if key not in loaded:  # of threads that come here at once, all get what the first one sets
        config = {
            **shipped.config,
            "n_classes": len(shipped.classes),
            "image_shape": shipped.layout.image_shape,
        }
        settings = model._settings(one_pass=False)
        net = restore_net(settings, config, shipped.weights, shipped.history)
        learned = {
            "classes_": shipped.classes.copy(),
            "n_features_in_": shipped.layout.n_features,
            "image_shape_": shipped.layout.image_shape,
            "_layout": shipped.layout,
            "_pixels": shipped.pixels,
            "net_": net,
        }
        loaded.setdefault(key, learned)
    return loaded[key]
