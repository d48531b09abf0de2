from __future__ import annotations

import doctest
import gzip
import hashlib
import os

import numpy as np
import pandas as pd
import pooch
import pytest

from lenet_sklearn.datasets import _fetch as fetch_module
from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist
from lenet_sklearn.datasets._fetch import _fetch, find_files
from lenet_sklearn.datasets._records import MNIST

FETCHERS = pytest.mark.parametrize("fetch", [fetch_mnist, fetch_fashion_mnist])


@pytest.fixture
def fetch(tiny, tmp_path):
    """Fetch the tiny data set, into an empty folder if nothing else is said."""

    def fetch(subset="train", *, data_home=tmp_path / "home", **changes):
        settings = {"download_if_missing": True, "return_X_y": False, "as_frame": False, **changes}
        return _fetch("fetch_tiny", tiny.record, subset, data_home, **settings)

    return fetch


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The user's cache folder, as far as the tests are concerned."""
    monkeypatch.setattr(pooch, "os_cache", lambda project: tmp_path / "user-cache" / project)
    return tmp_path / "user-cache" / "lenet_sklearn"


def test_download_into_an_empty_folder(fetch, tiny, mirror, tmp_path):
    bunch = fetch("train")
    images, labels = tiny.arrays["train-images"], tiny.arrays["train-labels"]
    np.testing.assert_array_equal(bunch.data, images.reshape(5, 12))
    np.testing.assert_array_equal(bunch.images, images)
    np.testing.assert_array_equal(bunch.target, labels)
    # The files of the subset, no others, from the first mirror that has them.
    assert sorted(os.listdir(tmp_path / "home" / "tiny")) == [
        "train-images.gz",
        "train-labels.gz",
    ]
    assert mirror.paths_asked == [
        f"/{folder}/train-{kind}.gz" for kind in ("images", "labels") for folder in ("gone", "good")
    ]


def test_second_fetch_downloads_nothing(fetch, mirror):
    first = fetch("all")
    n_asked = len(mirror.paths_asked)
    second = fetch("all", download_if_missing=False)
    np.testing.assert_array_equal(first.data, second.data)
    assert len(mirror.paths_asked) == n_asked


def test_files_are_found_without_reading_them(cache, tmp_path, monkeypatch):
    home, shared = (tmp_path / name / "mnist" for name in ("home", "shared"))
    assert set(find_files(MNIST, home.parent).values()) == {None}
    names = [MNIST.train.images.name, MNIST.train.labels.name, MNIST.test.labels.name]
    for path in (home / names[0], home / f"{names[1]}.gz", shared / names[1], shared / names[2]):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"whatever")
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(shared.parent))
    assert find_files(MNIST, home.parent) == {
        names[0]: home / names[0],
        names[1]: home / f"{names[1]}.gz",
        MNIST.test.images.name: None,
        names[2]: shared / names[2],
    }
    assert find_files(MNIST)[names[1]] == shared / names[1]


def test_subsets(fetch, tiny):
    arrays = tiny.arrays
    for subset in ("train", "test"):
        bunch = fetch(subset)
        np.testing.assert_array_equal(bunch.images, arrays[f"{subset}-images"])
        np.testing.assert_array_equal(bunch.target, arrays[f"{subset}-labels"])
    both = fetch("all")
    np.testing.assert_array_equal(
        both.images, np.concatenate([arrays["train-images"], arrays["test-images"]])
    )
    np.testing.assert_array_equal(
        both.target, np.concatenate([arrays["train-labels"], arrays["test-labels"]])
    )


@pytest.mark.parametrize("subset", ["train", "all"])
def test_the_bunch(fetch, tiny, subset):
    bunch = fetch(subset)
    assert bunch.data.dtype == np.uint8
    assert bunch.target.dtype == np.int64
    assert np.shares_memory(bunch.data, bunch.images)
    assert bunch.data.flags.c_contiguous
    assert bunch.frame is None
    assert bunch.feature_names[:4] == ["pixel_0_0", "pixel_0_1", "pixel_0_2", "pixel_1_0"]
    assert len(bunch.feature_names) == 12
    assert bunch.target_names[bunch.target[:2]].tolist() == ["one", "nought"]
    assert tiny.record.descr == bunch.DESCR
    assert bunch.urls == list(tiny.record.mirrors)


