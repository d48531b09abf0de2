"""Pictures as models take them."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageOps

from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn.demo import framing
from lenet_sklearn.demo.framing import WORKING_SIDE, NothingThereError, frame


def shaped(choice, channels, height, width):
    layout = ImageLayout(channels, height, width, "CHW", False, channels * height * width)
    return replace(choice, layout=layout, strokes=False)


def test_strokes_are_prepared_as_drawings(mnist, seven, monkeypatch):
    seen = []

    def prepare(picture):
        seen.append(picture.size)
        return np.full((28, 28), 7, np.uint8)

    monkeypatch.setattr(framing, "prepare_drawing", prepare)
    image = frame(seven.resize((3000, 1500)), mnist)
    assert (image.shape, int(image.max())) == ((1, 28, 28), 7)
    assert seen == [(WORKING_SIDE, WORKING_SIDE // 2)]


def test_clothes_fill_the_frame_bright_on_black(choices, seven):
    image = frame(seven, choices[1])[0]
    assert image.shape == (28, 28)
    assert image[:3].max() > 200
    assert image[-3:].max() > 200
    assert image[14, 0] == 0
    inverted = frame(ImageOps.invert(seven), choices[1])[0]
    np.testing.assert_allclose(image, inverted, atol=2)


def test_a_picture_without_a_plain_border_is_taken_whole(choices, noise):
    image = frame(Image.fromarray(noise), choices[1])[0]
    assert image[:, :4].max() == 0  # 60×40 pixels in a square
    assert image[:, 8:20].std() > 10


@pytest.mark.parametrize("channels", [3, 4])
def test_colours_stay(mnist, channels):
    picture = Image.new("RGB", (40, 20), (200, 30, 30))
    picture.paste((30, 30, 200), (5, 5, 35, 15))
    image = frame(picture, shaped(mnist, channels, 32, 24))
    assert image.shape == (channels, 32, 24)
    assert image[:3, 0, 0].tolist() == [200, 30, 30]
    assert image[:3, 16, 12].tolist() == [30, 30, 200]


@pytest.mark.parametrize("size", [(1, 1), (100_000, 1), (50, 50)])
@pytest.mark.parametrize("channels", [1, 3])
def test_one_colour_is_nothing(mnist, size, channels):
    for choice in (mnist, shaped(mnist, channels, 8, 8)):
        with pytest.raises(NothingThereError, match="one colour"):
            frame(Image.new("L", size, 90), choice)


@pytest.mark.parametrize("size", [(5, 2000), (2000, 5)])
def test_extreme_proportions(mnist, size):
    picture = Image.new("L", size, "white")
    picture.paste(0, (1, 1, size[0] // 2, size[1] // 2))
    for choice in (shaped(mnist, 1, 8, 8), shaped(mnist, 3, 8, 8)):
        assert frame(picture, choice).shape == choice.layout.image_shape
