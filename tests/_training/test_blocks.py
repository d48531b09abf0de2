"""Blocks give what their layers give, and the gradients that autograd gives."""

import pytest
import torch
from torch import nn

from lenet_sklearn._network.layers import ACTIVATIONS, Dropout, FullLayer, dropout_from
from lenet_sklearn._training.blocks import AutogradBlock, ConvolutionBlock, FullBlock


def seeded(seed=1):
    return torch.Generator().manual_seed(seed)


def stage(channels=1, maps=6, kernel=5, padding=2, pool="max", activation="relu", last=True):
    conv = nn.Conv2d(channels, maps, kernel, padding=padding)
    pooling = {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}[pool](2)
    activate = ACTIVATIONS[activation]()
    return [conv, pooling, activate] if last else [conv, activate, pooling]


def assert_agree(block, layers, x, *, of_x=True, tol=1e-4):
    """Compare a block with its layers: output, gradient of the input, of the parameters."""
    x = x.clone().requires_grad_(of_x)
    out = nn.Sequential(*layers)(x)
    weight = torch.randn(out.shape, generator=seeded())
    parameters = [p for layer in layers for p in layer.parameters()]
    wanted = [x, *parameters] if of_x else parameters
    expected = [out, *torch.autograd.grad((out * weight).sum(), wanted)]
    with torch.no_grad():
        last = x.detach().movedim(0, -1).contiguous()
        ours, kept = block.forward(last)
        of_input, gradients = block.backward(kept, weight.movedim(0, -1), of_x=of_x)
    assert (of_input is not None) == of_x
    got = [ours, *([of_input] if of_x else [])]
    got = [value.movedim(-1, 0) for value in got] + gradients
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=tol, atol=tol)


@pytest.mark.parametrize("size", [(28, 28), (32, 32), (29, 27), (12, 15), (7, 6)])
@pytest.mark.parametrize(("channels", "maps"), [(1, 6), (3, 8), (6, 16)])
@pytest.mark.parametrize(("kernel", "padding"), [(5, 2), (5, 0), (3, 1), (1, 0), (3, "same")])
@pytest.mark.parametrize("is_first", [True, False])
def test_a_convolution_equals_its_layers(size, channels, maps, kernel, padding, is_first):
    x = torch.randn(3, channels, *size, generator=seeded(2))
    layers = stage(channels, maps, kernel, padding)
    block = ConvolutionBlock.fit(layers, (channels, *size), is_first=is_first)
    assert_agree(block, layers, x, of_x=not is_first)


@pytest.mark.parametrize("pool", ["max", "avg"])
@pytest.mark.parametrize("activation", list(ACTIVATIONS))
@pytest.mark.parametrize("last", [True, False])
def test_pooling_and_activation_come_in_the_order_of_the_layers(pool, activation, last):
    x = torch.randn(4, 1, 28, 28, generator=seeded(3))
    layers = stage(pool=pool, activation=activation, last=last)
    assert_agree(ConvolutionBlock.fit(layers, (1, 28, 28), is_first=True), layers, x, of_x=False)


def test_equal_pixels_of_a_block_share_no_more_than_its_gradient():
    # On a plain background all four are equal: the gradient goes to the first, once.
    x = torch.full((2, 1, 8, 8), 0.5)
    x[:, :, 0, 0] = 3.0
    layers = stage(maps=4, kernel=3, padding=0)
    block = ConvolutionBlock.fit(layers, (1, 8, 8), is_first=True)
    assert_agree(block, layers, x, of_x=False, tol=1e-5)


@pytest.mark.parametrize("activation", [None, *ACTIVATIONS])
def test_a_full_layer_equals_its_layers(activation):
    full = FullLayer(24, 7)
    activate = None if activation is None else ACTIVATIONS[activation]()
    layers = [nn.Flatten(), full, *([] if activate is None else [activate])]
    x = torch.randn(5, 2, 3, 4, generator=seeded(4))
    assert_agree(FullBlock(full, activate), layers, x, tol=1e-5)


def test_dropout_scales_what_it_keeps_and_its_gradient_alike():
    full, x = FullLayer(24, 200), torch.randn(24, 50, generator=seeded(5))
    block = FullBlock(full, nn.Tanh(), Dropout(0.25))
    with torch.no_grad(), dropout_from(seeded(6)):
        out, kept = block.forward(x)
        plain, _ = FullBlock(full, nn.Tanh()).forward(x)
        dropped = out == 0
        assert 0.22 < dropped.float().mean() < 0.28
        torch.testing.assert_close(out[~dropped], plain[~dropped] / 0.75)
        _, (_, of_bias) = block.backward(kept, torch.ones_like(out), of_x=False)
        slope = (1 - plain**2) / 0.75
        torch.testing.assert_close(of_bias, (slope * ~dropped).sum(1))


def test_autograd_serves_any_layers():
    layers = [nn.Conv2d(1, 2, 3), nn.Softplus(), nn.LPPool2d(2, 2)]
    x = torch.randn(3, 1, 8, 8, generator=seeded(7))
    assert_agree(AutogradBlock(*layers), layers, x)
    layers[0].requires_grad_(False)
    block = AutogradBlock(*layers)
    assert block.parameters == []


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        (stage(kernel=4, padding="same"), (1, 28, 28)),
        (stage(3, 64), (3, 512, 512)),
        (stage()[:2], (1, 28, 28)),
        ([nn.Conv2d(1, 6, 5), nn.Softplus(), nn.AvgPool2d(2)], (1, 28, 28)),
    ],
    ids=["even kernel and same padding", "too large", "no activation", "unknown activation"],
)
def test_the_rest_is_left_to_torch(layers, shape):
    assert ConvolutionBlock.fit(layers, shape, is_first=True) is None
