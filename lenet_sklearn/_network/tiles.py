"""Convolutions as matrix products over tiles, for the CPU.

CPUs multiply matrices fast, and convolve few maps slowly. So an image is cut into overlapping
tiles. One matrix product gives all maps of all tiles: the matrix holds a copy of the kernels for
each place in a tile. Images stand last in memory, ``(channels, height, width, n)``. Then all
other steps run over long rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

_POOLS = (nn.MaxPool2d, nn.AvgPool2d)
# A product with fewer rows than this wastes most of the work. Larger tiles give more rows.
_FEW_ROWS = 64
# Values of all tiles of one image; beyond this, copies of overlapping pixels take much memory.
_MANY_VALUES = 2**17


@dataclass(frozen=True)
class Tiling:
    """How images are cut into tiles, each of which gives some cells of a 2×2 pooling.

    Parameters
    ----------
    channels, maps, kernel : int
        Of the convolution.
    height, width : int
        Cells after pooling.
    cells : int
        Cells on a side of a tile.
    """

    channels: int
    maps: int
    kernel: int
    height: int
    width: int
    cells: int = 1

    @property
    def step(self) -> int:
        """Pixels from one tile to the next."""
        return 2 * self.cells

    @property
    def side(self) -> int:
        """Pixels on a side of a tile."""
        return self.step + self.kernel - 1

    @property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        return self.height // self.cells, self.width // self.cells

    @property
    def block_shape(self) -> tuple[int, ...]:
        """A tile's places (row and column in a cell, row and column of the cell) and maps."""
        return 2, 2, self.cells, self.cells, self.maps

    def cut(self, x: Tensor) -> Tensor:
        """Return all tiles as columns, and a row of ones for the bias.

        **Shape**: ``(channels, H, W, n)`` in, ``(channels * side² + 1, tiles * n)`` out.
        """
        channels, _, _, n = x.shape
        down, right = self.tiles
        by_channel, by_row, by_column, _ = x.stride()
        overlapping = x.as_strided(
            (channels, self.side, self.side, down, right, n),
            (by_channel, by_row, by_column, self.step * by_row, self.step * by_column, 1),
        )
        n_values = channels * self.side**2
        columns = x.new_empty(n_values + 1, down * right * n)
        columns[:n_values].view(overlapping.shape).copy_(overlapping)
        columns[n_values] = 1
        return columns

    def join(self, columns: Tensor, shape: torch.Size) -> Tensor:
        """Add up the values of all tiles at each pixel: the transpose of `cut`, without the ones.

        **Shape**: ``(channels * side², tiles * n)`` in, `shape` out: ``(channels, H, W, n)``.
        """
        # Cut into blocks of step × step pixels, a tile lies on `reach` × `reach` whole blocks.
        step, (down, right) = self.step, self.tiles
        reach = self.side // step
        channels, height, width, n = shape
        sums = columns.new_zeros(shape)
        by_row = width * n
        to = (height * by_row, step * by_row, by_row, step * n, n, 1)
        by_value = down * right * n
        origin = (self.side**2 * by_value, right * n, self.side * by_value, n, by_value, 1)
        sizes = (channels, down, step, right, step, n)
        for i, j in product(range(reach), repeat=2):
            here = sums.as_strided(sizes, to, (i * by_row + j * n) * step)
            here += columns.as_strided(sizes, origin, (i * self.side + j) * step * by_value)
        return sums

    def spread(self, weight: Tensor, bias: Tensor) -> Tensor:
        """Return the matrix that holds the kernels at each place of a tile, and the bias.

        **Shape**: ``(4 * cells² * maps, channels * side² + 1)`` out.
        """
        n_values = self.channels * self.side**2
        matrix = weight.new_zeros(4 * self.cells**2 * self.maps, n_values + 1)
        matrix.view(-1, self.maps, n_values + 1)[:, :, n_values] = bias
        self._kernels_in(matrix).copy_(weight.expand(*self.block_shape, *weight.shape[1:]))
        return matrix

    def gather(self, matrix: Tensor) -> tuple[Tensor, Tensor]:
        """Add up the kernels and biases of all places: the transpose of `spread`."""
        kernels = self._kernels_in(matrix)
        return kernels.flatten(0, 3).sum(0), matrix[:, -1].reshape(-1, self.maps).sum(0)

    def _kernels_in(self, matrix: Tensor) -> Tensor:
        """View the kernels in a matrix: ``(2, 2, cells, cells, maps, channels, k, k)``."""
        k, side, row = self.kernel, self.side, matrix.stride(0)
        # From one place to the next, both the row and the kernel's position in the tile change.
        down, right = self.cells * row * self.maps, row * self.maps
        cell = down * self.cells
        strides = (2 * cell + side, cell + 1, down + 2 * side, right + 2, row, side**2, side, 1)
        return matrix.as_strided((*self.block_shape, self.channels, k, k), strides)


