"""The gradients of a network, block by block.

On a CPU, autograd takes longer for its calls than the layers of LeNet-5 take for their arithmetic.
So each block of layers computes its gradients itself. Layers without a block of their own are left
to autograd, as is the whole network on an accelerator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from lenet_sklearn._network.layers import FullLayer, SparseConv2d
from lenet_sklearn._training.blocks import AutogradBlock, Block, ConvolutionBlock, FullBlock
from lenet_sklearn.networks import LeNet5


class Backpropagation:
    """The blocks of a network in training, as they are now.

    Parameters
    ----------
    network : LeNet5
        A hook on any of its layers, which must see what flows there, leaves all to autograd.

    Attributes
    ----------
    trained : list of Parameter
        Those that require a gradient.
    """

    def __init__(self, network: LeNet5) -> None:
        self.network = network
        on_cpu = network.pixel_mean.device.type == "cpu"
        self._in_blocks = on_cpu and not any(map(_is_hooked, network.modules()))
        self.blocks = list(_blocks(network)) if self._in_blocks else [AutogradBlock(network)]
        self.trained = [p for p in network.parameters() if p.requires_grad]
        self._first = next(
            i for i, block in enumerate(self.blocks)
            if any(p.requires_grad for p in block.parameters)
        )  # fmt: skip

    @torch.no_grad()
    def __call__(
        self, images: Tensor, loss: Callable[[Tensor], tuple[Tensor, Tensor]]
    ) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Return the loss, the logits and the gradients of all trained parameters.

        `loss` turns logits into the loss and its gradient.

        **Shape**: images ``(n, channels, height, width)``, logits ``(n, n_classes)``.
        """
        x = self.network.prepare(images) if self._in_blocks else images
        x = x.permute(1, 2, 3, 0)
        if self._in_blocks:
            x = x.contiguous()
        kept = []
        for block in self.blocks:
            x, own = block.forward(x)
            kept.append(own)
        logits = x.T.contiguous()
        value, of_logits = loss(logits)
        grad: Any = of_logits.T
        gradients: list[Tensor] = []
        for i in range(len(self.blocks) - 1, self._first - 1, -1):
            block = self.blocks[i]
            grad, of_parameters = block.backward(kept[i], grad, of_x=i > self._first)
            pairs = zip(block.parameters, of_parameters, strict=True)
            gradients[:0] = [gradient for parameter, gradient in pairs if parameter.requires_grad]
        return value, logits, gradients


def _is_hooked(module: nn.Module) -> bool:
    return bool(
        module._forward_hooks
        or module._forward_pre_hooks
        or module._backward_hooks
        or module._backward_pre_hooks
    )


def _blocks(network: LeNet5) -> Iterator[Block]:
    """Yield the blocks from the image to the logits."""
    convolutions = [
        layer for layer in network.architecture.layers if layer.kind.endswith("convolution")
    ]
    groups = _groups(network.convolutional, nn.Conv2d | SparseConv2d)
    for i, (layer, modules) in enumerate(zip(convolutions, groups, strict=True)):
        block = ConvolutionBlock.fit(modules, layer.input_shape, is_first=i == 0)
        yield block or AutogradBlock(*modules)
    for modules in _groups(network.hidden, FullLayer):
        yield FullBlock(*modules)
    output = network.output
    yield FullBlock(output) if type(output) is FullLayer else AutogradBlock(nn.Flatten(), output)


def _groups(layers: nn.Sequential, kind: Any) -> list[list[Any]]:
    """Cut a sequence before each layer of a kind; the layers of a group are of many kinds."""
    groups: list[list[Any]] = []
    for layer in layers:
        if isinstance(layer, kind):
            groups.append([])
        groups[-1].append(layer)
    return groups
