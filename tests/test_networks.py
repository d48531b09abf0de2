import pytest
import torch

from lenet_sklearn import LeNet5


def shapes(network):
    return {layer.name: layer.output_shape for layer in network.architecture.layers}


def parameters(network):
    return {layer.name: layer.n_parameters for layer in network.architecture.layers}


def count(network):
    return sum(p.numel() for p in network.parameters() if p.requires_grad)


@pytest.mark.parametrize("side", [28, 32])
def test_the_modern_network_has_61706_parameters(side):
    network = LeNet5(10, (1, side, side))
    assert count(network) == 61_706
    assert shapes(network) == {
        "C1": (6, 28, 28),
        "S2": (6, 14, 14),
        "C3": (16, 10, 10),
        "S4": (16, 5, 5),
        "F5": (120,),
        "F6": (84,),
        "output": (10,),
    }


def original():
    return LeNet5(
        10,
        (1, 32, 32),
        conv_channels=(6, 16, 120),
        hidden_layer_sizes=(84,),
        pooling=("subsample", "subsample", "none"),
        activation="scaled_tanh",
        connectivity="lecun1998",
        output="rbf",
    )


def test_the_1998_network_has_the_papers_counts():
    network = original()
    assert parameters(network) == {
        "C1": 156,
        "S2": 12,
        "C3": 1_516,
        "S4": 32,
        "C5": 48_120,
        "F6": 10_164,
        "output": 0,
    }
    assert count(network) == 60_000
    connections = [layer.n_connections for layer in network.architecture.layers]
    assert connections == [122_304, 5_880, 151_600, 2_000, 48_120, 10_164, 840]
    assert sum(connections) == 340_908


@pytest.mark.parametrize(
    "network",
    [
        LeNet5(),
        original(),
        LeNet5(3, (3, 20, 30), pooling="avg", activation="gelu", dropout=(0.1, 0.2)),
        LeNet5(2, (1, 28, 28), conv_channels=(), hidden_layer_sizes=(64, 64), dropout=0.5),
        LeNet5(5, (1, 8, 8), hidden_layer_sizes=()),
        LeNet5(10, conv_channels=(4,), kernel_size=3, padding="same", pooling="none"),
    ],
)
def test_the_summary_tells_the_truth(network):
    """Shapes and counts of the table are those of the layers themselves."""
    assert sum(parameters(network).values()) == count(network)
    seen = {}
    for name, module in network.named_modules():
        module.register_forward_hook(
            lambda _m, _i, out, name=name: seen.__setitem__(name.split(".")[-1], out.shape[1:])
        )
    logits = network.train()(torch.rand(4, *network.architecture.image_shape))
    assert logits.shape == (4, network.architecture.n_classes)
    for layer in network.architecture.layers:
        assert tuple(seen[layer.name]) == layer.output_shape


def test_feed_forward_networks_keep_the_images_size():
    network = LeNet5(2, (1, 4, 4), conv_channels=(), hidden_layer_sizes=(7,))
    assert network.architecture.network_input == (4, 4)
    assert parameters(network) == {"F1": 16 * 7 + 7, "output": 16}


def test_small_images_are_enlarged_and_explicit_sizes_obeyed():
    assert LeNet5(2, (1, 8, 40)).architecture.network_input == (28, 40)
    assert LeNet5(2, (1, 28, 28), input_size=32).architecture.network_input == (32, 32)
    assert LeNet5(2, (1, 28, 28), input_size=(30, 34)).architecture.network_input == (30, 34)


def test_padding_by_resize_puts_the_image_in_the_middle():
    network = LeNet5(2, (1, 28, 28), input_size=32, resize="pad")
    image = torch.rand(1, 1, 28, 28)
    seen = network.prepare(image)
    assert torch.equal(seen[..., 2:30, 2:30], image)
    assert seen.sum() == pytest.approx(image.sum().item(), rel=1e-5)