def test_data_and_target(fetch):
    bunch = fetch()
    X, y = fetch(return_X_y=True)
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)


def test_as_frame(fetch):
    bunch, plain = fetch(as_frame=True), fetch()
    assert list(bunch.data.columns) == plain.feature_names
    assert (bunch.data.dtypes == np.uint8).all()
    np.testing.assert_array_equal(bunch.data, plain.data)
    np.testing.assert_array_equal(bunch.target, plain.target)
    assert bunch.target.name == "target"
    assert list(bunch.frame.columns) == [*plain.feature_names, "target"]
    assert (bunch.frame["target"] == bunch.target).all()
    np.testing.assert_array_equal(bunch.images, plain.images)
    X, y = fetch(return_X_y=True, as_frame=True)
    pd.testing.assert_frame_equal(X, bunch.data)
    pd.testing.assert_series_equal(y, bunch.target)


@pytest.mark.parametrize("subset", ["valid", None, 1, ["train"]])
@FETCHERS
def test_unknown_subset(fetch, subset):
    with pytest.raises(ValueError, match=rf"'subset' parameter of {fetch.__name__} must be .* Got"):
        fetch(subset=subset)


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_data_folder_of_the_environment(
    fetch, tiny, mirror, cache, tmp_path, monkeypatch, compress
):
    tiny.write(tmp_path / "shared", compress=compress)
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    np.testing.assert_array_equal(fetch(data_home=None).images, tiny.arrays["train-images"])
    assert mirror.paths_asked == []
    assert not cache.exists()


def test_cache_folder_without_data_home(fetch, tiny, cache, mirror):
    fetch("test", data_home=None)
    assert sorted(os.listdir(cache / "tiny")) == ["test-images.gz", "test-labels.gz"]
    n_asked = len(mirror.paths_asked)
    bunch = fetch("test", data_home=None, download_if_missing=False)
    np.testing.assert_array_equal(bunch.images, tiny.arrays["test-images"])
    assert len(mirror.paths_asked) == n_asked


def test_home_folder_is_expanded(fetch, tiny, tmp_path, monkeypatch):
    tiny.write(tmp_path / "user" / "data")
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "user"))
    fetch(data_home="~/data", download_if_missing=False)
    monkeypatch.setenv("LENET_SKLEARN_DATA", "~/data")
    fetch(download_if_missing=False)


@pytest.mark.parametrize("name", ["missing-folder", "a-file"])
@pytest.mark.parametrize("data_home", [None, "home"])
def test_environment_that_names_no_folder(
    fetch, tiny, cache, mirror, tmp_path, monkeypatch, name, data_home
):
    monkeypatch.chdir(tmp_path)
    tiny.write(tmp_path / "home")
    (tmp_path / "a-file").touch()
    monkeypatch.setenv("LENET_SKLEARN_DATA", name)
    with pytest.raises(FileNotFoundError, match=f"LENET_SKLEARN_DATA must .* Got '{name}'. Corr"):
        fetch("test", data_home=data_home)
    assert mirror.paths_asked == []
    assert not cache.exists()


def test_environment_that_is_empty(fetch, cache, monkeypatch):
    monkeypatch.setenv("LENET_SKLEARN_DATA", "")
    fetch("test", data_home=None)
    assert sorted(os.listdir(cache / "tiny")) == ["test-images.gz", "test-labels.gz"]


def test_files_that_the_environment_lacks_are_downloaded(
    fetch, tiny, cache, mirror, tmp_path, monkeypatch
):
    folder = tiny.write(tmp_path / "shared")
    (folder / "train-labels.gz").unlink()
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    fetch("train", data_home=None)
    assert os.listdir(cache / "tiny") == ["train-labels.gz"]
    assert mirror.paths_asked[-1] == "/good/train-labels.gz"
    assert "train-labels.gz" not in os.listdir(folder)  # that folder is only read


