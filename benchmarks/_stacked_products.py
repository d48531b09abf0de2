"""The gradients of several LeNets of the default architecture by batched matrix products.

Convolutions are products of tiles, as in lenet_sklearn/_training/tiles.py, with a leading dimension
for the models. The gradients are written by hand, as in blocks.py beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn import LeNet5
from lenet_sklearn._training.tiles import Tiling, plan_tiles

Parameters = dict[str, Tensor]  # of all models: (models, …)
# From parameters, images (models, batch, 1, H, W) and smoothed targets (models, batch, classes).
Differentiate = Callable[[Parameters, Tensor, Tensor], Parameters]


class Convolution:
    """A convolution, SiLU and average pooling of all models; images stand last in memory."""

    def __init__(self, tiling: Tiling, models: int) -> None:
        self.tiling, self.places = tiling, 4 * tiling.cells**2
        shape = (self.places * tiling.maps, tiling.channels * tiling.side**2)
        self.matrix = torch.zeros(models, *shape)
        # Where each place of the kernels is in a matrix: to gather by index is fastest.
        order = torch.arange(shape[0] * shape[1]).view(1, *shape)
        self.where = self.kernels_in(order).flatten()

    def kernels_in(self, matrix: Tensor) -> Tensor:
        """View the kernels in matrices: ``(models, 2, 2, cells, cells, maps, channels, k, k)``."""
        of, (by_model, row, _) = self.tiling, matrix.stride()
        k, side = of.kernel, of.side
        down, right = of.cells * row * of.maps, row * of.maps
        cell = down * of.cells
        strides = (2 * cell + side, cell + 1, down + 2 * side, right + 2, row, side**2, side, 1)
        return matrix.as_strided(
            (len(matrix), *of.block_shape, of.channels, k, k), (by_model, *strides)
        )

    def forward(self, weight: Tensor, bias: Tensor, x: Tensor) -> tuple[Tensor, Any]:
        """Return ``(models, maps, height, width, n)``; x is padded."""
        of, models, matrix = self.tiling, len(x), self.matrix
        columns = of.cut(x.flatten(0, 1))[:-1].view(models, matrix.shape[2], -1)
        self.kernels_in(matrix).copy_(weight.view(models, 1, 1, 1, 1, *weight.shape[1:]))
        before = torch.baddbmm(bias.repeat(1, self.places).unsqueeze(2), matrix, columns)
        pooled = F.silu(before).view(models, 4, -1).sum(1).mul_(0.25)
        cells = pooled.view(models, of.cells, of.cells, of.maps, *of.tiles, -1)
        out = cells.permute(0, 3, 4, 1, 5, 2, 6)
        out = out.reshape(models, of.maps, of.height, of.width, -1)
        return out, (columns, before, x.shape)

    def backward(self, kept: Any, slope: Tensor, *, of_x: bool) -> tuple[Tensor | None, ...]:
        """Return the gradients of x, if it is wanted, of the weight and of the bias."""
        (columns, before, shape), of, models = kept, self.tiling, len(slope)
        (down, right), cells = of.tiles, of.cells
        slope = slope.reshape(models, of.maps, down, cells, right, cells, -1)
        slope = (slope * 0.25).permute(0, 3, 5, 1, 2, 4, 6).reshape(models, 1, -1)
        slope = slope.expand(-1, 4, -1).reshape(before.shape)
        slope = torch.ops.aten.silu_backward(slope, before)
        products = (slope @ columns.mT).view(models, -1)
        kernels = products.index_select(1, self.where).view(models, self.places, -1).sum(1)
        kernels = kernels.view(models, of.maps, of.channels, of.kernel, of.kernel)
        bias = slope.sum(2).view(models, -1, of.maps).sum(1)
        if not of_x:
            return None, kernels, bias
        joined = of.join((self.matrix.mT @ slope).flatten(0, 1), (models * shape[1], *shape[2:]))
        return joined.view(shape)[:, :, 2:-2, 2:-2], kernels, bias


def by_products(network: LeNet5, models: int) -> Differentiate:
    """Multiply the matrices of all models at once, and write the gradients by hand."""
    layers = [layer for layer in network.architecture.layers if layer.kind == "convolution"]
    blocks = []
    for i, layer in enumerate(layers):
        tiling = plan_tiles(layer.input_shape, layer.output_shape[0], 5, 2, is_first=i == 0)
        assert tiling is not None
        blocks.append(Convolution(tiling, models))

    def differentiate(parameters: Parameters, images: Tensor, wanted: Tensor) -> Parameters:
        names = list(parameters)
        pairs = [(parameters[w], parameters[b]) for w, b in zip(names[::2], names[1::2])]  # noqa: B905
        x, kept = images.permute(0, 2, 3, 4, 1), []
        for block, pair in zip(blocks, pairs[:2], strict=True):
            x, own = block.forward(*pair, F.pad(x, (0, 0, 2, 2, 2, 2)).contiguous())
            kept.append(own)
        shape, x = x.shape, x.flatten(1, 3)  # (models, units, n)
        for weight, bias in pairs[2:]:
            before = torch.baddbmm(bias.unsqueeze(2), weight, x)
            kept.append((x, before))
            x = F.silu(before)
        logits = before
        slope = (F.softmax(logits, 1) - wanted.mT) / images.shape[1]
        found: list[Tensor] = []
        for i in (4, 3, 2):
            x, before = kept[i]
            if i < 4:
                slope = torch.ops.aten.silu_backward(slope, before)
            found[:0] = [slope @ x.mT, slope.sum(2)]
            slope = pairs[i][0].mT @ slope
        slope = slope.view(shape)
        for i in (1, 0):
            slope, *own = blocks[i].backward(kept[i], slope, of_x=i == 1)
            found[:0] = own
        return dict(zip(names, found, strict=True))

    return differentiate
