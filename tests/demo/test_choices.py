"""What the page knows of each model."""

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, save_model
from lenet_sklearn.demo.choices import load_choices, make_choice


def test_the_shipped_models(choices):
    assert [choice.key for choice in choices] == ["mnist", "fashion-mnist"]
    assert [choice.strokes for choice in choices] == [True, False]
    assert choices[1].names[0] == "T-shirt/top"
    for choice in choices:
        assert choice.bright_ink
        image = np.arange(784, dtype=np.uint8).reshape(1, 28, 28)
        np.testing.assert_array_equal(choice.to_input(image), image.reshape(1, 784))


def test_a_file_comes_first(small, digits, tmp_path):
    path = tmp_path / "mine.safetensors"
    save_model(small(max_epochs=1).fit(digits[0], digits[2]), path)
    first, *others = load_choices(path)
    assert (first.key, first.title, len(others)) == ("file", "mine.safetensors", 2)
    assert first.layout.image_shape == (1, 8, 8)
    assert first.names == tuple("0123456789")
    assert not first.strokes  # they fill their frame


def test_pixels_are_given_in_the_range_of_the_training_data(small, digits):
    X, _, y, _ = digits
    image = np.zeros((1, 8, 8), np.uint8)
    image[0, 4] = 255
    plain = make_choice("a", "a", small(max_epochs=1).fit(X, y))
    assert np.unique(plain.to_input(image)).tolist() == [0, 16]
    inverted = make_choice("a", "a", small(max_epochs=1).fit(16 - X, y))
    assert not inverted.bright_ink
    np.testing.assert_allclose(inverted.to_input(image), 16 - plain.to_input(image))


@pytest.mark.parametrize("scale", ["unit", "standard", None])
def test_a_pipeline_is_given_what_its_first_step_takes(small, digits, scale):
    X, _, y, _ = digits
    pipeline = make_pipeline(ImagePreprocessor(size=12, scale=scale), small(max_epochs=1))
    choice = make_choice("a", "a", pipeline.fit(X, y))
    assert choice.layout.image_shape == (1, 8, 8)
    image = np.zeros((1, 8, 8), np.uint8)
    image[0, 4] = 255
    assert np.unique(choice.to_input(image)).tolist() == [0, 16]


@pytest.mark.parametrize("axes", ["CHW", "HWC"])
def test_a_colour_model_gets_its_own_axes(small, axes):
    X = np.random.default_rng(0).integers(0, 256, (20, 3, 12, 10), np.uint8)
    X = X if axes == "CHW" else np.moveaxis(X, 1, -1)
    choice = make_choice("a", "a", small(max_epochs=1).fit(X, np.arange(20) % 2))
    image = np.moveaxis(X[0], -1, 0) if axes == "HWC" else X[0]
    given = choice.to_input(image)
    assert given.shape == (1, *X.shape[1:])
    np.testing.assert_allclose(given[0], X[0], atol=1)
