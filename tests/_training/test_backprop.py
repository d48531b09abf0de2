"""Backpropagation by blocks gives the gradients that autograd gives."""

import pytest
import torch

from lenet_sklearn import LeNet5
from lenet_sklearn._training.backprop import Backpropagation
from lenet_sklearn._training.blocks import AutogradBlock, ConvolutionBlock, FullBlock
from lenet_sklearn._training.losses import SampleLoss

NETWORKS = {
    "default": {},
    "ReLU, max": {"activation": "relu", "pooling": "max"},
    "1998": {
        "activation": "scaled_tanh", "pooling": "subsample", "connectivity": "lecun1998",
        "output": "rbf",
    },
    "three convolutions": {
        "conv_channels": (4, 6, 8), "pooling": ("avg", "avg", "none"), "padding": "same",
    },
    "no convolution": {"conv_channels": ()},
    "no hidden layer": {"hidden_layer_sizes": ()},
    "one layer": {"conv_channels": (), "hidden_layer_sizes": ()},
}  # fmt: skip


def make(name="default", shape=(1, 28, 28)):
    return LeNet5(10, shape, **NETWORKS[name], generator=torch.Generator().manual_seed(0)).train()


def batch(shape=(1, 28, 28), n=6):
    generator = torch.Generator().manual_seed(1)
    return torch.rand(n, *shape, generator=generator), torch.arange(n) % 10


def by_autograd(network, images, target, criterion):
    trained = [p for p in network.parameters() if p.requires_grad]
    logits = network(images)
    loss = criterion(logits, target).mean()
    return loss, logits, torch.autograd.grad(loss, trained)


def by_blocks(network, images, target, criterion):
    def loss(logits):
        losses, gradient = criterion.differentiate(logits, target)
        return losses.mean(), gradient / len(target)

    return Backpropagation(network)(images, loss)


def assert_agree(network, images, target, criterion):
    expected = by_autograd(network, images, target, criterion)
    got = by_blocks(network, images, target, criterion)
    for one, other in zip(got[:2], expected[:2], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5)
    for one, other in zip(got[2], expected[2], strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 28, 20), (1, 8, 8)])
def test_gradients_are_those_of_autograd(name, shape):
    kind = "map" if name == "1998" else "cross-entropy"
    assert_agree(make(name, shape), *batch(shape), SampleLoss(kind, label_smoothing=0.1))


def test_one_image():
    assert_agree(make(), *batch(n=1), SampleLoss())


def test_frozen_convolutions_have_no_gradient():
    network = make()
    network.convolutional.requires_grad_(False)
    backpropagation = Backpropagation(network)
    assert len(backpropagation.trained) == 6
    assert_agree(network, *batch(), SampleLoss())


def test_what_has_a_block_of_its_own():
    kinds = [type(block) for block in Backpropagation(make()).blocks]
    assert kinds == [*[ConvolutionBlock] * 2, *[FullBlock] * 3]
    kinds = [type(block) for block in Backpropagation(make("1998")).blocks]
    assert kinds == [*[AutogradBlock] * 2, *[FullBlock] * 2, AutogradBlock]


def test_a_hook_sees_its_layer():
    network, seen = make(), []
    network.convolutional.C3.register_forward_hook(lambda *args: seen.append(args[2].shape))
    assert_agree(network, *batch(), SampleLoss())
    assert seen == [(6, 16, 10, 10)] * 2


def test_the_loss_sees_logits_in_the_order_of_the_images():
    network, (images, _) = make(), batch()
    _, logits, _ = Backpropagation(network)(images, lambda z: (z.sum(), torch.ones_like(z)))
    torch.testing.assert_close(logits, network(images).detach(), rtol=1e-4, atol=1e-5)
