"""Score a fitted classifier on corrupted copies of the test images of a fold."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import accuracy_score
from sklearn.pipeline import Pipeline

from lenet_sklearn._files.fingerprint import describe
from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import ImageLayout, infer_layout
from lenet_sklearn._messages import count, parameter, warn
from lenet_sklearn._runs.engine import Row
from lenet_sklearn.robustness.corruptions import (
    CORRUPTIONS,
    SEVERITIES,
    check_corruptions,
    corrupt_checked,
    find_limits,
    like,
)

# Enough to tell models apart, and about as many predictions as a fold of MNIST itself has.
MAX_IMAGES = 1000
# The amounts of the corruptions are parts of an image; a smaller image has no such parts.
_MIN_SIDE = 4
# Where a row keeps why there is no score.
_FAILURE = "corrupted_error"


@dataclass(frozen=True)
class CorruptedTest:
    """The corrupted images that all models are tested on, made anew in each worker.

    Parameters
    ----------
    names : tuple of str
        The corruptions, in the order of `CORRUPTIONS`.
    layout : ImageLayout
        How a sample is an image.
    limits : tuple of float
        What counts as black and as white, in all folds.
    seed : int
        Of the draws.
    """

    names: tuple[str, ...]
    layout: ImageLayout
    limits: tuple[float, float]
    seed: int

    @classmethod
    def make(
        cls,
        corruptions: str | Iterable[str],
        models: Mapping[str, Any],
        X: Any,
        image_shape: tuple[int, ...] | None,
        seed: int,
    ) -> Self:
        """Check what the user gave, before the first fit."""
        chosen = {corruption.name for corruption in check_corruptions(corruptions)}
        pixels = _check_pixels(X)
        if image_shape is None:
            image_shape = _find_shape(models)
        layout = infer_layout(pixels.shape, image_shape)
        if min(layout.height, layout.width) < _MIN_SIDE:
            raise ValueError(
                f"{parameter('corruptions')} needs images of at least {_MIN_SIDE}×{_MIN_SIDE} "
                f"pixels. Got images of {layout.height}×{layout.width}, X.shape={pixels.shape}. "
                f"Leave {parameter('corruptions')} out, or say with {parameter('image_shape')} "
                "how a row is an image."
            )
        names = tuple(name for name in CORRUPTIONS if name in chosen)
        return cls(names, layout, find_limits(pixels), seed)

    def identity(self) -> dict[str, Any]:
        """Return what decides the images, beside data, folds and seed."""
        lines = json.dumps(describe(dict(CORRUPTIONS)), sort_keys=True)  # their amounts and code
        return {
            "names": list(self.names),
            "content": f"sha256:{hashlib.sha256(lines.encode()).hexdigest()[:16]}",
            "image_shape": [*self.layout.image_shape, self.layout.axes],
            "max_images": MAX_IMAGES,
        }

    def measure(self, model: Any, X: Any, y: np.ndarray, fold: int) -> Row:
        """Return the mean accuracy over the corruptions, or why there is none."""
        if len(y) > MAX_IMAGES:
            rng = np.random.default_rng([self.seed, fold])
            drawn = np.sort(rng.choice(len(y), MAX_IMAGES, replace=False))
            X, y = take(X, drawn), y[drawn]
        pixels = _check_pixels(X)
        n_right = 0.0
        for name in self.names:
            images = like(X, self._corrupt(pixels, name, fold))
            try:
                with warnings.catch_warnings():
                    # That these pixels are unlike the trained ones is the point.
                    warnings.filterwarnings("ignore", "The pixels of X")
                    n_right += accuracy_score(y, model.predict(images), normalize=False)
            except Exception as error:  # any: it is another's code, and its other scores stay
                return {_FAILURE: f"{type(error).__name__}: {error}"}
        return {"accuracy_corrupted": float(n_right / (len(self.names) * len(y)))}

    def _corrupt(self, pixels: np.ndarray, name: str, fold: int) -> np.ndarray:
        """Corrupt a fifth of the images at each severity."""
        number = list(CORRUPTIONS).index(name)
        # + 1: a zero at the end would give the numbers of the draw in `measure`.
        rng = np.random.default_rng([self.seed, fold, number + 1])
        parts = np.array_split(rng.permutation(len(pixels)), len(SEVERITIES))
        corrupted = np.empty_like(pixels)
        for severity, rows in zip(rng.permutation(SEVERITIES), parts, strict=True):
            if len(rows):
                corrupted[rows] = corrupt_checked(
                    pixels[rows],
                    self.layout,
                    CORRUPTIONS[name],
                    int(severity),
                    int(rng.integers(2**31)),
                    limits=self.limits,
                )
        return corrupted


def take(X: Any, indices: np.ndarray) -> Any:
    """Return samples of an array or a DataFrame."""
    return X.iloc[indices] if hasattr(X, "iloc") else X[indices]


def warn_of_failures(rows: Sequence[Row]) -> None:
    """Warn once of each model that failed on corrupted images and has its other scores."""
    errors: dict[str, list[str]] = {}
    for row in rows:
        if _FAILURE in row:
            errors.setdefault(row["model"], []).append(row[_FAILURE])
    for model, those in errors.items():
        n_folds = sum(row["model"] == model for row in rows)
        warn(
            f"{model} has no accuracy on corrupted images: it failed on them in {len(those)} of "
            f"{count(n_folds, 'fold')}: {those[0]}"
        )


def describe_corruptions(names: Sequence[str]) -> str:
    """Say for a note what the corrupted images are."""
    kinds = count(len(names), "corruption")
    if len(names) <= 3:
        kinds += f" ({', '.join(names)})"
    return (
        f"mean of {kinds}, each of at most {MAX_IMAGES:,} test images of a fold, a fifth of them "
        "at each of five severities"
    )


def _check_pixels(X: Any) -> np.ndarray:
    # The check needs an estimator that stores the column names.
    return check_images(BaseEstimator(), X, reset=True)


def _find_shape(models: Mapping[str, Any]) -> tuple[int, ...] | None:
    """Return the `image_shape` of the first model that has one."""
    for model in models.values():
        first = model.steps[0][1] if isinstance(model, Pipeline) else model
        if (shape := getattr(first, "image_shape", None)) is not None:
            return shape
    return None