def test_pixels_are_standardised():
    network = LeNet5(2, (3, 28, 28))
    network.pixel_mean.copy_(torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1))
    network.pixel_std.copy_(torch.tensor([2.0, 4.0, 8.0]).view(3, 1, 1))
    pixels = torch.full((1, 3, 28, 28), 5, dtype=torch.uint8)
    seen = network.prepare(pixels)[0, :, 0, 0]
    assert torch.allclose(seen, torch.tensor([2.0, 0.75, 0.25]))


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid", "scaled_tanh", "gelu", "silu"])
def test_pooling_before_the_activation_changes_nothing(activation):
    """Where the order is exchanged for speed the result is that of the textbook order."""
    network = LeNet5(
        10, activation=activation, pooling="max", generator=torch.Generator().manual_seed(0)
    ).eval()
    x = torch.randn(5, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    squash = {
        "relu": torch.relu,
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "scaled_tanh": lambda a: 1.7159 * torch.tanh(a * 2 / 3),
        "gelu": torch.nn.functional.gelu,
        "silu": torch.nn.functional.silu,
    }[activation]
    state = {k.split(".", 1)[1]: v for k, v in network.state_dict().items() if "." in k}
    maps = x
    for name, pad in (("C1", 2), ("C3", 0)):
        conv = torch.nn.functional.conv2d(
            maps, state[f"{name}.weight"], state[f"{name}.bias"], padding=pad
        )
        maps = torch.nn.functional.max_pool2d(squash(conv), 2)
    rows = maps.flatten(1)
    for name in ("F5", "F6"):
        rows = squash(rows @ state[f"{name}.weight"].T + state[f"{name}.bias"])
    torch.testing.assert_close(network.features(x), rows, rtol=1e-4, atol=1e-5)


def test_a_prediction_does_not_depend_on_its_company():
    network = LeNet5(generator=torch.Generator().manual_seed(0)).eval()
    x = torch.rand(37, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        together = network(x)
        for size in (1, 2, 3, 5, 16):
            apart = torch.cat([network(part) for part in x.split(size)])
            assert (apart - together).abs().max() <= 1e-7 * together.abs().max()


def test_a_generator_makes_the_weights_and_global_state_stays():
    before = torch.get_rng_state()
    one, two, other = (
        LeNet5(dropout=0.5, generator=torch.Generator().manual_seed(seed)) for seed in (0, 0, 1)
    )
    assert torch.equal(torch.get_rng_state(), before)
    for a, b, c in zip(one.parameters(), two.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c) or not a.any()  # biases start at zero


def test_the_papers_initialisation_is_bounded_by_fan_in():
    network = original()
    for name, fan_in in (("C1", 25), ("C5", 400)):
        weight = getattr(network.convolutional, name).weight.abs().max().item()
        assert 0.8 * 2.4 / fan_in < weight <= 2.4 / fan_in
    sparse = network.convolutional.C3
    for connection, target in enumerate(sparse.targets.tolist()):
        n_maps = int((sparse.targets == target).sum())
        assert sparse.weight[connection].abs().max() <= 2.4 / (25 * n_maps)


def test_config_builds_the_same_network_again():
    network = LeNet5(3, (3, 20, 30), pooling=("avg", "none"), dropout=0.1, padding=(1, "same"))
    again = LeNet5(**network.architecture.arguments())
    assert again.architecture.layers == network.architecture.layers
    again.load_state_dict(network.state_dict())
    x = torch.rand(2, 3, 20, 30)
    assert torch.equal(again.eval()(x), network.eval()(x))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kernel_size": 40}, r"kernel_size=40 is larger than the input of C1: maps of 28×28"),
        ({"kernel_size": (5, 20)}, r"kernel_size=20 is larger than the input of C3: maps of 14×14"),
        ({"kernel_size": (5, 5, 5)}, "kernel_size must be one value, or one for each of the 2"),
        ({"conv_channels": (6, 0)}, "conv_channels must hold positive integers"),
        ({"conv_channels": (2,) * 6, "padding": "same"}, "S10 would halve maps of 1×1"),
        ({"activation": "swish"}, r"activation must be among .*'relu'.* Got 'swish'"),
        ({"activation": ("relu",) * 3}, "activation must be one value, or one for each of the 4"),
        ({"pooling": ("max", "mean")}, r"pooling must be among .* Got 'mean'"),
        ({"padding": "full"}, "padding must be .*'auto'.* Got 'full'"),
        ({"padding": -1}, "padding must be .* Got -1"),
        ({"dropout": (0.5, 1.5)}, r"dropout must be in \[0, 1\). Got 1.5"),
        ({"input_size": 20, "resize": "pad"}, "input_size must be at least the image's 28×28"),
        ({"input_size": (0, 28)}, "input_size must hold positive integers"),
        ({"connectivity": "lecun1998", "conv_channels": (6, 12)}, r"must begin with \(6, 16\)"),
    ],
)
def test_what_does_not_fit_is_explained(arguments, message):
    with pytest.raises(ValueError, match=message):
        LeNet5(**arguments)


@pytest.mark.parametrize("activation", ["silu", "tanh", "sigmoid", "gelu"])
@pytest.mark.parametrize("pooling", ["avg", "max"])
def test_an_image_is_computed_alike_in_any_company_and_with_any_threads(activation, pooling):
    network = LeNet5(activation=activation, pooling=pooling).eval()
    x = torch.rand(37, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    n_threads = torch.get_num_threads()
    try:
        for threads in (1, 2, 4):
            torch.set_num_threads(threads)
            with torch.inference_mode():
                together = network(x)
                for size in (1, 3, 16):
                    apart = torch.cat([network(part) for part in x.split(size)])
                    assert (apart - together).abs().max() <= 1e-7 * together.abs().max()
    finally:
        torch.set_num_threads(n_threads)


@pytest.mark.parametrize("n", [1, 3])
def test_the_flat_maps_are_what_the_first_full_layer_sees(n):
    network = LeNet5().eval()
    images = torch.rand(n, 1, 28, 28)
    with torch.no_grad():
        maps = network.flat_maps(images)
        assert maps.shape == (n, 400)
        assert maps.dtype == torch.float64
        logits = network.output(network.hidden(maps)).float()
        assert torch.equal(logits, network(images))
        assert network.train().flat_maps(images).dtype == torch.float32
