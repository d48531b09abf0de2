"""Kill processes that save a model over and over, and see what file they leave: a driver.

``python tests/_files/kill_while_saving.py 50`` prints, as JSON, what came of 50 kills.
"""

import json
import multiprocessing
import random
import sys
import tempfile
from itertools import cycle
from pathlib import Path

import numpy as np

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.persistence import load_model, save_model


def save_for_ever(models, path):
    for model in cycle(models):
        save_model(model, path)


def run(n_kills, folder):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 255, (40, 28, 28), dtype=np.uint8), np.arange(40) % 10
    model = LeNet5Classifier(max_epochs=1, random_state=0, device="cpu")
    path, models, contents = folder / "model.safetensors", [], []
    for seed in (0, 1):
        models.append(model.set_params(random_state=seed).fit(X, y))
        save_model(model, path)
        contents.append(path.read_bytes())
        models[-1] = load_model(path)
    counts = {"old or new": 0, "damaged": 0, "killed in the middle": 0}
    moments = random.Random(0)
    fork = multiprocessing.get_context("fork")
    for _ in range(n_kills):
        process = fork.Process(target=save_for_ever, args=(models, path))
        process.start()
        process.join(timeout=moments.uniform(0.0, 0.1))
        process.kill()
        process.join()
        is_whole = path.read_bytes() in contents
        load_model(path)
        counts["old or new" if is_whole else "damaged"] += 1
        for leftover in set(folder.iterdir()) - {path}:
            assert leftover.name.startswith(".lenet_sklearn-")
            counts["killed in the middle"] += 1
            leftover.unlink()
    return counts


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(run(int(sys.argv[1]), Path(name))))
