"""Train a network: data and recipe in, a trained net out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from skorch.callbacks import Callback

from lenet_sklearn._messages import count
from lenet_sklearn._training.callbacks import EarlyStopping, LearningRate
from lenet_sklearn._training.checkpoint import Checkpoint
from lenet_sklearn._training.data import TrainingData
from lenet_sklearn._training.log import log_fit
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.recipe import Recipe
from lenet_sklearn._training.schedule import SCHEDULES
from lenet_sklearn._training.workers import n_parts, workers_for
from lenet_sklearn.networks import LeNet5


def train(
    network: LeNet5,
    data: TrainingData,
    recipe: Recipe,
    *,
    previous: TrainingNet | None = None,
    checkpoint: Checkpoint | None = None,
    watcher: Callback | None = None,
    callbacks: Sequence[Any] = (),
    verbose: int = 0,
) -> TrainingNet:
    """Train a network in place, and return the net that holds it.

    `previous` is an earlier fit of the same network, whose optimiser and history go on. `watcher`
    is told of each epoch before the user's `callbacks` are.
    """
    for callback in callbacks:
        if not hasattr(callback, "on_epoch_end"):
            raise TypeError(
                "callbacks must hold instances of skorch callbacks. "
                f"Got {callback!r}. Inherit from skorch.callbacks.Callback; callbacks of "
                "scikit-learn go to set_callbacks()."
            )
    data = data.resized_for(network)
    n_steps = recipe.n_cycle * data.train.n_batches
    own: list[Any] = [
        ("learning_rate", LearningRate(recipe.lr, SCHEDULES[recipe.lr_schedule], n_steps))
    ]
    if recipe.stopping is not None:
        own.append(("early_stopping", EarlyStopping(recipe.stopping, recipe.n_warm_up)))
    if watcher is not None:
        own.append(("watcher", watcher))
    # The user's callbacks come last: ours must see an epoch before one of them ends the training.
    net = TrainingNet(
        network,
        recipe=recipe.to_keep(),
        callbacks=[*own, *callbacks],
        max_epochs=recipe.n_epochs,
        verbose=verbose,
    )
    net.initialize()
    if previous is not None:
        net.continue_from(previous)
    device = network.pixel_mean.device
    try:
        at_once = n_parts(data.train.batch_size, device)
        with (
            frozen(network, recipe.freeze),
            workers_for(device, at_once) as workers,
            log_fit(net, data),
        ):
            net.partial_fit(data, checkpoint=checkpoint, workers=workers)
    except torch.OutOfMemoryError as error:
        raise MemoryError(
            f"The memory of the device {net.device} does not hold batches of "
            f"{count(data.train.batch_size, 'image')} beside the data. Set a smaller batch_size, "
            f"or device='cpu'. ({error})"
        ) from error
    finally:  # an earlier model stays usable after an error
        network.eval()
        if watcher is not None:  # it knows X, which a model must not keep in memory
            net.forget(watcher)
    return net


@contextmanager
def frozen(network: LeNet5, freeze: str | None) -> Iterator[None]:
    """Keep layers of a network as they are while it is trained; None keeps nothing."""
    if freeze is not None and not len(network.convolutional):
        raise ValueError(
            f"freeze={freeze!r} needs convolutions to keep. Got conv_channels="
            f"{network.architecture.conv_channels!r}. Set freeze=None."
        )
    # torch's optimisers do not change parameters without a gradient.
    network.convolutional.requires_grad_(freeze is None)
    try:
        yield
    finally:
        network.convolutional.requires_grad_(True)
