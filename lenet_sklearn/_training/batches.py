"""Cut X into batches: permuted rows, cast as they are used, never copied whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from lenet_sklearn._images import ImageLayout

# Rows that are cast at once outside training: bounds the memory whatever n is.
CHUNK = 1024


def to_tensor(images: np.ndarray) -> Tensor:
    """Wrap a batch: uint8 and float32 as they are, all else as float32.

    Parameters
    ----------
    images : ndarray of shape (n, C, H, W)
        Of any real dtype and byte order.
    """
    if images.dtype == np.bool_:
        images = images.view(np.uint8)
    # In one order, so that pixels are the same to the last bit however they came in.
    images = np.ascontiguousarray(images, np.uint8 if images.dtype == np.uint8 else np.float32)
    if not images.flags.writeable:  # torch warns of views on what it must not write to
        images = images.copy()
    return torch.from_numpy(images)


class Batches:
    """The rows of X, their classes and weights, one batch after the other.

    Parameters
    ----------
    X : ndarray of shape (n, …)
        As the user gave it; batches are cut from it by fancy indexing.
    layout : ImageLayout
        How a row is an image.
    y : ndarray of shape (n,), dtype int64
        Class indices.
    weight : ndarray of shape (n,), default=None
        Weights of the rows; None: all 1. A batch gives them relative to their mean.
    rows : ndarray of int, default=None
        The rows of X to use; None: all.
    batch_size : int
        Rows of a batch.
    device : torch.device
        Where batches are needed. On an accelerator the pixels are sent over once, in the dtype
        they came in.
    shuffle : torch.Generator, default=None
        Draws a new order for each pass; None: the order of X.
    augmentation : callable, default=None
        Applied to the images of each batch, ``(n, C, H, W)``.
    """

    def __init__(
        self,
        X: np.ndarray,
        layout: ImageLayout,
        y: np.ndarray,
        *,
        weight: np.ndarray | None = None,
        rows: np.ndarray | None = None,
        batch_size: int,
        device: torch.device,
        shuffle: torch.Generator | None = None,
        augmentation: Callable[[Tensor], Tensor] | None = None,
    ) -> None:
        self.X, self.layout, self.rows = np.asarray(X), layout, rows
        self._row_weight = weight
        n = len(X) if rows is None else len(rows)
        self.batch_size = min(batch_size, n)
        self.device, self.shuffle, self.augmentation = device, shuffle, augmentation
        picked = slice(None) if rows is None else rows
        self.y = torch.from_numpy(y[picked]).to(device)
        self.weight: Tensor | None = None
        if weight is not None:
            kept = weight[picked]
            exact = np.float32 if device.type == "mps" else np.float64
            self.weight = torch.from_numpy((kept / kept.mean()).astype(exact)).to(device)
        self._resident = self._send_over() if device.type != "cpu" else None

    def _send_over(self) -> Tensor:
        """Put all images on the accelerator, a chunk at a time."""
        rows = np.arange(len(self.X)) if self.rows is None else self.rows
        chunks = (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK))
        return torch.cat([self._images(chunk).to(self.device) for chunk in chunks])

    def _images(self, rows: np.ndarray) -> Tensor:
        return to_tensor(self.layout.to_images(self.X[rows]))

    @staticmethod
    def _augment(augmentation: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        """Distort the images, and check what another's code makes of them."""
        distorted = augmentation(images)
        if not isinstance(distorted, Tensor) or distorted.shape != images.shape:
            got = getattr(distorted, "shape", None)
            raise ValueError(
                "augmentation must return a tensor of the shape that it is given, "
                f"{tuple(images.shape)}. Got {type(distorted).__name__}"
                + (f" of shape {tuple(got)}." if got is not None else ".")
            )
        return distorted

    def pixel_statistics(self) -> tuple[Tensor, Tensor]:
        """Mean and standard deviation of the pixels of each channel, as `pixel_statistics`."""
        return pixel_statistics(self.X, self.layout, weight=self._row_weight, rows=self.rows)

    def pixel_scale(self, levels: tuple[float, float]) -> tuple[Tensor, Tensor]:
        """Shift and divisor that bring the least and the greatest pixel to two levels.

        Returns
        -------
        mean, std : Tensor of shape (channels, 1, 1), dtype float32
            As those of `pixel_statistics` are used.
        """
        least, greatest = np.inf, -np.inf
        rows = np.arange(len(self.X)) if self.rows is None else self.rows
        for start in range(0, len(rows), CHUNK):
            pixels = self.X[rows[start : start + CHUNK]]
            least = min(least, float(pixels.min()))
            greatest = max(greatest, float(pixels.max()))
        low, high = levels
        std = (greatest - least) / (high - low) or 1.0
        ones = np.ones(self.layout.channels)
        return per_channel((least - low * std) * ones), per_channel(std * ones)

    def __len__(self) -> int:
        """Rows of a pass."""
        return len(self.y)

    @property
    def n_batches(self) -> int:
        """Batches of a pass."""
        return -(-len(self) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor | None]]:
        """Yield images ``(b, C, H, W)``, classes ``(b,)`` and weights ``(b,)`` or None."""
        n = len(self)
        order = (
            torch.arange(n) if self.shuffle is None else torch.randperm(n, generator=self.shuffle)
        )
        resident_order = order.to(self.device)
        for start in range(0, n, self.batch_size):
            at = resident_order[start : start + self.batch_size]
            if self._resident is None:
                places = order[start : start + self.batch_size].numpy()
                images = self._images(places if self.rows is None else self.rows[places])
            else:
                images = self._resident[at]
            if self.augmentation is not None:
                images = self._augment(self.augmentation, images)
            yield images, self.y[at], None if self.weight is None else self.weight[at]


