"""What a network is trained on, as one value."""

from __future__ import annotations

from dataclasses import dataclass
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
from lenet_sklearn.augmentation import AUGMENTATIONS, Distortion, make_augmentation


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
class TrainingData:
    """Batches to train on and to validate on, and the pixels that are in them.

    Parameters
    ----------
    train : Batches
    valid : Batches or None
    pixels : PixelStatistics
        Of the images that are trained on.
    random : Randomness
    distortion : Distortion or None
        A preset of augmentation, for each part of a batch.
    """

    train: Batches
    valid: Batches | None
    pixels: PixelStatistics
    random: Randomness
    distortion: Distortion | None = None

    @classmethod
    def make(
        cls,
        samples: Samples,
        validation: tuple[np.ndarray, np.ndarray] | None,
        recipe: Recipe,
        random: Randomness,
        *,
        classes: np.ndarray,
        held_out: float,
        pixels: PixelStatistics | None,
    ) -> TrainingData:
        """Cut the samples into batches, hold out a share, and measure pixels if they are None."""
        X, layout, y, weight = samples.X, samples.layout, samples.y, samples.weight
        device = random.on_device.device
        batches = partial(Batches, batch_size=recipe.batch_size, device=device)
        rows, valid = None, None
        if validation is not None:
            valid = batches(validation[0], layout_for(validation[0], layout), validation[1])
        elif held_out:
            rows, others = hold_out(y, classes, held_out, random.seed, weight)
            valid = batches(X, layout, y, weight=weight, rows=others)
        n_rows = len(X) if rows is None else len(rows)
        shuffle: torch.Generator | None = random.order
        if n_rows <= recipe.batch_size and recipe.augmentation is None:
            everything = np.arange(n_rows) if rows is None else rows
            rows, weight = merge_repeated(X, y, everything, weight)
            shuffle = None  # one batch has one order
        if pixels is None:
            pixels = measure_pixels(X, layout, y, weight=weight, rows=rows)
        augmentation, distortion = None, None
        if isinstance(recipe.augmentation, str):
            distortion = AUGMENTATIONS[recipe.augmentation]
        else:
            augmentation = make_augmentation(recipe.augmentation, random.on_device)
        train = batches(
            X, layout, y, weight=weight, rows=rows, shuffle=shuffle, augmentation=augmentation
        )
        return cls(train, valid, pixels, random, distortion)


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed for torch; None asks the operating system, not the global state."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
