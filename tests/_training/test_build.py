"""The network that a fit starts with."""

import warnings
from functools import partial

import numpy as np
import pytest
import torch

from lenet_sklearn import LeNet5
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._images.statistics import measure_pixels
from lenet_sklearn._network.architecture import Architecture
from lenet_sklearn._network.character_codes import character_codes
from lenet_sklearn._training.build import build_network, check_same_network
from lenet_sklearn._training.shipped_weights import read_shipped

CLASSES = np.arange(10)
RBF = {"output": "rbf", "activation": "scaled_tanh"}


@pytest.fixture
def pixels():
    X = np.random.default_rng(0).normal(100, 7, (50, 28, 28))
    return measure_pixels(X, infer_layout(X.shape), np.arange(50) % 10)


@pytest.fixture
def build(pixels):
    def make(architecture=None, classes=CLASSES, seed=0, **options):
        options = {"pixel_levels": None, "pretrained": None, "freeze": None, **options}
        architecture = architecture or Architecture(len(classes))
        generator = torch.Generator().manual_seed(seed)
        return build_network(architecture, classes, pixels, generator, **options)

    return make


def first_weights(network):
    return network.convolutional.C1.weight.detach().numpy()


def test_the_generator_draws_the_weights(build):
    before = torch.get_rng_state()
    one, same, other = build(), build(), build(seed=1)
    np.testing.assert_array_equal(first_weights(one), first_weights(same))
    assert (first_weights(one) != first_weights(other)).any()
    assert torch.equal(torch.get_rng_state(), before)


def test_it_is_the_network_of_the_architecture(build):
    architecture = Architecture(3, (1, 28, 28), conv_channels=(4,), dropout=0.1)
    assert build(architecture, np.arange(3)).architecture == architecture


def test_pixels_are_standardised(build, pixels):
    network = build()
    assert network.pixel_mean.item() == pytest.approx(100, abs=1)
    assert network.pixel_std.item() == pytest.approx(7, abs=0.2)


def test_pixel_levels_say_what_the_ends_become(build, pixels):
    network = build(pixel_levels=(-0.1, 1.175))
    X = np.random.default_rng(0).normal(100, 7, (50, 28, 28))
    ends = torch.tensor([[[[X.min(), X.max()]]]], dtype=torch.float32)
    seen = (ends - network.pixel_mean) / network.pixel_std
    np.testing.assert_allclose(seen.flatten(), [-0.1, 1.175], atol=1e-5)


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_shipped_weights_are_copied(build, name):
    network, shipped = build(pretrained=name), read_shipped(name).weights
    for key, value in network.state_dict().items():
        if not key.startswith("pixel"):
            np.testing.assert_array_equal(value, shipped[key])
    assert network.pixel_mean.item() == pytest.approx(100, abs=1)  # of the new images


def test_the_output_of_other_classes_is_drawn(build):
    network, other = (build(classes=np.arange(10) + 1, pretrained="mnist", seed=s) for s in (0, 1))
    np.testing.assert_array_equal(first_weights(network), first_weights(other))
    assert (network.output.weight != other.output.weight).any()


def test_shipped_weights_of_another_architecture_are_refused(build):
    with pytest.raises(ValueError, match=r"kernel_size must be 5 with pretrained='mnist'"):
        build(Architecture(kernel_size=3), pretrained="mnist")


def test_freezing_what_has_learned_nothing_is_refused(build):
    with pytest.raises(ValueError, match=r"freeze='conv' keeps convolutions that have learned"):
        build(freeze="conv")
    build(freeze="conv", pretrained="mnist")


def test_digits_have_the_codes_of_their_characters(build):
    network = build(Architecture(**RBF))
    np.testing.assert_array_equal(network.output.codes, character_codes(CLASSES.tolist()))


def test_where_characters_do_not_fit_codes_are_made(build):
    network = build(Architecture(hidden_layer_sizes=(120, 20), **RBF))
    assert network.output.codes.shape == (10, 20)
    assert set(network.output.codes.unique().tolist()) == {-1.0, 1.0}


def test_a_network_of_millions_of_parameters_is_warned_of(build):
    with pytest.warns(UserWarning, match=r"has [\d,]+ parameters.*28×28.*Set input_size"):
        build(Architecture(hidden_layer_sizes=(25_000,)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(Architecture(hidden_layer_sizes=(1_000,)))


def test_the_same_network_goes_on():
    network = LeNet5(conv_channels=[4, 8])
    assert check_same_network(network, Architecture(conv_channels=(4, 8))) is network


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernel_size": 3}, r"kernel_size changed from 5 to 3 .* Set warm_start=False"),
        ({"dropout": 0.5}, r"dropout changed from 0\.0 to 0\.5"),
        ({"input_size": 32}, r"input_size changed from None to 32"),
    ],
)
def test_another_network_does_not(change, message):
    with pytest.raises(ValueError, match=message):
        check_same_network(LeNet5(), partial(Architecture, **change)())
