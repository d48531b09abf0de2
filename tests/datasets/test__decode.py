from __future__ import annotations

import contextlib
import os
import sys
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from lenet_sklearn.datasets import read_images
from lenet_sklearn.datasets._decode import UnreadableError, read_picture, to_mode

Image = pytest.importorskip("PIL.Image")
pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF", "ignore:Truncated File Read")

RAMP = np.arange(0, 240, dtype=np.uint8).reshape(12, 20)
MOST = 10_000


@pytest.fixture
def save(tmp_path):
    """Save an array or a Pillow image, and return the path."""

    def save(image, name="some.png", **options):
        image = image if isinstance(image, Image.Image) else Image.fromarray(image)
        image.save(tmp_path / name, **options)
        return str(tmp_path / name)

    return save


@pytest.fixture
def write(tmp_path):
    def write(content, name="some.png"):
        (tmp_path / name).write_bytes(content)
        return str(tmp_path / name)

    return write


def read(path, mode="L", max_pixels=MOST, smallest=None):
    return np.asarray(read_picture(path, mode, max_pixels, smallest))


def refused(path, **options):
    with pytest.raises(UnreadableError) as caught:
        read(path, **options)
    return str(caught.value)


# Formats and modes


@pytest.mark.parametrize("suffix", ["png", "bmp", "gif", "tif"])
def test_what_keeps_pixels_keeps_them(save, suffix):
    np.testing.assert_array_equal(read(save(RAMP, f"some.{suffix}")), RAMP)


@pytest.mark.parametrize(("name", "options"), [("a.jpg", {"quality": 95}), ("a.webp", {})])
def test_what_loses_a_little(save, name, options):
    pixels = read(save(Image.fromarray(RAMP).convert("RGB"), name, **options))
    assert np.abs(pixels.astype(int) - RAMP).max() < 16


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV"])
def test_every_mode_is_grey_and_colour(mode):
    halves = np.zeros((4, 6), np.uint8)
    halves[:, 3:] = 255
    image = Image.fromarray(halves)
    image = image.convert("RGB").convert(mode) if mode in ("CMYK", "HSV") else image.convert(mode)
    for wanted in ("L", "RGB"):
        pixels = np.asarray(to_mode(image, wanted)).astype(int)
        assert pixels.shape == ((4, 6) if wanted == "L" else (4, 6, 3))
        assert pixels[:, :3].max() <= 1
        assert pixels[:, 3:].min() >= 254


def test_colours_stay_colours(save):
    pixels = read(save(np.array([[[255, 0, 0], [0, 0, 255]]], np.uint8)), "RGB")
    np.testing.assert_array_equal(pixels, [[[255, 0, 0], [0, 0, 255]]])


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_are_scaled(save, name):
    values = np.array([[0, 128, 129, 257, 32_768, 65_535]], np.uint16)
    np.testing.assert_array_equal(read(save(values, name)), [[0, 0, 1, 1, 128, 255]])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[0, 7, 255]], np.int32), [0, 7, 255]),
        (np.array([[0, 257, 65_535]], np.int32), [0, 1, 255]),
        (np.array([[0, 0.5, 1]], np.float32), [0, 128, 255]),
        (np.array([[0, 7.4, 255]], np.float32), [0, 7, 255]),
    ],
)
def test_32_bits(save, values, expected):
    np.testing.assert_array_equal(read(save(values, "a.tif"))[0], expected)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (np.array([[-1, 3]], np.int32), "integers from -1 to 3, which do not fit"),
        (np.array([[0, 70_000]], np.int32), "integers from 0 to 70000"),
        (np.array([[0, 300.0]], np.float32), "floats from 0 to 300, neither"),
        (np.array([[0, np.nan]], np.float32), "NaN or infinite"),
    ],
)
def test_a_range_that_cannot_be_known_is_refused(save, values, reason):
    assert reason in refused(save(values, "a.tif"))


def test_what_is_transparent_lies_over_white(save):
    pixels = np.zeros((1, 3, 4), np.uint8)
    pixels[0, :, 3] = [0, 51, 255]
    np.testing.assert_array_equal(read(save(pixels))[0], [255, 204, 0])
    grey = save(np.array([[0, 9]], np.uint8), "grey.png", transparency=0)
    np.testing.assert_array_equal(read(grey), [[255, 9]])
    palette = Image.fromarray(np.array([[0, 1]], np.uint8), "P")
    palette.putpalette([10, 10, 10, 20, 20, 20])
    np.testing.assert_array_equal(read(save(palette, "a.gif", transparency=0)), [[255, 20]])


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.webp", "a.tif"])
def test_the_first_frame_of_an_animation(save, name):
    first, second = (Image.fromarray(np.full((5, 7, 3), v, np.uint8)) for v in (60, 200))
    path = save(first, name, save_all=True, append_images=[second])
    assert np.abs(read(path).astype(int) - 60).max() < 3


