"""How a network is trained, as one value."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lenet_sklearn._training.schedule import WARM_UP, auto_batch_size, auto_epochs


@dataclass(frozen=True)
class Stopping:
    """When training stops early; see `EarlyStopping`."""

    monitor: str
    patience: float
    tol: float


@dataclass(frozen=True)
class Recipe:
    """Optimiser, learning rate, length and loss of a fit.

    Parameters
    ----------
    optimizer : {"adamw", "adam", "sgd"}
    lr : float
        Peak learning rate.
    weight_decay : float
    lr_schedule : str
        A key of `SCHEDULES`.
    n_epochs : int
        Passes over the data, at most.
    n_cycle : int
        Passes over which the learning rate moves; it stays as it is after them.
    batch_size : int
    label_smoothing : float
    loss : {"cross-entropy", "map"}
    stopping : Stopping or None
        None trains for all epochs.
    freeze : {"conv"} or None
        Layers that are kept as they are.
    augmentation : str, callable or None
        Distorts each training batch.
    device : str
        As given to the classifier.
    resumable : bool
        Whether pickles keep the state of the optimiser.
    """

    optimizer: str
    lr: float
    weight_decay: float
    lr_schedule: str
    n_epochs: int
    n_cycle: int
    batch_size: int
    label_smoothing: float
    loss: str
    stopping: Stopping | None
    freeze: str | None
    augmentation: str | Callable | None
    device: str
    resumable: bool

    @property
    def undone_smoothing(self) -> float:
        """Share of the targets that probabilities are to be freed of."""
        return self.label_smoothing if self.loss == "cross-entropy" else 0.0

    @property
    def n_warm_up(self) -> int:
        """Epochs in which the learning rate rises."""
        return math.ceil(WARM_UP * self.n_cycle) if self.lr_schedule == "one-cycle" else 0

    def to_keep(self) -> Recipe:
        """Return what a trained net keeps: no function of the user, which pickles may refuse."""
        return replace(self, augmentation=None)


def make_recipe(
    params: Mapping[str, Any],
    n_samples: int,
    *,
    share_of_epochs: float = 1.0,
    one_pass: bool = False,
) -> Recipe:
    """Say how to train on so many samples; `one_pass` is one call of `partial_fit`."""
    distorted = isinstance(params["augmentation"], str)
    auto = auto_epochs(n_samples, share=share_of_epochs, augmented=distorted)
    n_epochs = auto if params["max_epochs"] == "auto" else int(params["max_epochs"])
    batch_size, stopping = params["batch_size"], None
    if params["early_stopping"] and not one_pass:
        stopping = Stopping(params["monitor"], params["n_iter_no_change"], params["tol"])
    if one_pass:
        n_epochs = 1
    return Recipe(
        optimizer=params["optimizer"],
        lr=float(params["lr"]) * _share_of_rate(params, one_pass),
        weight_decay=float(params["weight_decay"]),
        lr_schedule="constant" if one_pass else params["lr_schedule"],
        n_epochs=n_epochs,
        # Early stopping may end at any epoch, so the rate falls within the automatic length.
        n_cycle=n_epochs if stopping is None else min(n_epochs, auto),
        batch_size=auto_batch_size(n_samples) if batch_size == "auto" else int(batch_size),
        label_smoothing=float(params["label_smoothing"]),
        loss="map" if params["output"] == "rbf" else "cross-entropy",
        stopping=stopping,
        freeze=params["freeze"],
        augmentation=params["augmentation"],
        device=params["device"],
        resumable=bool(params["warm_start"] or one_pass),
    )


def _share_of_rate(params: Mapping[str, Any], one_pass: bool) -> float:
    """Return by what `lr` is multiplied: trained weights are soon lost at the full rate."""
    if one_pass:
        return 0.1
    return 1.0 if params["pretrained"] is None else 0.5
