from __future__ import annotations

import warnings

import numpy as np
import pytest

from lenet_sklearn.datasets import ImageFiles, read_images

Image = pytest.importorskip("PIL.Image")


def save(path, pixels, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels, np.uint8)).save(path, **options)
    return path


@pytest.fixture
def two_classes(tmp_path):
    """Three grey pictures of 4×6 pixels: values 1, 2 and 3."""
    for i, name in enumerate(["one/a.png", "one/b.png", "two/a.png"], start=1):
        save(tmp_path / name, np.full((4, 6), i))
    return tmp_path


def test_a_folder_per_class(two_classes):
    files = read_images(two_classes)
    assert isinstance(files, ImageFiles)
    X, y, filenames = files
    assert X.dtype == np.uint8
    assert X.shape == (3, 4, 6)
    np.testing.assert_array_equal(X[:, 0, 0], [1, 2, 3])
    np.testing.assert_array_equal(y, ["one", "one", "two"])
    assert y.dtype.kind == "U"
    assert filenames == [str(two_classes / n) for n in ("one/a.png", "one/b.png", "two/a.png")]


def test_without_labels_and_in_colour(two_classes):
    X, y, _ = read_images(two_classes, labels=None, mode="RGB")
    assert X.shape == (3, 4, 6, 3)
    assert y is None
    pattern = read_images(f"{two_classes}/*/a.png", labels=None)
    listed = read_images([two_classes / "one/a.png", two_classes / "two/a.png"], labels=None)
    np.testing.assert_array_equal(pattern.data, listed.data)
    assert pattern.filenames == listed.filenames


# Sizes


def test_different_sizes_name_two_files_and_the_remedy(two_classes):
    odd = save(two_classes / "two/z.png", np.zeros((6, 4)))
    with pytest.raises(ValueError, match=r"one/a\.png' has 4×6 .*two/z\.png' has 6×4.*size=28"):
        read_images(two_classes)
    odd.unlink()
    assert read_images(two_classes).data.shape == (3, 4, 6)


def test_pad_keeps_proportions_and_fills_with_the_background(tmp_path):
    picture = np.full((10, 20), 200)
    picture[3:7, 5:15] = 0
    path = save(tmp_path / "a.png", picture)
    (X,) = read_images(path, size=20).data
    assert X.shape == (20, 20)
    np.testing.assert_array_equal(X[5:15], picture)
    assert (X[:5] == 200).all()
    assert (X[15:] == 200).all()
    (stretched,) = read_images(path, size=20, resize="stretch").data
    assert (stretched[8:12, 6:14] == 0).all()
    assert read_images(path, size=(5, 40)).data.shape == (1, 5, 40)


def test_pad_in_colour(tmp_path):
    picture = np.zeros((4, 8, 3))
    picture[:] = 10, 20, 30
    (X,) = read_images(save(tmp_path / "a.png", picture), size=8, mode="RGB").data
    np.testing.assert_array_equal(X.reshape(-1, 3), [[10, 20, 30]] * 64)


def test_shrinking_is_smooth(tmp_path):
    checks = np.indices((64, 64)).sum(axis=0) % 2 * 255
    for resize in ("pad", "stretch"):
        (X,) = read_images(save(tmp_path / "a.png", checks), size=8, resize=resize).data
        assert np.abs(X.astype(int) - 127).max() < 12


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1)])
def test_extreme_shapes(tmp_path, shape):
    path = save(tmp_path / "a.png", np.full(shape, 77))
    assert (read_images(path, size=28).data == 77).all()
    assert read_images(path).data.shape == (1, *shape)


# What cannot be read


def test_all_broken_files_are_named_at_once(two_classes):
    (two_classes / "one/empty.png").touch()
    (two_classes / "two/text.png").write_text("text")
    save(two_classes / "two/odd.png", np.zeros((9, 9)))
    with pytest.raises(ValueError, match="cannot be read") as caught:
        read_images(two_classes)
    message = str(caught.value)
    assert message.startswith("2 of 6 pictures cannot be read: ")
    assert "one/empty.png' (zero bytes); " in message
    assert "two/text.png' (not a picture). Repair" in message


def test_ten_are_named_and_all_are_counted(tmp_path):
    paths = [tmp_path / f"{i:02d}.png" for i in range(25)]
    with pytest.raises(
        ValueError, match=r"^25 of 25 pictures.*09\.png.*; and 15 more\. "
    ) as caught:
        read_images(paths)
    assert str(caught.value).count("no such file") == 10


def test_names_with_newlines_stay_on_one_line(tmp_path):
    (tmp_path / "a\nb.png").touch()
    with pytest.raises(ValueError, match=r"a\\nb\.png' \(zero bytes\)") as caught:
        read_images(tmp_path, labels=None)
    assert "\n" not in str(caught.value)
    save(tmp_path / "a\nb.png", np.zeros((3, 3)))
    assert read_images(tmp_path, labels=None).data.shape == (1, 3, 3)


def test_large_pictures_are_refused_without_a_warning(tmp_path, monkeypatch):
    path = save(tmp_path / "a.png", np.zeros((30, 40)))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 1000)  # Pillow warns above it
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="40×30 pixels, larger than 1,100 pixels"):
            read_images(path, max_pixels=1100)
        assert read_images(path, max_pixels=1200).data.shape == (1, 30, 40)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)  # an error above twice of it
        with pytest.raises(ValueError, match="larger than 1,100 pixels"):
            read_images(path, max_pixels=1100)


def test_the_result_is_bounded(two_classes):
    message = r"3 pictures of 4×6 pixels need 72 bytes, more than max_bytes=71\..*size"
    with pytest.raises(ValueError, match=message):
        read_images(two_classes, max_bytes=71)
    assert len(read_images(two_classes, max_bytes=72).data) == 3
    with pytest.raises(ValueError, match="need 30,000,000,000,000,000,000,000 bytes"):
        read_images(two_classes, size=10**11)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"mode": "RGBA"}, ValueError, r"mode must be among \('L', 'RGB'\)\. Got 'RGBA'"),
        ({"labels": "file"}, ValueError, r"labels must be among \('folder', None\)"),
        ({"resize": "crop"}, ValueError, "resize must be among"),
        ({"size": 0}, ValueError, "size must be 1 or more. Got 0"),
        ({"size": 2.5}, TypeError, "size must be an int"),
        ({"size": True}, TypeError, "size must be an int"),
        ({"size": (1, 2, 3)}, ValueError, r"size must be an int or \(height, width\)"),
        ({"max_pixels": -1}, ValueError, "max_pixels must be 1 or more"),
        ({"max_bytes": "8 GB"}, TypeError, "max_bytes must be an int"),
    ],
)
def test_wrong_arguments(two_classes, arguments, error, message):
    with pytest.raises(error, match=message):
        read_images(two_classes, **arguments)
