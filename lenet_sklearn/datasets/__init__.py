"""Data sets of small images: bundled with scikit-learn, downloaded, or read from files."""

from lenet_sklearn.datasets._csv import read_csv_images
from lenet_sklearn.datasets._digits import load_digits_images
from lenet_sklearn.datasets._drawing import prepare_drawing
from lenet_sklearn.datasets._fetch import fetch_fashion_mnist, fetch_mnist
from lenet_sklearn.datasets._idx import read_idx
from lenet_sklearn.datasets._picture_files import ImageFiles, read_images

__all__ = [
    "ImageFiles",
    "fetch_fashion_mnist",
    "fetch_mnist",
    "load_digits_images",
    "prepare_drawing",
    "read_csv_images",
    "read_idx",
    "read_images",
]
