"""How the parameters of an estimator and checked data become a fit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from numbers import Integral
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from sklearn.utils import check_random_state

from lenet_sklearn._files.fingerprint import describe, package_versions
from lenet_sklearn._files.hashing import hash_data
from lenet_sklearn._images.checks import (
    check_validation_set,
    combine_weights,
    encode_labels,
    hold_out,
)
from lenet_sklearn._images.layout import ImageLayout, infer_layout, layout_for
from lenet_sklearn._images.statistics import PixelStatistics, measure_pixels
from lenet_sklearn._messages import warn
from lenet_sklearn._network.character_codes import character_codes
from lenet_sklearn._training import (
    WARM_UP,
    Batches,
    Checkpoint,
    EarlyStopping,
    Fit,
    SklearnCallbacks,
    auto_epochs,
    merge_repeated,
    resolve_device,
)
from lenet_sklearn._training.shipped_weights import read_shipped
from lenet_sklearn.augmentation import make_augmentation
from lenet_sklearn.networks import LeNet5

_ARCHITECTURE = (
    "conv_channels",
    "kernel_size",
    "padding",
    "pooling",
    "activation",
    "hidden_layer_sizes",
    "dropout",
    "connectivity",
    "output",
    "input_size",
    "resize",
)
# Distorted images are never the same twice: they bear more passes.
_AUGMENTED, _LEAST_AUGMENTED = 4, 30
# Parameters from which on a network is not what its user meant.
_LARGE = 10_000_000


class FittingMixin:
    """Fitting, behind the public methods of `LeNet5Classifier`."""

    if TYPE_CHECKING:  # the parameters, and what scikit-learn mixes in, are the estimator's

        def __getattr__(self, name: str) -> Any: ...

    def _train(
        self,
        X: np.ndarray,
        y: np.ndarray,
        classes: np.ndarray,
        sample_weight: Any,
        validation: tuple[Any, Any],
        *,
        given: tuple[Any, Any],
        going_on: bool,
        one_pass: bool = False,
    ) -> Self:
        """Train on checked data, and only then touch the fitted attributes."""
        device = resolve_device(self.device)
        seed = draw_seed(self.random_state)
        checkpoint = None
        if self.checkpoint_dir == "":
            raise ValueError(
                "checkpoint_dir must be None or the path of a folder. Got ''. Set None to keep no "
                "checkpoints, or '.' for the current folder."
            )
        if self.checkpoint_dir is not None and not one_pass:
            checkpoint = self._open_checkpoint(X, y, sample_weight, validation, going_on, seed)
            seed = checkpoint.seed
        # Going on with the same seed does not mean the same order of images and dropout again.
        generator, on_device = torch.Generator(), torch.Generator(device)
        for each in (generator, on_device):
            each.manual_seed(seed + (self.n_iter_ if going_on else 0))
        watched = self.early_stopping and not one_pass
        weight = combine_weights(sample_weight, self.class_weight, X, y, classes)
        layout = self._layout if going_on else infer_layout(X.shape, self.image_shape)
        codes = encode_labels(y, classes)
        train, valid = self._batches(
            X,
            layout_for(X, layout),
            codes,
            weight,
            check_validation_set(self, *validation, classes),
            classes,
            split=watched and self.monitor.startswith("valid"),
            device=device,
            generator=generator,
            seed=seed,
        )
        train.augmentation = make_augmentation(self.augmentation, on_device)
        previous = self.net_ if going_on else None
        if previous is None:
            pixels = measure_pixels(
                X, train.layout, codes, weight=train.row_weight, rows=train.rows
            )
            module = self._build(classes, train.layout, pixels, generator)
        else:
            pixels = self._pixels
            module = self._check_same_network(previous.module_)
        n_epochs = 1 if one_pass else self._n_epochs(len(train))
        fitted = {
            "classes_": classes,
            "image_shape_": layout.image_shape,
            "_layout": layout,
            "_pixels": pixels,
        }
        context = self._init_callback_context(max_subtasks=n_epochs)
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        about = {"estimator": self, "X": given[0], "y": given[1], "metadata": metadata}
        context.call_on_fit_task_begin(**about)
        module.set_generator(on_device)
        if checkpoint is not None:
            checkpoint.generators = {"order": generator, "device": on_device}
        n_cycle, stopping = n_epochs, None
        if watched:
            # Nobody knows beforehand when training stops. The rate falls in time for "auto".
            n_cycle = min(n_epochs, self._auto_epochs(len(train)))
            n_warm_up = math.ceil(WARM_UP * n_cycle) if self.lr_schedule == "one-cycle" else 0
            stopping = EarlyStopping(self.monitor, self.n_iter_no_change, self.tol, n_warm_up)
        fit = Fit(
            train,
            valid,
            n_epochs,
            "constant" if one_pass else self.lr_schedule,
            stopping,
            SklearnCallbacks(context, about, fitted),
            checkpoint,
            self.callbacks or (),
            n_cycle,
        )
        with frozen(module, self.freeze):
            net = fit.run(
                module, self._settings(one_pass), previous=previous, verbose=int(self.verbose)
            )
        fitted["net_"] = net
        if net.interrupted:
            if net.n_finished:  # a notebook keeps what has been learned
                self.__dict__.update(fitted)
            raise KeyboardInterrupt
        self.__dict__.update(fitted)
        context.call_on_fit_task_end(**about, reconstruction_attributes=fitted)
        return self

    def _open_checkpoint(
        self,
        X: np.ndarray,
        y: np.ndarray,
        sample_weight: Any,
        validation: tuple[Any, Any],
        going_on: bool,
        seed: int,
    ) -> Checkpoint:
        """Open the folder of checkpoints, which must be this fit's own."""
        identity = describe(package_versions(), "versions")
        given = self.get_params(deep=False) | {"callbacks": self.callbacks or ()}
        if not isinstance(self.random_state, Integral):
            given["random_state"] = None
        for name in given.keys() - {"checkpoint_dir", "verbose", "device"}:
            identity |= describe(plain(given[name]), name)
        data = {"X": X, "y": y, "sample_weight": sample_weight}
        for name, value in {**data, "X_val": validation[0], "y_val": validation[1]}.items():
            identity[name] = "None" if value is None else hash_data(value)
        identity["start"] = "None"
        if going_on:
            weights = [p.detach().cpu().numpy().ravel() for p in self.module_.parameters()]
            identity["start"] = hash_data(np.concatenate(weights))
        return Checkpoint(self.checkpoint_dir, identity, seed)

    def _batches(
        self,
        X: np.ndarray,
        layout: ImageLayout,
        y: np.ndarray,
        weight: np.ndarray | None,
        given: tuple[np.ndarray, np.ndarray] | None,
        classes: np.ndarray,
        *,
        split: bool,
        device: torch.device,
        generator: torch.Generator,
        seed: int,
    ) -> tuple[Batches, Batches | None]:
        """Cut the training data, and the validation data: those given, or those split off."""
        batches = partial(Batches, batch_size=self.batch_size, device=device)
        rows, valid = None, None
        if given is not None:
            valid = batches(given[0], layout_for(given[0], layout), given[1])
        elif split:
            rows, held_out = hold_out(y, classes, self.validation_fraction, seed, weight)
            valid = batches(X, layout, y, weight=weight, rows=held_out)
        n_rows = len(X) if rows is None else len(rows)
        shuffle: torch.Generator | None = generator
        if n_rows <= self.batch_size and self.augmentation is None:
            rows, weight = merge_repeated(X, y, np.arange(n_rows) if rows is None else rows, weight)
            shuffle = None
        return batches(X, layout, y, weight=weight, rows=rows, shuffle=shuffle), valid

    def _build(
        self,
        classes: np.ndarray,
        layout: ImageLayout,
        pixels: PixelStatistics,
        generator: torch.Generator,
    ) -> LeNet5:
        """Make the network that the parameters describe, for these images."""
        shipped = None if self.pretrained is None else read_shipped(self.pretrained)
        if shipped is not None:
            shipped.check_architecture(self._architecture())
        elif self.freeze is not None:
            raise ValueError(
                f"freeze={self.freeze!r} keeps convolutions that have learned something. Got "
                "pretrained=None and a first fit. Set pretrained, or freeze=None for the first fit "
                "and go on from it with warm_start=True or partial_fit."
            )
        module = LeNet5(
            len(classes),
            layout.image_shape,
            **self._architecture(),
            codes=self._codes(classes),
            generator=generator,
        )
        _warn_of_size(module)
        if shipped is not None:
            shipped.copy_to(module, classes)
        levels = self._pixel_levels()
        mean, std = pixels.standard() if levels is None else pixels.scale_to(levels)
        module.pixel_mean.copy_(torch.from_numpy(mean))
        module.pixel_std.copy_(torch.from_numpy(std))
        return module

    def _pixel_levels(self) -> tuple[float, float] | None:
        """Check the levels that pixels are brought to."""
        if self.pixel_levels is None:
            return None
        levels = np.asarray(self.pixel_levels)
        if levels.shape != (2,) or levels.dtype.kind not in "iuf" or not levels[0] < levels[1]:
            raise ValueError(
                "pixel_levels must be None or two numbers, the lower first: what the least and the "
                f"greatest pixel become. Got {self.pixel_levels!r}. Set (0, 1) for pixels as most "
                "projects scale them."
            )
        return float(levels[0]), float(levels[1])

    def _architecture(self) -> dict[str, Any]:
        """Parameters that are the network's own, as plain values."""
        return {name: plain(getattr(self, name)) for name in _ARCHITECTURE}

    def _check_same_network(self, module: LeNet5) -> LeNet5:
        """Return the network to go on with, if it still is the one that the parameters say."""
        for name, value in self._architecture().items():
            if value != module.config[name]:
                raise ValueError(
                    f"{name} changed from {module.config[name]!r} to {value!r} since the network "
                    "was made, and training goes on with that network. Set warm_start=False and "
                    "fit again, or set it back."
                )
        return module

    def _codes(self, classes: np.ndarray) -> torch.Tensor | None:
        """Characters for the RBF units, where the classes are digits and F6 has room for them."""
        width = np.ravel(self.hidden_layer_sizes)[-1:].tolist()
        return character_codes(classes.tolist()) if self.output == "rbf" and width == [84] else None

    def _n_epochs(self, n_samples: int) -> int:
        return self._auto_epochs(n_samples) if self.max_epochs == "auto" else int(self.max_epochs)

    def _auto_epochs(self, n_samples: int) -> int:
        n_epochs = auto_epochs(n_samples)
        if isinstance(self.augmentation, str):
            return max(_LEAST_AUGMENTED, _AUGMENTED * n_epochs)
        return n_epochs

    def _settings(self, one_pass: bool) -> dict[str, Any]:
        """Gather what the net has to know, in plain values."""
        return {
            "optimizer": self.optimizer,
            "lr": float(self.lr) * (0.1 if one_pass else 1.0),
            "weight_decay": float(self.weight_decay),
            "label_smoothing": float(self.label_smoothing),
            "loss": "map" if self.output == "rbf" else "cross-entropy",
            "batch_size": int(self.batch_size),
            "device": self.device,
            "resumable": bool(self.warm_start or one_pass),
        }


