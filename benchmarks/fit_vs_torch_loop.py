"""Epoch time of LeNet5Classifier ÷ that of PyTorch loops written by hand, same network.

The "hand-written loop" is what a good engineer writes: pixels prepared once as a float32 tensor
(not timed), batches cut by a permutation, no DataLoader, no `loss.item()` per batch. "tuned" is the
same by somebody who knows torch's performance guide: `channels_last`, the pool before the
activation, a fused optimiser. The "DataLoader loop" is what tutorials write. These three train
LeNet-5 with ReLU and max pooling, which is what people write and what torch computes fastest; the
"hand-written loop, SiLU and average pooling" trains the estimator's own network. All have its
recipe: AdamW, in the loops that are not tuned as torch
picks it, a one-cycle rate, smoothed labels. All of `fit` is timed, checks and pixel statistics
included.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import as_tensor, load
from _network import accuracy, plain_network
from _report import Target, report
from _timing import interleave, timing_columns
from torch import Tensor, nn
from torch.optim.lr_scheduler import OneCycleLR
from torch.utils.data import DataLoader, TensorDataset

from lenet_sklearn import LeNet5Classifier

OURS, LOOP, LOADER = "LeNet5Classifier", "hand-written loop", "DataLoader loop"
TUNED = "hand-written loop, tuned"
SMOOTH = "hand-written loop, SiLU and average pooling"


def set_up(n_steps: int, *, tuned: bool = False, smooth: bool = False) -> tuple[Any, ...]:
    """Make the network, its loss, optimiser and schedule, with the estimator's default values."""
    recipe = LeNet5Classifier().get_params()
    torch.manual_seed(0)
    network = plain_network(pool_first=tuned, smooth=smooth)
    if tuned:
        network = network.to(memory_format=torch.channels_last)
    criterion = nn.CrossEntropyLoss(label_smoothing=recipe["label_smoothing"])
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=recipe["lr"], weight_decay=recipe["weight_decay"],
        fused=True if tuned else None,
    )  # fmt: skip
    schedule = OneCycleLR(
        optimizer, recipe["lr"], total_steps=n_steps, pct_start=0.25, anneal_strategy="linear",
        cycle_momentum=False,
    )  # fmt: skip
    return network, criterion, optimizer, schedule


def train_by_hand(
    images: Tensor,
    target: Tensor,
    epochs: int,
    batch_size: int,
    *,
    tuned: bool = False,
    smooth: bool = False,
) -> nn.Module:
    """Train over slices of a permutation."""
    n = len(images)
    n_steps = epochs * -(-n // batch_size)
    network, criterion, optimizer, schedule = set_up(n_steps, tuned=tuned, smooth=smooth)
    network.train()
    for _ in range(epochs):
        order = torch.randperm(n)
        for start in range(0, n, batch_size):
            batch = order[start : start + batch_size]
            optimizer.zero_grad()
            loss = criterion(network(images[batch]), target[batch])
            loss.backward()
            optimizer.step()
            schedule.step()
    return network


def train_by_loader(images: Tensor, target: Tensor, epochs: int, batch_size: int) -> nn.Module:
    """Train over a DataLoader, and add up the loss of each batch."""
    loader = DataLoader(TensorDataset(images, target), batch_size=batch_size, shuffle=True)
    network, criterion, optimizer, schedule = set_up(epochs * len(loader))
    for _ in range(epochs):
        network.train()
        running_loss = 0.0
        for inputs, labels in loader:
            optimizer.zero_grad()
            loss = criterion(network(inputs), labels)
            loss.backward()
            optimizer.step()
            schedule.step()
            running_loss += loss.item() * len(inputs)
    return network


def fit_ours(X: np.ndarray, y: np.ndarray, args: argparse.Namespace) -> LeNet5Classifier:
    """Fit the estimator with its default recipe."""
    model = LeNet5Classifier(
        max_epochs=args.epochs, batch_size=args.batch_size, random_state=0, device="cpu"
    )
    return model.fit(X, y)


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--epochs", type=positive, default=2, help="of each run (default: 2)")
    parser.add_argument("--batch-size", type=positive, default=128, help="(default: 128)")
    args = parse(parser, argv, epochs=1)
    data = load(args)
    images, target = as_tensor(data.X), torch.from_numpy(data.y)
    how = (images, target, args.epochs, args.batch_size)
    timings = interleave(
        {
            OURS: lambda: fit_ours(data.X, data.y, args),
            LOOP: lambda: train_by_hand(*how),
            TUNED: lambda: train_by_hand(*how, tuned=True),
            SMOOTH: lambda: train_by_hand(*how, smooth=True),
            LOADER: lambda: train_by_loader(*how),
        },
        args.repeats,
    )
    test = as_tensor(data.X_test, like=data.X)
    scores = {OURS: float(timings.results[OURS][-1].score(data.X_test, data.y_test))}
    scores |= {
        n: accuracy(timings.results[n][-1], test, data.y_test)
        for n in (LOOP, TUNED, SMOOTH, LOADER)
    }
    report(
        __file__,
        args,
        f"Seconds per epoch of {len(data.X):,} images, batches of {args.batch_size}",
        [*timing_columns("ours"), "test accuracy"],
        [
            [*timings.row(name, against=OURS, scale=1 / args.epochs), f"{scores[name]:.4f}"]
            for name in timings.seconds
        ],
        {
            "epoch_seconds": timings.median(OURS) / args.epochs,
            "ratio_hand_written": timings.ratio(OURS, LOOP),
            "paired_ratio_hand_written": timings.paired_ratio(OURS, LOOP),
            "ratio_dataloader": timings.ratio(OURS, LOADER),
            "paired_ratio_dataloader": timings.paired_ratio(OURS, LOADER),
            "ratio_tuned": timings.ratio(OURS, TUNED),
            "ratio_same_network": timings.ratio(OURS, SMOOTH),
        },
        targets=[
            Target(f"epoch ÷ hand-written loop, batches of {args.batch_size}",
                   **timings.ratios(OURS, LOOP), at_most=0.75)
        ],
        seconds=timings.seconds,
        accuracy=scores,
    )  # fmt: skip


if __name__ == "__main__":
    main()
