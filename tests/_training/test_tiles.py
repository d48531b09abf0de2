"""Tiles are cut, joined and ordered as their transposes and inverses say."""

from dataclasses import replace

import pytest
import torch

from lenet_sklearn._training.tiles import Tiling, plan_tiles


@pytest.mark.parametrize("cells", [1, 2])
def test_joining_is_the_transpose_of_cutting(cells):
    tiling = Tiling(3, 4, 5, 6, 8, cells)
    x = torch.randn(3, 17, 20, 2, dtype=torch.float64)
    columns = tiling.cut(x)
    assert (columns[-1] == 1).all()
    other = torch.randn(columns[:-1].shape, dtype=torch.float64)
    there, back = (columns[:-1] * other).sum(), (x * tiling.join(other, x.shape)).sum()
    torch.testing.assert_close(there, back)


@pytest.mark.parametrize("cells", [1, 2])
def test_gathering_is_the_transpose_of_spreading(cells):
    tiling = replace(Tiling(3, 4, 5, 6, 8), cells=cells)
    weight, bias = torch.randn(4, 3, 5, 5).double(), torch.randn(4).double()
    matrix = tiling.spread(weight, bias)
    other = torch.randn(matrix.shape, dtype=torch.float64)
    of_weight, of_bias = tiling.gather(other)
    torch.testing.assert_close(
        (matrix * other).sum(), (weight * of_weight).sum() + (bias * of_bias).sum()
    )


@pytest.mark.parametrize("cells", [1, 2])
def test_ordering_has_an_inverse(cells):
    tiling = Tiling(1, 4, 5, 6, 8, cells)
    maps = torch.randn(4, 6, 8, 3)
    assert torch.equal(tiling.in_order(tiling.by_place(maps)), maps)


def test_large_images_and_inner_layers_with_even_kernels_have_no_tiles():
    assert plan_tiles((3, 512, 512), 64, 5, 2, is_first=True) is None
    assert plan_tiles((6, 14, 14), 16, 4, 0, is_first=False) is None
    assert plan_tiles((6, 14, 14), 16, 4, 0, is_first=True) is not None
