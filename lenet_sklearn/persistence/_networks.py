"""Check a network's choices from a file before any tensor is made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lenet_sklearn._network.architecture import CHOICES, Architecture

# Types of one value. A tuple has one value for each layer (input_size: for each side).
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
CONFIG = CHOICES

# No useful network needs more. It stops a small file from making predictions take gigabytes.
_MAX_LAYERS, _MAX_VALUES = 256, 1 << 26


def restore_architecture(
    config: Mapping[str, Any], n_classes: int, image_shape: tuple[int, int, int]
) -> Architecture:
    """Check the types and sizes of choices from a file; return the architecture.

    Raises
    ------
    ValueError
        If `LeNet5` does not allow a value, the layers do not fit the image, or one image would need
        far too much memory.
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
    architecture = Architecture(n_classes, image_shape, **config)
    for layer in architecture.layers:
        check_maps(layer.input_shape)
        check_maps(layer.output_shape)
    return architecture


def check_maps(maps: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape of an image or of its maps, or raise if it is far too large."""
    if math.prod(maps) > _MAX_VALUES:
        raise ValueError(
            f"{'×'.join(map(str, maps))} values are more than the {_MAX_VALUES:,} that one image, "
            "or what a layer makes of it, may have"
        )
    return maps
