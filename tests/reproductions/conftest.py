"""Small data sets in the place of MNIST and Fashion-MNIST, offline; and a small result."""

import hashlib

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from lenet_sklearn.datasets import _fetch
from lenet_sklearn.datasets._records import Dataset, IdxFile, Split
from lenet_sklearn.reproductions import ReproductionResult

N_TRAIN, N_TEST = 400, 250


def _write_idx(folder, name, array):
    header = bytes([0, 0, 8, array.ndim]) + b"".join(n.to_bytes(4, "big") for n in array.shape)
    content = header + array.astype(np.uint8).tobytes()
    (folder / name).write_bytes(content)
    return IdxFile(name, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def data_home(tmp_path_factory, monkeypatch):
    """A folder in which scikit-learn's digits, enlarged to 28×28 pixels, stand as both sets."""
    monkeypatch.delenv("LENET_SKLEARN_DATA", raising=False)
    home = tmp_path_factory.mktemp("data")
    digits, labels = load_digits(return_X_y=True)
    images = np.kron(digits.reshape(-1, 8, 8), np.ones((3, 3))) * 15
    images = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    parts = {"train": slice(N_TRAIN), "t10k": slice(N_TRAIN, N_TRAIN + N_TEST)}
    for name in ("mnist", "fashion-mnist"):
        folder = home / name
        folder.mkdir()
        splits = {
            part: Split(
                _write_idx(folder, f"{part}-images-idx3-ubyte", images[rows]),
                _write_idx(folder, f"{part}-labels-idx1-ubyte", labels[rows]),
            )
            for part, rows in parts.items()
        }
        record = Dataset(
            name=name,
            title=name,
            train=splits["train"],
            test=splits["t10k"],
            mirrors=(),
            class_names=tuple("0123456789"),
            description="",
            licence="",
            citation="",
        )
        monkeypatch.setattr(_fetch, name.upper().replace("-", "_"), record)
    return home


@pytest.fixture
def make():
    """Make a result of two networks and two seeds."""
    return _make


def _make(**more):
    runs = pd.DataFrame(
        {
            "id": ["feedforward"] * 2 + ["lenet-sklearn"] * 2,
            "seed": [0, 1, 0, 1],
            "n_train": 60_000,
            "n_test": 10_000,
            "test_accuracy": [0.974, 0.976, 0.990, 0.992],
            "test_loss": [0.30, 0.32, 0.03, 0.03],
            "validation_accuracy": np.nan,
            "train_accuracy": [0.92, 0.93, 0.99, 0.99],
            "parameters": [55_050.0, 55_050.0, 61_706.0, 61_706.0],
            "epochs": [15.0, 15.0, 4.0, 4.0],
        }
    )
    return ReproductionResult(runs, pd.DataFrame(), **more)
