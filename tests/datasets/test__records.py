from __future__ import annotations

import dataclasses

import pytest

from lenet_sklearn.datasets._records import FASHION_MNIST, MNIST

BOTH = pytest.mark.parametrize("dataset", [MNIST, FASHION_MNIST], ids=lambda dataset: dataset.name)


def _files(dataset):
    return [
        dataset.train.images,
        dataset.train.labels,
        dataset.test.images,
        dataset.test.labels,
    ]


@BOTH
def test_sizes_are_those_of_the_images(dataset):
    assert [file.n_bytes for file in _files(dataset)] == [
        16 + 60_000 * 28 * 28,
        8 + 60_000,
        16 + 10_000 * 28 * 28,
        8 + 10_000,
    ]


@BOTH
def test_names_are_those_of_the_mirrors(dataset):
    assert [file.name for file in _files(dataset)] == [
        "train-images-idx3-ubyte",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ]


def test_hashes_are_eight_different_sha256():
    hashes = [file.sha256 for file in _files(MNIST) + _files(FASHION_MNIST)]
    assert len(set(hashes)) == 8
    assert {len(bytes.fromhex(sha256)) for sha256 in hashes} == {32}
    assert all(sha256 == sha256.lower() for sha256 in hashes)


@BOTH
def test_mirrors(dataset):
    assert len(set(dataset.mirrors)) >= 2
    for mirror in dataset.mirrors:
        assert mirror.startswith(("https://", "http://"))
        assert mirror.endswith("/")


@BOTH
def test_descr_tells_source_and_licence(dataset):
    for text in (dataset.title, dataset.licence, dataset.citation, dataset.class_names[9]):
        assert text in dataset.descr


def test_records_are_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        MNIST.name = "other"
    with pytest.raises(dataclasses.FrozenInstanceError):
        MNIST.train.images.sha256 = "0" * 64
