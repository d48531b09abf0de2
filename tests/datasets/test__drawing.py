from __future__ import annotations

import sys
from itertools import pairwise

import numpy as np
import pytest

from lenet_sklearn import load_pretrained
from lenet_sklearn.datasets import _drawing, prepare_drawing

SIDE = 280


def draw(*lines, side=SIDE, width=22, scale=1.0, offset=(0, 0)):
    """Draw lines with a round pen: the strokes from 0 to 1. Points are (row, column)."""
    y, x = np.indices((side, side))
    strokes = np.zeros((side, side))
    for points in lines:
        points = np.array(points) * scale + offset
        for (y0, x0), (y1, x1) in pairwise(points):
            along = np.clip(
                ((y - y0) * (y1 - y0) + (x - x0) * (x1 - x0))
                / max((y1 - y0) ** 2 + (x1 - x0) ** 2, 1e-9), 0, 1,
            )  # fmt: skip
            distance = np.hypot(y - y0 - along * (y1 - y0), x - x0 - along * (x1 - x0))
            strokes = np.maximum(strokes, np.clip(width * scale / 2 - distance + 0.5, 0, 1))
    return strokes


def arc(centre, radii, begin, end):
    """Points of an ellipse, in degrees clockwise from its top."""
    turn = np.radians(np.linspace(begin, end, 13))
    return np.stack(
        [centre[0] - radii[0] * np.cos(turn), centre[1] + radii[1] * np.sin(turn)], axis=1
    )


DIGITS = {
    0: [arc((140, 140), (90, 60), 0, 360)],
    1: [[(50, 150), (230, 135)]],
    2: [[*arc((100, 140), (50, 50), -70, 120), (220, 90), (222, 200)]],
    3: [[*arc((95, 135), (45, 50), -70, 170), *arc((183, 135), (48, 55), 0, 240)]],
    4: [[(50, 100), (150, 85), (145, 200)], [(60, 180), (235, 165)]],
    6: [[*arc((110, 175), (60, 80), 0, -90), *arc((175, 140), (50, 45), -90, 270)]],
    7: [[(60, 80), (58, 200), (230, 130)]],
    8: [arc((95, 140), (42, 40), 0, 360), arc((185, 140), (48, 48), 0, 360)],
}


@pytest.fixture(scope="module")
def predict():
    model = load_pretrained("mnist", device="cpu")
    return lambda images: model.predict(np.reshape(images, (-1, 784))).tolist()


@pytest.fixture(scope="module")
def four():
    return draw(*DIGITS[4])


def dark(strokes):
    return np.rint(255 * (1 - strokes)).astype(np.uint8)


def close(image, other, most=12.0):
    """Whether two results are the same but for the grey of edges."""
    return np.abs(image.astype(float) - other).mean() < most


# Predictions of the shipped model


@pytest.mark.parametrize("width", [5, 22, 40])
def test_drawn_digits_are_read(predict, width):
    images = [prepare_drawing(dark(draw(*lines, width=width))) for lines in DIGITS.values()]
    hits = np.equal(predict(images), list(DIGITS))
    assert hits.sum() >= len(DIGITS) - (width != 22)


def test_a_small_digit_in_a_corner_on_uneven_paper_is_read(predict):
    y, x = np.indices((SIDE, SIDE)) / SIDE
    rng = np.random.default_rng(0)
    images = []
    for lines in DIGITS.values():
        strokes = draw(*lines, scale=0.5, offset=(5, 130))
        light = 120 + 70 * x + 50 * y
        photo = light * (1 - 0.7 * strokes) + rng.normal(0, 5, light.shape)
        images.append(prepare_drawing(np.clip(photo, 0, 255).astype(np.uint8)))
    assert np.equal(predict(images), list(DIGITS)).sum() >= len(DIGITS) - 1


# What must not matter


def test_form_of_mnist(four):
    image = prepare_drawing(dark(four))
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert np.median(image[image > 0]) > 120  # light strokes
    assert (image == 0).mean() > 0.6  # on black
    assert (image[:2] == 0).all()


def test_polarity(four):
    assert close(prepare_drawing(dark(four)), prepare_drawing(255 - dark(four)), 0.5)


@pytest.mark.parametrize("offset", [(-40, -70), (30, 60), (-30, 55)])
def test_offset(four, offset):
    moved = draw(*DIGITS[4], offset=offset)
    assert close(prepare_drawing(dark(moved)), prepare_drawing(dark(four)), 2)


