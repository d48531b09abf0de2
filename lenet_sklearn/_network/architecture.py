"""Describe a network by one value: all choices, and the layers that follow from them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from lenet_sklearn._network.layers import ACTIVATIONS, LECUN1998_CONNECTIONS, POOLINGS

# Without input_size, shorter sides are enlarged to this: LeNet-5 was made for 28 pixels.
NATIVE_SIDE = 28
# Images of up to this side are enlarged to less: scikit-learn's digits score no less there.
SMALL_SIDE, SMALL_INPUT = 8, 16
# An image of this side already has LeNet-5's border, so padding="auto" adds none. One below
# NATIVE_SIDE has so few pixels that each convolution keeps their number.
_BORDERED_SIDE = 32
_WORDS = {
    "connectivity": ("full", "lecun1998"),
    "output": ("linear", "rbf"),
    "resize": ("bilinear", "pad"),
}


@dataclass(frozen=True)
class Layer:
    """One layer of a network.

    Parameters
    ----------
    name : str
        The name in the paper: C1, S2, C3 …, F5, F6, or "output".
    kind : str
        "convolution", "sparse convolution", "max pooling", "full" …
    input_shape, output_shape : tuple of int
        Shapes for one image.
    tensors : mapping of str to tuple of int
        Shapes of the stored tensors: "weight" and "bias", or "codes".
    trained : bool
        Whether training changes the tensors.
    activation : str
        Activation of its output, or of the pooling layer that follows. "" means none.
    padding : int or "same"
        Zeros around the maps.
    dropout : float
        Probability that a unit is left out of a training step.
    """

    name: str
    kind: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    tensors: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    trained: bool = True
    activation: str = ""
    padding: int | str = 0
    dropout: float = 0.0

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters."""
        return self.trained * sum(map(math.prod, self.tensors.values()))

    @property
    def n_connections(self) -> int:
        """Number of connections, as the paper counts them: all pixels share a map's parameters."""
        if self.kind.endswith("pooling"):  # each unit sees 2×2 pixels and, in 1998, a bias
            return (4 + bool(self.tensors)) * math.prod(self.output_shape)
        if self.kind == "RBF":
            return math.prod(self.tensors["codes"])
        return self.n_parameters * math.prod(self.output_shape[1:])


