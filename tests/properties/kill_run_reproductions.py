"""Kill `run_reproductions` at random moments and start it again: a driver.

``python tests/properties/kill_run_reproductions.py 20`` prints, as JSON, what came of 20 kills.
"""

import json
import sys

import numpy as np
from killing import kill_and_resume

from lenet_sklearn.reproductions import image_sets, run_reproductions

IDS, SEEDS = ["feedforward", "lecun1998"], [0, 1]
ROWS = [(id_, seed) for id_ in IDS for seed in SEEDS]


def fetch(*, subset, **options):
    rng = np.random.default_rng(len(subset))
    return rng.integers(0, 256, (200, 784), dtype=np.uint8), np.arange(200) % 10


def reproduce(folder):
    """Train on random images, which need no download."""
    image_sets.datasets.fetch_mnist = fetch
    return run_reproductions(IDS, seeds=SEEDS, quick=True, out_dir=folder, progress=False).runs


def run(n_kills):
    """Kill as many runs, each in a new folder, and resume each."""
    original = image_sets.datasets.fetch_mnist
    try:
        return kill_and_resume(reproduce, ROWS, ("id", "seed"), "test_loss", n_kills)
    finally:
        image_sets.datasets.fetch_mnist = original


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