# Orientation


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.webp"])
def test_pictures_are_turned_as_exif_asks(save, name):
    halves = np.zeros((20, 40), np.uint8)
    halves[:, 20:] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn to the right: what was left is at the top
    pixels = read(save(Image.fromarray(halves).convert("RGB"), name, exif=exif))
    assert pixels.shape == (40, 20)
    assert pixels[:15].max() < 40
    assert pixels[25:].min() > 215


def test_damaged_exif_turns_nothing(save):
    path = save(RAMP, "a.jpg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    assert read(path).shape == RAMP.shape


# Bounds


def test_the_header_is_asked_before_anything_is_decoded(save, write):
    path = save(RAMP)
    assert read(path, max_pixels=240).shape == (12, 20)
    assert refused(path, max_pixels=239) == "20×12 pixels, larger than 239 pixels"
    content = bytearray(Path(path).read_bytes())
    content[16:24] = (100_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    assert "larger than 10,000 pixels" in refused(write(bytes(content)))


def test_a_large_jpeg_is_decoded_at_a_fraction(save):
    path = save(np.zeros((800, 640), np.uint8), "a.jpg")
    assert read(path, max_pixels=10**6, smallest=(26, 20)).shape == (100, 80)
    assert read(path, max_pixels=10**6, smallest=(60, 10)).shape == (400, 320)
    assert read(path, max_pixels=10**6).shape == (800, 640)


# What cannot be read


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.bmp", "a.gif", "a.tif", "a.webp"])
def test_files_cut_anywhere_are_refused_or_whole(save, write, name):
    noise = np.random.default_rng(0).integers(256, size=(40, 40, 3), dtype=np.uint8)
    content = Path(save(noise, name)).read_bytes()
    for length in (1, 8, 20, 60, len(content) // 2, len(content) * 3 // 4):
        path = write(content[:length], f"cut{length}{name}")
        with contextlib.suppress(UnreadableError):  # and no other error
            assert read(path).shape == (40, 40)
    assert "truncated" in refused(write(content[: len(content) // 2], f"half{name}"))


def test_reasons(write, tmp_path):
    assert refused(write(b"")) == "zero bytes"
    assert refused(write(b"some text")) == "not a picture"
    assert refused(write(b"<?xml version='1.0'?><SVG/>", "a.svg")).startswith("an SVG drawing")
    assert refused(str(tmp_path / "none.png")) == "no such file"
    assert refused("a\0b.png")
    assert refused(str(tmp_path)) == "a folder"
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"
    assert "save it as PNG or JPEG" in refused(write(heic, "a.heic"))
    with zipfile.ZipFile(tmp_path / "zip.png", "w") as file:
        file.writestr("a", "b")
    assert refused(str(tmp_path / "zip.png")) == "not a picture, but a ZIP file"
    assert "begins as PNG" in refused(write(b"\x89PNG\r\n\x1a\n\0\0"))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no FIFOs")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert refused(str(tmp_path / "pipe.png")) == "no regular file"


@pytest.mark.parametrize("suffix", ["ppm", "tga", "pcx", "ico", "eps"])
def test_other_formats_of_pillow_stay_closed(save, suffix):
    path = save(Image.fromarray(RAMP).convert("RGB"), f"a.{suffix}")
    assert "not a picture" in refused(path)


def test_without_pillow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(ImportError, match=r"^read_images needs.*lenet-sklearn\[images\]"):
        read_images("a.png")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_transparency_is_kept_where_it_is_asked_for(save, mode):
    image = Image.new("P" if mode == "P" else "RGBA", (3, 2), 0)
    path = save(image, transparency=0) if mode == "P" else save(image.convert(mode))
    kept = read_picture(path, "L", MOST, keep_alpha=True)
    assert (kept.mode, kept.getpixel((0, 0))[3]) == ("RGBA", 0)
    assert np.asarray(read_picture(path, "L", MOST)).min() == 255  # over white
    assert read_picture(save(RAMP), "L", MOST, keep_alpha=True).mode == "L"
