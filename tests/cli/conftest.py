"""A folder of pictures, and a model of them."""

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from lenet_sklearn import save_model
from lenet_sklearn.datasets import read_images

NAMES = {0: "zero", 1: "one", 7: "seven"}


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """A folder with 20 digits of 8×8 pixels in each of three folders."""
    folder = tmp_path_factory.mktemp("pictures")
    X, y = load_digits(return_X_y=True)
    for label, name in NAMES.items():
        (folder / name).mkdir()
        for i in np.flatnonzero(y == label)[:20]:
            pixels = (X[i] * 15.9).astype(np.uint8).reshape(8, 8)
            Image.fromarray(pixels).save(folder / name / f"{i}.png")
    return folder


@pytest.fixture(scope="session")
def picture_model(small, pictures, tmp_path_factory):
    """The file of a model of these pictures; its classes are names."""
    X, y, _ = read_images(pictures)
    path = tmp_path_factory.mktemp("model") / "pictures.safetensors"
    save_model(small().fit(X, y), path)
    return path
