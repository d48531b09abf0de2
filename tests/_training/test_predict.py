"""Images go through a network in chunks."""

import warnings

import numpy as np
import pytest
import torch

from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._images.statistics import measure_pixels
from lenet_sklearn._training.predict import infer

CPU = torch.device("cpu")
X = np.random.default_rng(0).integers(0, 256, (300, 16), dtype=np.uint8)
LAYOUT = infer_layout(X.shape)
PIXELS = measure_pixels(X, LAYOUT, np.arange(300) % 3)


def test_the_chunks_come_back_in_their_order():
    sizes = []

    def flatten(images):
        sizes.append(len(images))
        assert torch.is_inference_mode_enabled()
        return images.flatten(1).float()

    np.testing.assert_array_equal(infer(flatten, X, LAYOUT, CPU, PIXELS), X)
    assert sizes == [128, 128, 44]


def test_numbers_that_overflow_are_an_error():
    with pytest.raises(ValueError, match=r"Got values up to 255, with which .* overflow"):
        infer(lambda images: images.float() * torch.inf, X + 1 - 1, LAYOUT, CPU, PIXELS)


def test_pixels_of_another_range_warn():
    def ones(images):
        return torch.ones(len(images), 2)

    with pytest.warns(UserWarning, match="The pixels of X go from 0 to 1, but from 0 to 255"):
        infer(ones, X / 255, LAYOUT, CPU, PIXELS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        infer(ones, X, LAYOUT, CPU, PIXELS)
        infer(ones, X / 255, LAYOUT, CPU, None)  # files of the first format know no pixels
