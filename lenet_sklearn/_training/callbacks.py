"""What happens around batches and epochs: rates, early stopping, scikit-learn's callbacks."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from skorch.callbacks import Callback

from lenet_sklearn._training.checkpoint import FitState
from lenet_sklearn._training.recipe import Stopping

MONITORS = ("valid_acc", "valid_loss", "train_acc", "train_loss")


class Resumable(Callback):
    """A callback with a state that a checkpoint keeps."""

    def get_state(self) -> FitState:
        """Return the state between two epochs."""
        raise NotImplementedError

    def set_state(self, state: FitState) -> None:
        """Go on from a state that `get_state` returned."""
        raise NotImplementedError


class LearningRate(Resumable):
    """Set the rate of each step, `peak` × `factor(step, n_steps)`; it stays after the last one."""

    def __init__(self, peak: float, factor: Callable[[int, int], float], n_steps: int) -> None:
        self.peak, self.factor, self.n_steps = peak, factor, n_steps

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Start at step 0."""
        self.step_ = 0

    def get_state(self) -> FitState:
        """Return the number of steps taken."""
        return FitState({}, {"step": self.step_})

    def set_state(self, state: FitState) -> None:
        """Go on from a state."""
        self.step_ = state.values["step"]

    def on_batch_begin(self, net: Any, *, training: bool, **kwargs: Any) -> None:
        """Set the rate of this step."""
        if training:
            rate = self.peak * self.factor(min(self.step_, self.n_steps - 1), self.n_steps)
            for group in net.optimizer_.param_groups:
                group["lr"] = rate
            self.step_ += 1


class EarlyStopping(Resumable):
    """Stop when the monitored value has not improved for a while, and restore the best weights."""

    # Losses must fall, accuracies must rise. Patience counts the epochs after the warm-up.

    def __init__(self, stopping: Stopping, n_warm_up: int = 0) -> None:
        self.monitor, self.patience, self.tol = stopping.monitor, stopping.patience, stopping.tol
        self.n_warm_up = n_warm_up

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        """Forget earlier fits."""
        self.best_, self.threshold_, self.waited_ = float("-inf"), float("-inf"), 0
        self.best_weights_: dict[str, torch.Tensor] = {}

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Compare with the best so far."""
        value = net.history[-1, self.monitor]
        value = -value if self.monitor.endswith("loss") else value
        if value >= self.best_:  # the last of equal epochs had the lowest rate
            self.best_ = value
            self.best_weights_ = net.copy_weights()
        warming_up = net.n_finished <= self.n_warm_up
        if warming_up or value > self.threshold_ + self.tol:
            self.threshold_, self.waited_ = max(value, self.threshold_), 0
            return
        self.waited_ += 1
        net.stop_training |= self.waited_ >= self.patience

    def get_state(self) -> FitState:
        """Return the best weights, and what they are compared by."""
        names = ("best_", "threshold_", "waited_")
        return FitState(dict(self.best_weights_), {name: getattr(self, name) for name in names})

    def set_state(self, state: FitState) -> None:
        """Go on from a state."""
        self.best_weights_ = dict(state.tensors)
        for name, value in state.values.items():
            setattr(self, name, value)

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Take the best weights."""
        if self.best_weights_:
            net.module_.load_state_dict(self.best_weights_)


class EachEpoch(Callback):
    """Tell a function of each epoch: its row of the history, epochs finished, epochs planned."""

    # It is told when the next epoch begins: Ctrl-C in a callback at the end of an epoch would be
    # taken for its wish to end the training, and a checkpoint would keep that.

    lenet_sklearn_name = "EachEpoch"  # who listens is no part of what a fit is

    def __init__(self, tell: Callable[[dict[str, Any], int, int], None]) -> None:
        self.tell = tell

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Tell of the epoch before this one, also of one that a checkpoint has kept."""
        if net.n_finished > 1:  # this one has its row already
            self.tell(_plain_row(net.history[-2]), net.n_finished - 1, net.max_epochs)

    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        """Tell of the last epoch."""
        if net.n_finished:
            self.tell(_plain_row(net.history[-1]), net.n_finished, net.max_epochs)


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "batches"}


class SklearnCallbacks(Callback):
    """Tell scikit-learn's callbacks of each epoch, and stop when one of them says so."""

    # `about` is what the hooks are given. `fitted` has the attributes that, with `net_`, make the
    # estimator a fitted one.

    def __init__(self, context: Any, about: dict[str, Any], fitted: dict[str, Any]) -> None:
        self.context, self.about, self.fitted = context, about, fitted

    def on_epoch_begin(self, net: Any, **kwargs: Any) -> None:
        """Open the epoch's own context."""
        self.epoch_ = self.context.subcontext(task_name="epoch")
        self.epoch_.call_on_fit_task_begin(**self.about)

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Close it, with a model as it would be if training ended here."""
        net.stop_training |= self.epoch_.call_on_fit_task_end(
            **self.about, reconstruction_attributes=lambda: {**self.fitted, "net_": deepcopy(net)}
        )


class EpochScores(Callback):
    """Tell a function the score of each epoch; the fit ends with what the function raises."""

    # It gets the number of finished epochs, that of all epochs, and the accuracy on X_val.

    def __init__(self, report: Callable[[int, int, float], None]) -> None:
        self.report = report

    def on_epoch_end(self, net: Any, **kwargs: Any) -> None:
        """Report the epoch."""
        self.report(net.n_finished, net.max_epochs, net.history[-1, "valid_acc"])
