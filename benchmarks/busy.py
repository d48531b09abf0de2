"""Fit time on a machine with other work, under an affinity mask, and with other numbers of threads.

Each run is a process of its own, with as many threads of torch as there are cores. "one core busy"
runs beside a process that does nothing but count. "one core allowed" may use one core, and torch
does not know. MLPClassifier runs beside, for comparison.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

from _arguments import make_parser, parse, positive
from _processes import run_json
from _report import Target, report

# What a process runs: the model, the threads of torch, and whether it is kept on one core.
SCRIPT = """
import json, os, sys, time
sys.path.insert(0, {folder!r})
import torch
from argparse import Namespace
from _data import load
from sklearn.neural_network import MLPClassifier
from lenet_sklearn import LeNet5Classifier
torch.set_num_threads({threads})
data = load(Namespace(data={data!r}, limit={limit}))
def make(epochs):
    if {model!r} == "MLP":
        import warnings; warnings.simplefilter("ignore")
        return MLPClassifier(max_iter=10 * epochs, random_state=0)
    return LeNet5Classifier(max_epochs=epochs, random_state=0)
make(1).fit(data.X[:500], data.y[:500])
if {pinned}:
    os.sched_setaffinity(0, [sorted(os.sched_getaffinity(0))[0]])
X = data.X / 255 if {model!r} == "MLP" else data.X
start = time.perf_counter()
make({epochs}).fit(X, data.y)
print(json.dumps(time.perf_counter() - start))
"""


def seconds(args: argparse.Namespace, model: str, threads: int, *, pinned: bool = False) -> float:
    """Time a fit in a process of its own."""
    script = SCRIPT.format(
        folder=os.path.dirname(__file__), threads=threads, data=args.data, limit=args.limit,
        model=model, pinned=pinned, epochs=args.epochs,
    )  # fmt: skip
    return float(run_json([sys.executable, "-c", script]))


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3, limit=10_000)
    parser.add_argument("--epochs", type=positive, default=4, help="of each run (default: 4)")
    args = parse(parser, argv, epochs=1)
    cores = os.cpu_count() or 1
    can_pin = hasattr(os, "sched_setaffinity")
    runs: dict[str, dict[str, Any]] = {
        "quiet": {"model": "LeNet-5", "threads": cores},
        "one thread, quiet": {"model": "LeNet-5", "threads": 1},
        "one core busy": {"model": "LeNet-5", "threads": cores},
        "all cores busy": {"model": "LeNet-5", "threads": cores},
        "MLP, quiet": {"model": "MLP", "threads": cores},
        "MLP, one core busy": {"model": "MLP", "threads": cores},
    }
    if can_pin:
        runs |= {
            "one core allowed": {"model": "LeNet-5", "threads": cores, "pinned": True},
            "one core allowed, one thread": {"model": "LeNet-5", "threads": 1, "pinned": True},
        }
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(args.repeats):
        for name, how in runs.items():
            n_busy = {"one core busy": 1, "all cores busy": cores}.get(name.split(", ")[-1], 0)
            others = [
                subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n_busy)
            ]
            try:
                times[name].append(seconds(args, **how))
            finally:
                for other in others:
                    other.kill()
                    other.wait()
    median = {name: statistics.median(values) for name, values in times.items()}
    busy = median["one core busy"] / median["quiet"]
    figures = {
        "one_core_busy": busy,
        "all_cores_busy": median["all cores busy"] / median["quiet"],
        "mlp_one_core_busy": median["MLP, one core busy"] / median["MLP, quiet"],
    }
    targets = [Target(f"one of {cores} cores busy ÷ quiet", busy, at_most=2.0)]
    if can_pin:
        allowed = median["one core allowed"] / median["one core allowed, one thread"]
        figures["one_core_allowed"] = allowed
        targets.append(
            Target(f"{cores} cores seen, one allowed ÷ one thread", allowed, at_most=1.2)
        )
    report(
        __file__,
        args,
        f"Seconds to fit {args.limit:,} images",
        ["", "median s", "min–max"],
        [[name, f"{median[name]:.2f}", f"{min(t):.2f}–{max(t):.2f}"] for name, t in times.items()],
        figures,
        targets=targets,
        seconds=times,
    )


if __name__ == "__main__":
    main()
