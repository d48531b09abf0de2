"""What the page is told about a picture."""

import base64
import json
import sys

import numpy as np
import pytest

from lenet_sklearn.demo.answers import RefusedError, answer, read
from lenet_sklearn.demo.choices import make_choice
from lenet_sklearn.inspection import explain


def pixels(text, shape):
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(shape)


def test_an_answer(mnist, seven, encode):
    content = encode(seven)
    told = json.loads(json.dumps(answer(mnist, content, explained=True)))
    assert (told["label"], told["note"]) == ("7", None)
    probabilities = np.array(told["probabilities"])
    assert np.argsort(-probabilities)[:2].tolist() == [7, int(told["next"])]
    assert probabilities.sum() == pytest.approx(1, abs=1e-3)
    image = read(mnist, content)
    assert told["image"]["width"] == told["image"]["height"] == 28
    np.testing.assert_array_equal(pixels(told["image"]["pixels"], (28, 28)), image[0])
    heat = explain(mnist.model, image.reshape(1, -1))[0]
    np.testing.assert_allclose(pixels(told["heat"], (28, 28)), heat * (255 / heat.max()), atol=0.51)


def test_no_heat_unless_asked_for(mnist, one):
    told = answer(mnist, one)
    assert (told["label"], told["heat"], told["note"]) == ("1", None, None)


def test_without_captum_it_says_so(mnist, one, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    told = answer(mnist, one, explained=True)
    assert (told["label"], told["heat"]) == ("1", None)
    assert told["note"] == 'Grad-CAM needs captum: pip install "lenet-sklearn[explain]"'


def test_a_network_without_convolution_has_no_heat(small, digits, one):
    model = small(conv_channels=(), max_epochs=1).fit(digits[0], digits[2])
    told = answer(make_choice("a", "a", model), one, explained=True)
    assert told["heat"] is None
    assert told["note"] == "Grad-CAM is not defined for this model."


@pytest.mark.filterwarnings("ignore:The pixels of X")
def test_a_colour_model(small, encode, noise):
    from PIL import Image

    X = np.random.default_rng(0).integers(0, 256, (20, 3, 12, 10), np.uint8)
    choice = make_choice("a", "a", small(max_epochs=1).fit(X, np.array(["x", "y"] * 10)))
    told = answer(choice, encode(Image.fromarray(noise)), explained=True)
    assert told["label"] in "xy"
    assert told["image"]["channels"] == 3
    assert pixels(told["image"]["pixels"], (12, 10, 3)).std() > 10
    assert pixels(told["heat"], (12, 10)).max() == 255


@pytest.mark.parametrize(
    ("content", "status", "message"),
    [
        (b"", 400, "The file is empty: it has zero bytes."),
        (b"hello", 415, "The file cannot be read: not a picture."),
        (b"PK\3\4" + bytes(50), 415, "ZIP"),
    ],
)
def test_refusals(mnist, content, status, message):
    with pytest.raises(RefusedError, match=message) as caught:
        answer(mnist, content)
    assert caught.value.status == status


def test_the_answer_is_the_same_in_many_threads(mnist, one, seven, encode):
    from concurrent.futures import ThreadPoolExecutor

    contents = [one, encode(seven)] * 20
    expected = [answer(mnist, content, explained=True) for content in contents[:2]] * 20
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(lambda content: answer(mnist, content, explained=True), contents))
    assert got == expected


@pytest.mark.parametrize("ink", ["white", "black"])
@pytest.mark.parametrize("under", [(255, 255, 255, 0), (0, 0, 0, 0)])
def test_a_drawing_on_a_transparent_canvas(mnist, draw, encode, ink, under):
    strokes = [(0.3, 0.25), (0.7, 0.25), (0.45, 0.8)]
    picture = draw(strokes, mode="RGBA", paper=under, ink=ink)
    assert answer(mnist, encode(picture))["label"] == "7"


def test_an_empty_transparent_canvas_is_nothing(mnist, draw, encode):
    with pytest.raises(RefusedError, match="one colour"):
        answer(mnist, encode(draw(mode="RGBA", paper=(255, 255, 255, 0))))
