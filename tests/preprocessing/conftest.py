"""Images that the tests of all transformers see."""

import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture(scope="session")
def digits():
    X, y = load_digits(return_X_y=True)
    return X, y


@pytest.fixture
def colour():
    """Four RGB images of 6×5, (n, C, H, W)."""
    return np.random.default_rng(0).integers(0, 256, (4, 3, 6, 5), dtype=np.uint8)
