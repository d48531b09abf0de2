"""Images by the name of a data set, or from a CSV file. Bad files: see test_benchmark.py."""

import numpy as np
import pytest
import typer

import lenet_sklearn.datasets
from lenet_sklearn.cli._data import ImageSource, load_images, name_shape, parse_shape


@pytest.fixture
def fetched(monkeypatch):
    """The options that fetch_mnist is called with."""
    seen = []

    def fetch(**options):
        seen.append(options)
        return np.zeros((4, 9)), np.arange(4)

    monkeypatch.setattr(lenet_sklearn.datasets, "fetch_mnist", fetch)
    return seen


def test_a_shape_is_read_and_written():
    assert [parse_shape(text) for text in (None, "28x30", "3×8,9")] == [None, (28, 30), (3, 8, 9)]
    assert name_shape((3, 8, 9)) == "3×8×9"
    with pytest.raises(typer.BadParameter, match="'8' is no shape"):
        parse_shape("8")


def test_the_subset_is_the_commands(fetched):
    load_images(ImageSource("MNIST"))
    load_images(ImageSource("mnist"), subset="test")
    assert fetched == [{"return_X_y": True}, {"subset": "test", "return_X_y": True}]


def test_digits_have_no_subsets():
    X, y = load_images(ImageSource("digits"), subset="test")
    assert X.shape == (1797, 64)
    assert len(y) == 1797


def test_a_csv_file_may_have_one_class(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text("7;1;2;3;4\n7;4;3;2;1\n")
    source = ImageSource(str(path), separator=";")
    X, y = load_images(source)
    assert (X.tolist(), y.tolist()) == ([[1, 2, 3, 4], [4, 3, 2, 1]], [7, 7])
    with pytest.raises(typer.BadParameter, match="at least two classes"):
        load_images(source, least_classes=2)


@pytest.mark.parametrize(
    "source", [{"label_column": "0"}, {"shape": (8, 8)}, {"separator": ";"}], ids=str
)
def test_options_of_files_are_for_files(source):
    with pytest.raises(typer.BadParameter, match="it is for CSV files, and --data is digits"):
        load_images(ImageSource("digits", **source))
