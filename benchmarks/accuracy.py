"""Accuracy of the default fit, or of one with other parameters: mean ± sd over seeds.

MNIST and Fashion-MNIST: 60,000 images to fit, 10,000 to test, one row per seed. digits: five
stratified folds of scikit-learn's 8×8 images for each seed, one row per fold. Each row is on disk
as soon as it is known; a killed run goes on where it stopped.

    python benchmarks/accuracy.py --claim fashion
    python benchmarks/accuracy.py --data fashion-mnist --seeds 3 --set max_epochs=20

A claim names data, parameters and seeds, and the accuracy that is to be reached.
"""

from __future__ import annotations

import argparse
import ast
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from _arguments import make_parser, parse, positive
from _data import fetch
from _report import RESULTS, Target, report, write_json
from _resume import code_hash, rows_on_disk
from sklearn.model_selection import StratifiedKFold

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._runs.metrics import expected_calibration_error, log_loss
from lenet_sklearn.datasets import load_digits_images

N_FOLDS = 5
Split = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
# Clothes bear, and need, more passes than the default makes.
FASHION: dict[str, Any] = {
    "augmentation": "objects",
    "activation": "relu",
    "lr": 0.01,
    "weight_decay": 0.03,
    "label_smoothing": 0.02,
    "max_epochs": 40,
}
# The most accurate LeNet below 100,000 parameters that was found: 16 and 32 maps, one full layer.
WIDER: dict[str, Any] = {**FASHION, "conv_channels": (16, 32), "hidden_layer_sizes": (84,),
                         "max_epochs": 30}  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """An accuracy on test images that is to be reached, and how."""

    data: str
    seeds: int
    accuracy: float
    parameters: dict[str, Any] = field(default_factory=dict)


CLAIMS = {
    "default": Claim("mnist", 5, 0.994),
    "default-fashion": Claim("fashion-mnist", 3, 0.910),
    "default-digits": Claim("digits", 3, 0.993),
    "augmented": Claim("mnist", 3, 0.996, {"augmentation": "digits"}),
    "fashion": Claim("fashion-mnist", 3, 0.920, FASHION),
    "fashion-wider": Claim("fashion-mnist", 3, 0.928, WIDER),
}


def parameter(text: str) -> tuple[str, Any]:
    """Read ``name=value``; what is no Python literal is a string."""
    name, equals, value = text.partition("=")
    if not equals or name not in LeNet5Classifier().get_params():
        raise argparse.ArgumentTypeError(
            f"must be name=value, with the name of a parameter of LeNet5Classifier. Got {text!r}."
        )
    try:
        return name, ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return name, value


def splits(args: argparse.Namespace) -> Iterator[tuple[dict[str, int], Split]]:
    """Yield what names a row, and its training and test data."""
    if args.data == "digits":
        X, y = load_digits_images(return_X_y=True)
        X, y = X[: args.limit], y[: args.limit]
        for seed in range(args.seeds):
            folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
            for fold, (train, test) in enumerate(folds.split(X, y)):
                yield {"seed": seed, "fold": fold}, (X[train], y[train], X[test], y[test])
    else:
        X, y = fetch(args.data, "train")
        test_set = fetch(args.data, "test")
        for seed in range(args.seeds):
            yield {"seed": seed}, (X[: args.limit], y[: args.limit], *test_set)


def measure(parameters: dict[str, Any], seed: int, split: Split) -> dict[str, float]:
    """Fit once and score."""
    X, y, X_test, y_test = split
    model = LeNet5Classifier(**{"random_state": seed, **parameters})
    start = time.perf_counter()
    model.fit(X, y)
    seconds = time.perf_counter() - start
    proba = model.predict_proba(X_test)
    return {
        "accuracy": float((model.classes_[proba.argmax(axis=1)] == y_test).mean()),
        "log_loss": log_loss(y_test, proba, model.classes_),
        "calibration_error": expected_calibration_error(y_test, proba, model.classes_),
        "fit_seconds": seconds,
        "epochs": model.n_iter_,
    }


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1, data=("mnist", "fashion-mnist", "digits"))
    parser.add_argument("--seeds", type=positive, default=5, metavar="N", help="(default: 5)")
    parser.add_argument("--set", type=parameter, action="append", default=[], metavar="NAME=VALUE",
                        help="a parameter of LeNet5Classifier; may be repeated")  # fmt: skip
    parser.add_argument("--claim", choices=CLAIMS, help="sets --data, --seeds and --set")
    parser.add_argument("--fresh", action="store_true", help="forget the rows of an earlier run")
    args = parse(parser, argv, seeds=1, set=[("max_epochs", 2)])
    claim = None if args.claim is None else CLAIMS[args.claim]
    if claim is not None:
        args.data, args.seeds, args.set = claim.data, claim.seeds, list(claim.parameters.items())
    parameters = dict(args.set)
    if args.out is None:
        words = [args.data, *(f"{k}={v}" for k, v in parameters.items())]
        name = "_".join(["accuracy", *(words if claim is None else [args.claim])])
        args.out = RESULTS / f"{name.replace('/', '-').replace(' ', '')}.json"
    model = LeNet5Classifier(**parameters)
    everything = {name: repr(value) for name, value in model.get_params().items()}
    about = {"data": args.data, "limit": args.limit, "parameters": everything, "code": code_hash()}
    records = rows_on_disk(args.out, about, args.fresh)
    done = {(row["seed"], row.get("fold")) for row in records}
    for key, split in splits(args):
        if (key["seed"], key.get("fold")) in done:
            continue
        row = {**key, **measure(parameters, key["seed"], split)}
        records.append(row)
        write_json(args.out, {"benchmark": "accuracy", "about": about, "records": records})
        print(", ".join(f"{k} {v:.5g}" for k, v in row.items()), flush=True)

    records = [row for row in records if row["seed"] < args.seeds]
    by_seed = {s: [r for r in records if r["seed"] == s] for s in range(args.seeds)}
    means = {s: statistics.mean(r["accuracy"] for r in rows) for s, rows in by_seed.items()}
    mean, seconds = statistics.mean(means.values()), [r["fit_seconds"] for r in records]
    sd = statistics.stdev(means.values()) if len(means) > 1 else None
    honest = {
        name: statistics.mean(row[name] for row in records)
        for name in ("log_loss", "calibration_error")
    }
    spread = "" if sd is None else f" ± {sd:.5f}"
    how = ", ".join(f"{k}={v}" for k, v in parameters.items()) or "default fit"
    report(
        __file__,
        args,
        f"Accuracy on {args.data}, {how}",
        ["seed", "accuracy", "epochs", "fit s"],
        [
            *(
                [s, f"{means[s]:.5f}", rows[0]["epochs"],
                 f"{statistics.median(r['fit_seconds'] for r in rows):.3g}"]
                for s, rows in by_seed.items()
            ),
            ["mean", f"{mean:.5f}{spread}", "", f"{statistics.median(seconds):.3g}"],
        ],
        {"accuracy": mean, "sd": sd, "fit_seconds": statistics.median(seconds), **honest},
        notes=[f"{name.replace('_', ' ')}: {value:.4f}" for name, value in honest.items()],
        targets=[] if claim is None else [
            Target(f"test accuracy on {args.data}, {how}, mean of {args.seeds} seeds", mean,
                   at_least=claim.accuracy, digits=4)
        ],
        seconds={"fit": seconds},
        about=about,
        records=records,
    )  # fmt: skip


if __name__ == "__main__":
    main()
