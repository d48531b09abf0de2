"""Press Ctrl-C at random moments of a search, a cross-validation and a benchmark: a driver.

``python tests/properties/interrupt_searches.py 10`` prints, as JSON, the seconds until each of 10
runs had ended, and what went wrong, for one job and for two.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# Fits that would take minutes; what a fold has begun, it notes in a file.
SCRIPT = """
import os, signal, sys
import numpy as np
import torch
from sklearn.model_selection import GridSearchCV, cross_val_score
from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.comparison import run_benchmark

class Noting(LeNet5Classifier):
    def fit(self, X, y):
        with open(os.path.join(FOLDER, "begun"), "a") as file:
            file.write(f"{os.getpid()}\\n")
        return super().fit(X, y)

signal.signal(signal.SIGINT, signal.default_int_handler)
torch.set_num_threads(1)
kind, jobs, FOLDER = sys.argv[1], int(sys.argv[2]), sys.argv[3]
rng = np.random.default_rng(0)
X, y = rng.random((400, 64), dtype=np.float32), np.arange(400) % 4
model = Noting(max_epochs=100, device="cpu", random_state=0)
quick = Noting(max_epochs=1, device="cpu", random_state=0)
try:
    if kind == "search":
        GridSearchCV(model, {"lr": [0.01, 0.02]}, cv=20, n_jobs=jobs).fit(X, y)
    elif kind == "scores":
        cross_val_score(model, X, y, cv=40, n_jobs=jobs)
    else:
        run_benchmark({"quick": quick, "slow": model}, X, y, cv=20, n_jobs=jobs, random_state=0,
                      out_dir=os.path.join(FOLDER, "run"), progress=False)
except KeyboardInterrupt:
    print("KeyboardInterrupt", flush=True)
    sys.exit(130)
"""
KINDS = ("search", "scores", "benchmark")
GIVE_UP = 120  # seconds


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def interrupt(kind, jobs, moment, *, whole_group):
    """Start a run, press Ctrl-C so many seconds after its first fit began."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "out").open("w") as out, (folder / "errors").open("w") as errors:
            run = subprocess.Popen(
                [sys.executable, "-c", SCRIPT, kind, str(jobs), name],
                stdout=out, stderr=errors, start_new_session=True,
            )  # fmt: skip
            try:
                while not lines(folder / "begun") and run.poll() is None:
                    time.sleep(0.01)
                time.sleep(moment)
                begun, pressed = len(lines(folder / "begun")), time.perf_counter()
                (os.killpg if whole_group else os.kill)(run.pid, signal.SIGINT)
                run.wait(GIVE_UP)
                seconds = time.perf_counter() - pressed
                later = len(lines(folder / "begun"))
                time.sleep(1)  # were there orphans, they would begin their next folds
                return {
                    "seconds": round(seconds, 2),
                    "code": run.returncode,
                    "said": (folder / "out").read_text().strip(),
                    "folds begun after": len(lines(folder / "begun")) - begun,
                    "folds begun after the end": len(lines(folder / "begun")) - later,
                    "orphans": sum(alive(pid) for pid in set(lines(folder / "begun"))),
                    "rows": len(list((folder / "run" / "rows").glob("*.json"))),
                    "errors": (folder / "errors").read_text()[-1500:],
                }
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(run.pid, signal.SIGKILL)
                run.wait()


def run(n_times, kinds=KINDS):
    """Interrupt each kind of run so many times, and return what came of it."""
    moments = random.Random(0)
    return {
        f"{kind}, {jobs} {'job' if jobs == 1 else 'jobs'}": [
            interrupt(kind, jobs, moments.uniform(0, 3), whole_group=i % 2 == 0)
            for i in range(n_times)
        ]
        for kind in kinds
        for jobs in (1, 2)
    }


def main(n_times):
    found = run(n_times)
    for name, results in found.items():
        print(name, json.dumps([r["seconds"] for r in results]))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]))
