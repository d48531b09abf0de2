"""Peak memory of fit and predict beyond the imports and X, each in a fresh process.

X holds random uint8 images, since pixels cost what they cost whatever they show, and filling X in
place leaves no peak of its own behind. The base is the resident memory once everything is
imported and X is filled; the peak is the system's own high-water mark. A memmap's pages count as
resident while the system keeps them, but are not the process's: they are taken off, as X is.
The first fit of a process makes torch import modules of its own, tens of megabytes in all. They
are imports, but no `import` line of the user's brings them, so they count in "first-fit";
"later-fit" is the same after a fit on a few images, and "predict" comes after one, too.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _processes import run_json
from _report import Target, report

from lenet_sklearn import LeNet5Classifier

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
WHATS, KINDS = ("first-fit", "later-fit", "predict"), ("array", "memmap")


def memory_mb() -> dict[str, float]:
    """Return resident, file-backed and peak memory of this process, in MB (10⁶ bytes)."""
    if not STATUS.exists():  # not Linux: the peak stands for the base too, so that is a bound
        unit = 1 if sys.platform == "darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
        return {"resident": peak, "file": 0.0, "peak": peak}
    # VmHWM rather than ru_maxrss: that one starts at the peak of the process that started this.
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    read = {"resident": "VmRSS", "file": "RssFile", "peak": "VmHWM"}
    return {name: int(lines[key].split()[0]) * 1024 / 1e6 for name, key in read.items()}


def forget_peak() -> None:
    """Let the high-water mark start again from here, where the system can do that."""
    try:
        CLEAR.write_text("5")
    except OSError:  # the peak of the imports stays: what is measured is a bound
        return


def worker(what: str, n: int, epochs: int, path: str, threads: int | None) -> dict[str, float]:
    """Measure one thing in this process."""
    if threads is not None:
        torch.set_num_threads(threads)
    draw = np.random.default_rng(0)
    y = draw.integers(10, size=n)
    if path:
        X: np.ndarray = np.memmap(path, dtype=np.uint8, mode="r", shape=(n, 784))
    else:
        X = draw.integers(256, size=(n, 784), dtype=np.uint8)
    few_X, few_y = draw.integers(256, size=(300, 784), dtype=np.uint8), draw.integers(10, size=300)
    model = LeNet5Classifier(max_epochs=epochs, random_state=0, device="cpu")
    if what != "first-fit":
        model.fit(few_X, few_y)
    forget_peak()
    base = memory_mb()
    if what == "predict":
        model.predict(X)
    else:
        model.fit(X, y)
    after = memory_mb()
    beyond = after["peak"] - base["resident"]
    if path:
        beyond -= min(X.nbytes / 1e6, max(0.0, after["file"] - base["file"]))
    return {"base": base["resident"], "peak": after["peak"], "beyond": beyond}


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    parser.add_argument("--sizes", type=positive, nargs="+", default=[10_000, 30_000, 60_000],
                        help="images (default: 10000 30000 60000)")  # fmt: skip
    parser.add_argument("--epochs", type=positive, default=1, help="of each fit (default: 1)")
    parser.add_argument("--what", nargs="+", choices=WHATS, default=WHATS, help="(default: all)")
    parser.add_argument("--kind", nargs="+", choices=KINDS, default=KINDS, help="(default: both)")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parse(parser, argv, sizes=[300], what=["first-fit"], kind=["memmap"])
    if args.worker:
        print(json.dumps(worker(**json.loads(args.worker))))
        return
    # The images are random: of what all scripts take, --data means nothing here.
    sizes = sorted({min(size, args.limit or size) for size in args.sizes})
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    peaks: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.bin")
        draw = np.random.default_rng(0)
        with path.open("wb") as file:
            for start in range(0, sizes[-1], 1000):
                n_rows = min(1000, sizes[-1] - start)
                file.write(draw.integers(256, size=(n_rows, 784), dtype=np.uint8).tobytes())
        for what in args.what:
            for kind in args.kind:
                for n in sizes:
                    task = {"what": what, "n": n, "epochs": args.epochs,
                            "path": str(path) if kind == "memmap" else "",
                            "threads": args.threads}  # fmt: skip
                    command = [sys.executable, __file__, "--worker", json.dumps(task)]
                    runs: list[dict[str, Any]] = [
                        run_json(command, args.threads) for _ in range(args.repeats)
                    ]
                    worst = max(runs, key=lambda run: run["beyond"])
                    rows.append([f"{what}, {kind}", f"{n:,}", f"{n * 784 / 1e6:.0f}",
                                 f"{worst['base']:.0f}", f"{worst['peak']:.0f}",
                                 f"{worst['beyond']:.0f}"])  # fmt: skip
                    key = f"{what.replace('-', '_')}_{kind}_{n}_mb"
                    figures[key], peaks[key] = worst["beyond"], [run["beyond"] for run in runs]
    report(
        __file__,
        args,
        "Peak memory beyond imports and X, in MB",
        ["", "n", "X", "base", "peak", "beyond"],
        rows,
        figures,
        targets=[
            Target(f"peak memory of {what}, {kind} of {n:,} images, beyond imports and X",
                   figures[f"{what.replace('-', '_')}_{kind}_{n}_mb"],
                   at_most=150, unit=" MB", digits=0)
            for what in args.what for kind in args.kind for n in sizes[-1:]
        ],
        notes=["Of several runs the worst is shown."],
        beyond=peaks,
    )  # fmt: skip


if __name__ == "__main__":
    main()
