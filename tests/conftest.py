"""What several test files share: a little data, and a network that trains in a moment."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier

# Started in the background, a shell lets its processes ignore Ctrl-C; the tests that send one
# need Python's own handler.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    """Small tensors: more threads would only wait for one another."""
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_figure_of_other_tests():
    """Close the figures that other tests and docstrings have left open."""
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture
def taken_port():
    """Give a port of this machine that somebody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


class Visit(NamedTuple):
    """A page in a browser, what its console said, and what it asked for."""

    page: Any
    complaints: list  # warnings and errors of the console, and errors of scripts
    requests: list  # addresses, the page's own first


@pytest.fixture(scope="module")  # while it lives, no other asyncio loop can run in this thread
def browser():
    """Headless Chromium; the test is skipped where there is none."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="a browser is driven by the package playwright"
    )
    names = ("chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(names)} is installed")
    with playwright.sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def browser_page(browser):
    """Return a function that opens an address (`path.as_uri()` of a file) and returns a Visit."""
    opened = []

    def visit(address, *, width=1280, height=800, dark=False):
        page = browser.new_page(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        opened.append(page)
        seen = Visit(page, [], [])
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                seen.complaints.append(message.text)
                if message.type in ("warning", "error")
                else None
            ),
        )
        page.goto(address, wait_until="load")
        return seen

    yield visit
    for page in opened:
        page.close()


class Python:
    """Run scripts as `python` does, each in a process of its own.

    Parameters
    ----------
    options : list of str
        Of `python`.
    env : dict
        Environment.
    """

    def __init__(self, options, env):
        self.command, self.env, self.server = [sys.executable, *options], env, None

    def run(self, script, cwd):
        """Return a CompletedProcess with what the script printed, as text."""
        return subprocess.run(
            [*self.command, script],
            cwd=cwd,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )

    def run_warm(self, script, cwd):
        """Do the same in a fork of a process that has imported LeNet5Classifier."""
        if not hasattr(os, "fork"):
            return self.run(script, cwd)
        if self.server is None:
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            path = Path(__file__).with_name("warm_process.py")
            self.server = subprocess.Popen([*self.command, path], env=self.env, **pipes)
        with tempfile.TemporaryDirectory() as folder:
            out, err = Path(folder, "out"), Path(folder, "err")
            paths = [str(path) for path in (script, cwd, out, err)]
            print(json.dumps(paths), file=self.server.stdin, flush=True)
            answer = self.server.stdout.readline()
            if not answer:  # the next script gets a new process
                server, self.server = self.server, None
                raise RuntimeError(f"the warm process ended with the code {server.wait()}")
            return subprocess.CompletedProcess(
                script, int(answer), out.read_text(), err.read_text()
            )

    def close(self):
        """End the warm process."""
        if self.server is not None:
            self.server.communicate()


@pytest.fixture(scope="session")
def strict_python(pytestconfig):
    """A Python in which deprecations are errors, but for pytest's -W. No screen is needed."""
    filters = ["error::DeprecationWarning", "error::FutureWarning"]
    filters += pytestconfig.getoption("pythonwarnings") or []
    options = [f"-W{each}" for each in filters]
    python = Python(options, {**os.environ, "MPLBACKEND": "agg"})
    yield python
    python.close()


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
        pooling="max",
        activation="relu",
        hidden_layer_sizes=(16,),
        input_size=16,
        lr=0.01,
        label_smoothing=0.05,
        batch_size=32,
        max_epochs=10,
        random_state=0,
        device="cpu",
    )


@pytest.fixture(scope="session")
def like_mnist(digits):
    """The digits of scikit-learn, X and y, drawn as MNIST does: 20 pixels amid 28, from 0 to 255.

    Other writers, another scanner: nothing that the shipped weights were trained on.
    """
    X, _, y, _ = digits
    twenty = ImagePreprocessor(size=20, resize="bilinear").fit_transform(X)
    images = np.pad(twenty.reshape(-1, 20, 20), ((0, 0), (4, 4), (4, 4))) * 255
    return images.reshape(len(X), -1).round().astype(np.uint8), y


@pytest.fixture(scope="session")
def few(digits):
    """Five images of 8×8 pixels per class, flat, and their labels."""
    X, _, y, _ = digits
    rows = np.concatenate([np.flatnonzero(y == label)[:5] for label in range(10)])
    return X[rows], y[rows]


@pytest.fixture(scope="session")
def state():
    """Return a function: a copy of all tensors of a model's network, by name."""

    def copy(model):
        return {name: value.numpy().copy() for name, value in model.module_.state_dict().items()}

    return copy


@pytest.fixture(scope="session")
def changed():
    """Return a function: the names of the tensors that differ between two such copies."""

    def compare(before, after):
        return {name for name in before if not np.array_equal(before[name], after[name])}

    return compare


@pytest.fixture(scope="session")
def weights():
    """Return a function: all trained parameters of a model in one row."""

    def flatten(model):
        return torch.cat([p.detach().flatten() for p in model.module_.parameters()]).numpy()

    return flatten


@pytest.fixture(scope="session")
def assert_same_model(weights):
    """Return a function that asserts that two models have equal weights and predictions."""

    def check(first, second, X):
        np.testing.assert_array_equal(weights(first), weights(second))
        np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))

    return check
