"""Kill `run_benchmark` at random moments and start it again: a driver.

``python tests/properties/kill_run_benchmark.py 20`` prints, as JSON, what came of 20 kills.
"""

import json
import sys

import numpy as np
from killing import kill_and_resume
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
    return kill_and_resume(benchmark, ROWS, ("model", "fold"), "accuracy", n_kills)


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
