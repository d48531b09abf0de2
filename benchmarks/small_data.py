"""Accuracy and time with few images: the default, the default of before, and the usual baselines.

Each draw takes a stratified sample of the training images, on which nothing was chosen, and scores
on test images. "before" is an earlier default: ReLU, max pooling, batches of 128 and 900
/ √n epochs. Each cell is on disk as soon as it is known; a killed run goes on where it stopped.

    python benchmarks/small_data.py --sizes 100 300 1000 3000
    python benchmarks/small_data.py --more --chart docs/few_images.png

`--more` adds what helps with few images: distortions, and for the digits the shipped weights of
MNIST. `--chart` draws the learning curves.
"""

from __future__ import annotations

import argparse
import math
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from _arguments import make_parser, parse, positive
from _data import fetch
from _report import RESULTS, Target, report, write_json
from _resume import code_hash, rows_on_disk
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier, make_baselines
from lenet_sklearn.datasets import load_digits_images

SETS = ("mnist", "fashion-mnist", "digits")
OURS, BEFORE = "LeNet-5", "LeNet-5 before"
BASELINES = ("SVM", "Random forest", "MLP")
DISTORTED, SHIPPED = "LeNet-5, distorted images", "LeNet-5, weights of MNIST"
_CURVES = ((OURS, "o"), (DISTORTED, "^"), (SHIPPED, "D"), *zip(BASELINES, "sxv", strict=True))
# Draws of these seeds took no part in any choice.
FIRST_SEED = 1_000
MOST_DIGITS = 1_000


def before(n: int, seed: int) -> LeNet5Classifier:
    """Make the classifier with the defaults that it had before."""
    return LeNet5Classifier(
        activation="relu", pooling="max", lr=0.01, label_smoothing=0.05, batch_size=128,
        max_epochs=min(60, max(4, math.ceil(900 / math.sqrt(n)))), input_size=28,
        random_state=seed,
    )  # fmt: skip


def draw(name: str, n: int, seed: int, n_test: int) -> tuple[np.ndarray, ...]:
    """Draw n training images; return them, test images, and the labels of both."""
    if name == "digits":
        X, y = load_digits_images(return_X_y=True)
        return tuple(train_test_split(X, y, train_size=n, stratify=y, random_state=seed))
    X, y = fetch(name, "train")
    X_test, y_test = fetch(name, "test")
    rows, _ = train_test_split(np.arange(len(X)), train_size=n, stratify=y, random_state=seed)
    return X[rows], X_test[:n_test], y[rows], y_test[:n_test]


def models(name: str, n: int, seed: int, *, more: bool) -> dict[str, Any]:
    """Make all models of a cell."""
    others = make_baselines(random_state=seed)
    made: dict[str, Any] = {
        OURS: LeNet5Classifier(random_state=seed),
        BEFORE: before(n, seed),
        **{title: others[title] for title in BASELINES},
    }
    if more:
        kind = "objects" if name == "fashion-mnist" else "digits"
        made[DISTORTED] = LeNet5Classifier(augmentation=kind, random_state=seed)
    if more and name == "digits":
        made[SHIPPED] = LeNet5Classifier(pretrained="mnist", random_state=seed)
    return made


