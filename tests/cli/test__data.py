"""Images by the name of a data set, from a CSV file or a folder.

Bad CSV files: see test_benchmark.py.
"""

import shutil

import numpy as np
import pytest
import typer

import lenet_sklearn.datasets
from lenet_sklearn.cli._data import (
    ImageSource,
    load_images,
    name_data,
    name_shape,
    parse_shape,
    parse_size,
)
from lenet_sklearn.cli._models import load_named


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


def test_a_size_is_read():
    assert [parse_size(text) for text in (None, "28", "8x9")] == [None, (28, 28), (8, 9)]
    for text in ("0", "28x", "8x8x3", "-8"):
        with pytest.raises(typer.BadParameter, match=f"'{text}' is no size"):
            parse_size(text)


def test_a_folder_of_pictures(pictures):
    X, y = load_images(ImageSource(str(pictures)))
    assert (X.shape, X.dtype, sorted(set(y.tolist()))) == (
        (60, 8, 8),
        np.uint8,
        ["one", "seven", "zero"],
    )
    grown = ImageSource(str(pictures), size=(9, 12), colour=True, resize="stretch")
    assert load_images(grown)[0].shape == (60, 9, 12, 3)


def test_images_for_a_model(pictures, picture_model):
    model = load_named(str(picture_model))
    X, y = load_images(ImageSource(str(pictures)), model=model)
    assert X.shape == (60, 8, 8)
    with pytest.raises(typer.BadParameter, match="of mnist have 9 pixels"):
        model.check_size(np.zeros((4, 9)), "mnist")
    assert (model.fitted.predict(X) == y).mean() > 0.9


@pytest.mark.parametrize("source", [{"size": (8, 8)}, {"colour": True}, {"resize": "pad"}], ids=str)
def test_options_of_folders_are_for_folders(source, tmp_path):
    with pytest.raises(typer.BadParameter, match="it is for folders of pictures, and --data is"):
        load_images(ImageSource("digits", **source))
    path = tmp_path / "a.csv"
    path.write_text("0,1,2,3,4\n")
    with pytest.raises(typer.BadParameter, match=r"for folders of pictures, and .* is a file"):
        load_images(ImageSource(str(path), **source))


def test_options_of_files_are_not_for_folders(pictures):
    with pytest.raises(typer.BadParameter, match=r"it is for CSV files, and .* is a folder"):
        load_images(ImageSource(str(pictures), separator=";"))


def test_folders_that_cannot_be_used(pictures, tmp_path):
    with pytest.raises(ValueError, match=r"The folder .* has no pictures"):
        load_images(ImageSource(str(tmp_path)))
    picture = next(pictures.glob("*/*.png"))
    (tmp_path / "cat").mkdir()
    shutil.copy(picture, tmp_path / "cat")
    with pytest.raises(typer.BadParameter, match="are all in the folder 'cat'"):
        load_images(ImageSource(str(tmp_path)), least_classes=2)
    shutil.copy(picture, tmp_path)
    with pytest.raises(ValueError, match=r"^--data needs each picture in .*Move or remove them\.$"):
        load_images(ImageSource(str(tmp_path)))
    shutil.rmtree(tmp_path / "cat")
    with pytest.raises(ValueError, match=r"^--data needs one folder for each class .* pictures\.$"):
        load_images(ImageSource(str(tmp_path)))


def test_a_folder_may_have_the_name_of_a_data_set(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(pictures, tmp_path / "digits")
    assert load_images(ImageSource("digits"))[0].shape == (1797, 64)
    assert load_images(ImageSource("./digits"))[0].shape == (60, 8, 8)


@pytest.mark.parametrize(
    ("data", "title"),
    [
        ("digits", "scikit-learn's digits"),
        ("Fashion MNIST", "Fashion-MNIST"),
        ("some/images.csv", "images.csv"),
        ("images.csv", "images.csv"),
        ("./mnist/", "mnist"),
    ],
)
def test_the_title_of_the_data(data, title):
    assert name_data(data) == title
