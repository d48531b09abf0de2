"""A model by its name, and what it asks of images."""

import numpy as np
import pytest
import typer
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, load_model, save_model
from lenet_sklearn.cli._models import NamedModel, load_named


def test_shipped_models_have_names():
    mnist, fashion = load_named("MNIST"), load_named("fashion-mnist")
    assert (mnist.shipped, fashion.shipped) == ("mnist", "fashion-mnist")
    assert (mnist.mode, mnist.layout.image_shape) == ("L", (1, 28, 28))
    assert (mnist.name_class(9), fashion.name_class(9)) == ("9", "Ankle boot")


def test_a_file_may_have_the_name_of_a_shipped_model(picture_model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mnist").write_bytes(picture_model.read_bytes())
    assert load_named("mnist").shipped == "mnist"
    assert load_named("./mnist").shipped is None


def test_what_is_no_model(tmp_path):
    with pytest.raises(typer.BadParameter, match=r"'mnits' is no file\. Did you mean mnist\?"):
        load_named("mnits")
    with pytest.raises(typer.BadParameter, match="is a folder"):
        load_named(str(tmp_path))


def test_class_names_are_kept_as_strings(picture_model):
    assert load_model(picture_model).classes_.tolist() == ["one", "seven", "zero"]


@pytest.mark.parametrize("kind", ["flat", "HW", "CHW", "HWC", "pipeline"])
def test_pictures_get_the_form_of_the_training_data(small, kind):
    grey = np.random.default_rng(0).integers(0, 256, (8, 8, 9), np.uint8)
    colour = np.random.default_rng(0).integers(0, 256, (8, 8, 9, 3), np.uint8)
    X, shape = {
        "flat": (grey.reshape(8, -1), (8, 9)),
        "HW": (grey, None),
        "CHW": (np.moveaxis(colour, -1, 1).reshape(8, -1), (3, 8, 9)),
        "HWC": (colour, None),
        "pipeline": (colour, None),
    }[kind]
    model = small(image_shape=shape, max_epochs=1)
    if kind == "pipeline":
        model = make_pipeline("passthrough", ImagePreprocessor(size=12), small(max_epochs=1))
    model = NamedModel("m", model.fit(X, [0, 1] * 4))
    assert model.mode == ("L" if kind in ("flat", "HW") else "RGB")
    pictures = grey if model.mode == "L" else colour
    np.testing.assert_array_equal(model.arrange(pictures), X)


@pytest.mark.parametrize(("high", "expected"), [(1.0, 1.0), (16.0, 16.0), (255.0, 255.0)])
def test_pixels_get_the_range_of_the_training_data(small, digits, high, expected):
    X = digits[0] / 16 * high
    model = NamedModel("m", small(max_epochs=1).fit(X, digits[2]))
    white = model.arrange(np.full((1, 8, 8), 255, np.uint8))
    assert white.max() == pytest.approx(expected)


def test_models_of_other_channels_take_no_pictures(small):
    X = np.random.default_rng(0).random((8, 4, 8, 8))
    model = NamedModel("m", small(max_epochs=1).fit(X, [0, 1] * 4))
    with pytest.raises(ValueError, match="4 channels"):
        _ = model.mode


def test_labels_become_those_of_the_model(picture_model):
    mnist, fashion = load_named("mnist"), load_named("fashion-mnist")
    coded = mnist.code_labels(np.array(["7", "0"]))
    assert (coded.tolist(), coded.dtype) == ([7, 0], mnist.fitted.classes_.dtype)
    assert fashion.code_labels(np.array(["Coat", "Bag"])).tolist() == [4, 8]
    assert mnist.code_labels(np.array(["7", "cat"])).tolist() == ["7", "cat"]
    named = load_named(str(picture_model))
    assert named.code_labels(np.array(["zero"])).tolist() == ["zero"]


def test_a_saved_model_is_loaded(picture_model, tmp_path):
    path = tmp_path / "copy.safetensors"
    save_model(load_model(picture_model), path)
    assert load_named(str(path)).layout.image_shape == (1, 8, 8)