def _replace(path, content):
    """Put another content of the same size into a file."""
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_wrong_file_in_the_environment(fetch, tiny, mirror, cache, tmp_path, monkeypatch, compress):
    folder = tiny.write(tmp_path / "shared", compress=compress)
    wrong = tiny.contents["train-images"][:-1] + b"\0"
    path = folder / ("train-images.gz" if compress else "train-images")
    _replace(path, wrong)
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    with pytest.raises(ValueError, match="LENET_SKLEARN_DATA names") as caught:
        fetch(data_home=None)
    message = str(caught.value)
    assert str(path) in message
    assert hashlib.sha256(wrong).hexdigest() in message
    assert tiny.record.train.images.sha256 in message
    assert "Replace" in message
    assert mirror.paths_asked == []
    assert not cache.exists()


def test_wrong_file_in_the_environment_is_not_passed_over(
    fetch, tiny, cache, tmp_path, monkeypatch
):
    tiny.write(cache)
    (tiny.write(tmp_path / "shared") / "train-images.gz").write_bytes(b"damaged")
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    with pytest.raises(ValueError, match="LENET_SKLEARN_DATA names"):
        fetch(data_home=None)


def test_truncated_file_in_the_environment(fetch, tiny, tmp_path, monkeypatch):
    path = tiny.write(tmp_path / "shared") / "train-images.gz"
    path.write_bytes(path.read_bytes()[:-20])
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    with pytest.raises(ValueError, match=r"train-images.gz is not a valid IDX file.*Replace"):
        fetch(data_home=None)


def test_data_home_wins_over_the_environment(fetch, tiny, tmp_path, monkeypatch):
    tiny.write(tmp_path / "home")
    path = tiny.write(tmp_path / "shared") / "train-images.gz"
    path.write_bytes(b"damaged")  # would be an error, if it were looked at
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    np.testing.assert_array_equal(fetch().images, tiny.arrays["train-images"])


def test_environment_comes_before_a_download_into_data_home(
    fetch, tiny, mirror, tmp_path, monkeypatch
):
    tiny.write(tmp_path / "shared")
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    fetch()
    assert mirror.paths_asked == []
    assert not (tmp_path / "home").exists()


def _truncate(path, content):
    path.write_bytes(path.read_bytes()[:-9])


def _empty(path, content):
    path.write_bytes(b"")


def _alter(path, content):
    _replace(path, content[:-1] + bytes([content[-1] ^ 1]))


def _swap(path, content):
    """A whole IDX file, but of other images."""
    _replace(path, content + bytes(12))


DAMAGES = pytest.mark.parametrize("damage", [_truncate, _empty, _alter, _swap])


@DAMAGES
def test_damaged_file_in_the_cache_is_downloaded_again(fetch, tiny, tmp_path, damage):
    path = tiny.write(tmp_path / "home") / "train-images.gz"
    damage(path, tiny.contents["train-images"])
    np.testing.assert_array_equal(fetch().images, tiny.arrays["train-images"])
    assert gzip.decompress(path.read_bytes()) == tiny.contents["train-images"]


@DAMAGES
def test_damaged_file_in_the_cache_without_download(fetch, tiny, mirror, tmp_path, damage):
    path = tiny.write(tmp_path / "home") / "train-images.gz"
    damage(path, tiny.contents["train-images"])
    content = path.read_bytes()
    with pytest.raises(
        FileNotFoundError, match=rf"No valid copy(.|\n)*{path.name} (is not a|must have the SHA)"
    ):
        fetch(download_if_missing=False)
    assert path.read_bytes() == content
    assert mirror.paths_asked == []


def test_folder_in_the_place_of_a_file(fetch, tiny, tmp_path):
    (tmp_path / "home" / "tiny" / "train-images").mkdir(parents=True)
    np.testing.assert_array_equal(fetch().images, tiny.arrays["train-images"])


