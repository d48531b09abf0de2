"""Every choice that makes a network, as one value that knows its layers."""

import copy
import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from lenet_sklearn import LeNet5
from lenet_sklearn._network.architecture import (
    CHOICES,
    Architecture,
    per_layer,
    plain,
    sizes,
)

SOME = {
    "modern": {},
    "1998": {
        "pooling": "subsample",
        "activation": "scaled_tanh",
        "connectivity": "lecun1998",
        "output": "rbf",
        "input_size": 32,
    },
    "feed-forward": {"conv_channels": (), "hidden_layer_sizes": (30, 20)},
    "linear": {"conv_channels": (), "hidden_layer_sizes": ()},
    "colour": {"image_shape": (3, 40, 30), "pooling": ("avg", None), "kernel_size": (3, 5)},
    "three": {"conv_channels": (4, 6, 8), "padding": "same", "pooling": ("max", "none", "max")},
}


@pytest.mark.parametrize("name", SOME)
def test_its_layers_are_those_of_the_network(name):
    architecture = Architecture(**SOME[name])
    network = LeNet5(**architecture.arguments())
    assert network.architecture == architecture
    state = {
        key: tuple(value.shape)
        for key, value in network.state_dict().items()
        if not key.endswith("targets")
    }
    expected = architecture.tensor_shapes()
    assert {key: shape for key, shape in state.items() if key in expected} == expected
    assert {key for key, _ in network.named_parameters()} <= set(expected)
    assert architecture.n_parameters == sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize("name", SOME)
def test_equal_choices_are_equal_values(name):
    first, second = (Architecture(**copy.deepcopy(SOME[name])) for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    for again in (pickle.loads(pickle.dumps(first)), copy.deepcopy(first)):
        assert again == first
        assert again.layers == first.layers


def test_lists_and_arrays_are_the_same_choices_as_tuples():
    plainly = Architecture(conv_channels=(4, 8), hidden_layer_sizes=(16,), input_size=(20, 20))
    assert plainly == Architecture(
        conv_channels=[4, 8], hidden_layer_sizes=np.array([16]), input_size=np.array([20, 20])
    )
    assert plainly == Architecture(
        conv_channels=np.array([4, 8]), hidden_layer_sizes=[16], input_size=[20, 20]
    )


def test_it_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        Architecture().kernel_size = 3


def test_choices_and_data_make_the_arguments():
    architecture = Architecture(n_classes=3, image_shape=(1, 30, 30), dropout=0.2)
    assert set(architecture.choices()) == set(CHOICES)
    data = {"n_classes": 3, "image_shape": (1, 30, 30)}
    assert {**data, **architecture.choices()} == architecture.arguments()
    assert Architecture(**architecture.arguments()) == architecture


@pytest.mark.parametrize(
    ("params", "size"),
    [
        ({"image_shape": (1, 8, 8)}, (16, 16)),
        ({"image_shape": (1, 8, 9)}, (28, 28)),
        ({"image_shape": (1, 8, 40)}, (28, 40)),
        ({"image_shape": (1, 8, 8), "conv_channels": ()}, (8, 8)),
        ({"image_shape": (1, 8, 8), "input_size": 20}, (20, 20)),
        ({"input_size": (24, 22)}, (24, 22)),
    ],
)
def test_what_the_first_layer_sees(params, size):
    assert Architecture(**params).network_input == size


def test_automatic_padding_depends_on_the_size_of_the_input():
    def paddings(side):
        layers = Architecture(input_size=side).layers
        return [layer.padding for layer in layers if layer.kind == "convolution"]

    assert [paddings(side) for side in (16, 27, 28, 31, 32)] == [
        [2, 2], [2, 2], [2, 0], [2, 0], [0, 0]
    ]  # fmt: skip


def test_small_inputs_take_their_share_of_the_epochs():
    assert Architecture(image_shape=(1, 8, 8)).share_of_epochs == 16 / 28
    assert Architecture(input_size=(14, 40)).share_of_epochs == 0.5
    assert Architecture(image_shape=(3, 32, 32)).share_of_epochs == 1
    assert Architecture(image_shape=(1, 8, 8), conv_channels=()).share_of_epochs == 1


def test_layers_have_the_papers_names_and_counts():
    layers = {layer.name: layer for layer in Architecture(**SOME["1998"]).layers}
    # LeCun et al. (1998), section II.B, layer by layer.
    counts = {"C1": (156, 122_304), "S2": (12, 5_880), "C3": (1_516, 151_600), "S4": (32, 2_000)}
    for name, numbers in counts.items():
        assert (layers[name].n_parameters, layers[name].n_connections) == numbers
    assert layers["output"].n_parameters == 0  # the codes are fixed


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"output": "softmax"}, r"^output must be among .*'linear'.*Got 'softmax'\.$"),
        ({"resize": "crop"}, r"^resize must be among .* Got 'crop'\.$"),
        ({"connectivity": "sparse"}, r"^connectivity must be among .* Got 'sparse'\.$"),
        ({"conv_channels": (6, 0)}, r"^conv_channels must hold positive integers\. Got \(6, 0\)"),
        ({"kernel_size": (5, 3, 3)}, r"^kernel_size must be one value, or one for each of the 2"),
        ({"activation": ("relu", "tanh")}, r"^activation must be one value, or one for each of th"),
        ({"activation": "cube"}, r"^activation must be among .* Got 'cube'\.$"),
        ({"dropout": 1.0}, r"^dropout must be in \[0, 1\)\. Got 1\.0\.$"),
        ({"padding": -1}, r"^padding must be 'auto', 'same'.* Got -1\.$"),
        ({"input_size": (28, 28, 28)}, r"^input_size must be an int or \(height, width\)\. Got"),
        ({"input_size": 20, "resize": "pad"}, r"^input_size must be at least the image's 28×28"),
        ({"kernel_size": 40}, r"^kernel_size=40 is larger than the input of C1: maps of 28×28"),
        ({"conv_channels": (1,) * 5, "kernel_size": 1}, r"^pooling='avg' does not fit: S10 would"),
        (
            {"connectivity": "lecun1998", "conv_channels": (4, 8)},
            r"joins 6 maps to 16.*Got 4 and 8",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else repr(value),
)
def test_choices_that_do_not_fit(params, message):
    with pytest.raises(ValueError, match=message):
        Architecture(**params)


def test_a_replaced_choice_is_checked_too():
    with pytest.raises(ValueError, match="dropout must be in"):
        replace(Architecture(), dropout=2.0)
    assert replace(Architecture(), dropout=0.5) != Architecture()


def test_per_layer_keeps_what_is_given_for_each():
    assert per_layer("dropout", (0.1, 0.2), 2) == [0.1, 0.2]
    assert per_layer("pooling", None, 2, ("max",)) == [None, None]
    assert per_layer("pooling", "max", 0, ("max",)) == []


def test_sizes_of_one_int_and_of_many():
    assert sizes("hidden_layer_sizes", 12) == (12,)
    assert sizes("hidden_layer_sizes", ()) == ()
    with pytest.raises(ValueError, match="positive integers"):
        sizes("hidden_layer_sizes", (1.5,))


def test_plain_values_are_pythons():
    assert type(plain(np.int64(3))) is int
    assert plain([1, "same"]) == (1, "same")
    assert plain(None) is None
