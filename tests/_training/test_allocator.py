"""A fit finds the memory of its last step again, also in a worker of Dask."""

import os
import subprocess
import sys

import pytest

from lenet_sklearn._training.allocator import keep_freed_memory

FIT = """
import resource
import numpy as np, torch
torch.set_num_threads(1)
from lenet_sklearn import LeNet5Classifier
rng = np.random.default_rng(0)
X, y = rng.random((640, 784), dtype=np.float32), np.arange(640) % 10
model = LeNet5Classifier(max_epochs=1, batch_size=64, random_state=0, device="cpu").fit(X, y)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
model.fit(X, y)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the variables are glibc's")
def test_a_fixed_threshold_costs_no_page_faults():
    def faults(**variables):
        done = subprocess.run(
            [sys.executable, "-c", FIT],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return int(done.stdout)

    # Where the user has set both, nothing is undone: so many faults it would be.
    many = faults(MALLOC_TRIM_THRESHOLD_="65536", MALLOC_MMAP_THRESHOLD_="131072")
    assert faults(MALLOC_TRIM_THRESHOLD_="65536") < many / 4


def test_the_default_is_left_alone(monkeypatch):
    monkeypatch.delenv("MALLOC_TRIM_THRESHOLD_", raising=False)
    keep_freed_memory.cache_clear()
    assert keep_freed_memory() is False
    keep_freed_memory.cache_clear()
