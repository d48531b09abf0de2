"""Accuracy against seconds: LeNet-5 beside the SVM, random forest and MLP of make_baselines."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from _arguments import make_parser, parse
from _data import Data, load
from _report import report
from _timing import Timings, interleave

from lenet_sklearn import LeNet5Classifier, make_baselines

OURS = "LeNet-5"
KEYS = {OURS: "lenet5", "SVM": "svm", "Random forest": "random_forest", "MLP": "mlp"}
N_WARM_UP = 200


def measure(estimator: Any, data: Data) -> dict[str, float]:
    """Fit, predict the test images, and compare."""
    start = time.perf_counter()
    estimator.fit(data.X, data.y)
    fitted = time.perf_counter()
    hits = estimator.predict(data.X_test) == data.y_test
    return {
        "fit": fitted - start,
        "predict": time.perf_counter() - fitted,
        "accuracy": float(hits.mean()),
    }


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(make_parser(__doc__, repeats=1, limit=10_000), argv)
    data = load(args)
    few = Data(*(part[:N_WARM_UP] for part in (data.X, data.y, data.X_test, data.y_test)))
    baselines = make_baselines(random_state=0)
    models: dict[str, Any] = {OURS: LeNet5Classifier(random_state=0, device="cpu")}
    models |= {name: baselines[name] for name in KEYS if name != OURS}
    timings = interleave(
        {name: partial(measure, model, data) for name, model in models.items()},
        args.repeats,
        warm_up={name: partial(measure, model, few) for name, model in models.items()},
    )
    runs = timings.results
    parts = Timings({f"{n}: {what}": [run[what] for run in runs[n]]
                     for n in models for what in ("fit", "predict")})  # fmt: skip
    score = {n: statistics.mean(run["accuracy"] for run in runs[n]) for n in models}
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    for name in sorted(models, key=lambda n: score[n], reverse=True):
        row, key = [name, f"{score[name]:.4f}"], KEYS[name]
        figures[f"{key}_accuracy"] = score[name]
        for what in ("fit", "predict"):
            mine, ours = f"{name}: {what}", f"{OURS}: {what}"
            row += [f"{parts.median(mine):.3g}", f"{parts.ratio(mine, ours):.3g}"]
            figures[f"{key}_{what}_seconds"] = parts.median(mine)
            figures[f"{key}_{what}_ratio"] = parts.ratio(mine, ours)
        rows.append(row)
    report(
        __file__,
        args,
        f"{len(data.X):,} images to fit, {len(data.X_test):,} to predict",
        ["", "test accuracy", "fit s", "÷ LeNet-5", "predict s", "÷ LeNet-5"],
        rows,
        figures,
        seconds=parts.seconds,
    )


if __name__ == "__main__":
    main()
