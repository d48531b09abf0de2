"""Send images through a network in chunks, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn._images.statistics import PixelStatistics
from lenet_sklearn._messages import warn
from lenet_sklearn._training.batches import CHUNK, to_tensor
from lenet_sklearn._training.workers import workers_for

# Images that a CPU predicts at once: the maps of a layer then fit its cache.
_AT_ONCE = 128


def infer(
    apply: Callable[[Tensor], Tensor],
    X: np.ndarray,
    layout: ImageLayout,
    device: torch.device,
    pixels: PixelStatistics | None,
) -> np.ndarray:
    """Return what a network makes of checked images, and warn of pixels unlike the trained ones."""
    # `pixels` is None for a model from an old file; there is no warning then.
    size = _AT_ONCE if device.type == "cpu" else CHUNK

    @torch.inference_mode()
    def predict(start: int) -> tuple[np.ndarray, tuple[float, float, float, int]]:
        rows = np.asarray(X[start : start + size])
        values = apply(to_tensor(layout.to_images(rows)).to(device)).cpu().numpy()
        return values, (rows.min(), rows.max(), rows.mean(dtype=np.float64), len(rows))

    starts = range(0, len(X), size)
    with workers_for(device, len(starts)) as workers:
        values, seen = zip(*workers.map(predict, starts), strict=True)
    output = np.concatenate(values)
    low, high, means, counts = np.asarray(seen, dtype=np.float64).T
    if not np.isfinite(output).all():
        raise ValueError(
            "X must hold pixels like those that the model was fitted on. Got values up to "
            f"{max(-low.min(), high.max()):.3g}, with which the network's numbers overflow."
        )
    if pixels is not None:
        mean = float(np.average(means, weights=counts))
        difference = pixels.find_difference(float(low.min()), float(high.max()), mean, len(X))
        if difference:
            warn(
                f"The pixels of X {difference}. Give pixels of the same range to fit and to "
                "predict: 0–255 or 0–1, bright on dark or dark on bright."
            )
    return output
