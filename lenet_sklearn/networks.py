"""LeNet-5 and its layers, from the feed-forward net to the 1998 original, in one module."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import skip_init

from lenet_sklearn._network.layers import (
    ACTIVATIONS,
    MONOTONE,
    POOLINGS,
    POOLS,
    Dropout,
    EuclideanRBF,
    FullLayer,
    SparseConv2d,
    Subsampling,
    convolution,
    per_layer,
    separated_codes,
    sizes,
)
from lenet_sklearn._network.pooled_convolution import can_pool_while_convolving, convolve_and_pool

# Sides shorter than this are enlarged where no input_size is given: LeNet-5 is a network for
# images of 28 pixels.
_NATIVE_SIDE = 28
# From this side on an image has LeNet-5's border already, and padding="auto" adds none.
_BORDERED_SIDE = 32
# torch convolves a single image by another algorithm than two or more, with other roundings.
_LEAST_IMAGES = 2


@dataclass(frozen=True)
class Layer:
    """One row of a network's summary: name, what it is, its output and what it costs."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    n_parameters: int
    n_connections: int


class LeNet5(nn.Module):
    """The convolutional network of LeCun et al. (1998) and its modern relatives.

    Layers are named as in the paper: C1, S2, C3, S4 … for convolutions and pooling, F5, F6 …
    for the full layers. Pixels are standardised inside, with `pixel_mean` and `pixel_std`.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    image_shape : (int, int, int), default=(1, 28, 28)
        Channels, height and width of an image.
    conv_channels : sequence of int, default=(6, 16)
        Maps of each convolution; ``()`` gives a feed-forward network.
    kernel_size : int or sequence of int, default=5
        Side of the kernels, in pixels.
    padding : "auto", "same", "valid", int or one per convolution, default="auto"
        Zeros around the maps. "auto" pads the first convolution by half a kernel unless the
        image is 32 pixels or larger, the border that LeCun gave his 28-pixel digits.
    pooling : {"max", "avg", "subsample", "none"} or one per convolution, default="max"
        What follows a convolution, over blocks of 2×2. "subsample" is the 1998 layer with a
        trainable coefficient and bias per map.
    activation : {"relu", "tanh", "scaled_tanh", "sigmoid", "gelu", "silu"} or one per \
            convolution and full layer, default="relu"
        Squashing functions.
    hidden_layer_sizes : sequence of int, default=(120, 84)
        Units of each full layer before the output.
    dropout : float or one per full layer, default=0.0
        Probability that a unit of a full layer is left out of a training step.
    connectivity : {"full", "lecun1998"}, default="full"
        "lecun1998" joins the second convolution to the first by Table I of the paper.
    output : {"linear", "rbf"}, default="linear"
        "rbf": minus the squared distance to a fixed code per class.
    input_size : int or (int, int), default=None
        Height and width that the first layer sees. None: the image's own, but sides shorter
        than 28 pixels are enlarged to 28 where there are convolutions.
    resize : {"bilinear", "pad"}, default="bilinear"
        How an image comes to that size.
    codes : Tensor of shape (n_classes, hidden_layer_sizes[-1]), default=None
        Codes of the classes for ``output="rbf"``; None: well-separated ±1 rows.
    generator : torch.Generator, default=None
        Source of the initial weights; None: torch's global one.

    Notes
    -----
    **Shape**: ``(n, channels, height, width)`` of any real dtype in, logits ``(n, n_classes)``
    out.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner (1998). Gradient-Based Learning Applied to Document
    Recognition. Proceedings of the IEEE 86(11).

    Examples
    --------
    >>> import torch
    >>> from lenet_sklearn import LeNet5
    >>> network = LeNet5(n_classes=10, image_shape=(1, 28, 28))
    >>> sum(p.numel() for p in network.parameters())
    61706
    >>> network(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    pixel_mean: Tensor
    pixel_std: Tensor

    def __init__(
        self,
        n_classes: int = 10,
        image_shape: tuple[int, int, int] = (1, 28, 28),
        *,
        conv_channels: Sequence[int] = (6, 16),
        kernel_size: int | Sequence[int] = 5,
        padding: int | str | Sequence[int | str] = "auto",
        pooling: str | Sequence[str | None] | None = "max",
        activation: str | Sequence[str] = "relu",
        hidden_layer_sizes: Sequence[int] = (120, 84),
        dropout: float | Sequence[float] = 0.0,
        connectivity: str = "full",
        output: str = "linear",
        input_size: int | tuple[int, int] | None = None,
        resize: str = "bilinear",
        codes: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        # Enough to build the network again; the weights and codes are in its state.
        self.config: dict[str, Any] = {
            "n_classes": n_classes,
            "image_shape": image_shape,
            "conv_channels": conv_channels,
            "kernel_size": kernel_size,
            "padding": padding,
            "pooling": pooling,
            "activation": activation,
            "hidden_layer_sizes": hidden_layer_sizes,
            "dropout": dropout,
            "connectivity": connectivity,
            "output": output,
            "input_size": input_size,
            "resize": resize,
        }
        conv_channels, hidden_layer_sizes = (
            sizes("conv_channels", conv_channels),
            sizes("hidden_layer_sizes", hidden_layer_sizes),
        )
        n_conv, n_hidden = len(conv_channels), len(hidden_layer_sizes)
        kernels = sizes("kernel_size", per_layer("kernel_size", kernel_size, n_conv))
        pools = [p or "none" for p in per_layer("pooling", pooling, n_conv, POOLINGS)]
        squash = per_layer("activation", activation, n_conv + n_hidden, tuple(ACTIVATIONS))
        rates = _rates(per_layer("dropout", dropout, n_hidden))
        self.image_shape, self.resize, self.n_classes = image_shape, resize, n_classes
        self.input_size = _input_size(image_shape[1:], input_size, resize, enlarge=n_conv > 0)
        pads = _paddings(padding, kernels, self.input_size)
        self.layers: list[Layer] = []  # what the summary shows
        self.register_buffer("pixel_mean", torch.zeros(image_shape[0], 1, 1))
        self.register_buffer("pixel_std", torch.ones(image_shape[0], 1, 1))

        maps: tuple[int, ...] = (image_shape[0], *self.input_size)
        self.convolutional = nn.Sequential()
        for i, (size, kernel, pad) in enumerate(zip(conv_channels, kernels, pads, strict=True)):
            sparse = connectivity == "lecun1998" and i == 1
            maps = self._add_convolution(maps, size, kernel, pad, sparse=sparse)
            maps = self._add_pooling(maps, pools[i], squash[i])
        self.hidden = nn.Sequential()
        width = math.prod(maps)
        for size, kind, rate in zip(hidden_layer_sizes, squash[n_conv:], rates, strict=True):
            width = self._add_full_layer(width, size, kind, rate)
        self.n_features = width
        self.output: nn.Module
        if output == "rbf":
            self.output = EuclideanRBF(
                separated_codes(n_classes, width) if codes is None else codes
            )
            self.layers.append(Layer("output", "RBF", (n_classes,), 0, width * n_classes))
        else:
            self.output = skip_init(FullLayer, width, n_classes)
            self._describe("output", "full", self.output, (n_classes,))
        self._squash = squash
        self.reset_parameters(generator)
        # Convolutions and pools are a quarter faster with the channels last in memory. Not
        # `contiguous`: with one channel both orders are that, and torch then takes the slow one.
        for parameter in self.parameters():
            if parameter.ndim == 4:
                last = torch.empty(parameter.shape, memory_format=torch.channels_last)
                parameter.data = last.copy_(parameter.data)

    def _add_convolution(
        self, maps: tuple[int, ...], size: int, kernel: int, pad: int | str, *, sparse: bool
    ) -> tuple[int, ...]:
        """Append a convolution and return the shape of its maps."""
        name = f"C{len(self.layers) + 1}"
        height, width = (_convolved(side, kernel, pad, name, maps) for side in maps[1:])
        layer = convolution(maps[0], size, kernel, pad, sparse=sparse)
        self.convolutional.add_module(name, layer)
        kind = "sparse convolution" if sparse else "convolution"
        self._describe(name, kind, layer, (size, height, width))
        return size, height, width

    def _add_pooling(self, maps: tuple[int, ...], pool: str, squash: str) -> tuple[int, ...]:
        """Append a pool and activations in their fastest order that is exact."""
        channels, height, width = maps
        name = self.layers[-1].name
        if pool in ("avg", "subsample") or (pool == "max" and squash not in MONOTONE):
            self.convolutional.add_module(f"{name}_{squash}", ACTIVATIONS[squash]())
        if pool != "none":
            name = f"S{len(self.layers) + 1}"
            if min(height, width) < 2:
                raise ValueError(
                    f"pooling={pool!r} does not fit: {name} would halve maps of {height}×{width} "
                    "pixels. Set the last pooling to 'none', or choose a larger input_size or "
                    "fewer conv_channels."
                )
            pooling = Subsampling(channels) if pool == "subsample" else POOLS[pool](2)
            height, width = height // 2, width // 2
            self.convolutional.add_module(name, pooling)
            self._describe(name, f"{pool} pooling", pooling, (channels, height, width))
        if pool in ("none", "subsample") or (pool == "max" and squash in MONOTONE):
            self.convolutional.add_module(f"{name}_{squash}", ACTIVATIONS[squash]())
        return channels, height, width

    def _add_full_layer(self, width: int, size: int, squash: str, rate: float) -> int:
        """Append a full layer and return its width."""
        name = f"F{len(self.layers) + 1}"
        layer = skip_init(FullLayer, width, size)
        self.hidden.add_module(name, layer)
        self.hidden.add_module(f"{name}_{squash}", ACTIVATIONS[squash]())
        if rate:
            self.hidden.add_module(f"{name}_dropout", Dropout(rate))
        self._describe(name, "full", layer, (size,))
        return size

    def _describe(self, name: str, kind: str, module: nn.Module, shape: tuple[int, ...]) -> None:
        n_parameters = sum(p.numel() for p in module.parameters())
        places = math.prod(shape[1:])  # a map's parameters are shared by all its pixels
        if "pooling" in kind:  # each unit sees 2×2 pixels and, in 1998, a bias
            n_connections = (4 + (n_parameters > 0)) * math.prod(shape)
        else:
            n_connections = n_parameters * places
        self.layers.append(Layer(name, kind, shape, n_parameters, n_connections))

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw new weights: Glorot's uniform, or the paper's ±2.4 / fan-in for "scaled_tanh"."""
        lecun = bool(self._squash) and set(self._squash) == {"scaled_tanh"}
        for module in self.modules():
            if isinstance(module, Subsampling):
                # The sum of 4 pixels × 1/4 is their mean. PAPER: ±2.4 / fan-in around zero.
                nn.init.constant_(module.weight, 0.25)
                nn.init.zeros_(module.bias)
            elif isinstance(module, SparseConv2d):
                fan_in = module.bias.new_zeros(module.out_channels).index_add(
                    0, module.targets, torch.ones_like(module.targets, dtype=torch.float32)
                )[module.targets] * module.kernel_size**2  # fmt: skip
                with torch.no_grad():
                    module.weight.uniform_(-1, 1, generator=generator)
                    module.weight.mul_((2.4 / fan_in).view(-1, 1, 1))
                nn.init.zeros_(module.bias)
            elif isinstance(module, nn.Conv2d | nn.Linear):
                if lecun:
                    bound = 2.4 / math.prod(module.weight.shape[1:])
                    nn.init.uniform_(module.weight, -bound, bound, generator=generator)
                else:
                    nn.init.xavier_uniform_(module.weight, generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def set_generator(self, generator: torch.Generator | None) -> None:
        """Let dropout draw from `generator`; None: from torch's global one."""
        for module in self.modules():
            if isinstance(module, Dropout):
                module.generator = generator

    def prepare(self, x: Tensor) -> Tensor:
        """Bring pixels to the network's size and to zero mean and unit variance.

        **Shape**: ``(n, channels, height, width)`` in, ``(n, channels, *input_size)`` out.
        """
        x = x.to(self.pixel_mean.dtype)
        size = tuple(x.shape[-2:])
        if size != self.input_size:
            if self.resize == "pad":
                top, left = ((new - old) // 2 for new, old in zip(self.input_size, size))  # noqa: B905
                bottom = self.input_size[0] - size[0] - top
                x = F.pad(x, (left, self.input_size[1] - size[1] - left, top, bottom))
            else:
                shrinks = any(new < old for new, old in zip(self.input_size, size))  # noqa: B905
                x = F.interpolate(x, self.input_size, mode="bilinear", antialias=shrinks)
        return (x - self.pixel_mean) / self.pixel_std

    def _convolve(self, x: Tensor) -> Tensor:
        """Return the last maps; a first convolution of few maps is pooled in the same step."""
        layers = list(self.convolutional)
        if len(layers) > 1 and can_pool_while_convolving(layers[0], layers[1], x):
            first: Any = layers[0]
            x = convolve_and_pool(x, first.weight, first.bias, first.padding)
            layers = layers[2:]
        for layer in layers:
            x = layer(x)
        return x

    def _features(self, x: Tensor) -> Tensor:
        """Return the values of the last full layer, in double precision when a CPU predicts.

        The matrix products of a CPU round differently with the number of rows. In double
        precision that is far below what single precision shows, so that a prediction does not
        depend on the images that come along with it.
        """
        n = len(x)
        if self.training or x.device.type != "cpu":
            return self.hidden(self._convolve(self.prepare(x)).flatten(1))
        x = self.prepare(x)
        if n < _LEAST_IMAGES:
            x = x.repeat(_LEAST_IMAGES, 1, 1, 1)
        return self.hidden(self._convolve(x)[:n].flatten(1).double())  # (n, n_features)

    def features(self, x: Tensor) -> Tensor:
        """Return the values of the last full layer (F6).

        **Shape**: ``(n, channels, height, width)`` in, ``(n, n_features)`` out.
        """
        return self._features(x).to(self.pixel_mean.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits.

        **Shape**: ``(n, channels, height, width)`` in, ``(n, n_classes)`` out.
        """
        logits: Tensor = self.output(self._features(x))
        return logits.to(self.pixel_mean.dtype)


def _input_size(
    image: tuple[int, int], size: int | tuple[int, int] | None, resize: str, *, enlarge: bool
) -> tuple[int, int]:
    if size is None:
        least = _NATIVE_SIDE if enlarge else 1
        return max(image[0], least), max(image[1], least)
    both = sizes("input_size", (size, size) if isinstance(size, int) else size)
    if len(both) != 2:
        raise ValueError(f"input_size must be an int or (height, width). Got {size!r}.")
    height, width = both
    if resize == "pad" and (height < image[0] or width < image[1]):
        raise ValueError(
            f"input_size must be at least the image's {image[0]}×{image[1]} with resize='pad'. "
            f"Got {size!r}. Set resize='bilinear' to shrink images."
        )
    return height, width


def _rates(dropout: list[float]) -> list[float]:
    for rate in dropout:
        if not isinstance(rate, int | float) or not 0 <= rate < 1:
            raise ValueError(f"dropout must be in [0, 1). Got {rate!r}.")
    return dropout


def _paddings(
    padding: int | str | Sequence[int | str], kernels: Sequence[int], size: tuple[int, int]
) -> list[int | str]:
    """Resolve "auto" and "valid": each entry becomes an int or "same"."""
    resolved: list[int | str] = []
    for i, pad in enumerate(per_layer("padding", padding, len(kernels))):
        if pad == "auto":
            resolved.append(kernels[i] // 2 if i == 0 and min(size) < _BORDERED_SIDE else 0)
        elif pad not in ("same", "valid") and not (isinstance(pad, int) and pad >= 0):
            raise ValueError(
                "padding must be 'auto', 'same', 'valid' or an int of 0 or more for each "
                f"convolution. Got {pad!r}."
            )
        else:
            resolved.append(0 if pad == "valid" else pad)
    return resolved


def _convolved(side: int, kernel: int, pad: int | str, name: str, maps: tuple[int, ...]) -> int:
    """Side of a map after a convolution."""
    if pad == "same":
        return side
    assert isinstance(pad, int)
    if kernel > side:
        raise ValueError(
            f"kernel_size={kernel} is larger than what {name} sees: maps of {maps[1]}×{maps[2]} "
            "pixels. Choose a smaller kernel_size, a larger input_size, padding='same' or fewer "
            "conv_channels."
        )
    return side + 2 * pad - kernel + 1