class Stage:
    """A convolution, and the activation and pooling that follow it, in the order of `layers`."""

    def __init__(self, *layers: nn.Module) -> None:
        self.layers = layers
        self.convolution, *others = layers
        pools = [layer for layer in others if isinstance(layer, _POOLS)]
        self.pool = pools[0] if pools else None
        self.activation = next(layer for layer in others if layer is not self.pool)
        self.activation_last = self.pool is not None and layers[-1] is self.activation


def plan_tiles(stage: Stage, shape: Sequence[int], *, is_first: bool) -> Tiling | None:
    """Return how to cut images of a shape, or None where the plain layers must be used.

    Parameters
    ----------
    stage : Stage
    shape : (int, int, int)
        Channels, height and width of what the convolution sees, without its padding.
    is_first : bool
        Whether these are pixels, which need no gradient.
    """
    conv, pool = stage.convolution, stage.pool
    if type(conv) is not nn.Conv2d or type(pool) not in _POOLS:
        return None
    if any(layer._forward_hooks for layer in stage.layers):  # a hook needs the maps in between
        return None
    kernel, pad = conv.kernel_size[0], padding_of(conv)
    height, width = ((side + 2 * pad - kernel + 1) // 2 for side in shape[1:])
    tiling = Tiling(shape[0], conv.out_channels, kernel, height, width)
    if kernel % 2 == 0 and (not is_first or conv.padding == "same"):
        return None
    if shape[0] * tiling.side**2 < _FEW_ROWS and is_first and not (height % 2 or width % 2):
        tiling = replace(tiling, cells=2)
    down, right = tiling.tiles
    n_values = shape[0] * tiling.side**2 * down * right
    return tiling if n_values <= _MANY_VALUES else None


def padding_of(conv: nn.Conv2d) -> int:
    """Return the zeros at each border of what a convolution sees."""
    return conv.kernel_size[0] // 2 if conv.padding == "same" else int(conv.padding[0])


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor, tiling: Tiling) -> Tensor:
        columns, matrix = tiling.cut(x), tiling.spread(weight, bias)
        if any(ctx.needs_input_grad):
            ctx.save_for_backward(columns, matrix)
            ctx.tiling, ctx.shape = tiling, x.shape
        return matrix @ columns

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Any, ...]:
        columns, matrix = ctx.saved_tensors
        of_x = None
        if ctx.needs_input_grad[0]:
            of_x = ctx.tiling.join(matrix[:, :-1].T @ grad, ctx.shape)
        return of_x, *ctx.tiling.gather(grad @ columns.T), None


class _MaxOfFour(torch.autograd.Function):
    """The maximum of four rows; where values are equal, the gradient goes to the first."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> Tensor:
        upper, lower = torch.maximum(rows[0], rows[1]), torch.maximum(rows[2], rows[3])
        if ctx.needs_input_grad[0]:
            ctx.save_for_backward(rows[1] - rows[0], rows[3] - rows[2], lower - upper)
        return torch.maximum(upper, lower)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        in_upper, in_lower, lower_wins = ctx.saved_tensors
        shared = grad.new_empty(4, len(grad))
        of_lower = torch.ops.aten.threshold_backward(grad, lower_wins, 0)
        for first, of_two, second_wins in ((0, grad - of_lower, in_upper), (2, of_lower, in_lower)):
            of_second = torch.ops.aten.threshold_backward(of_two, second_wins, 0)
            shared[first + 1] = of_second
            torch.sub(of_two, of_second, out=shared[first])
        return shared


def convolve_and_pool(x: Tensor, stage: Stage, tiling: Tiling) -> Tensor:
    """Return what a convolution, an activation and a 2×2 pooling make of images.

    **Shape**: ``(channels, H, W, n)`` in, ``(maps, height, width, n)`` out.
    """
    conv: Any = stage.convolution
    if pad := padding_of(conv):
        x = F.pad(x, (0, 0, pad, pad, pad, pad))
    rows: Tensor = _Convolve.apply(x, conv.weight, conv.bias, tiling)
    if not stage.activation_last:
        rows = stage.activation(rows)
    rows = rows.view(4, -1)
    is_max = isinstance(stage.pool, nn.MaxPool2d)
    pooled: Tensor = _MaxOfFour.apply(rows) if is_max else rows.sum(0) * 0.25
    if stage.activation_last:
        pooled = stage.activation(pooled)
    (down, right), cells = tiling.tiles, tiling.cells
    by_place = pooled.view(cells, cells, tiling.maps, down, right, -1)
    ordered = by_place.permute(2, 3, 0, 4, 1, 5)  # maps, down, cell, right, cell, n
    return ordered.reshape(tiling.maps, tiling.height, tiling.width, -1)