def _warn_of_size(module: LeNet5) -> None:
    """Warn where a network is far too large for what it does."""
    n_parameters = sum(parameter.numel() for parameter in module.parameters())
    if n_parameters > _LARGE:
        height, width = module.input_size
        warn(
            f"The network has {n_parameters:,} parameters, most of them in its first full layer, "
            f"for images of {height}×{width} pixels. Training will be slow and take much memory. "
            "Set input_size=64 or less, which shrinks the images."
        )


@contextmanager
def frozen(module: LeNet5, freeze: str | None) -> Iterator[None]:
    """Keep layers of a network as they are while it is trained; None keeps nothing.

    Raises
    ------
    ValueError
        If the network has no such layers.
    """
    if freeze is not None and not len(module.convolutional):
        raise ValueError(
            f"freeze={freeze!r} needs convolutions to keep. Got conv_channels="
            f"{module.config['conv_channels']!r}. Set freeze=None."
        )
    # Parameters without a gradient are not stepped, nor decayed, by torch's optimisers.
    module.convolutional.requires_grad_(freeze is None)
    try:
        yield
    finally:
        module.convolutional.requires_grad_(True)


def draw_seed(random_state: int | np.random.RandomState | None) -> int:
    """Return a seed for torch; None asks the operating system, not the global state."""
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def plain(value: Any) -> Any:
    """Turn arrays and lists of a parameter into tuples of Python values."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    return tuple(value) if isinstance(value, list | tuple) else value