def test_missing_without_download(fetch, mirror, tmp_path, monkeypatch):
    (tmp_path / "shared").mkdir()
    monkeypatch.setenv("LENET_SKLEARN_DATA", str(tmp_path / "shared"))
    with pytest.raises(FileNotFoundError) as caught:
        fetch(download_if_missing=False)
    message = str(caught.value)
    for text in (
        "train-images of Tiny",
        "download_if_missing=False",
        str(tmp_path / "home" / "tiny" / "train-images.gz: not there"),
        str(tmp_path / "shared" / "tiny" / "train-images: not there"),
        "set LENET_SKLEARN_DATA",
    ):
        assert text in message
    assert mirror.paths_asked == []
    assert not (tmp_path / "home").exists()


def test_all_mirrors_fail(fetch, mirror, tmp_path):
    for name in ("train-images.gz", "train-labels.gz"):
        mirror.fail(f"/good/{name}", 500)
    with pytest.raises(OSError, match="all mirrors failed") as caught:
        fetch()
    for text in ("/gone/train-images.gz: 404", "/good/train-images.gz: 500", "LENET_SKLEARN_DATA"):
        assert text in str(caught.value)
    assert os.listdir(tmp_path / "home" / "tiny") == []


def test_mirror_with_other_images(fetch, mirror, tiny, tmp_path):
    content = tiny.contents["train-images"]
    mirror.serve("/gone/train-images.gz", gzip.compress(content[:-1] + b"\0"))
    mirror.serve("/good/train-images.gz", gzip.compress(content[:-1] + b"\0"))
    with pytest.raises(OSError, match=r"must have the SHA-256 .* Got"):
        fetch()
    assert os.listdir(tmp_path / "home" / "tiny") == []


def test_mirror_with_a_gzip_bomb(fetch, mirror, tiny, to_idx):
    bomb = gzip.compress(to_idx(np.zeros((50_000, 4, 3), np.uint8)))
    mirror.serve("/gone/train-images.gz", bomb)
    mirror.serve("/good/train-images.gz", bomb)
    with pytest.raises(OSError, match=r"must be 76 bytes. Got 600016"):  # not expanded
        fetch()


def test_mirror_that_sends_the_file_uncompressed(fetch, mirror, tiny, tmp_path):
    mirror.serve("/gone/train-images.gz", tiny.contents["train-images"])
    np.testing.assert_array_equal(fetch().images, tiny.arrays["train-images"])
    fetch(download_if_missing=False)


COUNTS = {
    ("fetch_mnist", "train"): [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    ("fetch_mnist", "test"): [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
    ("fetch_fashion_mnist", "train"): [6000] * 10,
    ("fetch_fashion_mnist", "test"): [1000] * 10,
}


@pytest.mark.parametrize("subset", ["train", "test"])
@FETCHERS
def test_the_true_files(real_data, fetch, subset):
    bunch = fetch(subset=subset, download_if_missing=False)
    counts = COUNTS[fetch.__name__, subset]
    assert bunch.data.shape == (sum(counts), 784)
    assert bunch.data.dtype == np.uint8
    assert bunch.images.shape == (sum(counts), 28, 28)
    assert bunch.target.dtype == np.int64
    assert np.bincount(bunch.target).tolist() == counts
    assert len(bunch.feature_names) == 784
    assert len(bunch.target_names) == 10


@FETCHERS
def test_all_of_the_true_files_is_train_then_test(real_data, fetch):
    X, y = fetch(subset="all", return_X_y=True)
    assert X.shape == (70_000, 784)
    for subset, part in (("train", slice(60_000)), ("test", slice(60_000, None))):
        X_part, y_part = fetch(subset=subset, return_X_y=True)
        np.testing.assert_array_equal(X[part], X_part)
        np.testing.assert_array_equal(y[part], y_part)


@FETCHERS
def test_examples_of_the_docstrings(real_data, fetch):
    """They are skipped where the data may be missing; here it is not."""
    (test,) = doctest.DocTestFinder().find(fetch, module=fetch_module, globs={})
    assert len(test.examples) >= 3
    for example in test.examples:
        example.options.pop(doctest.SKIP, None)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    assert runner.run(test).failed == 0
