"""Kill `run_benchmark` at random moments and start it again: a driver.

``python tests/properties/kill_run_benchmark.py 20`` prints, as JSON, what came of 20 kills.
"""

import json
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.comparison import run_benchmark

ROWS = [(model, fold) for model in ("LeNet-5", "forest") for fold in range(5)]


def benchmark(folder):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 17, (300, 64)).astype(np.float32), np.arange(300) % 3
    lenet = LeNet5Classifier(max_epochs=4, device="cpu")
    models = {"LeNet-5": lenet, "forest": RandomForestClassifier(n_estimators=30)}
    return run_benchmark(models, X, y, random_state=0, out_dir=folder, progress=False).scores


def run(n_kills):
    """Kill as many runs, each in a new folder, and resume each."""
    counts = {"rows on disk when killed": [], "lost": 0, "twice": 0, "changed": 0, "wrong": 0}
    moments, fork = random.Random(0), multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        expected = benchmark(folder)
    with tempfile.TemporaryDirectory() as folder:  # again, now that all is imported
        began = time.perf_counter()
        benchmark(folder)
        longest = time.perf_counter() - began
    while len(counts["rows on disk when killed"]) < n_kills:
        with tempfile.TemporaryDirectory() as folder:
            process = fork.Process(target=benchmark, args=(folder,))
            process.start()
            process.join(timeout=moments.uniform(0, longest))
            process.kill()
            process.join()
            before = {path: path.read_bytes() for path in Path(folder).glob("rows/*.json")}
            scores = benchmark(folder)
            after = {path: path.read_bytes() for path in Path(folder).glob("rows/*.json")}
        if process.exitcode == 0:  # it had ended
            continue
        found = list(zip(scores["model"], scores["fold"], strict=True))
        counts["rows on disk when killed"].append(len(before))
        counts["lost"] += len(set(ROWS) - set(found)) + len(ROWS) - len(after)
        counts["twice"] += len(found) - len(set(found))
        counts["changed"] += sum(after.get(path) != before[path] for path in before)
        counts["wrong"] += int((scores["accuracy"] != expected["accuracy"]).sum())
    return counts


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
