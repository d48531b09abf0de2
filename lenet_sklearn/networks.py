"""LeNet-5 as one module, from the feed-forward network to the original of 1998."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils import skip_init

from lenet_sklearn._network.architecture import Architecture, Layer
from lenet_sklearn._network.layers import (
    ACTIVATIONS,
    GAIN,
    LECUN1998_CONNECTIONS,
    MONOTONE,
    POOLS,
    ROUNDED,
    SMOOTH,
    Dropout,
    EuclideanRBF,
    FullLayer,
    SparseConv2d,
    Subsampling,
    separated_codes,
)

# torch uses another algorithm for a single image, with other rounding errors.
_LEAST_IMAGES = 2
# CPUs compute so many values at once, and the rest of a tensor with other rounding errors.
_AT_ONCE = 32


class LeNet5(nn.Module):
    """The convolutional network of LeCun et al. (1998) and its modern variants.

    Layers are named as in the paper: C1, S2, C3, S4 … for convolutions and pooling, F5, F6 …
    for the full layers. Pixels are standardised inside, with `pixel_mean` and `pixel_std`.

    Parameters
    ----------
    n_classes : int, default=10
        Number of outputs.
    image_shape : (int, int, int), default=(1, 28, 28)
        Channels, height and width of an image.
    codes : Tensor of shape (n_classes, hidden_layer_sizes[-1]), default=None
        Codes of the classes for ``output="rbf"``; None: well-separated ±1 rows.
    generator : torch.Generator, default=None
        Source of the initial weights; None: torch's global one.
    **choices
        The layers, by the parameters of :class:`LeNet5Classifier`: `conv_channels`, `kernel_size`,
        `padding`, `pooling`, `activation`, `hidden_layer_sizes`, `dropout`, `connectivity`,
        `output`, `input_size` and `resize`.

    Attributes
    ----------
    architecture : Architecture
        All choices and the layers that follow from them.

    Raises
    ------
    ValueError
        If a choice is not valid, or the layers do not fit the image.

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
        codes: Tensor | None = None,
        generator: torch.Generator | None = None,
        **choices: Any,
    ) -> None:
        super().__init__()
        self.architecture = architecture = Architecture(n_classes, image_shape, **choices)
        self.register_buffer("pixel_mean", torch.zeros(image_shape[0], 1, 1))
        self.register_buffer("pixel_std", torch.ones(image_shape[0], 1, 1))
        self.convolutional = nn.Sequential()
        self.hidden = nn.Sequential()
        for layer, following in pairwise(architecture.layers):
            if layer.kind.endswith("convolution"):
                self._add_convolution(layer, following)
            elif layer.kind == "full":
                self._add_full_layer(layer)
        last = architecture.layers[-1]
        self.n_features = last.input_shape[0]
        self.output: nn.Module
        if last.kind == "RBF":
            self.output = EuclideanRBF(
                separated_codes(n_classes, self.n_features) if codes is None else codes
            )
        else:
            self.output = skip_init(FullLayer, self.n_features, n_classes)
        self.reset_parameters(generator)

    def _add_convolution(self, layer: Layer, following: Layer) -> None:
        """Append a convolution, its pooling and its activation, in the fastest equivalent order."""
        channels, maps, kernel = (
            layer.input_shape[0],
            layer.output_shape[0],
            layer.tensors["weight"],
        )
        conv: nn.Module
        if layer.kind == "sparse convolution":
            conv = SparseConv2d(channels, LECUN1998_CONNECTIONS, kernel[-1], layer.padding)
        else:
            conv = skip_init(nn.Conv2d, channels, maps, kernel[-1], padding=layer.padding)
        kind, _, pooled = following.kind.partition(" ")
        squash = ACTIVATIONS[layer.activation]
        named = {layer.name: conv, f"{layer.name}_{layer.activation}": squash()}
        if pooled == "pooling":
            pool = Subsampling(maps) if kind == "subsample" else POOLS[kind](2)
            # For a monotone function, the maximum can come first: then a quarter of the work is
            # left.
            last = kind == "max" and layer.activation in MONOTONE
            if last:
                named.popitem()
            named[following.name] = pool
            if last or kind == "subsample":
                named[f"{following.name}_{layer.activation}"] = squash()
        for name, module in named.items():
            self.convolutional.add_module(name, module)

    def _add_full_layer(self, layer: Layer) -> None:
        full = skip_init(FullLayer, layer.input_shape[0], layer.output_shape[0])
        self.hidden.add_module(layer.name, full)
        self.hidden.add_module(f"{layer.name}_{layer.activation}", ACTIVATIONS[layer.activation]())
        if layer.dropout:
            self.hidden.add_module(f"{layer.name}_dropout", Dropout(layer.dropout))

    def reset_parameters(self, generator: torch.Generator | None = None) -> None:
        """Draw new weights: Glorot's uniform; orthogonal ones for "silu" and "gelu"; the paper's.

        The paper's, for "scaled_tanh", are uniform within ±2.4 / fan-in. An activation decides if
        it is that of all layers.

        Parameters
        ----------
        generator : torch.Generator, default=None
            Source of the weights; None: torch's global one.
        """
        activations = {layer.activation for layer in self.architecture.layers} - {""}
        lecun = activations == {"scaled_tanh"}
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
                elif activations <= SMOOTH:
                    nn.init.orthogonal_(module.weight, GAIN, generator=generator)
                else:
                    nn.init.xavier_uniform_(module.weight, generator=generator)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def resize(self, x: Tensor) -> Tensor:
        """Bring images to the size of the network's input.

        Parameters
        ----------
        x : Tensor of shape (n, channels, height, width)
            Images of any real dtype.

        Returns
        -------
        resized : Tensor of shape (n, channels, height_in, width_in)
            In the dtype of the network.
        """
        x = x.to(self.pixel_mean.dtype)
        size, wanted = tuple(x.shape[-2:]), self.architecture.network_input
        if size != wanted:
            if self.architecture.resize == "pad":
                top, left = ((new - old) // 2 for new, old in zip(wanted, size))  # noqa: B905
                bottom = wanted[0] - size[0] - top
                x = F.pad(x, (left, wanted[1] - size[1] - left, top, bottom))
            else:
                shrinks = any(new < old for new, old in zip(wanted, size))  # noqa: B905
                x = F.interpolate(x, wanted, mode="bilinear", antialias=shrinks)
        return x

    def prepare(self, x: Tensor) -> Tensor:
        """Resize images to the network's input, and standardise them to mean 0 and variance 1.

        Parameters
        ----------
        x : Tensor of shape (n, channels, height, width)
            Images of any real dtype.

        Returns
        -------
        prepared : Tensor of shape (n, channels, height_in, width_in)
            What the first layer sees.
        """
        return (self.resize(x) - self.pixel_mean) / self.pixel_std

    def _convolve(self, x: Tensor) -> Tensor:
        """Return the last maps."""
        exact = x.device.type == "cpu" and not self.training
        for layer in self.convolutional:
            uneven = x[0].numel() % _AT_ONCE or torch.get_num_threads() > 1
            wide = exact and uneven and isinstance(layer, ROUNDED)
            x = layer(x.double()).to(x.dtype) if wide else layer(x)
        return x

    def flat_maps(self, x: Tensor) -> Tensor:
        """Return what the first full layer sees, in double precision when a CPU predicts.

        CPUs round matrix products differently with the number of rows, and some activations
        differently at the ends of a tensor. In double precision that is far below what single
        precision shows. So a prediction does not depend on the other images of its batch.

        Parameters
        ----------
        x : Tensor of shape (n, channels, height, width)
            Images of any real dtype.

        Returns
        -------
        maps : Tensor of shape (n, n_values)
            The last maps, as rows.
        """
        n = len(x)
        x = self.prepare(x)
        if self.training or x.device.type != "cpu":
            return self._convolve(x).flatten(1)
        if n < _LEAST_IMAGES:
            x = x.repeat(_LEAST_IMAGES, 1, 1, 1)
        return self._convolve(x)[:n].flatten(1).double()

    def _features(self, x: Tensor) -> Tensor:
        """Return the values of the last full layer, in the precision of `flat_maps`."""
        features: Tensor = self.hidden(self.flat_maps(x))
        return features

    def features(self, x: Tensor) -> Tensor:
        """Return the values of the last full layer (F6).

        Parameters
        ----------
        x : Tensor of shape (n, channels, height, width)
            Images of any real dtype.

        Returns
        -------
        features : Tensor of shape (n, n_features)
            In the dtype of the network.
        """
        return self._features(x).to(self.pixel_mean.dtype)

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        x : Tensor of shape (n, channels, height, width)
            Images of any real dtype.

        Returns
        -------
        logits : Tensor of shape (n, n_classes)
            In the dtype of the network.
        """
        logits: Tensor = self.output(self._features(x))
        return logits.to(self.pixel_mean.dtype)