@pytest.mark.parametrize("digit", [0, 4, 8])
def test_a_drawing_without_a_margin(digit):
    whole = dark(draw(*DIGITS[digit], width=40))
    rows, columns = (np.nonzero((whole < 128).any(axis=axis))[0] for axis in (1, 0))
    cut = whole[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert close(prepare_drawing(cut), prepare_drawing(whole))


@pytest.mark.parametrize("scale", [0.3, 0.6, 1.1])
def test_size(four, scale):
    assert close(prepare_drawing(dark(draw(*DIGITS[4], scale=scale))), prepare_drawing(dark(four)))


def test_large_pictures_are_shrunk(four):
    large = np.kron(dark(four), np.ones((5, 5), np.uint8))
    assert close(prepare_drawing(large), prepare_drawing(dark(four)))


@pytest.mark.parametrize("contrast", [0.2, 0.5])
def test_contrast(four, contrast):
    faint = np.rint(200 - 255 * contrast * four).astype(np.uint8)
    assert close(prepare_drawing(faint), prepare_drawing(dark(four)), 3)


def test_dtypes_and_ranges(four):
    expected = prepare_drawing(dark(four))
    unit = (dark(four) / 255).astype(np.float32)
    for image in (
        *(unit, unit.astype(np.float16), 255 * unit, dark(four).astype(int)),
        *(dark(four).astype(np.uint16) * 257, dark(four).tolist(), dark(four)[..., np.newaxis]),
        np.repeat(dark(four)[..., np.newaxis], 3, axis=2),
    ):
        assert close(prepare_drawing(image), expected, 1)
    assert close(prepare_drawing(dark(four) > 127), expected, 3)


def test_the_image_is_not_changed(four):
    image = dark(four)
    before = image.copy()
    prepare_drawing(image)
    np.testing.assert_array_equal(image, before)


# Transparency


@pytest.mark.parametrize("ink", [0, 60, 200, 255])
@pytest.mark.parametrize("under", [0, 255])
@pytest.mark.parametrize("channels", [2, 4])
def test_a_transparent_canvas(four, ink, under, channels):
    image = np.full((SIDE, SIDE, channels), under, np.uint8)  # colours that are not seen
    image[four > 0] = ink
    image[..., -1] = np.rint(255 * four)
    assert close(prepare_drawing(image), prepare_drawing(dark(four)), 2)
    if channels == 4:
        assert close(prepare_drawing(image / 255), prepare_drawing(dark(four)), 2)


def test_holes_in_an_opaque_picture_are_no_strokes(four):
    image = np.dstack([dark(four)] * 3 + [np.full((SIDE, SIDE), 255, np.uint8)])
    image[:15, :15] = image[-15:, :15] = 0
    assert close(prepare_drawing(image), prepare_drawing(dark(four)), 2)


# Blank and extreme images


@pytest.mark.parametrize("shape", [(1, 1), (1, 1, 4), (50, 60), (50, 60, 3), (50, 60, 4), (3, 1)])
@pytest.mark.parametrize("value", [0, 255])
def test_blank_images_give_zeros(shape, value):
    image = prepare_drawing(np.full(shape, value, np.uint8))
    assert image.shape == (28, 28)
    assert not image.any()


def test_extreme_shapes():
    long = np.zeros((100_000, 1), np.uint8)
    assert not prepare_drawing(long).any()
    long[30_000:60_000] = 255
    assert prepare_drawing(long).max() == 255
    assert prepare_drawing(long.T).max() == 255
    assert prepare_drawing(np.random.default_rng(0).random((2, 3))).shape == (28, 28)


def test_too_many_pixels(monkeypatch):
    monkeypatch.setattr(_drawing, "MAX_PIXELS", 99)
    assert prepare_drawing(np.zeros((9, 11))).shape == (28, 28)
    with pytest.raises(ValueError, match=r"at most 99 pixels\. Got 10×10"):
        prepare_drawing(np.zeros((10, 10)))


@pytest.mark.parametrize("shape", [(784,), (1, 28, 28, 1), (3, 28, 28), (0, 5), (5, 5, 5), ()])
def test_wrong_shapes(shape):
    with pytest.raises(ValueError, match=r"image must be one image of shape \(H, W\).*Got the sha"):
        prepare_drawing(np.zeros(shape))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.array([[0, np.nan]]), "NaN or infinite"),
        (np.array([[0, np.inf]]), "NaN or infinite"),
        (np.array([[-1.0, 1]]), "floats from 0 to 1 or 0 to 255. Got values from -1 to 1"),
        (np.array([[0, 256.0]]), "floats from 0 to 1"),
        (np.array([[0, 70_000]]), "integers from 0 to 65,535"),
    ],
)
def test_wrong_values(image, message):
    with pytest.raises(ValueError, match=message):
        prepare_drawing(image)


@pytest.mark.parametrize("image", ["a.png", None, np.array([["a"]]), [[1, 2], [3]], 1j])
def test_wrong_types(image):
    with pytest.raises(TypeError, match="image must be a PIL image or an array of numbers"):
        prepare_drawing(image)


# Pillow


@pytest.fixture
def pillow():
    return pytest.importorskip("PIL.Image")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "F"])
def test_pillow_images(four, pillow, mode):
    image = pillow.fromarray(dark(four))
    image = image.convert("RGB").convert(mode) if mode == "CMYK" else image.convert(mode)
    assert close(prepare_drawing(image), prepare_drawing(dark(four)), 4)


def test_pillow_images_are_turned_and_bounded(four, pillow, tmp_path, monkeypatch):
    exif = pillow.Exif()
    exif[0x0112] = 3
    pillow.fromarray(dark(four)[::-1, ::-1].copy()).save(tmp_path / "a.png", exif=exif)
    assert close(prepare_drawing(pillow.open(tmp_path / "a.png")), prepare_drawing(dark(four)), 2)
    monkeypatch.setattr(_drawing, "MAX_PIXELS", 99)
    with pytest.raises(ValueError, match="at most 99 pixels"):
        prepare_drawing(pillow.open(tmp_path / "a.png"))


def test_a_truncated_pillow_image(four, pillow, tmp_path):
    path = tmp_path / "a.png"
    pillow.fromarray(dark(four)).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(ValueError, match=r"image cannot be decoded: .*truncated"):
        prepare_drawing(pillow.open(path))


def test_arrays_need_no_pillow(four, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.delitem(sys.modules, "PIL.Image", raising=False)
    assert prepare_drawing(dark(four)).max() == 255
