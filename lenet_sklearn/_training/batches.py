"""Cut X into batches: permuted rows, cast as they are used, never copied whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy

import numpy as np
import torch
from torch import Tensor

from lenet_sklearn._images.layout import ImageLayout

# Rows that are cast at once outside training, so that memory does not grow with n.
CHUNK = 1024


def to_tensor(images: np.ndarray) -> Tensor:
    """Wrap a batch (n, C, H, W): uint8 and float32 as they are, all else as float32."""
    if images.dtype == np.bool_:
        images = images.view(np.uint8)
    # One memory order gives the same sums, bit for bit, for every layout of X.
    images = np.ascontiguousarray(images, np.uint8 if images.dtype == np.uint8 else np.float32)
    if not images.flags.writeable:  # torch warns about read-only arrays
        images = images.copy()
    return torch.from_numpy(images)


class Batches:
    """The rows of X, their classes and weights, one batch after the other.

    `rows` None takes all rows, `weight` None weighs them all by 1, and `shuffle` None keeps the
    order of X. A batch gives the weights relative to their mean. An accelerator gets all pixels at
    once, in the dtype they came in.
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
        self.row_weight = weight
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
        self._resident: Tensor | None = None
        if device.type != "cpu":
            self._keep(lambda images: images.to(device))

    def resized(self, resize: Callable[[Tensor], Tensor]) -> Batches:
        """Return the same batches of images that are resized once, and kept."""
        same = copy(self)
        same._keep(resize)
        return same

    def _keep(self, change: Callable[[Tensor], Tensor]) -> None:
        """Keep what a function makes of all images, a chunk at a time."""
        rows = np.arange(len(self.X)) if self.rows is None else self.rows
        kept: Tensor | None = None
        for start in range(0, len(rows), CHUNK):
            part = change(self._images(rows[start : start + CHUNK]))
            if kept is None:  # filled part by part: a concatenation would hold all images twice
                kept = part.new_empty((len(rows), *part.shape[1:]))
            kept[start : start + len(part)] = part
        self._resident = kept

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


def merge_repeated(
    X: np.ndarray,
    layout: ImageLayout,
    y: np.ndarray,
    rows: np.ndarray,
    weight: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Replace repeated samples by one with the sum of their weights, and drop weights of 0."""
    # So fits are the same, up to the last bit, whether a sample is repeated or weighted, and in
    # whatever order samples come. They are sorted by their pixels, whatever the dtype, range or
    # layout of X.
    places: dict[bytes, int] = {}
    sums = np.zeros(len(X))
    for row in rows.tolist():
        share = 1.0 if weight is None else weight[row]
        if share > 0:
            content = _sortable(layout.to_images(X[[row]])) + int(y[row]).to_bytes(8)
            sums[places.setdefault(content, row)] += share
    merged = np.array([places[content] for content in sorted(places)])
    return merged, None if np.ptp(sums[merged]) == 0 else sums


def _sortable(values: np.ndarray) -> bytes:
    """Return bytes that are ordered as the values are, the first one first."""
    bits = (np.asarray(values, np.float32).ravel() + np.float32(0)).view(np.uint32)
    negative = bits >> 31 == 1
    return np.where(negative, ~bits, bits | np.uint32(1 << 31)).astype(">u4").tobytes()
