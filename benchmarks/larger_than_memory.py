"""Fit images that take twice the memory that the process may have, under a limit of the system.

Two ways, each in a fresh process on Linux, which may use one thread. The figures are the memory
that is the process's own: anonymous pages, looked at every 2 ms. Pages of a file do not count. The
system keeps them while there is room, and takes them back at any time.

memmap   `fit` from a memmap. A map takes as many addresses as the file has bytes. So no process
         can map a file larger than its address space, and `ulimit -v` alone would say nothing
         about memory. Two limits hold: RLIMIT_DATA, on the memory that the process may write to,
         is half of X. RLIMIT_AS, the limit of `ulimit -v`, leaves room for the map and not for a
         copy of it.
dask     `partial_fit` on each chunk of a Dask array, read from the same file. RLIMIT_AS alone: the
         whole process has half of the addresses that X would need.

The process first shows that the limit is in force: an array of half the size of X is refused. X has
64×64 pixels of float64, almost all in holes of the file, so that it takes no place on the disk.
Memory does not depend on the pixels, and a small network reads them sooner.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _arguments import fail, make_parser, parse
from _processes import run_json
from _report import Target, report

from lenet_sklearn import LeNet5Classifier

STATUS = Path("/proc/self/status")
WAYS = ("memmap", "dask")
CHUNK = 1_000  # rows of a block of the Dask array: 33 MB
SPARE = 100_000_000  # bytes that the process may take beyond what it has before the fit
PIXELS, ROW = 64 * 64, 64 * 64 * 8


def memory(name: str) -> int:
    """Return a line of the process's status, in bytes."""
    lines = dict(line.split(":", 1) for line in STATUS.read_text().splitlines() if ":" in line)
    return int(lines[name].split()[0]) * 1024


@contextmanager
def anonymous_peak() -> Iterator[Callable[[], int]]:
    """Yield a function that returns the greatest anonymous memory seen, in bytes."""
    highest, done = [memory("RssAnon")], threading.Event()

    def watch() -> None:
        while not done.wait(0.002):
            highest[0] = max(highest[0], memory("RssAnon"))

    watcher = threading.Thread(target=watch)
    watcher.start()
    time.sleep(0.05)
    try:
        yield lambda: max(highest[0], memory("RssAnon"))
    finally:
        done.set()
        watcher.join()


def write_images(path: Path, n: int) -> None:
    """Write a file of n images; one in fifty has pixels, and the others are holes."""
    draw = np.random.default_rng(0)
    with path.open("wb") as file:
        for row in range(0, n, 50):
            file.seek(row * ROW)
            file.write(draw.random(PIXELS).tobytes())
        file.truncate(n * ROW)


def fit_memmap(model: LeNet5Classifier, path: Path, y: np.ndarray) -> None:
    """Fit the file as one array."""
    model.fit(np.memmap(path, dtype=np.float64, mode="r", shape=(len(y), PIXELS)), y)


def fit_dask(model: LeNet5Classifier, path: Path, y: np.ndarray) -> None:
    """Fit the file as a Dask array, one chunk after the other."""
    import dask
    import dask.array as da

    read = dask.delayed(np.fromfile)
    blocks = []
    for start in range(0, len(y), CHUNK):
        n = min(CHUNK, len(y) - start)
        values = read(path, dtype=np.float64, count=n * PIXELS, offset=start * ROW)
        blocks.append(da.from_delayed(values, (n * PIXELS,), np.float64).reshape(n, PIXELS))
    X, targets = da.concatenate(blocks), da.from_array(y, chunks=CHUNK)
    # A scheduler of threads would read several chunks at once.
    with dask.config.set(scheduler="synchronous"):
        pairs = zip(X.to_delayed().ravel(), targets.to_delayed().ravel(), strict=True)
        for images, labels in pairs:
            model.partial_fit(images.compute(), labels.compute(), classes=np.arange(10))


def worker(way: str, times: float) -> dict[str, Any]:
    """Fit `times` as much as this process may use, and measure its memory."""
    import resource

    torch.set_num_threads(1)
    model = LeNet5Classifier(
        conv_channels=(), hidden_layer_sizes=(8,), max_epochs=1, batch_size=500, device="cpu"
    )
    fit = {"memmap": fit_memmap, "dask": fit_dask}[way]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "images.bin")
        write_images(path, 2 * CHUNK)
        fit(model, path, np.arange(2 * CHUNK) % 10)  # what is imported by then is not the data's
        model = LeNet5Classifier(**model.get_params())
        with anonymous_peak() as peak:  # its thread takes addresses, too
            limit = memory({"memmap": "VmData", "dask": "VmSize"}[way]) + SPARE
            n = int(times * limit / ROW)
            y = np.arange(n) % 10
            write_images(path, n)
            addresses = limit if way == "dask" else memory("VmSize") + n * ROW + SPARE
            resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
            if way == "memmap":
                resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
            base, start = peak(), time.perf_counter()
            fit(model, path, y)
            seconds = time.perf_counter() - start
            beyond = peak() - base
        refused = False
        try:
            np.empty(max(n * ROW // 2, 2 * SPARE), np.uint8)
        except MemoryError:
            refused = True
    return {"n": n, "x_mb": n * ROW / 1e6, "limit_mb": limit / 1e6, "base_mb": base / 1e6,
            "beyond_mb": beyond / 1e6, "seconds": seconds, "half_of_x_refused": refused,
            "passes": model.n_iter_}  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1)
    parser.add_argument("--times", type=float, nargs="+", default=[0.5, 2.0, 4.0],
                        help="size of X ÷ the limit (default: 0.5 2 4)")  # fmt: skip
    parser.add_argument("--way", nargs="+", choices=WAYS, default=WAYS, help="(default: both)")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parse(parser, argv, times=[0.2], way=["memmap"])
    if not STATUS.exists():
        raise fail("the limits and the figures are Linux's.")
    if args.worker:
        print(json.dumps(worker(**json.loads(args.worker))))
        return
    rows: list[list[str]] = []
    figures: dict[str, float] = {}
    runs: dict[str, list[dict[str, Any]]] = {}
    for way in args.way:
        for times in sorted(args.times):
            task = json.dumps({"way": way, "times": times})
            command = [sys.executable, __file__, "--worker", task]
            found = [run_json(command, threads=1) for _ in range(args.repeats)]
            worst = max(found, key=lambda run: run["beyond_mb"])
            figures[f"{way}_{times:g}_mb"], runs[f"{way}_{times:g}"] = worst["beyond_mb"], found
            rows.append([f"{way}, X of {times:g} × the limit", f"{worst['n']:,}",
                         *(f"{worst[key]:.0f}" for key in
                           ("x_mb", "limit_mb", "base_mb", "beyond_mb")),
                         f"{worst['seconds']:.1f}"])  # fmt: skip
    largest = max(args.times)
    report(
        __file__,
        args,
        "Anonymous memory of a fit under a limit, in MB",
        ["", "n", "X", "limit", "before", "peak beyond", "seconds"],
        rows,
        figures,
        targets=[
            Target(f"peak beyond what was there before, {way}, X of {largest:g} × the limit",
                   figures[f"{way}_{largest:g}_mb"], at_most=150, unit=" MB", digits=0)
            for way in args.way
        ],
        notes=["Of several runs the worst is shown."],
        runs=runs,
    )  # fmt: skip


if __name__ == "__main__":
    main()
