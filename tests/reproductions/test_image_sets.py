import pickle

import numpy as np
import pytest

from lenet_sklearn import datasets
from lenet_sklearn.reproductions.image_sets import (
    QUICK_TEST,
    QUICK_TRAIN,
    ImageSets,
    draw_few,
    through_csv,
)


def test_each_set_is_loaded_once(data_home, monkeypatch):
    calls = []
    fetch = datasets.fetch_mnist
    monkeypatch.setattr(datasets, "fetch_mnist", lambda **more: calls.append(more) or fetch(**more))
    sets = ImageSets(data_home, quick=False)
    images = sets.load("mnist")
    assert sets.load("mnist") is images
    assert [call["subset"] for call in calls] == ["train", "test"]
    assert (images.X.shape, images.X_test.shape) == ((400, 784), (250, 784))
    assert images.X.dtype == np.uint8


def test_quick_sets_are_small_and_known_by_their_content(data_home):
    quick, whole = ImageSets(data_home, quick=True), ImageSets(data_home, quick=False)
    images = quick.load("fashion-mnist")
    assert (len(images.y), len(images.y_test)) == (QUICK_TRAIN, QUICK_TEST)
    assert quick.fingerprint("mnist") == ImageSets(data_home, quick=True).fingerprint("mnist")
    assert quick.fingerprint("mnist") != whole.fingerprint("mnist")


def test_another_process_loads_its_own_images():
    sets = ImageSets(None, quick=True)
    images = sets.load("digits")
    sent = pickle.dumps(sets)
    assert len(sent) < 1000
    other = pickle.loads(sent)
    assert other.quick
    np.testing.assert_array_equal(other.load("digits").X, images.X)


def test_the_way_through_csv_files_changes_nothing(data_home):
    sets = ImageSets(data_home, quick=True)
    direct, by_csv = sets.load("mnist"), sets.load("mnist", via_csv=True)
    for one, other in zip(direct, by_csv, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_the_csv_file_has_the_third_projects_form(monkeypatch):
    read = []

    def look(path, *args, **kwargs):
        read.append(path.read_text().splitlines())
        return None, None

    monkeypatch.setattr(datasets, "read_csv_images", look)
    X = np.arange(784 * 2).reshape(2, 784) % 256
    through_csv(X.astype(np.uint8), np.array([3, 8]))
    header, first, second = (line.split(",") for line in read[0])
    assert len(header) == len(first) == 785
    assert header[:3] == ["label", "1x1", "1x2"]
    assert header[-1] == "28x28"
    assert (first[0], second[0]) == ("3", "8")
    assert first[1:] == [str(pixel) for pixel in X[0]]


@pytest.mark.parametrize("n_per_class", [5, 50])
def test_few_images_are_drawn_of_each_class_and_the_rest_is_for_the_test(n_per_class):
    images = ImageSets(None, quick=False).load("digits")
    few = draw_few(images, n_per_class, seed=1)
    assert (np.bincount(few.y) == n_per_class).all()
    assert len(few.y) + len(few.y_test) == len(images.y) == 1797
    rows = {row.tobytes() for row in images.X}
    drawn, rest = ({row.tobytes() for row in part} for part in (few.X, few.X_test))
    assert drawn | rest == rows
    other = draw_few(images, n_per_class, seed=2)
    assert not np.array_equal(few.X, other.X)
    np.testing.assert_array_equal(few.X, draw_few(images, n_per_class, seed=1).X)
