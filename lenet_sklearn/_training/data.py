"""What a network is trained on, as one value."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from sklearn.utils import check_random_state

from lenet_sklearn._images.checks import hold_out
from lenet_sklearn._images.layout import ImageLayout, layout_for
from lenet_sklearn._images.statistics import PixelStatistics, measure_pixels
from lenet_sklearn._training.batches import Batches, merge_repeated
from lenet_sklearn._training.recipe import Recipe
from lenet_sklearn.augmentation import AUGMENTATIONS, Preset, with_generator
from lenet_sklearn.networks import LeNet5

# Up to so many rows, a fit finds repeated samples. So a weight has the effect of repetitions, to
# the last bit, as scikit-learn's own checks ask.
SMALL_SET = 1000
# Up to so many values, images of another size than the network's are resized once, and kept: 64 MB.
FEW_VALUES = 2**24


@dataclass(frozen=True)
class Given:
    """What the user passed to ``fit``, as it came."""

    X: Any
    y: Any
    sample_weight: Any = None
    X_val: Any = None
    y_val: Any = None


@dataclass(frozen=True)
class Randomness:
    """The generators of a fit, which global random states have no part in.

    Parameters
    ----------
    seed : int
        Of the hold-out.
    order : torch.Generator
        Draws initial weights and the order of the images, on the CPU.
    on_device : torch.Generator
        Draws dropout and distortions, on the device.
    """

    seed: int
    order: torch.Generator
    on_device: torch.Generator

    @classmethod
    def from_seed(cls, seed: int, device: torch.device, *, n_before: int = 0) -> Randomness:
        """Make the generators; epochs before this fit lead to other numbers."""
        order, on_device = torch.Generator(), torch.Generator(device)
        for generator in (order, on_device):
            generator.manual_seed(seed + n_before)
        return cls(seed, order, on_device)


@dataclass(frozen=True)
class Samples:
    """Checked images with coded labels.

    Parameters
    ----------
    X : ndarray of shape (n, …)
        As the user gave them.
    layout : ImageLayout
        How a row is an image.
    y : ndarray of shape (n,), dtype int64
        Class indices.
    weight : ndarray of shape (n,) or None
    """

    X: np.ndarray
    layout: ImageLayout
    y: np.ndarray
    weight: np.ndarray | None = None


@dataclass(frozen=True)
class Rows:
    """The rows of X that a fit trains on and holds out, and what each row counts.

    Parameters
    ----------
    train : ndarray or None
        None: all.
    valid : ndarray or None
        None: nothing is held out.
    weight : ndarray of shape (n,) or None
        Weights of all rows of X.
    """

    train: np.ndarray | None
    valid: np.ndarray | None
    weight: np.ndarray | None

    @classmethod
    def choose(
        cls, samples: Samples, classes: np.ndarray, held_out: float, seed: int, *, merge: bool
    ) -> Rows:
        """Hold out a share; `merge` replaces repeated samples of a small set by their weight."""
        train, valid, weight = None, None, samples.weight
        if held_out:
            train, valid = hold_out(samples.y, classes, held_out, seed, weight)
        given = np.arange(len(samples.X)) if train is None else train
        if merge and len(given) <= SMALL_SET:
            train, weight = merge_repeated(samples.X, samples.layout, samples.y, given, weight)
        return cls(train, valid, weight)

    def count(self, samples: Samples) -> int:
        """Return the number of rows to train on."""
        return len(samples.X) if self.train is None else len(self.train)


@dataclass(frozen=True)
class TrainingData:
    """Batches to train on and to validate on, and the pixels that are in them.

    Parameters
    ----------
    train : Batches
    valid : Batches or None
    pixels : PixelStatistics
        Of the images that are trained on.
    random : Randomness
    preset : callable or None
        A preset of augmentation, for each part of a batch.
    """

    train: Batches
    valid: Batches | None
    pixels: PixelStatistics
    random: Randomness
    preset: Preset | None = None

    @classmethod
    def make(
        cls,
        samples: Samples,
        rows: Rows,
        validation: tuple[np.ndarray, np.ndarray] | None,
        recipe: Recipe,
        random: Randomness,
        *,
        pixels: PixelStatistics | None,
    ) -> TrainingData:
        """Cut the samples into batches, and measure pixels if they are None."""
        X, layout, y = samples.X, samples.layout, samples.y
        device = random.on_device.device
        batches = partial(Batches, batch_size=recipe.batch_size, device=device)
        valid = None
        if validation is not None:
            valid = batches(validation[0], layout_for(validation[0], layout), validation[1])
        elif rows.valid is not None:
            valid = batches(X, layout, y, weight=samples.weight, rows=rows.valid)
        if pixels is None:
            pixels = measure_pixels(X, layout, y, weight=rows.weight, rows=rows.train)
        augmentation, preset = None, None
        if isinstance(recipe.augmentation, str):
            preset = AUGMENTATIONS[recipe.augmentation]
        elif recipe.augmentation is not None:
            augmentation = with_generator(recipe.augmentation, random.on_device)
        one_batch = rows.count(samples) <= recipe.batch_size and recipe.augmentation is None
        train = batches(
            X, layout, y, weight=rows.weight, rows=rows.train, augmentation=augmentation,
            shuffle=None if one_batch else random.order,  # one batch has one order
        )  # fmt: skip
        return cls(train, valid, pixels, random, preset)

    def resized_for(self, network: LeNet5) -> TrainingData:
        """Return the data with images of the network's size, where that takes little memory."""
        train, channels, *size = self.train, *network.architecture.image_shape
        wanted = network.architecture.network_input
        few = len(train) * channels * math.prod(wanted) <= FEW_VALUES
        distorted = self.preset is not None or train.augmentation is not None
        if tuple(size) == wanted or distorted or not few or train.device.type != "cpu":
            return self
        return replace(self, train=train.resized(network.resize))


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed for torch; None asks the operating system, not the global state."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
