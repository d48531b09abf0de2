import pytest

from lenet_sklearn import LeNet5
from lenet_sklearn.persistence._networks import CONFIG, check_maps, restore_architecture

NETWORKS = [
    {},
    {"conv_channels": ()},
    {"conv_channels": (), "hidden_layer_sizes": ()},
    {"conv_channels": 3, "hidden_layer_sizes": 5},
    {"conv_channels": (3, 4, 5), "kernel_size": (5, 3, 2), "pooling": ("max", None, "subsample")},
    {"kernel_size": 4, "padding": "same", "pooling": "avg"},
    {"kernel_size": 3, "padding": ("valid", 2)},
    {"pooling": "none", "activation": ("gelu", "silu", "tanh", "relu"), "dropout": (0.0, 0.5)},
    {"connectivity": "lecun1998", "pooling": "subsample"},
    {"connectivity": "lecun1998", "conv_channels": (7,)},
    {"output": "rbf", "hidden_layer_sizes": (30,)},
    {"input_size": 40},
    {"input_size": (33, 21), "resize": "bilinear"},
    {"input_size": (32, 40), "resize": "pad"},
]
IMAGES = [(1, 28, 28), (3, 32, 20), (1, 8, 9)]


def config_of(network):
    return network.architecture.choices()


@pytest.mark.parametrize("image_shape", IMAGES)
@pytest.mark.parametrize("params", NETWORKS, ids=str)
def test_shapes_are_those_of_the_network(params, image_shape):
    network = LeNet5(7, image_shape, **params)
    architecture = restore_architecture(config_of(network), 7, image_shape)
    shapes = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    assert architecture == network.architecture
    assert architecture.tensor_shapes() == shapes


def test_the_configuration_holds_all_that_a_network_is_made_of():
    assert {*CONFIG, "n_classes", "image_shape"} == LeNet5().architecture.arguments().keys()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"conv_channels": [6, 16]}, "conv_channels must be int, or a tuple"),
        ({"conv_channels": (6.0, 16)}, "conv_channels must be int"),
        ({"conv_channels": (6,) * 300}, "at most 256"),
        ({"kernel_size": True}, "kernel_size must be int"),
        ({"padding": 2**40}, "at most 67,108,864"),
        ({"activation": None}, "activation must be str"),
        ({"dropout": "half"}, "dropout must be float or int"),
        ({"connectivity": "sparse"}, "connectivity"),
        ({"output": "softmax"}, "output"),
        ({"resize": "crop"}, "resize"),
    ],
)
def test_types_and_words_are_checked(changes, message):
    config = {**config_of(LeNet5()), **changes}
    with pytest.raises(ValueError, match=message):
        restore_architecture(config, 10, (1, 28, 28))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input_size": 10_000}, "more than the 67,108,864"),
        ({"padding": 10_000}, "more than the 67,108,864"),
        ({"conv_channels": (10**9,)}, "at most 67,108,864"),
        ({"hidden_layer_sizes": (0,)}, "positive"),
        ({"kernel_size": (5, 5, 5)}, "one for each of the 2 layers"),
        ({"kernel_size": 50}, "larger than"),
        ({"pooling": "median"}, "pooling must be among"),
        ({"activation": ("relu",) * 3}, "one for each of the 4 layers"),
        ({"dropout": 1.0}, "dropout must be in"),
        ({"connectivity": "lecun1998", "conv_channels": (4, 16)}, "joins 6 maps to 16"),
        ({"input_size": 4, "kernel_size": 1, "conv_channels": (2,) * 3}, "does not fit"),
        ({"input_size": 20, "resize": "pad"}, "at least the image's"),
    ],
)
def test_networks_that_are_none_are_refused(changes, message):
    config = {**config_of(LeNet5()), **changes}
    with pytest.raises(ValueError, match=message):
        restore_architecture(config, 10, (1, 28, 28))


def test_images_have_a_limit():
    assert check_maps((1, 8192, 8192)) == (1, 8192, 8192)
    with pytest.raises(ValueError, match="1×8193×8192 values"):
        check_maps((1, 8193, 8192))
