"""What must hold on every CPU, with instruction sets lowered as far as a CPU lets us.

Each setting makes MKL, oneDNN and torch's own loops choose other paths of computation. They are
read when a process starts, so that each setting has a process of its own.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETTINGS = [
    {},
    {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"},
    {"ONEDNN_MAX_CPU_ISA": "SSE41"},
    {
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
    },
    {"OMP_NUM_THREADS": "1"},
    {"MKL_CBWR": "AVX2"},
]
NAMES = [" ".join(f"{k}={v}" for k, v in setting.items()) or "as it is" for setting in SETTINGS]
# Run by each process: predictions and scikit-learn's checks that compare floats.
SCRIPT = """
import sys, warnings
import numpy as np
import torch
from sklearn.utils.estimator_checks import estimator_checks_generator
from lenet_sklearn import LeNet5, LeNet5Classifier

warnings.simplefilter("ignore")
networks = {
    "default": {},
    "smooth": {"activation": "silu", "pooling": "avg"},
    "odd": {"conv_channels": (5, 13), "hidden_layer_sizes": (37,), "activation": "gelu"},
    "small kernels": {"conv_channels": (7,), "kernel_size": 3, "activation": "tanh"},
    "1998": {"activation": "scaled_tanh", "pooling": "subsample", "connectivity": "lecun1998",
             "output": "rbf", "input_size": 32, "resize": "pad"},
}
images = torch.randint(0, 256, (200, 1, 28, 28), generator=torch.Generator().manual_seed(0))
for name, params in networks.items():
    network = LeNet5(**params, generator=torch.Generator().manual_seed(1)).eval()
    network.pixel_mean.fill_(33.0)
    network.pixel_std.fill_(78.0)
    with torch.inference_mode():
        together = network(images)
        scale = together.abs().max()
        worst = max(
            ((network(images[:n]) - together[:n]).abs().max() / scale).item()
            for n in (range(1, 201) if name == "default" else [*range(1, 18), 64, 127, 128, 200])
        )
    print(f"{name}: {worst:.1e}")
    assert worst <= 1e-7, (name, worst)

wanted = ("subset_invariance", "order_invariance", "sample_weight_equivalence_on_dense",
          "fit_idempotent", "decision_proba")
done = 0
for estimator, check in estimator_checks_generator(LeNet5Classifier()):
    if any(word in str(check) for word in wanted):
        check(estimator)
        done += 1
assert done >= 5, done
"""


@pytest.mark.parametrize("setting", SETTINGS, ids=NAMES)
def test_what_must_hold_on_every_cpu(setting):
    cleared = {name for each in SETTINGS for name in each}
    environment = {k: v for k, v in os.environ.items() if k not in cleared} | setting
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