@dataclass(frozen=True)
class Architecture:
    """All choices that define a network. They are enough to build it again.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    image_shape : (int, int, int), default=(1, 28, 28)
        Channels, height and width of an image.
    conv_channels : int or sequence of int, default=(6, 16)
        Maps of each convolution. ``()`` gives a feed-forward network.
    kernel_size : int or sequence of int, default=5
        Side of the kernels, in pixels.
    padding : "auto", "same", "valid", int or one per convolution, default="auto"
        Zeros around the maps. "auto" pads the first convolution by half a kernel, unless the image
        has 32 pixels or more: LeCun's 28-pixel digits had a border up to 32 pixels. If the
        network's input has less than 28 pixels, "auto" pads all convolutions.
    pooling : {"max", "avg", "subsample", "none"} or one per convolution, default="avg"
        Pooling after a convolution, over blocks of 2×2. "subsample" is the 1998 layer with a
        trainable coefficient and bias per map.
    activation : {"relu", "tanh", "scaled_tanh", "sigmoid", "gelu", "silu"} or one per \
            convolution and full layer, default="silu"
        Activations.
    hidden_layer_sizes : int or sequence of int, default=(120, 84)
        Units of each full layer before the output.
    dropout : float or one per full layer, default=0.0
        Probability that a unit of a full layer is left out of a training step.
    connectivity : {"full", "lecun1998"}, default="full"
        "lecun1998" connects the second convolution to the first by Table I of the paper.
    output : {"linear", "rbf"}, default="linear"
        "rbf": minus the squared distance to a fixed code per class.
    input_size : int or (int, int), default=None
        Height and width of the first layer's input. None: the size of the image; a network with
        convolutions enlarges images of up to 8×8 pixels to 16×16, and other sides shorter than 28
        pixels to 28.
    resize : {"bilinear", "pad"}, default="bilinear"
        How an image is brought to that size.

    Raises
    ------
    ValueError
        If a choice is not valid, or the layers do not fit the image.

    Examples
    --------
    >>> from lenet_sklearn._network.architecture import Architecture
    >>> [layer.name for layer in Architecture().layers]
    ['C1', 'S2', 'C3', 'S4', 'F5', 'F6', 'output']
    >>> Architecture(conv_channels=()).tensor_shapes()["hidden.F1.weight"]
    (120, 784)
    """

    n_classes: int = 10
    image_shape: tuple[int, int, int] = (1, 28, 28)
    conv_channels: int | Sequence[int] = (6, 16)
    kernel_size: int | Sequence[int] = 5
    padding: int | str | Sequence[int | str] = "auto"
    pooling: str | Sequence[str | None] | None = "avg"
    activation: str | Sequence[str] = "silu"
    hidden_layer_sizes: int | Sequence[int] = (120, 84)
    dropout: float | Sequence[float] = 0.0
    connectivity: str = "full"
    output: str = "linear"
    input_size: int | tuple[int, int] | None = None
    resize: str = "bilinear"

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, plain(getattr(self, each.name)))
        for name, words in _WORDS.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} must be among {words}. Got {getattr(self, name)!r}.")
        _ = self.layers  # raises if they do not fit

    def arguments(self) -> dict[str, Any]:
        """Return all fields by name, as arguments of `LeNet5`."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def choices(self) -> dict[str, Any]:
        """Return the choices by name, without the number of classes and the image's shape."""
        return {name: getattr(self, name) for name in CHOICES}

    @cached_property
    def network_input(self) -> tuple[int, int]:
        """Height and width of the first layer's input."""
        image = self.image_shape[1:]
        size = self.input_size
        if size is None:
            if not sizes("conv_channels", self.conv_channels):
                return image
            least = SMALL_INPUT if max(image) <= SMALL_SIDE else NATIVE_SIDE
            return max(image[0], least), max(image[1], least)
        both = sizes("input_size", (size, size) if isinstance(size, int) else size)
        if len(both) != 2:
            raise ValueError(f"input_size must be an int or (height, width). Got {size!r}.")
        height, width = both
        if self.resize == "pad" and (height < image[0] or width < image[1]):
            raise ValueError(
                f"input_size must be at least the image's {image[0]}×{image[1]} with "
                f"resize='pad'. Got {size!r}. Set resize='bilinear' to shrink images."
            )
        return height, width

    @cached_property
    def layers(self) -> tuple[Layer, ...]:
        """The layers from the image to the output."""
        channels = sizes("conv_channels", self.conv_channels)
        hidden = sizes("hidden_layer_sizes", self.hidden_layer_sizes)
        n_conv, n_hidden = len(channels), len(hidden)
        kernels = sizes("kernel_size", per_layer("kernel_size", self.kernel_size, n_conv))
        pools = [p or "none" for p in per_layer("pooling", self.pooling, n_conv, POOLINGS)]
        activations = per_layer(
            "activation", self.activation, n_conv + n_hidden, tuple(ACTIVATIONS)
        )
        rates = _rates(per_layer("dropout", self.dropout, n_hidden))
        pads = _paddings(self.padding, kernels, self.network_input)
        layers: list[Layer] = []
        maps: tuple[int, ...] = (self.image_shape[0], *self.network_input)
        for i, size in enumerate(channels):
            name = f"C{len(layers) + 1}"
            sparse = self.connectivity == "lecun1998" and i == 1
            conv = _convolution(name, maps, size, kernels[i], pads[i], activations[i], sparse)
            layers.append(conv)
            maps = conv.output_shape
            if pools[i] != "none":
                layers.append(_pooling(f"S{len(layers) + 1}", pools[i], maps))
                maps = layers[-1].output_shape
        width = math.prod(maps)
        for size, activation, rate in zip(hidden, activations[n_conv:], rates, strict=True):
            name = f"F{len(layers) + 1}"
            full = _full(name, width, size, activation=activation, dropout=rate)
            layers.append(full)
            width = size
        if self.output == "rbf":
            codes = {"codes": (self.n_classes, width)}
            layers.append(Layer("output", "RBF", (width,), (self.n_classes,), codes, False))
        else:
            layers.append(_full("output", width, self.n_classes))
        return tuple(layers)

    @property
    def share_of_epochs(self) -> float:
        """Share of the usual epochs that images of this size take; small ones have less to learn.

        It is the side of the network's input ÷ 28, at most 1; 1 without convolutions.
        """
        return min(1.0, min(self.network_input) / NATIVE_SIDE) if self.conv_channels else 1.0

    @property
    def n_parameters(self) -> int:
        """Number of trainable parameters of all layers."""
        return sum(layer.n_parameters for layer in self.layers)

    def tensor_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each tensor in the network's state, without building the network."""
        per_channel = (self.image_shape[0], 1, 1)
        shapes: dict[str, tuple[int, ...]] = {"pixel_mean": per_channel, "pixel_std": per_channel}
        for layer in self.layers:
            path = {"C": "convolutional.", "S": "convolutional.", "F": "hidden."}.get(
                layer.name[0], ""
            )
            for name, shape in layer.tensors.items():
                shapes[f"{path}{layer.name}.{name}"] = shape
        return shapes


# The layer choices: the fields of an architecture that do not come from the data.
CHOICES = tuple(
    each.name for each in fields(Architecture) if each.name not in ("n_classes", "image_shape")
)


