"""Compute a convolution of few maps and the 2×2 max pooling after it in one step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

# CPUs compute 16 maps together, so a layer of 6 maps wastes most of the work. Up to this many
# maps, one convolution with twice the maps costs less, although its kernels are taller.
_FEW_MAPS = 8


def can_pool_while_convolving(layer: nn.Module, pool: nn.Module, x: Tensor) -> bool:
    """Return whether `convolve_and_pool` gives the same result as the two layers, but faster."""
    return (
        isinstance(layer, nn.Conv2d)
        and isinstance(pool, nn.MaxPool2d)
        and layer.out_channels <= _FEW_MAPS
        and not isinstance(layer.padding, str)
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        and not x.requires_grad
        and not (layer._forward_hooks or pool._forward_hooks)  # a hook needs the maps in between
    )


def convolve_and_pool(x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
    """Return ``max_pool2d(conv2d(x, weight, bias, padding=padding), 2)``.

    One convolution computes both rows of a block: it moves down by two rows at each step and has
    twice the maps. Half of its kernels hold `weight` at the top, the other half at the bottom. Then
    two maxima remain, over neighbouring columns and over channels. Torch computes these quickly.

    **Shape**: ``(n, channels, h, w)`` in, ``(n, maps, h' // 2, w' // 2)`` out, if the
    convolution gives maps of h' × w'. There is no gradient for `x`.
    """
    pooled: Tensor = _ConvolveAndPool.apply(x, weight, bias, padding)
    return pooled


class _ConvolveAndPool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]
    ) -> Tensor:
        maps, channels, k, _ = weight.shape
        # Not `contiguous`: with one channel, torch would keep the other, slower order.
        shape, last = (2 * maps, channels, k + 1, k), torch.channels_last
        kernels = torch.empty(shape, dtype=weight.dtype, memory_format=last).zero_()
        kernels[:maps, :, :k] = weight
        kernels[maps:, :, 1:] = weight
        rows = F.conv2d(x, kernels, torch.cat([bias, bias]), stride=(2, 1), padding=padding)
        width = rows.shape[-1] // 2 * 2  # an odd last column has no partner
        left, right = rows[..., 0:width:2], rows[..., 1:width:2]
        columns = torch.maximum(left, right)
        upper, lower = columns.chunk(2, 1)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(x, kernels, right - left, lower - upper)
            ctx.padding, ctx.shape = padding, rows.shape
        return torch.maximum(upper, lower)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        x, kernels, right_wins, lower_wins = ctx.saved_tensors
        of_columns = torch.empty_like(right_wins)
        _share(grad, lower_wins, *of_columns.chunk(2, 1))
        of_rows = torch.empty(ctx.shape, dtype=x.dtype, memory_format=torch.channels_last)
        width = ctx.shape[-1] // 2 * 2
        of_rows[..., width:] = 0
        _share(of_columns, right_wins, of_rows[..., 0:width:2], of_rows[..., 1:width:2])
        _, of_kernels, of_bias = torch.ops.aten.convolution_backward(
            of_rows, x, kernels, [len(kernels)], [2, 1], ctx.padding, [1, 1], False, [0, 0], 1,
            [False, True, True],
        )  # fmt: skip
        at_top, at_bottom = of_kernels.chunk(2)
        return None, at_top[:, :, :-1] + at_bottom[:, :, 1:], of_bias.view(2, -1).sum(0), None


def _share(grad: Tensor, second_wins: Tensor, of_first: Tensor, of_second: Tensor) -> None:
    """Send the gradient of a maximum to the larger of two values; if equal, to the first."""
    second = torch.ops.aten.threshold_backward(grad, second_wins, 0)
    of_second.copy_(second)
    torch.sub(grad, second, out=of_first)