def draw_chart(path: Path, cells: Sequence[tuple[str, int]], records: list[dict[str, Any]]) -> None:
    """Draw accuracy over the number of images, with the spread of the draws."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(name for name, _ in cells))
    figure, axes = plt.subplots(1, len(names), figsize=(4.2 * len(names), 3.8), squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        sizes = [n for d, n in cells if d == name]
        rows = {n: [r for r in records if (r["data"], r["n"]) == (name, n)] for n in sizes}
        for i, (title, marker) in enumerate(_CURVES):
            known = [n for n in sizes if rows[n] and title in rows[n][0]]
            if not known:
                continue
            scores = [[100 * r[title] for r in rows[n]] for n in known]
            spread = [statistics.stdev(s) if len(s) > 1 else 0.0 for s in scores]
            mean = [statistics.mean(s) for s in scores]
            ax.errorbar(known, mean, spread, label=title, marker=marker, color=f"C{i}", capsize=2)
        ax.set(xscale="log", title=name, xlabel="training images", ylabel="accuracy in %")
        ax.set_xticks(sizes, [f"{n:,}" for n in sizes])
        ax.minorticks_off()
        ax.legend(fontsize=8, loc="lower right")
        ax.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1, data=("all", *SETS))
    parser.add_argument("--sizes", type=positive, nargs="+", default=[100, 300, 1000, 3000],
                        metavar="N", help="training images of each draw")  # fmt: skip
    parser.add_argument("--draws", type=positive, default=5, metavar="N", help="(default: 5)")
    parser.add_argument("--test", type=positive, default=3000, metavar="N",
                        help="test images of MNIST and Fashion-MNIST (default: 3000)")  # fmt: skip
    parser.add_argument("--more", action="store_true",
                        help="add distortions and shipped weights")  # fmt: skip
    parser.add_argument("--chart", type=Path, metavar="FILE.png", help="draw learning curves")
    parser.add_argument("--fresh", action="store_true", help="forget the rows of an earlier run")
    args = parse(parser, argv, sizes=[60], draws=1)
    args.out = args.out or RESULTS / "small_data.json"
    about = {"code": code_hash(), "test": args.test, "more": args.more}
    records = rows_on_disk(args.out, about, args.fresh)
    done = {(r["data"], r["n"], r["seed"]) for r in records}
    names = SETS if args.data == "all" else (args.data,)
    cells = [(d, n) for d in names for n in args.sizes if d != "digits" or n <= MOST_DIGITS]
    for name, n in cells:
        for seed in range(FIRST_SEED, FIRST_SEED + args.draws):
            if (name, n, seed) in done:
                continue
            X, X_test, y, y_test = draw(name, n, seed, args.test)
            row: dict[str, Any] = {"data": name, "n": n, "seed": seed}
            for title, model in models(name, n, seed, more=args.more).items():
                start = time.perf_counter()
                model.fit(X, y)
                row[f"{title} s"] = time.perf_counter() - start
                row[title] = float(model.score(X_test, y_test))
            records.append(row)
            write_json(args.out, {"benchmark": "small_data", "about": about, "records": records})
            print(", ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}"
                            for k, v in row.items()), flush=True)  # fmt: skip
    write_report(args, cells, records, about)
    if args.chart:
        draw_chart(args.chart, cells, records)


def write_report(
    args: argparse.Namespace,
    cells: Sequence[tuple[str, int]],
    records: list[dict[str, Any]],
    about: dict[str, Any],
) -> None:
    """Print the means of each cell, and the targets."""
    titles = (OURS, BEFORE, *BASELINES, *((DISTORTED, SHIPPED) if args.more else ()))
    rows, figures, targets = [], {}, []
    for name, n in cells:
        of_cell = [r for r in records if (r["data"], r["n"]) == (name, n)]
        mean = {t: statistics.mean(r.get(t, math.nan) for r in of_cell) for t in titles}
        seconds = {t: statistics.median(r[f"{t} s"] for r in of_cell) for t in (OURS, BEFORE)}
        fewer = 1 - (1 - mean[OURS]) / max(1 - mean[BEFORE], 1e-9)
        ratio = seconds[OURS] / seconds[BEFORE]
        scores = ["–" if math.isnan(mean[t]) else f"{mean[t]:.4f}" for t in titles]
        times = [f"{seconds[OURS]:.2f}", f"{ratio:.2f}"]
        rows.append([name, f"{n:,}", *scores, f"{fewer:.0%}", *times])
        figures |= {f"{name}_{n}": mean[OURS], f"{name}_{n}_time_ratio": ratio}
        best = max(mean[t] for t in BASELINES)
        targets.append(Target(f"{name}, {n:,} images: ahead of SVM, forest and MLP by",
                              mean[OURS] - best, at_least=0.0, digits=4))  # fmt: skip
        if name == "mnist":
            targets.append(Target(f"{name}, {n:,} images: fewer errors than before",
                                  fewer, at_least=0.1))  # fmt: skip
        targets.append(Target(f"{name}, {n:,} images: time ÷ before", ratio, at_most=1.0))
    report(
        __file__,
        args,
        f"Accuracy with few images, mean of {args.draws} draws",
        ["data", "images", *titles, "fewer errors", "fit s", "÷ before"],
        rows,
        figures,
        targets=targets,
        about=about,
        records=records,
    )


if __name__ == "__main__":
    main()