def plain(value: Any) -> Any:
    """Turn NumPy values into Python values, and lists into tuples."""
    value = value.tolist() if hasattr(value, "tolist") else value
    return tuple(value) if isinstance(value, list | tuple) else value


def _convolution(
    name: str,
    maps: tuple[int, ...],
    size: int,
    kernel: int,
    pad: int | str,
    activation: str,
    sparse: bool,
) -> Layer:
    height, width = (_convolved(side, kernel, pad, name, maps) for side in maps[1:])
    weight: tuple[int, ...] = (size, maps[0], kernel, kernel)
    if sparse:
        if (maps[0], size) != (6, 16):
            raise ValueError(
                "connectivity='lecun1998' joins 6 maps to 16: conv_channels must begin with "
                f"(6, 16). Got {maps[0]} and {size}."
            )
        weight = (sum(map(len, LECUN1998_CONNECTIONS)), kernel, kernel)
    return Layer(
        name,
        "sparse convolution" if sparse else "convolution",
        maps,
        (size, height, width),
        {"weight": weight, "bias": (size,)},
        activation=activation,
        padding=pad,
    )


def _pooling(name: str, pool: str, maps: tuple[int, ...]) -> Layer:
    channels, height, width = maps
    if min(height, width) < 2:
        raise ValueError(
            f"pooling={pool!r} does not fit: {name} would halve maps of {height}×{width} "
            "pixels. Set the last pooling to 'none', or choose a larger input_size or "
            "fewer conv_channels."
        )
    tensors = {"weight": (channels,), "bias": (channels,)} if pool == "subsample" else {}
    return Layer(name, f"{pool} pooling", maps, (channels, height // 2, width // 2), tensors)


def _full(name: str, width: int, size: int, *, activation: str = "", dropout: float = 0.0) -> Layer:
    tensors = {"weight": (size, width), "bias": (size,)}
    return Layer(name, "full", (width,), (size,), tensors, activation=activation, dropout=dropout)


def _convolved(side: int, kernel: int, pad: int | str, name: str, maps: tuple[int, ...]) -> int:
    """Return the side of a map after a convolution."""
    if pad == "same":
        return side
    assert isinstance(pad, int)
    if kernel > side:
        raise ValueError(
            f"kernel_size={kernel} is larger than the input of {name}: maps of {maps[1]}×{maps[2]} "
            "pixels. Choose a smaller kernel_size, a larger input_size, padding='same' or fewer "
            "conv_channels."
        )
    return side + 2 * pad - kernel + 1


def _rates(dropout: list[float]) -> list[float]:
    for rate in dropout:
        if not isinstance(rate, int | float) or not 0 <= rate < 1:
            raise ValueError(f"dropout must be in [0, 1). Got {rate!r}.")
    return dropout


def _paddings(
    padding: int | str | Sequence[int | str], kernels: Sequence[int], size: tuple[int, int]
) -> list[int | str]:
    """Replace "auto" and "valid": each entry becomes an int or "same"."""
    resolved: list[int | str] = []
    for i, pad in enumerate(per_layer("padding", padding, len(kernels))):
        if pad == "auto":
            bordered = _BORDERED_SIDE if i == 0 else NATIVE_SIDE
            resolved.append(kernels[i] // 2 if min(size) < bordered else 0)
        elif pad not in ("same", "valid") and not (isinstance(pad, int) and pad >= 0):
            raise ValueError(
                "padding must be 'auto', 'same', 'valid' or an int of 0 or more for each "
                f"convolution. Got {pad!r}."
            )
        else:
            resolved.append(0 if pad == "valid" else pad)
    return resolved


def per_layer(
    name: str, value: Any, n_layers: int, allowed: tuple[str, ...] | None = None
) -> list[Any]:
    """Repeat one value for each layer, or check that there is one value for each.

    Examples
    --------
    >>> from lenet_sklearn._network.architecture import per_layer
    >>> per_layer("kernel_size", 5, 2)
    [5, 5]
    """
    single = value is None or isinstance(value, str | int | float)
    values = [value] * n_layers if single else list(value)
    if len(values) != n_layers:
        raise ValueError(
            f"{name} must be one value, or one for each of the {n_layers} layers. "
            f"Got {len(values)} values: {tuple(values)!r}."
        )
    for entry in values:
        if allowed is not None and entry is not None and entry not in allowed:
            raise ValueError(f"{name} must be among {sorted(allowed)}. Got {entry!r}.")
    return values


def sizes(name: str, value: int | Sequence[int]) -> tuple[int, ...]:
    """Return `value` as a tuple of positive ints, or raise."""
    values = (value,) if isinstance(value, int) else tuple(value)
    if not all(isinstance(v, int) and not isinstance(v, bool) and v > 0 for v in values):
        raise ValueError(f"{name} must hold positive integers. Got {values!r}.")
    return values
