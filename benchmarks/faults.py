"""Kill workers and schedulers of Dask in the middle of a search, and count what is lost.

The search is a run_benchmark of twelve fits: four candidates on three folds. A worker process is
killed (SIGKILL) on the way: the scores must be those of a run without Dask. Then a whole cluster is
killed, with its scheduler: there must be one ConnectionError, and the same call without Dask must
take all finished rows from its folder, and end with the right scores.
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
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from _arguments import make_parser, parse, positive
from _data import Data, load
from _report import Target, report
from joblib import parallel_config
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

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


def run_search(data: Data, epochs: int, out_dir: Path | None = None) -> pd.DataFrame:
    """Return the scores of each candidate on each fold."""
    model = LeNet5Classifier(max_epochs=epochs, device="cpu")
    models = {
        str(candidate): clone(model).set_params(**candidate) for candidate in ParameterGrid(GRID)
    }
    options: dict[str, Any] = {"cv": 3, "random_state": 0, "progress": False}
    return run_benchmark(models, data.X, data.y, out_dir=out_dir, **options).scores[SCORES]


Search = Callable[[Path | None], pd.DataFrame]


def after_rows(n_rows: int, folder: Path, act: Callable[[], None]) -> threading.Thread:
    """Start a thread that acts as soon as the folder has so many rows."""

    def watch() -> None:
        while len(list(folder.glob("rows/*.json"))) < n_rows:
            time.sleep(0.005)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def lose_workers(search: Search, rows: pd.DataFrame, times: int) -> int:
    """Return how often the scores are right."""
    from distributed import Client, LocalCluster

    n_right = 0
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        for i in range(times):
            client.wait_for_workers(2, timeout=120)
            process = list(client.run(os.getpid).values())[i % 2]
            with tempfile.TemporaryDirectory() as name:
                kill = partial(os.kill, process, signal.SIGKILL)
                killer = after_rows(1 + i % 8, Path(name), kill)
                with parallel_config(backend="dask", client=client):
                    n_right += rows.equals(search(Path(name)))
                killer.join()
        client.wait_for_workers(2, timeout=120)  # a cluster that restarts one fails to close
    return n_right


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
                    search(out)
            except ConnectionError:
                clear = True
            killer.join()
            client.close(timeout=1)
        finally:
            scheduler.kill()
            scheduler.communicate()
        finished = {path: path.read_bytes() for path in out.glob("rows/*.json")}
        right = rows.equals(search(out))
        n_lost = sum(path.read_bytes() != content for path, content in finished.items())
        return clear, right, n_lost


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1, limit=2000)
    parser.add_argument("--workers", type=positive, default=10, metavar="N",
                        help="workers to kill (default: 10)")  # fmt: skip
    parser.add_argument("--schedulers", type=positive, default=3, metavar="N",
                        help="schedulers to kill (default: 3)")  # fmt: skip
    parser.add_argument("--epochs", type=positive, default=2, help="of each fit (default: 2)")
    args = parse(parser, argv, workers=1, schedulers=1, epochs=1)
    data = load(args)
    search = partial(run_search, data, args.epochs)
    rows = search()
    n_right = lose_workers(search, rows, args.workers)
    seen = [lose_scheduler(search, rows, 1 + i) for i in range(args.schedulers)]
    n_errors, n_kept, n_lost = map(sum, zip(*seen, strict=True))
    report(
        __file__,
        args,
        f"A search of {len(rows)} fits on {len(data.X):,} images, while Dask loses processes",
        ["killed", "times", "right scores", "one error", "rows lost"],
        [
            ["a worker", args.workers, n_right, "", ""],
            ["the scheduler", args.schedulers, n_kept, n_errors, n_lost],
        ],
        {
            "workers_killed": args.workers,
            "right_answers": n_right,
            "schedulers_killed": args.schedulers,
            "clear_errors": n_errors,
            "right_after_errors": n_kept,
            "rows_lost": n_lost,
        },
        targets=[
            Target("right scores, a worker killed each time", n_right, at_least=args.workers,
                   digits=0),
            Target("one clear error, the scheduler killed each time", n_errors,
                   at_least=args.schedulers, digits=0),
            Target("right scores after that, from the same folder", n_kept,
                   at_least=args.schedulers, digits=0),
            Target("finished rows that were lost or computed again", n_lost, at_most=0, digits=0),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
