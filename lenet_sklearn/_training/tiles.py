"""Images cut into tiles, so that a convolution is one matrix product.

CPUs multiply matrices fast, and convolve few maps slowly. So an image is cut into overlapping
tiles. One matrix product gives all maps of all tiles: the matrix holds a copy of the kernels for
each place in a tile. Images stand last in memory, ``(channels, height, width, n)``. Then all
other steps run over long rows.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product

import torch
from torch import Tensor

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

    @cached_property
    def step(self) -> int:
        """Pixels from one tile to the next."""
        return 2 * self.cells

    @cached_property
    def side(self) -> int:
        """Pixels on a side of a tile."""
        return self.step + self.kernel - 1

    @cached_property
    def tiles(self) -> tuple[int, int]:
        """Rows and columns of tiles."""
        return self.height // self.cells, self.width // self.cells

    @cached_property
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

    def in_order(self, cells: Tensor) -> Tensor:
        """Turn cells by place in a tile and map into maps: ``(maps, height, width, n)``."""
        shape = (self.cells, self.cells, self.maps, *self.tiles, -1)
        ordered = cells.view(shape).permute(2, 3, 0, 4, 1, 5)  # maps, down, cell, right, cell, n
        return ordered.reshape(self.maps, self.height, self.width, -1)

    def by_place(self, maps: Tensor) -> Tensor:
        """Return the cells of maps as one row: the inverse of `in_order`."""
        (down, right), cells = self.tiles, self.cells
        ordered = maps.reshape(self.maps, down, cells, right, cells, -1)
        return ordered.permute(2, 4, 0, 1, 3, 5).reshape(-1)

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
        return kernels.sum((0, 1, 2, 3)), matrix[:, -1].reshape(-1, self.maps).sum(0)

    def _kernels_in(self, matrix: Tensor) -> Tensor:
        """View the kernels in a matrix: ``(2, 2, cells, cells, maps, channels, k, k)``."""
        k, side, row = self.kernel, self.side, matrix.stride(0)
        # From one place to the next, both the row and the kernel's position in the tile change.
        down, right = self.cells * row * self.maps, row * self.maps
        cell = down * self.cells
        strides = (2 * cell + side, cell + 1, down + 2 * side, right + 2, row, side**2, side, 1)
        return matrix.as_strided((*self.block_shape, self.channels, k, k), strides)


@lru_cache
def plan_tiles(
    shape: tuple[int, ...], maps: int, kernel: int, padding: int, *, is_first: bool
) -> Tiling | None:
    """Return how to cut images of a shape, or None where tiles do not fit or take much memory.

    Parameters
    ----------
    shape : (int, int, int)
        Channels, height and width of what the convolution sees, without its padding.
    maps, kernel, padding : int
        Of the convolution.
    is_first : bool
        Whether these are pixels, which need no gradient.
    """
    channels, *size = shape
    if kernel % 2 == 0 and not is_first:
        return None
    height, width = ((side + 2 * padding - kernel + 1) // 2 for side in size)
    tiling = Tiling(channels, maps, kernel, height, width)
    if channels * tiling.side**2 < _FEW_ROWS and is_first and not (height % 2 or width % 2):
        tiling = replace(tiling, cells=2)
    down, right = tiling.tiles
    n_values = channels * tiling.side**2 * down * right
    return tiling if n_values <= _MANY_VALUES else None
