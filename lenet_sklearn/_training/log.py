"""What a fit writes to Python's log: its start and its end, and each epoch."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from lenet_sklearn._messages import count
from lenet_sklearn._training.data import TrainingData

logger = logging.getLogger(__name__)

_SCORES = ("train_loss", "train_acc", "valid_loss", "valid_acc")


@contextmanager
def log_fit(net: Any, data: TrainingData) -> Iterator[None]:
    """Log the start and the end of a fit, at the level INFO."""
    if not logger.isEnabledFor(logging.INFO):
        yield
        return
    architecture, train = net.module_.architecture, data.train
    logger.info(
        "fit begins: %s of %s pixels, %d classes; %s; at most %s in batches of %d, on %s",
        count(len(train), "image"),
        "×".join(map(str, architecture.image_shape)),
        architecture.n_classes,
        count(architecture.n_parameters, "parameter"),
        count(net.max_epochs, "epoch"),
        train.batch_size,
        net.device,
    )
    start = time.perf_counter()

    try:
        yield
    except BaseException as error:
        logger.info(
            "fit fails in epoch %d of %d, after %.1f s: %s",
            max(1, net.n_finished), net.max_epochs, time.perf_counter() - start,
            type(error).__name__,
        )  # fmt: skip
        raise
    logger.info(
        "fit %s: %d of %s in %.1f s%s",
        "is interrupted" if net.interrupted else "ends",
        net.n_finished,
        count(net.max_epochs, "epoch"),
        time.perf_counter() - start,
        f"; {_scores(net)}" if net.n_finished else "",
    )


def log_epoch(net: Any) -> None:
    """Log the last epoch, at the level DEBUG."""
    if logger.isEnabledFor(logging.DEBUG):
        logger.debug(
            "epoch %d of %d: %s; %.2f s",
            net.n_finished, net.max_epochs, _scores(net), net.history[-1, "dur"],
        )  # fmt: skip


def _scores(net: Any) -> str:
    """Write what the last epoch scored."""
    row = net.history[-1]
    return ", ".join(f"{name} {row[name]:.4f}" for name in _SCORES if name in row)
