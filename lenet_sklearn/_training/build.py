"""Make the network of a fit: its weights drawn or shipped, its pixels standardised."""

from __future__ import annotations

import numpy as np
import torch

from lenet_sklearn._images.statistics import PixelStatistics, check_levels
from lenet_sklearn._messages import warn
from lenet_sklearn._network.architecture import Architecture
from lenet_sklearn._network.character_codes import character_codes
from lenet_sklearn._training.shipped_weights import read_shipped
from lenet_sklearn.networks import LeNet5

# A network with more parameters is probably a mistake.
_LARGE = 10_000_000


def build_network(
    architecture: Architecture,
    classes: np.ndarray,
    pixels: PixelStatistics,
    generator: torch.Generator,
    *,
    pixel_levels: tuple[float, float] | None,
    pretrained: str | None,
    freeze: str | None,
) -> LeNet5:
    """Make a network for these classes and pixels, with drawn or shipped weights."""
    shipped = None if pretrained is None else read_shipped(pretrained)
    if shipped is not None:
        shipped.check_architecture(architecture)
    elif freeze is not None:
        raise ValueError(
            f"freeze={freeze!r} keeps convolutions that have learned something. Got "
            "pretrained=None and a first fit. Set pretrained, or freeze=None for the first fit "
            "and go on from it with warm_start=True or partial_fit."
        )
    _warn_of_size(architecture)
    codes = character_codes(classes.tolist()) if architecture.output == "rbf" else None
    if codes is not None and codes.shape[1:] != architecture.layers[-1].input_shape:
        codes = None  # the last hidden layer has no room for characters
    network = LeNet5(**architecture.arguments(), codes=codes, generator=generator)
    if shipped is not None:
        shipped.copy_to(network, classes)
    levels = check_levels(pixel_levels)
    mean, std = pixels.standard() if levels is None else pixels.scale_to(levels)
    network.pixel_mean.copy_(torch.from_numpy(mean))
    network.pixel_std.copy_(torch.from_numpy(std))
    return network


def check_same_network(network: LeNet5, architecture: Architecture) -> LeNet5:
    """Return the network to go on with, or raise ValueError if a choice has changed."""
    for name, value in architecture.choices().items():
        made = getattr(network.architecture, name)
        if value != made:
            raise ValueError(
                f"{name} changed from {made!r} to {value!r} since the network was made, and "
                "training goes on with that network. Set warm_start=False and fit again, or set "
                "it back."
            )
    return network


def _warn_of_size(architecture: Architecture) -> None:
    """Warn where a network is far too large for what it does."""
    if architecture.n_parameters > _LARGE:
        height, width = architecture.network_input
        warn(
            f"The network has {architecture.n_parameters:,} parameters, most of them in its first "
            f"full layer, for images of {height}×{width} pixels. Training will be slow and take "
            "much memory. Set input_size=64 or less, which shrinks the images."
        )
