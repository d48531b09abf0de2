"""LeNet-5 in plain torch: the network that the peers train."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn


def plain_network(*, pool_first: bool = False, smooth: bool = False) -> nn.Sequential:
    """LeNet-5 as people write it: 61,706 parameters on 28×28 pixels and 10 classes.

    With ReLU and max pooling, which torch computes much faster than the SiLU and average pooling
    of `smooth`, the default of LeNet5Classifier.
    """
    squash: type[nn.Module] = nn.SiLU if smooth else nn.ReLU
    squash_and_pool = (squash(), nn.AvgPool2d(2) if smooth else nn.MaxPool2d(2))
    halve = squash_and_pool[::-1] if pool_first else squash_and_pool
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        *halve,
        nn.Conv2d(6, 16, kernel_size=5),
        *halve,
        nn.Flatten(),
        nn.Linear(400, 120),
        squash(),
        nn.Linear(120, 84),
        squash(),
        nn.Linear(84, 10),
    )


@torch.inference_mode()
def accuracy(network: nn.Module, images: Tensor, y: np.ndarray) -> float:
    """Share of `images` that the network puts into their class."""
    network.eval()
    hits = [network(chunk).argmax(1).numpy() for chunk in images.split(1000)]
    return float((np.concatenate(hits) == y).mean())
