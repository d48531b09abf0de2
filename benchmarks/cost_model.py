"""A model of what a run_benchmark on Dask costs, checked with 1, 2 and 4 workers, and projected.

Each figure of the model is measured on this machine: the seconds of an image in an epoch and those
of a fit without images (two sizes, one thread, time of the processor), the seconds that each job
takes the scheduler (jobs of a model that does nothing), and the bytes that a worker receives. Then

    seconds = fits / workers, rounded up, × seconds of a fit × max(1, workers / cores)
              + fits × seconds of a job

is compared with whole runs. The last rows project it, for a network of 10 Gbit/s.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import load
from _received_bytes import make_counter
from _report import Target, report
from _timing import interleave
from joblib import parallel_config
from sklearn.dummy import DummyClassifier

from lenet_sklearn import LeNet5Classifier, run_benchmark
from lenet_sklearn._training.schedule import auto_epochs

NETWORK = 1.25e9  # bytes per second: 10 Gbit/s
CORES = os.cpu_count() or 1
PROJECTIONS = ((1_000, 1_000, 60_000), (1_000, 1_000, 10_000_000))  # workers, fits, images


def compare(models: dict[str, Any], X: np.ndarray, y: np.ndarray) -> None:
    """Run the benchmark whose cost is asked for: three folds."""
    run_benchmark(models, X, y, cv=3, random_state=0, progress=False)


def predicted_seconds(n_fits: int, workers: int, cores: int, fit: float, job: float) -> float:
    """Return the seconds of the model in the docstring of this script."""
    return math.ceil(n_fits / workers) * fit * max(1.0, workers / cores) + n_fits * job


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3, limit=3000)
    parser.add_argument("--candidates", type=positive, default=8, metavar="N",
                        help="models, of three fits each (default: 8)")  # fmt: skip
    parser.add_argument("--epochs", type=positive, default=3, help="of each fit (default: 3)")
    parser.add_argument("--jobs", type=positive, default=200, metavar="N",
                        help="that do nothing (default: 200)")  # fmt: skip
    parser.add_argument("--workers", type=positive, nargs="+", default=[1, 2, 4], metavar="N",
                        help="of Dask, in each whole run (default: 1 2 4)")  # fmt: skip
    args = parse(parser, argv, candidates=1, epochs=4, jobs=2, workers=[1, 2])
    data = load(args)
    X, y = data.X, data.y
    from distributed import Client, LocalCluster

    half = len(X) // 2
    model = LeNet5Classifier(max_epochs=args.epochs, device="cpu")
    models = {f"LeNet-5, {i}": model for i in range(args.candidates)}
    idle = {f"dummy {i}": DummyClassifier() for i in range(args.jobs)}
    n_fits, n_idle = 3 * args.candidates, 3 * args.jobs

    # One thread in this process, as in a worker.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    one = {"LeNet-5": model}
    alone = interleave(
        {"all": partial(compare, one, X, y), "half": partial(compare, one, X[:half], y[:half])},
        args.repeats,
        warm_up={name: partial(compare, one, X[:half], y[:half]) for name in ("all", "half")},
        clock=time.process_time,
    )
    torch.set_num_threads(before)
    fit = alone.median("all") / 3
    slope = (fit - alone.median("half") / 3) / ((len(X) - half) * args.epochs)
    fixed = max(0.0, fit - slope * len(X) * args.epochs)

    measured, received, job = {}, {}, math.nan
    for workers in args.workers:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=":0"
            ) as cluster,
            Client(cluster) as client,
            parallel_config(backend="dask", client=client),
        ):
            count = make_counter()
            compare(one, X[:half], y[:half])  # workers import what they need
            client.run(count)
            compare(one, X, y)
            received[workers] = max(client.run(count).values()) / X.nbytes
            runs = {"fits": partial(compare, models, X, y)}
            if workers == args.workers[0]:
                runs["nothing"] = partial(compare, idle, X[:60], y[:60])
            timings = interleave(runs, args.repeats)
            measured[workers] = timings.median("fits")
            if workers == args.workers[0]:
                job = timings.median("nothing") / n_idle

    rows, figures, targets = [], {}, []
    for workers in args.workers:
        wanted = predicted_seconds(n_fits, workers, CORES, fit, job)
        ratio = measured[workers] / wanted
        rows.append([
            f"workers: {workers}, fits: {n_fits}, images: {len(X):,}", f"{wanted:.1f}",
            f"{measured[workers]:.1f}", f"{ratio:.2f}", f"{received[workers]:.2f} × X",
        ])  # fmt: skip
        figures[f"measured_over_model_{workers}"] = ratio
        targets.append(Target(f"{workers} workers: distance of measured ÷ model from 1",
                              abs(ratio - 1), at_most=0.25))  # fmt: skip
    for workers, fits, images in PROJECTIONS:
        one_fit = slope * images * auto_epochs(images) + fixed
        x_bytes = images * X[0].size  # as uint8
        wanted = predicted_seconds(fits, workers, workers, one_fit, job)
        sent = math.ceil(math.log2(workers)) * x_bytes / NETWORK  # from worker to worker
        rows.append([
            f"projected, workers: {workers:,}, fits: {fits:,}, images: {images:,}",
            f"{wanted:,.0f} + {sent:,.0f} to send X", "", "", f"{x_bytes / 1e9:,.2f} GB",
        ])  # fmt: skip
        figures |= {
            f"projected_seconds_{images}": wanted,
            f"projected_sending_seconds_{images}": sent,
            f"projected_worker_gigabytes_{images}": x_bytes * (1 + 2 / 3) / 1e9,
        }
    report(
        __file__, args, "Seconds of run_benchmark on Dask: a model of cost, and whole runs",
        ["", "model s", "measured s", "measured ÷ model", "received by a worker"], rows,
        figures | {
            "seconds_per_image_and_epoch": slope, "seconds_per_fit": fixed,
            "seconds_per_job": job, **{f"bytes_over_x_{n}": of for n, of in received.items()},
        },
        targets=targets,
        notes=[
            f"A fit and its score take {fixed:.3f} s and {1e6 * slope:.1f} µs for each image and "
            f"epoch on one thread; a job takes the scheduler and the client {1e3 * job:.1f} ms. "
            "A worker holds X and the training images of a fold: 1.67 × X.",
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
