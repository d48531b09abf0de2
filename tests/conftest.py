"""What several test files share: a little data, and a network that trains in a moment."""

import signal
from functools import partial

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier

# Started in the background, a shell lets its processes ignore Ctrl-C; the tests that send one
# need Python's own handler.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors: more threads would only wait for one another."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def digits():
    """X, X_test, y, y_test: 300 images to train on and 300 to test on, flat float32 in 0–16."""
    X, y = load_digits(return_X_y=True)
    return train_test_split(
        X.astype(np.float32), y, train_size=300, test_size=300, stratify=y, random_state=0
    )


@pytest.fixture(scope="session")
def small():
    """Make a classifier that learns the 300 digits in a fifth of a second."""
    return partial(
        LeNet5Classifier,
        conv_channels=(4, 8),
        kernel_size=3,
        hidden_layer_sizes=(16,),
        input_size=16,
        batch_size=32,
        max_epochs=10,
        random_state=0,
        device="cpu",
    )
