"""Epoch time of LeNet5Classifier ÷ that of a plain skorch NeuralNetClassifier, same network.

skorch is set up as its documentation does, with no validation split and nothing printed; X is
prepared once as float32 (not timed). Both optimise by AdamW at the same batch size.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import as_tensor, load
from _network import plain_network
from _report import Target, report
from _timing import interleave, timing_columns
from skorch import NeuralNetClassifier
from torch import nn

from lenet_sklearn import LeNet5Classifier


def fit_ours(X: np.ndarray, y: np.ndarray, epochs: int, batch_size: int) -> LeNet5Classifier:
    """Fit the estimator with its default recipe."""
    model = LeNet5Classifier(max_epochs=epochs, batch_size=batch_size, random_state=0, device="cpu")
    return model.fit(X, y)


def fit_skorch(X: np.ndarray, y: np.ndarray, epochs: int, batch_size: int) -> NeuralNetClassifier:
    """Fit skorch's own classifier."""
    torch.manual_seed(0)
    net = NeuralNetClassifier(
        plain_network,
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.AdamW,
        lr=0.001,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    return net.fit(X, y)


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--epochs", type=positive, default=1, help="of each run (default: 1)")
    parser.add_argument("--batch-sizes", type=positive, nargs="+", default=[64, 128],
                        help="(default: 64 128)")  # fmt: skip
    args = parse(parser, argv)
    data = load(args)
    images = as_tensor(data.X).numpy()
    test = as_tensor(data.X_test, like=data.X).numpy()
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    seconds: dict[str, list[float]] = {}
    targets: list[Target] = []
    for size in args.batch_sizes:
        ours, theirs = f"LeNet5Classifier, {size}", f"skorch, {size}"
        timings = interleave(
            {
                ours: partial(fit_ours, data.X, data.y, args.epochs, size),
                theirs: partial(fit_skorch, images, data.y, args.epochs, size),
            },
            args.repeats,
        )
        for name, X_test in ((ours, data.X_test), (theirs, test)):
            score = timings.results[name][-1].score(X_test, data.y_test)
            row = timings.row(name, against=ours, scale=1 / args.epochs)
            rows.append([*row, f"{score:.4f}"])
        figures[f"ratio_batch_{size}"] = timings.ratio(ours, theirs)
        figures[f"paired_ratio_batch_{size}"] = timings.paired_ratio(ours, theirs)
        seconds |= timings.seconds
        targets.append(Target(f"epoch ÷ plain skorch, batches of {size}",
                              **timings.ratios(ours, theirs), at_most=0.60, goal=0.50))  # fmt: skip
    report(
        __file__,
        args,
        f"Seconds per epoch of {len(data.X):,} images, by batch size",
        [*timing_columns("ours"), "test accuracy"],
        rows,
        figures,
        targets=targets,
        seconds=seconds,
    )


if __name__ == "__main__":
    main()
