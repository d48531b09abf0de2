"""The fifteen corruptions of MNIST-C, for images of any size, and the function that applies one."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.random import Generator
from sklearn.base import BaseEstimator

from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import ImageLayout, infer_layout
from lenet_sklearn._images.pixels import cast_pixels
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn.robustness import _affine, _noise, _overlays

# Values that are corrupted at once, so that memory does not grow with the number of images.
_AT_ONCE = 2**20


@dataclass(frozen=True)
class Corruption:
    """A way to make images worse, at five severities.

    Parameters
    ----------
    name : str
        Its name in MNIST-C.
    apply : callable
        Takes images ``(n, C, H, W)`` float32 from 0 to 1, an amount and a generator. Returns
        images of that shape.
    unit : str
        What the amounts are. Pixels are those of an image of 28×28; in other images they
        are as much larger or smaller as the image is.
    amounts : tuple
        The amount of each severity, from 1 to 5.
    """

    name: str
    apply: Callable[[np.ndarray, Any, Generator], np.ndarray]
    unit: str
    amounts: tuple[Any, ...]


# The amounts of noise and brightness are those of ImageNet-C (Hendrycks and Dietterich, 2019);
# fog and glass end near the severity that MNIST-C chose. The others were set by
# eye. No accuracy of any model had a part in them.
_ZIGZAGS = ((1, 1.0), (1, 1.8), (2, 1.2), (2, 1.8), (3, 1.6))
_ALL = (
    Corruption("shot_noise", _noise.shot_noise, "photons of a white pixel", (60, 25, 12, 5, 3)),
    Corruption(
        "impulse_noise", _noise.impulse_noise, "share of values", (0.03, 0.06, 0.09, 0.17, 0.27)
    ),
    Corruption(
        "glass_blur",
        _noise.glass_blur,
        "sigma in pixels, distance in pixels, repetitions",
        ((0.4, 1, 1), (0.5, 1, 1), (0.7, 1, 1), (0.7, 1, 2), (0.9, 2, 1)),
    ),
    Corruption("motion_blur", _noise.motion_blur, "pixels", (3, 5, 7, 9, 11)),
    Corruption("shear", _affine.shear, "columns for each row", (0.2, 0.35, 0.5, 0.65, 0.8)),
    Corruption("scale", _affine.scale, "factor", (0.85, 0.72, 0.6, 0.5, 0.4)),
    Corruption("rotate", _affine.rotate, "degrees", (10, 20, 30, 40, 50)),
    Corruption("brightness", _noise.brightness, "share of the range", (0.1, 0.2, 0.3, 0.4, 0.5)),
    Corruption("translate", _affine.translate, "pixels", (2, 3, 4, 5, 6)),
    Corruption("stripe", _overlays.stripe, "columns", (2, 3, 4, 5, 7)),
    Corruption("fog", _overlays.fog, "density", (0.5, 1.0, 1.5, 2.0, 2.5)),
    Corruption("spatter", _overlays.spatter, "share of pixels", (0.05, 0.1, 0.15, 0.22, 0.3)),
    Corruption("dotted_line", _overlays.dotted_line, "lines", (1, 2, 3, 4, 5)),
    Corruption("zigzag", _overlays.zigzag, "lines, width in pixels", _ZIGZAGS),
    Corruption("canny_edges", _overlays.canny_edges, "sigma in pixels", (1, 1.3, 1.7, 2.1, 2.6)),
)
CORRUPTIONS: Mapping[str, Corruption] = MappingProxyType({each.name: each for each in _ALL})
SEVERITIES = (1, 2, 3, 4, 5)


def corrupt(
    X: Any,
    name: str,
    *,
    severity: int = 3,
    random_state: int | np.random.RandomState | None = None,
    image_shape: tuple[int, ...] | None = None,
) -> Any:
    """Corrupt images as MNIST-C does.

    The smallest value of X counts as black and the largest as white: 0–255, 0–1 and 0–16 give the
    same images. If all values are equal, the images stay as they are.

    Parameters
    ----------
    X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
        Images of any real dtype and range, bright on dark as in MNIST. Pixels that come from
        outside an image are black.
    name : str
        A key of :data:`CORRUPTIONS`.
    severity : int, default=3
        From 1 (mild) to 5 (strong).
    random_state : int, RandomState instance or None, default=None
        Seed. The same int gives the same images.
    image_shape : tuple of int, default=None
        How a flat row is an image: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. None: a square of
        grey pixels.

    Returns
    -------
    corrupted : ndarray or DataFrame
        Of the shape, dtype and range of X; a DataFrame if X is one.

    Raises
    ------
    ValueError
        If there is no such corruption or severity, or X holds no images.

    References
    ----------
    Mu, Gilmer (2019). MNIST-C: A Robustness Benchmark for Computer Vision. arXiv:1906.02337.

    Examples
    --------
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.robustness import CORRUPTIONS, corrupt
    >>> X, _ = load_digits_images(return_X_y=True)
    >>> corrupt(X[:100], "fog", severity=5, random_state=0).shape == X[:100].shape
    True
    >>> len(CORRUPTIONS), CORRUPTIONS["rotate"].amounts
    (15, (10, 20, 30, 40, 50))
    """
    (corruption,) = check_corruptions([name], argument="name")
    (severity,) = check_severities([severity], argument="severity")
    # The check needs an estimator that stores the column names.
    images = check_images(BaseEstimator(), X, reset=True)
    layout = infer_layout(images.shape, image_shape)
    seed = draw_seed(random_state)
    return like(X, corrupt_checked(images, layout, corruption, severity, seed))


def corrupt_checked(
    X: np.ndarray,
    layout: ImageLayout,
    corruption: Corruption,
    severity: int,
    seed: int,
    *,
    limits: tuple[float, float] | None = None,
) -> np.ndarray:
    """Corrupt images that are checked; `limits` are black and white, None for those of X."""
    low, high = find_limits(X) if limits is None else limits
    if low == high:
        return X.copy()
    # Each corruption and severity has random numbers of its own.
    rng = np.random.default_rng([seed, list(CORRUPTIONS).index(corruption.name), severity])
    amount = corruption.amounts[severity - 1]
    corrupted = np.empty_like(X)
    step = max(1, _AT_ONCE // layout.n_pixels)
    for start in range(0, len(X), step):
        rows = X[start : start + step]
        images = ((layout.to_images(rows).astype(np.float64) - low) / (high - low)).astype("f4")
        images = np.clip(corruption.apply(images, amount, rng), 0, 1)
        images = layout.from_images(images.astype(np.float64) * (high - low) + low)
        if layout.flat:  # a row may have fewer values than its square
            images = images[:, : layout.n_features]
        corrupted[start : start + step] = cast_pixels(images, X.dtype).reshape(rows.shape)
    return corrupted


def find_limits(X: np.ndarray) -> tuple[float, float]:
    """Return the values that count as black and as white."""
    low, high = float(X.min()), float(X.max())
    if not np.isfinite(high - low):
        raise ValueError(
            f"X must hold pixels whose range is finite. Got {low:.3g} to {high:.3g}. Divide X "
            "by its largest absolute value first."
        )
    return low, high


def check_corruptions(names: Any, *, argument: str = "corruptions") -> list[Corruption]:
    """Return corruptions by their names; "all" are all."""
    if isinstance(names, str):
        names = list(CORRUPTIONS) if names == "all" else [names]
    names = list(names) if isinstance(names, Iterable) else [names]
    for name in names:
        if not isinstance(name, str) or name not in CORRUPTIONS:
            near = difflib.get_close_matches(str(name), CORRUPTIONS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"{argument} must be among {list(CORRUPTIONS)}. Got {name!r}.{hint}")
    if not names or len(set(names)) < len(names):
        raise ValueError(
            f'{argument} must be "all" or one or more different names of {list(CORRUPTIONS)}. '
            f"Got {names}."
        )
    return [CORRUPTIONS[name] for name in names]


def check_severities(severities: Any, *, argument: str = "severities") -> list[int]:
    """Return severities as a sorted list of ints."""
    values = list(severities) if isinstance(severities, Iterable) else [severities]
    for value in values:
        integral = isinstance(value, Integral) and not isinstance(value, bool)
        if not integral or value not in SEVERITIES:
            are = "must be integers" if argument == "severities" else "must be an integer"
            raise ValueError(f"{argument} {are} from 1 to 5. Got {value!r}.")
    if not values or len(set(values)) < len(values):
        raise ValueError(
            f"{argument} must be one or more different integers from 1 to 5. Got {values}."
        )
    return sorted(int(value) for value in values)


def like(X: Any, values: np.ndarray) -> Any:
    """Return values as a DataFrame with the names of X, if X is one."""
    if isinstance(X, pd.DataFrame):
        return pd.DataFrame(values, index=X.index, columns=X.columns)
    return values
