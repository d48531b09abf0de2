"""How long to train and at which rates: the documented part of the default recipe."""

from __future__ import annotations

import math
from collections.abc import Callable

# Chosen on validation draws of 100 to 60,000 images of MNIST and Fashion-MNIST, and of the digits.
MIN_EPOCHS, MAX_EPOCHS = 4, 60
MIN_BATCH, MAX_BATCH = 16, 128


# Distorted images differ in each epoch, so that more epochs help.
AUGMENTED, MIN_AUGMENTED = 6, 30


def auto_epochs(n_samples: int, *, share: float = 1.0, augmented: bool = False) -> int:
    """Return the passes over the data that `max_epochs="auto"` makes.

    `share` is `Architecture.share_of_epochs`.
    """
    n_epochs = round(share * 540 / math.sqrt(n_samples))
    n_epochs = min(MAX_EPOCHS, max(MIN_EPOCHS, n_epochs))
    return max(MIN_AUGMENTED, AUGMENTED * n_epochs) if augmented else n_epochs


def auto_batch_size(n_samples: int) -> int:
    """Return the images of a step with `batch_size="auto"`: the power of two nearest to √n."""
    nearest = 2 ** round(math.log2(n_samples) / 2)
    return min(MAX_BATCH, max(MIN_BATCH, nearest))


# Share of the steps in which the rate of "one-cycle" rises.
WARM_UP = 0.25


def one_cycle(step: int, n_steps: int) -> float:
    """Rise to the peak rate over the first quarter of the steps, then fall to zero."""
    peak = WARM_UP * n_steps
    if step < peak:
        return 0.05 + 0.95 * step / peak
    return max(0.0, (n_steps - step) / (n_steps - peak))


def cosine(step: int, n_steps: int) -> float:
    """Fall from the peak rate to zero along half a cosine."""
    return 0.5 * (1.0 + math.cos(math.pi * step / n_steps))


def constant(step: int, n_steps: int) -> float:
    """Keep the peak rate."""
    return 1.0


# LeCun et al. (1998), section III.B: the last of 20 passes with a rate, and that rate as a share of
# the first, 5e-4.
# PAPER: the paper scales each weight's rate by its second derivative, estimated anew before each
# pass (stochastic diagonal Levenberg–Marquardt). Here an optimiser of torch takes that part, with
# its own peak rate; the shares are those of the paper.
_LECUN1998 = ((2, 1.0), (5, 0.4), (8, 0.2), (12, 0.1), (20, 0.02))


def lecun1998(step: int, n_steps: int) -> float:
    """Fall in five stairs, as the global rates of 1998 did, over any number of steps."""
    return next(share for end, share in _LECUN1998 if step * 20 < end * n_steps)


# Each function returns the share of the peak rate at a step.
SCHEDULES: dict[str, Callable[[int, int], float]] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "constant": constant,
    "lecun1998": lecun1998,
}
