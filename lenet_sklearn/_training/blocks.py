"""Blocks of layers that compute their own gradients, for the CPU.

Images stand last in memory, ``(channels, height, width, n)`` and ``(units, n)``. Then all steps but
the matrix products run over long rows.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn._network.layers import SLOPES, Dropout, FullLayer
from lenet_sklearn._training.tiles import Tiling, plan_tiles

# Of the input, if it is wanted, and of the parameters.
Gradients = tuple[Tensor | None, list[Tensor]]


class Block:
    """Some layers of a network, and the parameters that they have."""

    parameters: list[nn.Parameter]

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        """Return the output, and what `backward` needs."""
        raise NotImplementedError

    def backward(self, kept: Any, grad: Tensor, *, of_x: bool) -> Gradients:
        """Return the gradient of the input, if it is wanted, and those of the parameters."""
        raise NotImplementedError


class ConvolutionBlock(Block):
    """A convolution, and the activation and 2×2 pooling that follow it, in the order of `layers`.

    **Shape**: ``(channels, H, W, n)`` in, ``(maps, height, width, n)`` out.
    """

    def __init__(self, layers: list[Any], tiling: Tiling) -> None:
        convolution, first, last = layers
        self.parameters = [convolution.weight, convolution.bias]
        self.tiling, self.padding = tiling, padding_of(convolution)
        self.activation_last = type(last) in SLOPES
        pool, self.activation = (first, last) if self.activation_last else (last, first)
        self.is_max = isinstance(pool, nn.MaxPool2d)
        self.slope = SLOPES[type(self.activation)]

    @classmethod
    def fit(cls, layers: list[Any], shape: tuple[int, ...], *, is_first: bool) -> Block | None:
        """Make the block, or return None for other layers, and where tiles do not fit."""
        convolution, *others = layers
        known = {*SLOPES, nn.MaxPool2d, nn.AvgPool2d}
        if type(convolution) is not nn.Conv2d or len(others) != 2 or {*map(type, others)} - known:
            return None
        kernel, padding = convolution.kernel_size[0], padding_of(convolution)
        if kernel % 2 == 0 and convolution.padding == "same":
            return None
        tiling = plan_tiles(shape, convolution.out_channels, kernel, padding, is_first=is_first)
        return None if tiling is None else cls(layers, tiling)

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        """Convolve, activate and pool."""
        if pad := self.padding:
            x = F.pad(x, (0, 0, pad, pad, pad, pad))
        columns, matrix = self.tiling.cut(x), self.tiling.spread(*self.parameters)
        before = after = matrix @ columns
        if not self.activation_last:
            after = self.activation(before)
        four = after.view(4, -1)
        pooled, of_pool = _max_of_four(four) if self.is_max else (_mean_of_four(four), None)
        if self.activation_last:
            before, after = pooled, self.activation(pooled)
            pooled = after
        return self.tiling.in_order(pooled), (columns, matrix, before, after, of_pool, x.shape)

    def backward(self, kept: Any, grad: Tensor, *, of_x: bool) -> Gradients:
        """Go back through the three layers."""
        columns, matrix, before, after, of_pool, shape = kept
        grad = self.tiling.by_place(grad)
        if self.activation_last:
            grad = self.slope(grad, before, after)
        grad = _to_the_largest(grad, of_pool) if self.is_max else (grad * 0.25).expand(4, -1)
        if not self.activation_last:
            grad = self.slope(grad, before.view(4, -1), after.view(4, -1))
        grad = grad.reshape(len(matrix), -1)
        gradients = list(self.tiling.gather(grad @ columns.T))
        if not of_x:
            return None, gradients
        joined, pad = self.tiling.join(matrix[:, :-1].T @ grad, shape), self.padding
        return joined[:, pad : shape[1] - pad, pad : shape[2] - pad], gradients


def padding_of(convolution: nn.Conv2d) -> int:
    """Return the zeros at each border of what a convolution sees."""
    if convolution.padding == "same":
        return convolution.kernel_size[0] // 2
    return int(convolution.padding[0])


def _mean_of_four(rows: Tensor) -> Tensor:
    return rows.sum(0).mul_(0.25)


def _max_of_four(rows: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Return the maximum of four rows, and what its gradient needs."""
    upper, lower = torch.maximum(rows[0], rows[1]), torch.maximum(rows[2], rows[3])
    return torch.maximum(upper, lower), (rows[1] - rows[0], rows[3] - rows[2], lower - upper)


def _to_the_largest(grad: Tensor, of_pool: tuple[Tensor, ...]) -> Tensor:
    """Give the gradient of a maximum to the largest of four rows; of equal ones, to the first."""
    in_upper, in_lower, lower_wins = of_pool
    shared = grad.new_empty(4, len(grad))
    of_lower = torch.ops.aten.threshold_backward(grad, lower_wins, 0)
    for first, of_two, second_wins in ((0, grad - of_lower, in_upper), (2, of_lower, in_lower)):
        of_second = torch.ops.aten.threshold_backward(of_two, second_wins, 0)
        shared[first + 1] = of_second
        torch.sub(of_two, of_second, out=shared[first])
    return shared


class FullBlock(Block):
    """A full layer, and the activation and dropout that may follow it.

    **Shape**: ``(…, n)`` in, ``(units, n)`` out.
    """

    def __init__(
        self,
        full: FullLayer,
        activation: nn.Module | None = None,
        dropout: Dropout | None = None,
    ) -> None:
        self.parameters = list(full.parameters())
        self.activation, self.dropout = activation, dropout
        self.slope = None if activation is None else SLOPES[type(activation)]

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        """Multiply, activate and drop."""
        weight, bias = self.parameters
        columns = x.reshape(-1, x.shape[-1])
        before = after = torch.addmm(bias.unsqueeze(1), weight, columns)
        if self.activation is not None:
            after = self.activation(before)
        mask = None if self.dropout is None else self.dropout.mask(after)
        out = after if mask is None else after * mask
        return out, (columns, before, after, mask, x.shape)

    def backward(self, kept: Any, grad: Tensor, *, of_x: bool) -> Gradients:
        """Go back through the layers."""
        columns, before, after, mask, shape = kept
        if mask is not None:
            grad = grad * mask
        if self.slope is not None:
            grad = self.slope(grad, before, after)
        gradients = [grad @ columns.T, grad.sum(1)]
        return (self.parameters[0].T @ grad).view(shape) if of_x else None, gradients


class AutogradBlock(Block):
    """Any layers, which see the images first, as torch's own do."""

    def __init__(self, *layers: nn.Module) -> None:
        self.layers = nn.Sequential(*layers)
        self.parameters = [p for p in self.layers.parameters() if p.requires_grad]

    def forward(self, x: Tensor) -> tuple[Tensor, Any]:
        """Let autograd record the layers."""
        x = x.movedim(-1, 0).detach()
        with torch.enable_grad():
            out = self.layers(x.requires_grad_(x.is_floating_point()))
        return out.detach().movedim(0, -1), (x, out)

    def backward(self, kept: Any, grad: Tensor, *, of_x: bool) -> Gradients:
        """Go back through the record."""
        x, out = kept
        wanted = [x, *self.parameters] if of_x else self.parameters
        gradients = list(torch.autograd.grad(out, wanted, grad.movedim(-1, 0)))
        return gradients.pop(0).movedim(0, -1) if of_x else None, gradients
