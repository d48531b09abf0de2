"""The images that the benchmarks train on."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from _arguments import fail
from torch import Tensor, nn


@dataclass
class Data:
    """Training and test images, ``(n, 784)`` uint8, and their labels."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def load(args: argparse.Namespace) -> Data:
    """Load what ``--data`` and ``--limit`` name, or leave with one line that says what to do."""
    if args.data == "digits":
        data = _enlarged_digits()
    else:
        data = Data(*fetch("mnist", "train"), *fetch("mnist", "test"))
    data.X, data.y = data.X[: args.limit], data.y[: args.limit]
    return data


def fetch(name: str, subset: Literal["train", "test"]) -> tuple[np.ndarray, np.ndarray]:
    """Fetch a part of MNIST or Fashion-MNIST, or leave with one line that says what to do."""
    from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist

    fetcher = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}[name]
    try:
        return fetcher(subset=subset, return_X_y=True)
    except (OSError, ValueError) as error:
        raise fail(
            f"{name} could not be loaded: {str(error).splitlines()[0]} Set LENET_SKLEARN_DATA to "
            f"a folder that holds {name}/, or pass --data digits."
        ) from error


def _enlarged_digits() -> Data:
    """Scikit-learn's digits at the size and in the dtype of MNIST: 1,437 and 360 images."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    small = torch.from_numpy(X.reshape(-1, 1, 8, 8)).float() * (255 / 16)
    large = nn.functional.interpolate(small, (28, 28), mode="bilinear").round().to(torch.uint8)
    X_train, X_test, y_train, y_test = train_test_split(
        large.reshape(len(X), 784).numpy(), y, test_size=0.2, stratify=y, random_state=0
    )
    return Data(X_train, y_train, X_test, y_test)


def as_tensor(X: np.ndarray, like: np.ndarray | None = None) -> Tensor:
    """Standardise once, by the pixels of `like`: float32 ``(n, 1, 28, 28)``."""
    like = X if like is None else like
    images = torch.from_numpy(X.astype(np.float32)).view(-1, 1, 28, 28)
    return (images - float(like.mean())) / float(like.std())
