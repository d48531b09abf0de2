"""The images that reproductions and studies train on, and test on."""

from __future__ import annotations

import os
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from lenet_sklearn import datasets
from lenet_sklearn._files.hashing import hash_data

# Of a quick run: enough to see that everything works, too few for any figure.
QUICK_TRAIN, QUICK_TEST = 300, 200


class ImageSet(NamedTuple):
    """A training set and the test set that nothing is chosen on, ``(n, 784)`` uint8 and labels."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


class ImageSets:
    """Load each data set once; `quick` leaves only its first few hundred images."""

    def __init__(self, data_home: str | os.PathLike[str] | None, *, quick: bool) -> None:
        self.data_home, self.quick = data_home, quick
        self.load, self.fingerprint = cache(self._load), cache(self._fingerprint)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let each process load its own images, once for all its jobs."""
        return _in_this_process, (self.data_home, self.quick)

    def _fingerprint(self, name: str) -> list[str]:
        """Say which images these are."""
        return [hash_data(part) for part in self.load(name)]

    def _load(self, name: str, via_csv: bool = False) -> ImageSet:
        """Load "mnist" or "fashion-mnist", on demand by way of CSV files; or "digits"."""
        # The digits of scikit-learn have no test set: all are for training, until `draw_few`.
        if via_csv:
            X, y, X_test, y_test = self.load(name)
            return ImageSet(*through_csv(X, y), *through_csv(X_test, y_test))
        if name == "digits":
            X, y = datasets.load_digits_images(return_X_y=True)
            return ImageSet(X, y, X[:0], y[:0])
        fetch = {"mnist": datasets.fetch_mnist, "fashion-mnist": datasets.fetch_fashion_mnist}[name]
        X, y = fetch(subset="train", data_home=self.data_home, return_X_y=True)
        X_test, y_test = fetch(subset="test", data_home=self.data_home, return_X_y=True)
        if self.quick:
            X, y = X[:QUICK_TRAIN], y[:QUICK_TRAIN]
            X_test, y_test = X_test[:QUICK_TEST], y_test[:QUICK_TEST]
        return ImageSet(X, y, X_test, y_test)


@cache
def _in_this_process(data_home: str | os.PathLike[str] | None, quick: bool) -> ImageSets:
    return ImageSets(data_home, quick=quick)


def draw_few(images: ImageSet, n_per_class: int, seed: int) -> ImageSet:
    """Draw a few training images of each class; all the others are for the test."""
    order = np.random.default_rng(seed).permutation(len(images.y))
    chosen = [order[images.y[order] == label][:n_per_class] for label in np.unique(images.y)]
    few = np.sort(np.concatenate(chosen))
    rest = np.setdiff1d(np.arange(len(images.y)), few)
    return ImageSet(images.X[few], images.y[few], images.X[rest], images.y[rest])


def through_csv(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Write images to a CSV file as ``mnist_train.csv`` has them, and read them back."""
    side = round(X.shape[1] ** 0.5)
    frame = pd.DataFrame(X, columns=[f"{i + 1}x{j + 1}" for i in range(side) for j in range(side)])
    frame.insert(0, "label", y)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.csv")
        frame.to_csv(path, index=False)
        return datasets.read_csv_images(path, "label", return_X_y=True)
