"""From parameters and checked data to all that `train` needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet_sklearn._images.statistics import PixelStatistics
from lenet_sklearn._network.architecture import CHOICES, NATIVE_SIDE, SMALL_SIDE, Architecture
from lenet_sklearn._training.build import build_network, check_same_network
from lenet_sklearn._training.checkpoint import Checkpoint, describe_fit
from lenet_sklearn._training.data import (
    Given,
    Randomness,
    Rows,
    Samples,
    TrainingData,
    draw_seed,
)
from lenet_sklearn._training.devices import resolve_device
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.recipe import Recipe, make_recipe
from lenet_sklearn._training.workers import one_thread
from lenet_sklearn.networks import LeNet5


@dataclass(frozen=True)
class Earlier:
    """An earlier fit that goes on: its net, and the pixels that it was fitted on."""

    net: TrainingNet
    pixels: PixelStatistics


@dataclass(frozen=True)
class FitPlan:
    """What `train` is called with."""

    network: LeNet5
    data: TrainingData
    recipe: Recipe
    checkpoint: Checkpoint | None


def plan_fit(
    params: Mapping[str, Any],
    given: Given,
    samples: Samples,
    validation: tuple[np.ndarray, np.ndarray] | None,
    classes: np.ndarray,
    *,
    earlier: Earlier | None,
    one_pass: bool,
) -> FitPlan:
    """Make network, data, recipe and checkpoint of a fit from checked parameters and data."""
    split = params["early_stopping"] and not one_pass and params["monitor"].startswith("valid")
    held_out = params["validation_fraction"] if split and validation is None else 0.0
    seed, checkpoint = draw_seed(params["random_state"]), None
    if params["checkpoint_dir"] is not None and not one_pass:
        start = None if earlier is None else earlier.net.module_.parameters()
        identity = describe_fit(params, vars(given), start)
        checkpoint = Checkpoint(params["checkpoint_dir"], identity, seed)
        seed = checkpoint.seed
    # A continued fit with the same seed must not repeat the order of images and the dropout.
    n_before = 0 if earlier is None else len(earlier.net.history)
    random = Randomness.from_seed(seed, resolve_device(params["device"]), n_before=n_before)
    # Each distortion of a repeated sample is another one.
    merge = params["augmentation"] is None
    rows = Rows.choose(samples, classes, held_out, seed, merge=merge)
    architecture = plan_network(params, samples.layout.image_shape, len(classes))
    recipe = make_recipe(
        params,
        rows.count(samples),
        share_of_epochs=architecture.share_of_epochs,
        one_pass=one_pass,
    )
    data = TrainingData.make(
        samples, rows, validation, recipe, random,
        pixels=None if earlier is None else earlier.pixels,
    )  # fmt: skip
    if earlier is not None:
        network = check_same_network(earlier.net.module_, architecture)
    else:
        with one_thread():
            network = build_network(
                architecture, classes, data.pixels, random.order,
                pixel_levels=params["pixel_levels"], pretrained=params["pretrained"],
                freeze=params["freeze"],
            )  # fmt: skip
    return FitPlan(network, data, recipe, checkpoint)


def plan_network(
    params: Mapping[str, Any], image_shape: tuple[int, int, int], n_classes: int
) -> Architecture:
    """Return the architecture that a fit asks for."""
    choices = {name: params[name] for name in CHOICES}
    small = max(image_shape[1:]) <= SMALL_SIDE
    if params["pretrained"] is not None and choices["input_size"] is None and small:
        choices["input_size"] = NATIVE_SIDE  # that of the shipped weights
    return Architecture(n_classes, image_shape, **choices)
