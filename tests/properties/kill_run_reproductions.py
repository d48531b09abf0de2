"""Kill `run_reproductions` at random moments and start it again: a driver.

``python tests/properties/kill_run_reproductions.py 20`` prints, as JSON, what came of 20 kills.
"""

import json
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lenet_sklearn.comparison import _image_sets, run_reproductions

IDS, SEEDS = ["feedforward", "lecun1998"], [0, 1]
ROWS = [(id_, seed) for id_ in IDS for seed in SEEDS]


def fetch(*, subset, **options):
    rng = np.random.default_rng(len(subset))
    return rng.integers(0, 256, (200, 784), dtype=np.uint8), np.arange(200) % 10


def reproduce(folder):
    """Train on random images, which need no download."""
    _image_sets.datasets.fetch_mnist = fetch
    return run_reproductions(IDS, seeds=SEEDS, quick=True, out_dir=folder, progress=False).runs


def run(n_kills):
    """Kill as many runs, each in a new folder, and resume each."""
    counts = {"rows on disk when killed": [], "lost": 0, "twice": 0, "changed": 0, "wrong": 0}
    moments, fork = random.Random(0), multiprocessing.get_context("fork")
    original = _image_sets.datasets.fetch_mnist
    try:
        with tempfile.TemporaryDirectory() as folder:
            expected = reproduce(folder)
        with tempfile.TemporaryDirectory() as folder:  # again, now that all is imported
            began = time.perf_counter()
            reproduce(folder)
            longest = time.perf_counter() - began
        while len(counts["rows on disk when killed"]) < n_kills:
            with tempfile.TemporaryDirectory() as folder:
                process = fork.Process(target=reproduce, args=(folder,))
                process.start()
                process.join(timeout=moments.uniform(0, longest))
                process.kill()
                process.join()
                before = {path: path.read_bytes() for path in Path(folder).glob("rows/*.json")}
                runs = reproduce(folder)
                after = {path: path.read_bytes() for path in Path(folder).glob("rows/*.json")}
            if process.exitcode == 0:  # it had ended
                continue
            found = list(zip(runs["id"], runs["seed"], strict=True))
            counts["rows on disk when killed"].append(len(before))
            counts["lost"] += len(set(ROWS) - set(found)) + len(ROWS) - len(after)
            counts["twice"] += len(found) - len(set(found))
            counts["changed"] += sum(after.get(path) != before[path] for path in before)
            counts["wrong"] += int((runs["test_loss"] != expected["test_loss"]).sum())
    finally:
        _image_sets.datasets.fetch_mnist = original
    return counts


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
