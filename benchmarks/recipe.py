"""What each ingredient of the default recipe buys: it is taken out, or changed, all else equal.

All on training images: those to fit on come first (--limit of them), and the last sixth of all is
the validation split that is scored. The test images are not loaded. Each row is on disk as soon as
it is known; a killed run goes on where it stopped, and a longer one adds seeds.

    python benchmarks/recipe.py --seeds 3
    python benchmarks/recipe.py --data fashion-mnist
    python benchmarks/recipe.py --limit 1000

The estimator has no switch for an exponential moving average of the weights: a callback makes it.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import fetch, load
from _report import RESULTS, report, write_json
from _resume import code_hash, rows_on_disk
from skorch.callbacks import Callback

from lenet_sklearn import LeNet5Classifier

DEFAULT = "default recipe"


class AverageWeights(Callback):
    """Leave the exponential moving average of the weights; it starts as their plain mean."""

    def __init__(self, decay: float = 0.998) -> None:
        self.decay = decay

    def on_train_begin(self, net: Any, **kwargs: Any) -> None:
        self.average_ = [p.detach().clone() for p in net.module_.parameters()]
        self.step_ = 0

    @torch.no_grad()
    def on_batch_end(self, net: Any, training: bool = True, **kwargs: Any) -> None:
        if training:
            self.step_ += 1
            share = max(1 - self.decay, 1 / self.step_)
            torch._foreach_lerp_(self.average_, list(net.module_.parameters()), share)

    @torch.no_grad()
    def on_train_end(self, net: Any, **kwargs: Any) -> None:
        for parameter, average in zip(net.module_.parameters(), self.average_, strict=True):
            parameter.copy_(average)


# What differs from the defaults of LeNet5Classifier.
VARIANTS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    "ReLU and max pooling at rate 0.01": {"activation": "relu", "pooling": "max", "lr": 0.01},
    "ReLU": {"activation": "relu"},
    "tanh": {"activation": "tanh"},
    "max pooling": {"pooling": "max"},
    "pixels ÷ 255, not standardised": {"pixel_levels": (0, 1)},
    "constant rate of 0.001": {"lr_schedule": "constant", "lr": 0.001},
    "constant rate of 0.01": {"lr_schedule": "constant", "lr": 0.01},
    "cosine, no warm-up": {"lr_schedule": "cosine"},
    "peak rate 0.005": {"lr": 0.005},
    "peak rate 0.01": {"lr": 0.01},
    "SGD with momentum: rate 0.1, decay 0.0005": {
        "optimizer": "sgd", "lr": 0.1, "weight_decay": 0.0005,
    },
    "no weight decay": {"weight_decay": 0.0},
    "weight decay 0.01, torch's default": {"weight_decay": 0.01},
    "no label smoothing": {"label_smoothing": 0.0},
    "label smoothing 0.05": {"label_smoothing": 0.05},
    "batches of 16": {"batch_size": 16},
    "batches of 64": {"batch_size": 64},
    "batches of 256": {"batch_size": 256},
    "dropout 0.1": {"dropout": 0.1},
    "moving average of the weights": {"callbacks": [AverageWeights()]},
}  # fmt: skip


def measure(parameters: dict[str, Any], seed: int, split: Sequence[np.ndarray]) -> dict[str, float]:
    """Fit once, and score on the validation images."""
    X, y, X_valid, y_valid = split
    model = LeNet5Classifier(random_state=seed, device="cpu", **parameters)
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    probability = model.predict_proba(X_valid)
    right = probability[np.arange(len(y_valid)), np.searchsorted(model.classes_, y_valid)]
    return {
        "accuracy": float((model.classes_[probability.argmax(1)] == y_valid).mean()),
        "log_loss": float(-np.log(np.maximum(right, 1e-12)).mean()),
        "fit_seconds": seconds,
        "epochs": model.n_iter_,
    }


def split_off_validation(args: argparse.Namespace) -> tuple[np.ndarray, ...]:
    """Return images to fit on, at most ``--limit``, and the last sixth of all to score."""
    if args.data == "digits":
        data = load(argparse.Namespace(data="digits", limit=None))
        X, y = data.X, data.y
    else:
        X, y = fetch(args.data, "train")
    n_fit = len(X) - len(X) // 6
    n_used = min(n_fit, args.limit or n_fit)
    return X[:n_used], y[:n_used], X[n_fit:], y[n_fit:]


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1, data=("mnist", "fashion-mnist", "digits"))
    parser.add_argument("--seeds", type=positive, default=2, metavar="N", help="(default: 2)")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, metavar="NAME",
                        default=list(VARIANTS), help=f"of {'; '.join(VARIANTS)}")  # fmt: skip
    parser.add_argument("--fresh", action="store_true", help="forget the rows of an earlier run")
    few = [DEFAULT, "pixels ÷ 255, not standardised", "moving average of the weights"]
    args = parse(parser, argv, seeds=1, only=few)
    if args.out is None:
        limit = "" if args.limit is None else f"_{args.limit}"
        args.out = RESULTS / f"recipe_{args.data}{limit}.json"
    about = {"data": args.data, "limit": args.limit, "code": code_hash()}
    records = rows_on_disk(args.out, about, args.fresh)
    names = [DEFAULT, *(name for name in args.only if name != DEFAULT)]
    done = {(row["variant"], row["seed"]) for row in records}
    split = split_off_validation(args)
    for seed in range(args.seeds):
        for name in names:
            if (name, seed) in done:
                continue
            records.append({"variant": name, "seed": seed, **measure(VARIANTS[name], seed, split)})
            write_json(args.out, {"benchmark": "recipe", "about": about, "records": records})
            print(", ".join(f"{k} {v}" for k, v in records[-1].items()), flush=True)

    of = {n: [r for r in records if r["variant"] == n and r["seed"] < args.seeds] for n in names}
    mean = {n: statistics.mean(r["accuracy"] for r in of[n]) for n in names}
    rows, figures = [], {"default": mean[DEFAULT]}
    for name in names:
        scores = [r["accuracy"] for r in of[name]]
        sd = f"{100 * statistics.stdev(scores):.2f}" if len(scores) > 1 else ""
        gap = "" if name == DEFAULT else f"{100 * (mean[name] - mean[DEFAULT]):+.2f}"
        loss = statistics.mean(r["log_loss"] for r in of[name])
        rows.append([name, f"{100 * mean[name]:.2f}", sd, gap, f"{loss:.4f}"])
        if gap:
            figures[f"{name}: percentage points"] = 100 * (mean[name] - mean[DEFAULT])
    n_fit, n_valid = len(split[0]), len(split[2])
    report(
        __file__,
        args,
        f"{args.data}: {n_fit:,} images to fit, {n_valid:,} to validate, "
        f"{of[DEFAULT][0]['epochs']} epochs, seeds: {args.seeds}",
        ["all else as by default", "validation accuracy %", "sd", "± points", "log loss"],
        rows,
        figures,
        notes=[
            f"One image is {100 / n_valid:.2f} points. Label smoothing and weight decay hold "
            "probabilities back, which a log loss pays for."
        ],
        about=about,
        records=records,
    )


if __name__ == "__main__":
    main()
