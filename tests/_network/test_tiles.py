"""Convolutions by tiles give what the plain layers give."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from lenet_sklearn import LeNet5
from lenet_sklearn._network import tiles
from lenet_sklearn._network.tiles import Stage, Tiling, plan_tiles


def stage(channels=1, maps=6, kernel=5, padding=2, pool="max", activation=nn.ReLU, last=True):
    conv = nn.Conv2d(channels, maps, kernel, padding=padding)
    pooling = {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}[pool](2)
    return Stage(conv, pooling, activation()) if last else Stage(conv, activation(), pooling)


def values_and_gradients(apply, x, parameters):
    """Return the maps, and the gradients of a fixed function of them."""
    inputs = [x, *parameters] if x.requires_grad else parameters
    maps = apply(x)
    weight = torch.randn(maps.shape, generator=torch.Generator().manual_seed(1))
    return [maps.detach(), *torch.autograd.grad((maps * weight).sum(), inputs)]


def by_tiles(made):
    def apply(x):
        plan = plan_tiles(made, x.shape[1:], is_first=not x.requires_grad)
        assert plan is not None
        last = x.permute(1, 2, 3, 0).contiguous()
        return tiles.convolve_and_pool(last, made, plan).permute(3, 0, 1, 2)

    return apply


def by_layers(made):
    return nn.Sequential(*made.layers)


@pytest.mark.parametrize("size", [(28, 28), (32, 32), (29, 27), (12, 15), (7, 6)])
@pytest.mark.parametrize(("channels", "maps"), [(1, 6), (3, 8), (6, 16)])
@pytest.mark.parametrize(("kernel", "padding"), [(5, 2), (5, 0), (3, 1), (1, 0), (3, "same")])
@pytest.mark.parametrize("is_first", [True, False])
def test_equals_the_layers(size, channels, maps, kernel, padding, is_first):
    x = torch.randn(3, channels, *size, generator=torch.Generator().manual_seed(2))
    x.requires_grad_(not is_first)
    made = stage(channels, maps, kernel, padding)
    parameters = list(made.convolution.parameters())
    expected = values_and_gradients(by_layers(made), x, parameters)
    for one, other in zip(values_and_gradients(by_tiles(made), x, parameters), expected,
                          strict=True):  # fmt: skip
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("pool", ["max", "avg"])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.SiLU, lambda: nn.ReLU(inplace=True)])
@pytest.mark.parametrize("last", [True, False])
def test_pooling_and_activation_come_in_the_order_of_the_stage(pool, activation, last):
    x = torch.randn(4, 1, 28, 28, generator=torch.Generator().manual_seed(3))
    made = stage(pool=pool, activation=activation, last=last)
    parameters = list(made.convolution.parameters())
    expected = values_and_gradients(by_layers(made), x, parameters)
    for one, other in zip(values_and_gradients(by_tiles(made), x, parameters), expected,
                          strict=True):  # fmt: skip
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def test_equal_pixels_of_a_block_share_no_more_than_its_gradient():
    # On a plain background all four are equal: the gradient goes to the first, once.
    x = torch.full((2, 1, 8, 8), 0.5)
    x[:, :, 0, 0] = 3.0
    made = stage(maps=4, kernel=3, padding=0)
    parameters = list(made.convolution.parameters())
    expected = values_and_gradients(by_layers(made), x, parameters)
    for one, other in zip(values_and_gradients(by_tiles(made), x, parameters), expected,
                          strict=True):  # fmt: skip
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cells", [1, 2])
def test_joining_is_the_transpose_of_cutting(cells):
    tiling = Tiling(3, 4, 5, 6, 8, cells)
    x = torch.randn(3, 17, 20, 2, dtype=torch.float64)
    columns = tiling.cut(x)
    assert (columns[-1] == 1).all()
    other = torch.randn(columns[:-1].shape, dtype=torch.float64)
    there, back = (columns[:-1] * other).sum(), (x * tiling.join(other, x.shape)).sum()
    torch.testing.assert_close(there, back)


@pytest.mark.parametrize("cells", [1, 2])
def test_gathering_is_the_transpose_of_spreading(cells):
    tiling = replace(Tiling(3, 4, 5, 6, 8), cells=cells)
    weight, bias = torch.randn(4, 3, 5, 5).double(), torch.randn(4).double()
    matrix = tiling.spread(weight, bias)
    other = torch.randn(matrix.shape, dtype=torch.float64)
    of_weight, of_bias = tiling.gather(other)
    torch.testing.assert_close(
        (matrix * other).sum(), (weight * of_weight).sum() + (bias * of_bias).sum()
    )


@pytest.mark.parametrize(
    ("made", "shape"),
    [
        (stage(kernel=4, padding="same"), (1, 28, 28)),
        (stage(3, 64), (3, 512, 512)),
    ],
    ids=["even kernel and same padding", "too large"],
)
def test_the_rest_is_left_to_torch(made, shape):
    assert plan_tiles(made, shape, is_first=True) is None


def test_inner_layers_with_even_kernels_are_left_to_torch():
    made = stage(6, 16, 4, 0)
    assert plan_tiles(made, (6, 14, 14), is_first=False) is None
    assert plan_tiles(made, (6, 14, 14), is_first=True) is not None


def test_a_hook_sees_the_maps_of_its_layer():
    network, seen = LeNet5().eval(), []
    x = torch.rand(8, 1, 28, 28)
    without = network(x)
    network.convolutional.C3.register_forward_hook(lambda *args: seen.append(args[2].shape))
    torch.testing.assert_close(network(x), without, rtol=1e-5, atol=1e-6)
    assert seen == [(8, 16, 10, 10)]


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