def pixel_statistics(
    X: np.ndarray,
    layout: ImageLayout,
    *,
    weight: np.ndarray | None = None,
    rows: np.ndarray | None = None,
) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the pixels of each channel.

    Returns
    -------
    mean, std : Tensor of shape (channels, 1, 1), dtype float32
        A constant channel has a standard deviation of 1.

    Raises
    ------
    ValueError
        If pixels are too large for float32, in which networks compute.
    """
    X = np.asarray(X)
    rows = np.arange(len(X)) if rows is None else rows
    total = square = np.zeros(layout.channels)
    mass = 0.0
    for start in range(0, len(rows), CHUNK):
        at = rows[start : start + CHUNK]
        images = layout.to_images(X[at]).astype(np.float64)
        images = images.reshape(len(at), layout.channels, -1)
        w = np.ones(len(at)) if weight is None else weight[at]
        if start == 0:  # a shift keeps the difference of squares exact far from zero
            shift = images.mean(axis=(0, 2))[:, np.newaxis]
        images -= shift
        total = total + w @ images.sum(-1)
        square = square + w @ np.einsum("ncp,ncp->nc", images, images)
        mass += w.sum() * images.shape[-1]
    with np.errstate(over="ignore", invalid="ignore"):  # what is too large is refused below
        mean = total / mass
        std = np.sqrt(np.maximum(square / mass - mean**2, 0.0))
        mean = mean + shift[:, 0]
    largest, varied = np.abs([*mean, *std]).max(), std[std > 0]
    if not largest < 1e18 or (varied < 1e-18).any():
        raise ValueError(
            "X must hold pixels that float32 can hold after squaring, between 1e-18 and 1e18. Got "
            f"values around {np.abs(mean).max():.3g} with a standard deviation of "
            f"{std.max():.3g}. Divide X by its maximum first."
        )
    std[std <= 1e-7 * np.abs(mean)] = 1.0
    std[std == 0] = 1.0
    return per_channel(mean), per_channel(std)


def per_channel(values: np.ndarray) -> Tensor:
    """Shape one value for each channel so that it broadcasts over images."""
    return torch.from_numpy(values.astype(np.float32)).view(-1, 1, 1)
