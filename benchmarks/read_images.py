"""Seconds and peak memory of read_images on a folder of small PNG files, one folder per class.

Each run is a fresh process that has read a few files before: the imports of Pillow are not
counted. The files are in the system's cache, as they were just written. The peak is that of the
process beyond what was resident before the call, and is divided by the size of the array.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from _arguments import make_parser, parse, positive
from _processes import run_json
from _report import Target, report
from memory import forget_peak, memory_mb
from PIL import Image

from lenet_sklearn.datasets import read_images

N_CLASSES = 10


def write_pictures(folder: Path, n: int) -> None:
    """Write n PNG files of 28×28 random grey pixels, evenly into ten folders."""
    draw = np.random.default_rng(0)
    for i in range(min(n, N_CLASSES)):
        (folder / str(i)).mkdir()
    for i in range(n):
        pixels = draw.integers(256, size=(28, 28), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / str(i % N_CLASSES) / f"{i:06d}.png")


def worker(folder: str, few: str) -> dict[str, float]:
    """Read the folder in this process."""
    read_images(few)
    forget_peak()
    base = memory_mb()["resident"]
    start = time.perf_counter()
    X = read_images(folder).data
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "beyond": memory_mb()["peak"] - base, "array": X.nbytes / 1e6}


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    parser.add_argument("--images", type=positive, default=10_000, metavar="N",
                        help="files to read (default: %(default)s)")  # fmt: skip
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parse(parser, argv, images=50)
    if args.worker:
        print(json.dumps(worker(**json.loads(args.worker))))
        return
    # The pixels are random: of what all scripts take, --data and --limit mean nothing here.
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as few:
        write_pictures(Path(folder), args.images)
        write_pictures(Path(few), N_CLASSES)
        task = json.dumps({"folder": folder, "few": few})
        command = [sys.executable, __file__, "--worker", task]
        runs = [run_json(command, args.threads) for _ in range(args.repeats)]
    seconds = [run["seconds"] for run in runs]
    array = runs[0]["array"]
    peak = max(run["beyond"] for run in runs)
    median = statistics.median(seconds)
    report(
        __file__,
        args,
        f"read_images on {args.images:,} PNG files of 28×28 pixels",
        ["", "median s", "min–max", "files per second", "array MB", "peak MB"],
        [["read_images", f"{median:.3g}", f"{min(seconds):.3g}–{max(seconds):.3g}",
          f"{args.images / median:,.0f}", f"{array:.1f}", f"{peak:.1f}"]],
        {"seconds": median, "files_per_second": args.images / median, "peak_ratio": peak / array},
        targets=[
            Target(f"seconds of read_images, {args.images:,} PNG files", median, at_most=10,
                   fastest=min(seconds), unit=" s"),
            Target("peak memory of read_images ÷ its array", peak / array, at_most=2),
        ],
        notes=["Of several peaks the worst is shown."],
        seconds={"read_images": seconds},
    )  # fmt: skip


if __name__ == "__main__":
    main()
