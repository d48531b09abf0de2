"""Each message that the troubleshooting page quotes is one that users get, word by word."""

import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier

from lenet_sklearn import LeNet5Classifier, export_onnx, load_model, run_benchmark
from lenet_sklearn.datasets import fetch_mnist, load_digits_images, read_images
from lenet_sklearn.inspection import explain

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"
MESSAGE = re.compile(r"^> `(.*?)`$", flags=re.M | re.S)
QUOTED = [
    message.replace("\n> ", " ") for message in MESSAGE.findall(PAGE.read_text(encoding="utf-8"))
]
X, y = (part[:200] for part in load_digits_images(return_X_y=True))
LONE = np.where(np.arange(200) == 0, 99, y)  # a class with one image
TWO = np.arange(20) % 2
KNN = {"k-NN": KNeighborsClassifier()}


def make(**parameters):
    return LeNet5Classifier(**{"max_epochs": 1, "random_state": 0, **parameters})


@pytest.fixture(scope="module")
def fitted():
    return make().fit(X, y)


def change_layers(fitted, folder, patch):
    make(warm_start=True).fit(X, y).set_params(conv_channels=(8, 16)).fit(X, y)


def change_checkpointed(fitted, folder, patch):
    for lr in (0.02, 0.01):
        make(checkpoint_dir=folder / "checkpoint", lr=lr).fit(X, y)


def explain_without_captum(fitted, folder, patch):
    patch.setitem(sys.modules, "captum", None)
    patch.setitem(sys.modules, "captum.attr", None)
    explain(fitted, X[:2], method="integrated_gradients")


def name_no_folder(fitted, folder, patch):
    patch.setenv("LENET_SKLEARN_DATA", str(folder / "nowhere"))
    fetch_mnist()


def forbid_download(fitted, folder, patch):
    patch.delenv("LENET_SKLEARN_DATA", raising=False)
    fetch_mnist(data_home=folder, download_if_missing=False)


def save_picture(path, side):
    image = pytest.importorskip("PIL.Image", reason="pictures need Pillow")
    path.parent.mkdir(parents=True, exist_ok=True)
    image.new("L", (side, side)).save(path)


def read_two_sizes(fitted, folder, patch):
    save_picture(folder / "cat" / "1.png", 20)
    save_picture(folder / "dog" / "1.png", 30)
    read_images(folder)


def read_one_folder(fitted, folder, patch):
    save_picture(folder / "1.png", 20)
    read_images(folder)


def benchmark_other_data(fitted, folder, patch):
    for n in (200, 150):
        run_benchmark(KNN, X[:n], y[:n], cv=2, random_state=0, out_dir=folder, progress=False)


def export_search(fitted, folder, patch):
    pytest.importorskip("onnx", reason="export_onnx needs the package onnx")
    search = GridSearchCV(make(), {"lr": [0.02]}, cv=2).fit(X[:60], TWO.repeat(3))
    export_onnx(search, folder / "model.onnx")


def load_other_file(fitted, folder, patch):
    (folder / "model.joblib").write_bytes(b"something else")
    load_model(folder / "model.joblib")


# The beginning of each message, and what leads to it.
CASES = {
    "X has 785 columns": lambda *_: make().fit(np.zeros((20, 785)), TWO),
    "X has 588 features": lambda *_: make().fit(np.eye(20, 588), TWO),
    "The colour layout": lambda *_: make().fit(np.ones((20, 3, 30, 3)), TWO),
    "X must hold images of one": lambda *_: make().fit([np.ones((8, 8)), np.ones((9, 9))], [0, 1]),
    "X must hold numbers": lambda *_: make().fit(
        np.array([["cat", 1], ["dog", 2]], object), [0, 1]
    ),
    "Input X contains NaN": lambda *_: make().fit(np.where(X == 16, np.nan, X), y),
    "X has 784 features": lambda fitted, *_: fitted.predict(np.zeros((3, 784))),
    "X has 8 features": lambda fitted, *_: fitted.predict(X[0].reshape(8, 8)),
    "The pixels of X go": lambda fitted, *_: fitted.predict(X / 16),
    "The pixels of X have": lambda fitted, *_: fitted.predict(16 - X),
    "The network has": lambda *_: make().fit(np.eye(2, 320**2).reshape(2, 320, 320), [0, 1]),
    "y must be a 1-D": lambda *_: make().fit(X, np.eye(10)[y]),
    "y must hold at least": lambda *_: make().fit(X, 0 * y),
    "early_stopping=True": lambda *_: make(early_stopping=True).fit(X, LONE),
    "cv=5 folds": lambda *_: run_benchmark(KNN, X, LONE, progress=False),
    "Training diverged": lambda *_: make(lr=1e6, optimizer="sgd", max_epochs=5).fit(X, y),
    "conv_channels changed": change_layers,
    "checkpoint_dir=": change_checkpointed,
    "freeze='conv'": lambda *_: make(freeze="conv").fit(X, y),
    "device='cuda:99'": lambda *_: make(device="cuda:99").fit(X, y),
    "explain needs": explain_without_captum,
    "The environment variable": name_no_folder,
    "No valid copy": forbid_download,
    "All pictures": read_two_sizes,
    "labels='folder'": read_one_folder,
    "out_dir=": benchmark_other_data,
    "model must be": export_search,
    "... holds no model": load_other_file,
}


def test_each_quoted_message_has_its_case():
    assert len(QUOTED) == len(CASES)
    for beginning in CASES:
        assert sum(message.startswith(beginning) for message in QUOTED) == 1, beginning


@pytest.mark.parametrize("beginning", CASES)
def test_a_quoted_message_is_what_users_get(beginning, fitted, tmp_path, monkeypatch):
    quoted = next(message for message in QUOTED if message.startswith(beginning))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            CASES[beginning](fitted, tmp_path, monkeypatch)
            messages = [str(warning.message) for warning in caught]
        except (ValueError, TypeError, OSError, ImportError) as error:
            messages = [str(error)]
    # "..." stands for anything, and any space for any other.
    parts = " ".join(quoted.split()).split("...")
    pattern = re.compile(".*".join(map(re.escape, parts)))
    assert [text for text in messages if pattern.fullmatch(" ".join(text.split()))], messages


def test_every_message_has_its_remedy():
    answers = MESSAGE.split(PAGE.read_text(encoding="utf-8"))[2::2]
    for quoted, answer in zip(QUOTED, answers, strict=True):
        assert re.search(r"\*\*(Do|Why)\.\*\*", answer), quoted
