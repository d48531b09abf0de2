"""A convolution of few maps and the maximum over 2×2 blocks that follows it, in one step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

# CPUs compute 16 maps at once, and a layer of 6 leaves most of that idle. Up to this many maps,
# two convolutions side by side cost less than one alone, though each has a taller kernel.
_FEW_MAPS = 8


def can_pool_while_convolving(layer: nn.Module, pool: nn.Module, x: Tensor) -> bool:
    """Whether `convolve_and_pool` gives what the two layers give, and sooner."""
    return (
        isinstance(layer, nn.Conv2d)
        and isinstance(pool, nn.MaxPool2d)
        and layer.out_channels <= _FEW_MAPS
        and not isinstance(layer.padding, str)
        and x.device.type == "cpu"
        and x.dtype == torch.float32
        and not x.requires_grad
        and not (layer._forward_hooks or pool._forward_hooks)  # somebody watches the maps between
    )


def convolve_and_pool(x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]) -> Tensor:
    """Return ``max_pool2d(conv2d(x, weight, bias, padding=padding), 2)``.

    Both rows of a block are computed at once, as twice the maps of a convolution that goes down
    by two rows a step, with `weight` at the top of a kernel and at its bottom. The maximum is then
    one of neighbouring columns and one of channels, which torch computes many at a time.

    **Shape**: ``(n, channels, h, w)`` in, ``(n, maps, h' // 2, w' // 2)`` out, for a convolution
    with maps of h' × w'. There is no gradient for `x`.
    """
    pooled: Tensor = _ConvolveAndPool.apply(x, weight, bias, padding)
    return pooled


class _ConvolveAndPool(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, padding: tuple[int, int]
    ) -> Tensor:
        maps, channels, k, _ = weight.shape
        # Not `contiguous`: with one channel torch would leave the order as it is, the slow one.
        shape, last = (2 * maps, channels, k + 1, k), torch.channels_last
        kernels = torch.empty(shape, dtype=weight.dtype, memory_format=last).zero_()
        kernels[:maps, :, :k] = weight
        kernels[maps:, :, 1:] = weight
        rows = F.conv2d(x, kernels, torch.cat([bias, bias]), stride=(2, 1), padding=padding)
        width = rows.shape[-1] // 2 * 2  # of an odd number of columns the last has no partner
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
    """Send the gradient of a maximum of two to the larger; of equals, to the first."""
    second = torch.ops.aten.threshold_backward(grad, second_wins, 0)
    of_second.copy_(second)
    torch.sub(grad, second, out=of_first)
