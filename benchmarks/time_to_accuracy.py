"""Seconds of fit until 98 %, 98.5 % and 99 % accuracy.

For each number of epochs a first fit, on nine tenths of the training images, is scored on the
last tenth: the fewest epochs whose validation accuracy reaches the target are the ones chosen.
Fits on all training images give the seconds, and the test accuracy, which chooses nothing.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from _arguments import make_parser, parse, positive
from _data import Data, load
from _report import report
from _timing import Timings, interleave

from lenet_sklearn import LeNet5Classifier


def add_arguments(parser: argparse.ArgumentParser, device: str) -> None:
    """Add what this script and gpu.py share."""
    parser.add_argument("--epochs", type=positive, nargs="+", default=[1, 2, 3, 4, 6],
                        help="to try, in rising order (default: 1 2 3 4 6)")  # fmt: skip
    parser.add_argument("--targets", type=float, nargs="+", default=[0.98, 0.985, 0.99],
                        help="accuracies (default: 0.98 0.985 0.99)")  # fmt: skip
    parser.add_argument("--device", default=device, help="(default: %(default)s)")


def measure(
    data: Data, args: argparse.Namespace
) -> tuple[Timings, list[dict[str, Any]], dict[str, dict[str, Any] | None]]:
    """Fit for each number of epochs; return the times, a record for each, and one per target."""

    def fit(X: Any, y: Any, epochs: int, seed: int) -> LeNet5Classifier:
        model = LeNet5Classifier(max_epochs=epochs, random_state=seed, device=args.device)
        model.fit(X, y)
        if model.device.startswith("cuda"):
            torch.cuda.synchronize()
        return model

    n_train = len(data.X) - len(data.X) // 10
    X_valid, y_valid = data.X[n_train:], data.y[n_train:]
    epochs_tried = sorted(set(args.epochs))
    valid: dict[int, list[float]] = {epochs: [] for epochs in epochs_tried}
    for seed in range(args.repeats):
        for epochs in epochs_tried:
            model = fit(data.X[:n_train], data.y[:n_train], epochs, seed)
            valid[epochs].append(float(model.score(X_valid, y_valid)))

    seeds = {epochs: iter(range(args.repeats)) for epochs in epochs_tried}

    def fit_all(epochs: int) -> LeNet5Classifier:
        return fit(data.X, data.y, epochs, next(seeds[epochs]))

    timings = interleave(
        {str(epochs): partial(fit_all, epochs) for epochs in epochs_tried},
        args.repeats,
        warm_up={str(epochs): lambda: None for epochs in epochs_tried},  # the fits above
    )
    records = [
        {
            "epochs": epochs,
            "seconds": timings.median(str(epochs)),
            "valid_accuracy": statistics.mean(valid[epochs]),
            "test_accuracy": statistics.mean(
                float(model.score(data.X_test, data.y_test))
                for model in timings.results[str(epochs)]
            ),
        }
        for epochs in epochs_tried
    ]
    reached = {
        f"{target:g}": next((r for r in records if r["valid_accuracy"] >= target), None)
        for target in args.targets
    }
    return timings, records, reached


def cells(
    timings: Timings, records: Sequence[dict[str, Any]], reached: dict[str, dict[str, Any] | None]
) -> list[list[str]]:
    """Lay out a row for each number of epochs, with the targets that it is the first to reach."""
    return [
        [
            *timings.row(str(record["epochs"]))[:3],
            f"{record['valid_accuracy']:.4f}",
            f"{record['test_accuracy']:.4f}",
            ", ".join(target for target, first in reached.items() if first is record),
        ]
        for record in records
    ]


COLUMNS = [
    "epochs",
    "median s",
    "min–max",
    "validation accuracy",
    "test accuracy",
    "first to reach",
]


def target_figures(reached: dict[str, dict[str, Any] | None]) -> dict[str, float | None]:
    """Seconds, epochs and test accuracy for each target; None where it was not reached."""
    return {
        f"{what}_to_{target}": None if record is None else record[what]
        for target, record in reached.items()
        for what in ("seconds", "epochs", "test_accuracy")
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    add_arguments(parser, device="cpu")
    args = parse(parser, argv, epochs=[1, 3], targets=[0.2])
    data = load(args)
    timings, records, reached = measure(data, args)
    report(
        __file__,
        args,
        f"Seconds of fit on {len(data.X):,} images, {args.repeats} seeds",
        COLUMNS,
        cells(timings, records, reached),
        target_figures(reached),
        notes=["Epochs are chosen on the validation images; test accuracy chooses nothing."],
        seconds=timings.seconds,
        records=records,
    )


if __name__ == "__main__":
    main()
