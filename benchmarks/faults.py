"""Kill workers and schedulers of Dask in the middle of a search, and count what is lost.

The search is of twelve fits, four candidates on three folds: as models of run_benchmark, and as a
GridSearchCV whose folds are sent to each worker. A worker process is killed (SIGKILL) on the way:
the scores must be those of a run without Dask. Then a whole cluster is killed, with its scheduler:
run_benchmark must raise one ConnectionError, and the same call without Dask must take all finished
rows from its folder, and end with the right scores.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _common import Data, Target, load, make_parser, parse, positive, report
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid, StratifiedKFold

from lenet_sklearn import LeNet5Classifier, run_benchmark

# Its workers end with it.
CLUSTER = """
from distributed import LocalCluster
if __name__ == "__main__":
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0",
                           silence_logs=50)
    print(cluster.scheduler_address, flush=True)
    input()
"""
GRID = {"lr": [0.003, 0.01], "activation": ["tanh", "relu"]}
SCORES = ["model", "fold", "status", "accuracy", "log_loss", "f1_macro"]


@dataclass
class Search:
    """The same search in two ways."""

    data: Data
    model: LeNet5Classifier

    def __post_init__(self) -> None:
        self.folds = list(StratifiedKFold(3).split(self.data.X, self.data.y))

    def benchmark(self, out_dir: Path | None = None) -> pd.DataFrame:
        models = {
            str(candidate): clone(self.model).set_params(**candidate)
            for candidate in ParameterGrid(GRID)
        }
        options: dict[str, Any] = {"cv": self.folds, "random_state": 0, "progress": False}
        result = run_benchmark(models, self.data.X, self.data.y, out_dir=out_dir, **options)
        return result.scores[SCORES]

    def grid(self) -> np.ndarray:
        search = GridSearchCV(self.model, GRID, cv=self.folds, refit=False)
        found = search.fit(self.data.X, self.data.y).cv_results_
        return np.stack([found[f"split{i}_test_score"] for i in range(3)])

    def shared(self) -> list[np.ndarray]:
        """Return what joblib has to send to each worker, for a grid that survives."""
        return [self.data.X, self.data.y, *chain(*self.folds)]


def after_rows(n_rows: int, folder: Path, act: Callable[[], None]) -> threading.Thread:
    """Start a thread that acts as soon as the folder has so many rows."""

    def watch() -> None:
        while len(list(folder.glob("rows/*.json"))) < n_rows:
            time.sleep(0.005)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def lose_workers(search: Search, times: int) -> tuple[int, int]:
    """Return how often the scores are right: of run_benchmark, and of GridSearchCV."""
    from distributed import Client, LocalCluster

    rows = search.benchmark()
    start = time.perf_counter()
    scores = search.grid()
    seconds = time.perf_counter() - start
    n_rows = n_scores = 0
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):

        def kill_one(number: int) -> None:
            os.kill(processes[number % 2], signal.SIGKILL)

        for i in range(times):
            client.wait_for_workers(2, timeout=120)
            processes = list(client.run(os.getpid).values())
            with tempfile.TemporaryDirectory() as name:
                killer = after_rows(1 + i % 8, Path(name), lambda i=i: kill_one(i))  # type: ignore[misc]
                with parallel_config(backend="dask", client=client):
                    n_rows += rows.equals(search.benchmark(Path(name)))
                killer.join()
            client.wait_for_workers(2, timeout=120)
            processes = list(client.run(os.getpid).values())
            timer = threading.Timer(seconds * (0.05 + 0.4 * i / times), kill_one, [i])
            with parallel_config(backend="dask", client=client, scatter=search.shared()):
                timer.start()
                try:
                    n_scores += np.array_equal(scores, search.grid())
                except Exception as error:
                    print(f"GridSearchCV {i}: {type(error).__name__}: {error}")
            timer.join()
    return n_rows, n_scores


def lose_scheduler(search: Search, rows: pd.DataFrame, after: int) -> tuple[bool, bool, int]:
    """Return whether there was a clear error, the right scores afterwards, and the rows lost."""
    from distributed import Client

    with tempfile.TemporaryDirectory() as name:
        script, out = Path(name, "cluster.py"), Path(name, "out")
        script.write_text(CLUSTER, encoding="utf-8")
        scheduler = subprocess.Popen(
            [sys.executable, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        clear = False
        try:
            assert scheduler.stdout is not None
            address = scheduler.stdout.readline().strip()
            client = Client(address, set_as_default=False, timeout=10)
            killer = after_rows(after, out, scheduler.kill)
            try:
                with parallel_config(backend="dask", client=client):
                    search.benchmark(out)
            except ConnectionError:
                clear = True
            killer.join()
            client.close(timeout=1)
        finally:
            scheduler.kill()
            scheduler.communicate()
        finished = {path: path.read_bytes() for path in out.glob("rows/*.json")}
        right = rows.equals(search.benchmark(out))
        n_lost = sum(path.read_bytes() != content for path, content in finished.items())
        return clear, right, n_lost


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1, limit=2000)
    parser.add_argument("--workers", type=positive, default=10, metavar="N",
                        help="workers to kill in each of the two (default: 10)")  # fmt: skip
    parser.add_argument("--schedulers", type=positive, default=3, metavar="N",
                        help="schedulers to kill (default: 3)")  # fmt: skip
    parser.add_argument("--epochs", type=positive, default=2, help="of each fit (default: 2)")
    args = parse(parser, argv, workers=1, schedulers=1, epochs=1)
    data = load(args)
    model = LeNet5Classifier(max_epochs=args.epochs, random_state=0, device="cpu")
    search = Search(data, model)
    n_rows, n_scores = lose_workers(search, args.workers)
    rows = search.benchmark()
    seen = [lose_scheduler(search, rows, 1 + i) for i in range(args.schedulers)]
    n_errors, n_kept, n_lost = map(sum, zip(*seen, strict=True))
    report(
        __file__,
        args,
        f"A search of {len(rows)} fits on {len(data.X):,} images, while Dask loses processes",
        ["killed", "times", "right scores", "one error", "rows lost"],
        [
            ["a worker, run_benchmark", args.workers, n_rows, "", ""],
            ["a worker, GridSearchCV", args.workers, n_scores, "", ""],
            ["the scheduler, run_benchmark", args.schedulers, n_kept, n_errors, n_lost],
        ],
        {
            "workers_killed": args.workers,
            "right_answers": n_rows,
            "right_answers_grid": n_scores,
            "schedulers_killed": args.schedulers,
            "clear_errors": n_errors,
            "right_after_errors": n_kept,
            "rows_lost": n_lost,
        },
        targets=[
            Target("right scores of run_benchmark, a worker killed each time", n_rows,
                   at_least=args.workers, digits=0),
            Target("right scores of GridSearchCV, a worker killed each time", n_scores,
                   at_least=args.workers, digits=0),
            Target("one clear error, the scheduler killed each time", n_errors,
                   at_least=args.schedulers, digits=0),
            Target("right scores after that, from the same folder", n_kept,
                   at_least=args.schedulers, digits=0),
            Target("finished rows that were lost or computed again", n_lost, at_most=0, digits=0),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
