"""The skorch net that trains a LeNet-5: batches in, no synchronisation until the epoch ends."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from skorch import NeuralNet
from skorch.callbacks import Callback, EpochTimer, PrintLog
from torch import Tensor

from lenet_sklearn._network.architecture import Architecture
from lenet_sklearn._network.layers import Dropout, dropout_from
from lenet_sklearn._training.backprop import Backpropagation
from lenet_sklearn._training.batches import Batches
from lenet_sklearn._training.callbacks import Resumable
from lenet_sklearn._training.checkpoint import Checkpoint, FitState
from lenet_sklearn._training.data import TrainingData
from lenet_sklearn._training.devices import resolve_device
from lenet_sklearn._training.log import log_epoch
from lenet_sklearn._training.losses import SampleLoss
from lenet_sklearn._training.optimizers import OPTIMIZERS
from lenet_sklearn._training.recipe import Recipe
from lenet_sklearn._training.workers import Part, Workers, cut
from lenet_sklearn.networks import LeNet5


class TrainingNet(NeuralNet):
    """A `NeuralNet` over `Batches`.

    What skorch gives stays: the history, the callbacks, optimisers by name. What costs time per
    item or per batch goes: data sets, collation, one host synchronisation for each loss.
    `interrupted` says whether Ctrl-C ended the training. A callback sets `stop_training` where an
    epoch was the last.
    """

    def __init__(
        self,
        module: LeNet5,
        *,
        recipe: Recipe,
        callbacks: list[Any] | None = None,
        verbose: int = 0,
        **kwargs: Any,
    ) -> None:
        self.recipe = recipe
        self.interrupted = self.stop_training = False
        self._n_before = 0
        optimizer, options = OPTIMIZERS[recipe.optimizer]
        defaults: dict[str, Any] = {
            "criterion": SampleLoss,
            "criterion__kind": recipe.loss,
            "criterion__label_smoothing": recipe.label_smoothing,
            "optimizer": optimizer,
            "optimizer__weight_decay": recipe.weight_decay,
            "optimizer__fused": True,
            **{f"optimizer__{name}": value for name, value in options.items()},
            "lr": recipe.lr,
            "batch_size": recipe.batch_size,
            "train_split": None,
            "device": str(resolve_device(recipe.device, fall_back=True)),
        }
        super().__init__(
            module, callbacks=callbacks or [], verbose=verbose, **{**defaults, **kwargs}
        )

    @classmethod
    def restore(
        cls,
        architecture: Architecture,
        weights: dict[str, np.ndarray],
        recipe: Recipe,
        history: list[dict[str, Any]],
    ) -> TrainingNet:
        """Make the net of a fit from what it leaves behind; its optimiser starts afresh."""
        codes = to_torch(weights.get("output.codes"))
        # The drawn weights are replaced at once. A generator of its own keeps global state.
        module = LeNet5(**architecture.arguments(), codes=codes, generator=torch.Generator())
        module.load_state_dict(to_torch(weights))
        net = cls(module, recipe=recipe)
        net.initialize()
        net.history.extend({**row, "batches": []} for row in history)
        module.eval()
        return net

    @property
    def _default_callbacks(self) -> list[tuple[str, Callback]]:
        return [("epoch_timer", EpochTimer()), ("print_log", PrintLog())]

    def initialize_module(self) -> TrainingNet:
        """Take the module as it is: it is built, with its weights, by the caller."""
        self.module_ = self.module
        return self

    def continue_from(self, previous: TrainingNet) -> None:
        """Take over the optimiser and the history of an earlier fit."""
        if previous.optimizer_.state:
            self.optimizer_.load_state_dict(previous.optimizer_.state_dict())
        self.history.extend(previous.history)

    def forget(self, callback: Callback) -> None:
        """Let go of a callback: the net may outlive what the callback refers to."""
        for name in ("callbacks", "callbacks_"):
            others = [each for each in getattr(self, name) if _bare(each) is not callback]
            setattr(self, name, others)

    def fit_loop(
        self,
        X: TrainingData,
        y: None = None,
        epochs: int | None = None,
        *,
        workers: Workers | None = None,
        checkpoint: Checkpoint | None = None,
        **fit_params: Any,
    ) -> TrainingNet:
        """Pass over the data `epochs` times, or until a callback sets `stop_training`."""
        data, n_resumed = X, 0
        workers = workers or Workers(1)
        train_on = partial(
            self._train_on,
            workers=workers,
            data=data,
            draws=data.preset is not None
            or any(isinstance(layer, Dropout) for layer in self.module_.hidden),
        )
        evaluate_on = partial(self._evaluate_on, workers=workers)
        self._n_before = len(self.history)
        state = None if checkpoint is None else checkpoint.take()
        if state is not None:
            self.set_state(state, data)
            n_resumed = self.n_finished
        about = {"dataset_train": data.train, "dataset_valid": data.valid}
        finished = self.copy_weights()
        self.optimizer_.zero_grad()  # of an earlier fit, which trained more layers perhaps
        for _ in range(n_resumed, self.max_epochs if epochs is None else epochs):
            if self.stop_training or self.interrupted:
                break
            n_rows = len(self.history)
            try:
                self.notify("on_epoch_begin", **about)
                step = partial(train_on, backpropagation=Backpropagation(self.module_))
                self._run_epoch(data.train, prefix="train", step=step)
                self.history.record("lr", self.optimizer_.param_groups[0]["lr"])
                if data.valid is not None:
                    self._run_epoch(data.valid, prefix="valid", step=evaluate_on)
            except KeyboardInterrupt:
                del self.history[n_rows:]  # the unfinished epoch
                self.module_.load_state_dict(finished)
                self.interrupted = True
                break
            finished = self.copy_weights()
            self._end_epoch(**about)
            log_epoch(self)
            if checkpoint is not None:
                checkpoint.write(self.get_state(data))
        return self

    def _end_epoch(self, **about: Any) -> None:
        """Tell the callbacks of the end of an epoch."""
        # skorch's callbacks end the training by raising KeyboardInterrupt. One that comes from
        # elsewhere is Ctrl-C.
        for _, callback in self.callbacks_:
            try:
                callback.on_epoch_end(self, **about)
            except KeyboardInterrupt as error:
                # A checkpoint keeps that a callback has ended the training, and forgets Ctrl-C.
                if _raised_in(error, callback.on_epoch_end):
                    self.stop_training = True
                else:
                    self.interrupted = True
            except KeyError as error:
                asked = re.search("valid_loss|valid_acc", str(error))
                if asked is None or about["dataset_valid"] is not None:
                    raise
                name = asked[0]
                raise ValueError(
                    f"{type(callback).__name__} in callbacks needs {name!r}, which takes "
                    "validation data. Got X_val=None and early_stopping=False. Pass X_val and "
                    f"y_val to fit, or let it monitor {name.replace('valid', 'train')!r}."
                ) from error

    @property
    def n_finished(self) -> int:
        """Epochs of this fit that are finished."""
        return len(self.history) - self._n_before

    def copy_weights(self) -> dict[str, Tensor]:
        """Return a copy of the module's state as it is now."""
        return {name: value.clone() for name, value in self.module_.state_dict().items()}

    def _run_epoch(
        self,
        batches: Batches,
        *,
        prefix: str,
        step: Callable[[Tensor, Tensor, Tensor | None], tuple[Tensor, Tensor]],
    ) -> None:
        """Pass once over the data and record the mean loss and accuracy."""
        training = prefix == "train"
        self._set_training(training)
        sums = _Sums(batches.device)
        for images, target, weight in batches:
            batch = (images, target)
            self.notify("on_batch_begin", batch=batch, training=training)
            loss, logits = step(images, target, weight)
            sums.add(loss.detach(), logits, target, weight)
            self.notify("on_batch_end", batch=batch, training=training, loss=loss, y_pred=logits)
        mean_loss, accuracy = (sums.total() / len(batches)).tolist()
        if training and not math.isfinite(mean_loss):
            raise ValueError(
                f"Training diverged in epoch {len(self.history)}: the loss is {mean_loss} with "
                f"lr={self.recipe.lr:g}. Set a lower lr (the default is 0.02), and look for "
                "extreme values in X."
            )
        self.history.record(f"{prefix}_loss", mean_loss)
        self.history.record(f"{prefix}_acc", accuracy)
        self.history.record(f"{prefix}_batch_count", batches.n_batches)

    def _in_batch(self, part: Part, values: Tensor) -> Tensor:
        """Weight values of each sample, so that all of a batch add up to their mean."""
        if part.weight is not None:
            shape = (-1, *[1] * (values.dim() - 1))
            values = values * part.weight.to(values.dtype).view(shape)
        return values / part.of_images

    def _train_on(
        self,
        images: Tensor,
        target: Tensor,
        weight: Tensor | None,
        *,
        workers: Workers,
        data: TrainingData,
        backpropagation: Backpropagation,
        draws: bool,
    ) -> tuple[Tensor, Tensor]:
        """Take one step; the gradients of the parts are added in order."""
        generator = data.random.on_device if draws else None

        def differentiate(part: Part) -> tuple[Tensor, Tensor, list[Tensor]]:
            images = part.images
            if data.preset is not None:
                images = data.preset(images, part.generator)

            def loss(logits: Tensor) -> tuple[Tensor, Tensor]:
                losses, gradient = self.criterion_.differentiate(logits, part.target)
                return self._in_batch(part, losses).sum(), self._in_batch(part, gradient)

            with dropout_from(part.generator):
                return backpropagation(images, loss)

        parts = list(cut(images, target, weight, generator))
        losses, logits, gradients = zip(*workers.map(differentiate, parts), strict=True)
        total = gradients[0]
        for more in gradients[1:]:
            torch._foreach_add_(total, more)
        for parameter, gradient in zip(backpropagation.trained, total, strict=True):
            # Fused steps go through a parameter and its gradient as they lie in memory.
            parameter.grad = _laid_out_as(parameter, gradient)
        if self._watches_gradients:
            named = list(self.get_all_learnable_params())
            self.notify(
                "on_grad_computed", named_parameters=named, batch=(images, target), training=True
            )
        self.optimizer_.step()
        return sum(losses[1:], losses[0]), torch.cat(logits)

    def _evaluate_on(
        self, images: Tensor, target: Tensor, weight: Tensor | None, *, workers: Workers
    ) -> tuple[Tensor, Tensor]:
        @torch.inference_mode()
        def evaluate(part: Part) -> tuple[Tensor, Tensor]:
            logits = self.module_(part.images)
            return self._in_batch(part, self.criterion_(logits, part.target)).sum(), logits

        results = workers.map(evaluate, list(cut(images, target, weight)))
        losses, logits = zip(*results, strict=True)
        return sum(losses[1:], losses[0]), torch.cat(logits)

    @property
    def _watches_gradients(self) -> bool:
        return any(
            type(callback).on_grad_computed is not Callback.on_grad_computed
            for _, callback in self.callbacks_
        )

    # Pickles hold NumPy arrays and plain values. So a model that was trained on one device opens on
    # another, and skops need not trust torch's types.

    def __getstate__(self) -> dict[str, Any]:
        keep = self.recipe.resumable  # twice the size of the weights
        return {
            "architecture": self.module_.architecture,
            "recipe": self.recipe,
            "weights": to_numpy(self.module_.state_dict()),
            "optimizer": to_numpy(self.optimizer_.state_dict()) if keep else None,
            "history": self.plain_history(),
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        parts = (state[name] for name in ("architecture", "weights", "recipe", "history"))
        self.__dict__.update(self.restore(*parts).__dict__)
        if state["optimizer"] is not None:
            self._restore_optimizer(to_torch(state["optimizer"]))

    def _restore_optimizer(self, state: dict[str, Any]) -> None:
        """Load a state whose arrays lie in plain order into the order that each parameter has."""
        self.optimizer_.load_state_dict(state)
        for parameter, values in self.optimizer_.state.items():
            for name, value in values.items():
                if isinstance(value, Tensor):
                    values[name] = _laid_out_as(parameter, value)

    # The state of a fit between two epochs, for checkpoints.

    def _with_state(self) -> list[tuple[str, Resumable]]:
        """Return the callbacks whose state belongs to a checkpoint, by name."""
        return [(name, each) for name, each in self.callbacks_ if isinstance(each, Resumable)]

    def get_state(self, data: TrainingData) -> FitState:
        """Return all that the fit needs to go on after this epoch."""
        tensors = {f"module/{k}": v for k, v in self.module_.state_dict().items()}
        names = {p: name for name, p in self.module_.named_parameters()}
        for parameter, entries in self.optimizer_.state.items():
            tensors |= {f"optimizer/{names[parameter]}/{k}": v for k, v in entries.items()
                        if isinstance(v, Tensor)}  # fmt: skip
        tensors["order"] = data.random.order.get_state()
        tensors["on_device"] = data.random.on_device.get_state()
        values: dict[str, Any] = {
            "n_finished": self.n_finished,
            "stop_training": bool(self.stop_training),
            "history": self.plain_history()[self._n_before :],
        }
        for name, callback in self._with_state():
            state = callback.get_state()
            tensors |= {f"{name}/{k}": v for k, v in state.tensors.items()}
            values[name] = state.values
        return FitState(tensors, values)

    def set_state(self, state: FitState, data: TrainingData) -> None:
        """Go on from a state that `get_state` returned."""
        tensors, values = state.tensors, state.values
        device = self.module_.pixel_mean.device
        self.module_.load_state_dict(_under("module/", tensors))
        parameters = dict(self.module_.named_parameters())
        for path, value in _under("optimizer/", tensors).items():
            name, _, key = path.rpartition("/")
            parameter = parameters[name]
            self.optimizer_.state[parameter][key] = _laid_out_as(parameter, value)
        data.random.order.set_state(tensors["order"])
        data.random.on_device.set_state(tensors["on_device"])
        self.history.extend({**row, "batches": []} for row in values["history"])
        self.stop_training = values["stop_training"]
        for name, callback in self._with_state():
            own = {k: v.to(device) for k, v in _under(f"{name}/", tensors).items()}
            callback.set_state(FitState(own, values[name]))

    def plain_history(self) -> list[dict[str, Any]]:
        """Return one dict per epoch, of plain values."""
        return [{k: v for k, v in row.items() if k != "batches"} for row in self.history]


def _bare(callback: Any) -> Any:
    """Return a callback that may stand beside its name."""
    return callback[1] if isinstance(callback, tuple) else callback


def _raised_in(error: BaseException, method: Any) -> bool:
    """Whether an exception was raised by the code of a method itself."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    code = getattr(getattr(method, "__func__", method), "__code__", None)
    return trace is not None and trace.tb_frame.f_code is code


class _Sums:
    """Loss and hits of all batches, counted many batches at a time, on their device."""

    _MANY = 64

    def __init__(self, device: torch.device) -> None:
        exact = torch.float32 if device.type == "mps" else torch.float64
        self._total = torch.zeros(2, dtype=exact, device=device)
        self._batches: list[tuple[Tensor, Tensor, Tensor, Tensor | None]] = []

    def add(self, loss: Tensor, logits: Tensor, target: Tensor, weight: Tensor | None) -> None:
        """Take the mean loss of a batch, and what its hits are to be counted from."""
        self._batches.append((loss * len(target), logits, target, weight))
        if len(self._batches) == self._MANY:
            self.total()

    def total(self) -> Tensor:
        """Return the sum of losses, and that of hits times weights."""
        if self._batches:
            losses, logits, targets, weights = zip(*self._batches, strict=True)
            hits = (torch.cat(logits).argmax(1) == torch.cat(targets)).to(self._total.dtype)
            if weights[0] is not None:
                hits = hits * torch.cat(weights)
            self._total += torch.stack([torch.stack(losses).to(hits.dtype).sum(), hits.sum()])
            self._batches.clear()
        return self._total


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _laid_out_as(parameter: Tensor, value: Tensor) -> Tensor:
    """Return a value of a step on the device, and in the order in memory, of its parameter."""
    if value.shape != parameter.shape:  # the number of steps
        return value.clone()
    if value.device == parameter.device and value.stride() == parameter.stride():
        return value
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value)


def to_numpy(state: Any) -> Any:
    """Copy every tensor of a nested state to a NumPy array."""
    if isinstance(state, torch.Tensor):
        return state.detach().cpu().numpy().copy()
    if isinstance(state, dict):
        return {key: to_numpy(value) for key, value in state.items()}
    return [to_numpy(value) for value in state] if isinstance(state, list | tuple) else state


def to_torch(state: Any) -> Any:
    """Copy every NumPy array of a nested state to a tensor: the inverse of `to_numpy`."""
    if isinstance(state, np.ndarray | np.generic):
        return torch.tensor(state)
    if isinstance(state, dict):
        return {key: to_torch(value) for key, value in state.items()}
    return [to_torch(value) for value in state] if isinstance(state, list) else state
