"""Seconds of a GridSearchCV on joblib's engines, and the bytes that a worker of Dask receives.

One job with one thread and with two; loky with two processes; Dask with two worker processes, to
which X is sent before (`scatter`). Each engine is up and warm before it is timed. The scores of
all must be the same, bit for bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import load
from _received_bytes import make_counter
from _report import Target, report
from _timing import interleave, timing_columns
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB

from lenet_sklearn import LeNet5Classifier, run_benchmark

CANDIDATES = [
    {"activation": [activation], "lr": [lr], "weight_decay": [decay]}
    for activation, lr, decay in itertools.product(
        ["tanh", "relu", "silu"], [0.003, 0.01], [0.0, 0.01]
    )
]
ONE, TWO_THREADS, LOKY, DASK = "1 job, 1 thread", "1 job, 2 threads", "loky, 2 jobs", "Dask, 2"


def measure_bytes(client: Any, X: np.ndarray, y: np.ndarray, epochs: int) -> float:
    """Return the bytes that a worker receives in a benchmark, as a multiple of those of X."""
    count = make_counter()
    models = {"Bayes": GaussianNB(), "LeNet-5": LeNet5Classifier(max_epochs=epochs, device="cpu")}
    client.run(count)
    with parallel_config(backend="dask", client=client):
        run_benchmark(models, X, y, cv=3, random_state=0, progress=False)
    return max(client.run(count).values()) / X.nbytes


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3, limit=5000)
    parser.add_argument("--epochs", type=positive, default=3, help="of each fit (default: 3)")
    parser.add_argument("--cv", type=int, default=3, help="folds (default: 3)")
    parser.add_argument("--candidates", type=positive, default=12, metavar="N",
                        help="points of the grid (default: all 12)")  # fmt: skip
    args = parse(parser, argv, epochs=1, cv=2, candidates=2)
    data = load(args)
    from distributed import Client, LocalCluster

    model = LeNet5Classifier(max_epochs=args.epochs, random_state=0, device="cpu")
    before = torch.get_num_threads()

    def search(
        config: Callable[[], AbstractContextManager[Any]], threads: int, n: int
    ) -> np.ndarray:
        torch.set_num_threads(threads)
        found = GridSearchCV(model, CANDIDATES[:n], cv=args.cv, refit=False)
        try:
            with config():
                found.fit(data.X, data.y)
        finally:
            torch.set_num_threads(before)
        scores = [found.cv_results_[f"split{i}_test_score"] for i in range(args.cv)]
        return np.stack(scores)

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        engines = {
            ONE: (nullcontext, 1),
            TWO_THREADS: (nullcontext, 2),
            LOKY: (partial(parallel_config, backend="loky", n_jobs=2), 1),
            DASK: (
                partial(parallel_config, backend="dask", client=client, scatter=[data.X, data.y]),
                1,
            ),
        }
        timings = interleave(
            {name: partial(search, *how, args.candidates) for name, how in engines.items()},
            args.repeats,
            warm_up={name: partial(search, *how, 2) for name, how in engines.items()},
        )
        bytes_of_x = measure_bytes(client, data.X, data.y, args.epochs)
    serial = timings.results[ONE][0]
    same = [
        name for name in engines
        if all(np.array_equal(serial, scores) for scores in timings.results[name])
    ]  # fmt: skip
    n_fits = min(args.candidates, len(CANDIDATES)) * args.cv
    report(
        __file__,
        args,
        f"Seconds of a search: {n_fits} fits of {args.epochs} epochs, {len(data.X):,} images",
        [*timing_columns(ONE), "scores"],
        [
            [*timings.row(name, against=ONE), "the same" if name in same else "DIFFERENT"]
            for name in engines
        ],
        {
            "loky_speedup": timings.ratio(ONE, LOKY),
            "loky_speedup_two_threads": timings.ratio(TWO_THREADS, LOKY),
            "dask_over_loky": timings.ratio(DASK, LOKY),
            "engines_with_the_same_scores": len(same),
            "bytes_over_x": bytes_of_x,
        },
        targets=[
            Target("1 job with 1 thread ÷ loky with 2 jobs", at_least=1.7,
                   **timings.ratios(ONE, LOKY)),
            Target("1 job with 2 threads ÷ loky with 2 jobs", at_least=1.2,
                   **timings.ratios(TWO_THREADS, LOKY)),
            Target("Dask with 2 workers ÷ loky with 2 jobs", at_most=1.15,
                   **timings.ratios(DASK, LOKY)),
            Target("engines with the scores of the serial run", len(same), at_least=4, digits=0),
            Target("bytes that a worker receives in run_benchmark ÷ those of X", bytes_of_x,
                   at_most=1.1, digits=3),
        ],
        seconds=timings.seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
