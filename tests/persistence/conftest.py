"""Fitted models and their files."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer
from lenet_sklearn.persistence import save_model


@pytest.fixture(scope="session")
def fuzz():
    """The fuzzer's driver, which also takes files apart."""
    path = Path(__file__).with_name("fuzz_saved_files.py")
    spec = importlib.util.spec_from_file_location("fuzz_saved_files", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tiny():
    """Keyword arguments of a network that trains in no time."""
    return {"conv_channels": (2,), "kernel_size": 3, "hidden_layer_sizes": (4,), "input_size": 8,
            "max_epochs": 2, "random_state": 0, "device": "cpu"}  # fmt: skip


@pytest.fixture(scope="session")
def X():  # noqa: N802
    """Sixty grey images of 8×8 pixels as flat float32 rows from 0 to 16."""
    return np.random.default_rng(0).integers(0, 17, (60, 64)).astype(np.float32)


@pytest.fixture(scope="session")
def y():
    """Three classes."""
    return np.arange(60) % 3


@pytest.fixture(scope="session")
def classifier(tiny, X, y):
    """A fitted classifier, which tests must not change."""
    return LeNet5Classifier(**tiny).fit(X, y)


@pytest.fixture(scope="session")
def pipeline(tiny, X, y):
    """A fitted Pipeline of every transformer, which tests must not change."""
    steps = (ImagePreprocessor(size=10), MassCenterer(), "passthrough", Deskewer())
    return make_pipeline(*steps, LeNet5Classifier(**tiny)).fit(X, y)


@pytest.fixture
def saved(classifier, tmp_path):
    """The path of the classifier's file."""
    path = tmp_path / "model.safetensors"
    save_model(classifier, path)
    return path
