"""One fit of a network: the net, its rates and its callbacks, put together and run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from skorch.callbacks import Callback

from lenet_sklearn._messages import count
from lenet_sklearn._training.batches import Batches
from lenet_sklearn._training.callbacks import EarlyStopping, LearningRate, SklearnCallbacks
from lenet_sklearn._training.checkpoint import Checkpoint
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.schedule import SCHEDULES
from lenet_sklearn.networks import LeNet5


@dataclass
class Fit:
    """What one call of ``fit`` or ``partial_fit`` trains on, and for how long.

    Parameters
    ----------
    train, valid : Batches
        Training and, where there are any, validation data.
    n_epochs : int
        Passes over the training data.
    lr_schedule : str
        Name of the rates' schedule.
    early_stopping : EarlyStopping, default=None
    sklearn_callbacks : SklearnCallbacks, default=None
    checkpoint : Checkpoint, default=None
    callbacks : sequence of skorch callbacks
        The user's own.
    n_cycle : int, default=None
        Epochs over which the learning rate moves; None: all.
    """

    train: Batches
    valid: Batches | None
    n_epochs: int
    lr_schedule: str
    early_stopping: EarlyStopping | None = None
    sklearn_callbacks: SklearnCallbacks | None = None
    checkpoint: Checkpoint | None = None
    callbacks: Sequence[Any] = ()
    n_cycle: int | None = None

    def run(
        self,
        module: LeNet5,
        settings: dict[str, Any],
        *,
        previous: TrainingNet | None = None,
        verbose: int = 0,
    ) -> TrainingNet:
        """Train `module` and return the net that holds it.

        Parameters
        ----------
        module : LeNet5
            Trained in place.
        settings : dict
            Of the net.
        previous : TrainingNet, default=None
            An earlier fit of the same module, whose optimiser and history go on.
        """
        rates = LearningRate(
            settings["lr"],
            SCHEDULES[self.lr_schedule],
            (self.n_cycle or self.n_epochs) * self.train.n_batches,
        )
        for callback in self.callbacks:
            if not hasattr(callback, "on_epoch_end"):
                raise TypeError(
                    "callbacks must hold instances of skorch callbacks. "
                    f"Got {callback!r}. Inherit from skorch.callbacks.Callback; callbacks of "
                    "scikit-learn go to set_callbacks()."
                )
        # The user's come last: one that ends the training ends it after ours have seen the epoch.
        own = (rates, self.early_stopping, self.sklearn_callbacks)
        if self.checkpoint is not None:
            self.checkpoint.rates, self.checkpoint.early_stopping = rates, self.early_stopping
        callbacks: list[Callback] = [c for c in own if c is not None]
        net = TrainingNet(
            module,
            settings=settings,
            callbacks=[*callbacks, *self.callbacks],
            max_epochs=self.n_epochs,
            verbose=verbose,
        )
        net.initialize()
        if previous is not None:
            net.optimizer_.load_state_dict(previous.optimizer_.state_dict())
            net.history.extend(previous.history)
        net.n_before = len(net.history)
        net.valid_batches = self.valid
        net.checkpoint = self.checkpoint
        try:
            net.partial_fit(self.train)
        except torch.OutOfMemoryError as error:
            raise MemoryError(
                f"The memory of the device {net.device} does not hold batches of "
                f"{count(self.train.batch_size, 'image')} beside the data. Set a smaller "
                f"batch_size, or device='cpu'. ({error})"
            ) from error
        finally:  # a model that was there before is for use, whatever happened
            net.module_.eval()
            net.module_.set_generator(None)
        net.valid_batches = net.checkpoint = None  # the data is not the model's to keep
        return net
