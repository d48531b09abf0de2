"""What a network's configuration may say, and which tensors it asks for, before any exist."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from sklearn.utils._param_validation import validate_parameter_constraints

from lenet_sklearn._network.layers import (
    ACTIVATIONS,
    LECUN1998_CONNECTIONS,
    POOLINGS,
    per_layer,
    sizes,
)
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.networks import _convolved, _input_size, _paddings

# One value, or a tuple of one for each layer (for each side, of `input_size`).
_ENTRIES: dict[str, tuple[type, ...]] = {
    "conv_channels": (int,),
    "kernel_size": (int,),
    "padding": (int, str),
    "pooling": (str, type(None)),
    "activation": (str,),
    "hidden_layer_sizes": (int,),
    "dropout": (float, int),
    "input_size": (int, type(None)),
}
_WORDS = ("connectivity", "output", "resize")
CONFIG = (*_ENTRIES, *_WORDS)

# More than any sensible network has: a small file must not make a prediction take gigabytes.
_MAX_LAYERS, _MAX_VALUES = 256, 1 << 26


def check_config(config: Mapping[str, Any]) -> None:
    """Check the types and words of a network's configuration.

    Raises
    ------
    ValueError
        If a value is not one that `LeNet5` takes.
    """
    for name, types in _ENTRIES.items():
        value = config[name]
        values = value if isinstance(value, tuple) else (value,)
        if len(values) > _MAX_LAYERS or not set(map(type, values)) <= set(types):
            wanted = " or ".join(t.__name__ for t in types)
            raise ValueError(
                f"{name} must be {wanted}, or a tuple of at most {_MAX_LAYERS} of them. "
                f"Got {value!r:.100}"
            )
        if any(type(v) is int and abs(v) > _MAX_VALUES for v in values):
            raise ValueError(f"{name} must be at most {_MAX_VALUES:,}. Got {value!r:.100}")
    constraints = {name: LeNet5Classifier._parameter_constraints[name] for name in _WORDS}
    words = {name: config[name] for name in _WORDS}
    validate_parameter_constraints(constraints, words, caller_name="LeNet5")


def tensor_shapes(
    config: Mapping[str, Any], n_classes: int, image_shape: tuple[int, int, int]
) -> dict[str, tuple[int, ...]]:
    """Work out the shapes of the tensors in the state of a `LeNet5`, without making one.

    Parameters
    ----------
    config : mapping
        Checked by `check_config`.
    n_classes : int
    image_shape : (int, int, int)
        Channels, height and width.

    Raises
    ------
    ValueError
        If the configuration fits no network, or one image would take absurdly much memory in it.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5
    >>> from lenet_sklearn.persistence._networks import tensor_shapes
    >>> network = LeNet5()
    >>> shapes = tensor_shapes(network.config, 10, (1, 28, 28))
    >>> shapes == {name: tuple(t.shape) for name, t in network.state_dict().items()}
    True
    """
    channels = sizes("conv_channels", config["conv_channels"])
    hidden = sizes("hidden_layer_sizes", config["hidden_layer_sizes"])
    n_layers = len(channels) + len(hidden)
    kernels = sizes("kernel_size", per_layer("kernel_size", config["kernel_size"], len(channels)))
    pools = [p or "none" for p in per_layer("pooling", config["pooling"], len(channels), POOLINGS)]
    per_layer("activation", config["activation"], n_layers, tuple(ACTIVATIONS))
    rates = per_layer("dropout", config["dropout"], len(hidden))
    if not all(0 <= rate < 1 for rate in rates):
        raise ValueError(f"dropout must be in [0, 1). Got {rates!r:.100}")
    size = _input_size(
        image_shape[1:], config["input_size"], config["resize"], enlarge=bool(channels)
    )
    pads = _paddings(config["padding"], kernels, size)

    per_channel = (image_shape[0], 1, 1)
    shapes: dict[str, tuple[int, ...]] = {"pixel_mean": per_channel, "pixel_std": per_channel}
    maps = check_maps((image_shape[0], *size))
    layer = 0
    for i, (n_maps, kernel, pad) in enumerate(zip(channels, kernels, pads, strict=True)):
        layer += 1
        name = f"convolutional.C{layer}"
        weight: tuple[int, ...] = (n_maps, maps[0], kernel, kernel)
        if config["connectivity"] == "lecun1998" and i == 1:
            if (maps[0], n_maps) != (6, 16):
                raise ValueError("connectivity='lecun1998' joins 6 maps to 16")
            weight = (sum(map(len, LECUN1998_CONNECTIONS)), kernel, kernel)
        shapes |= {f"{name}.weight": weight, f"{name}.bias": (n_maps,)}
        height, width = (_convolved(side, kernel, pad, f"C{layer}", maps) for side in maps[1:])
        maps = check_maps((n_maps, height, width))
        if pools[i] != "none":
            layer += 1
            if min(height, width) < 2:
                raise ValueError(f"pooling={pools[i]!r} does not fit maps of {height}×{width}")
            if pools[i] == "subsample":
                name = f"convolutional.S{layer}"
                shapes |= {f"{name}.weight": (n_maps,), f"{name}.bias": (n_maps,)}
            maps = (n_maps, height // 2, width // 2)
    n_inputs = math.prod(maps)
    for n_units in hidden:
        layer += 1
        name = f"hidden.F{layer}"
        shapes |= {f"{name}.weight": (n_units, n_inputs), f"{name}.bias": (n_units,)}
        n_inputs = n_units
    if config["output"] == "rbf":
        return shapes | {"output.codes": (n_classes, n_inputs)}
    return shapes | {"output.weight": (n_classes, n_inputs), "output.bias": (n_classes,)}


def check_maps(maps: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return the shape of an image or of its maps, or refuse absurd ones."""
    if math.prod(maps) > _MAX_VALUES:
        raise ValueError(
            f"{'×'.join(map(str, maps))} values are more than the {_MAX_VALUES:,} that one image, "
            "or what a layer makes of it, may have"
        )
    return maps
