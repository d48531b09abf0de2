"""The convolution that pools as it goes gives what the two layers give."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn._network.pooled_convolution import can_pool_while_convolving, convolve_and_pool


def both_ways(x, maps, kernel, padding, seed=0):
    generator = torch.Generator().manual_seed(seed)
    weight = torch.randn(maps, x.shape[1], kernel, kernel, generator=generator)
    bias = torch.randn(maps, generator=generator)
    results = []
    for pooled in (
        lambda w, b: F.max_pool2d(F.conv2d(x, w, b, padding=padding), 2),
        lambda w, b: convolve_and_pool(x, w, b, (padding, padding)),
    ):
        w, b = weight.clone().requires_grad_(), bias.clone().requires_grad_()
        maps_out = pooled(w, b)
        grad = torch.randn(maps_out.shape, generator=torch.Generator().manual_seed(1))
        results.append((maps_out.detach(), *torch.autograd.grad(maps_out, (w, b), grad)))
    return results


@pytest.mark.parametrize("size", [(28, 28), (32, 32), (29, 27), (12, 15), (7, 6)])
@pytest.mark.parametrize(("channels", "maps"), [(1, 6), (3, 8), (1, 1)])
@pytest.mark.parametrize(("kernel", "padding"), [(5, 2), (5, 0), (2, 0), (3, 1), (1, 0)])
def test_equals_convolution_and_pool(size, channels, maps, kernel, padding):
    x = torch.randn(3, channels, *size, generator=torch.Generator().manual_seed(2))
    one, other = both_ways(x, maps, kernel, padding)
    for expected, got in zip(one, other, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)


def test_equal_pixels_of_a_block_share_no_more_than_its_gradient():
    # On a plain background all four are equal: the gradient goes to the first, once.
    x = torch.full((2, 1, 8, 8), 0.5)
    x[:, :, 0, 0] = 3.0
    one, other = both_ways(x, 4, 3, 0)
    for expected, got in zip(one, other, strict=True):
        torch.testing.assert_close(got, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("layer", [nn.Conv2d(1, 9, 5), nn.Conv2d(1, 6, 5, padding="same")])
def test_many_maps_and_named_paddings_are_left_to_torch(layer):
    assert not can_pool_while_convolving(layer, nn.MaxPool2d(2), torch.zeros(1, 1, 28, 28))


def test_average_pools_double_precision_and_watched_layers_are_left_to_torch():
    layer, pool, x = nn.Conv2d(1, 6, 5), nn.MaxPool2d(2), torch.zeros(1, 1, 28, 28)
    assert can_pool_while_convolving(layer, pool, x)
    assert not can_pool_while_convolving(layer, nn.AvgPool2d(2), x)
    assert not can_pool_while_convolving(layer, pool, x.double())
    assert not can_pool_while_convolving(layer, pool, x.clone().requires_grad_())
    layer.register_forward_hook(lambda *args: None)
    assert not can_pool_while_convolving(layer, pool, x)
