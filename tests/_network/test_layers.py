from threading import Thread

import pytest
import torch

from lenet_sklearn._network.layers import (
    LECUN1998_CONNECTIONS,
    Dropout,
    EuclideanRBF,
    ScaledTanh,
    SparseConv2d,
    Subsampling,
    dropout_from,
    separated_codes,
)


def test_scaled_tanh_keeps_plus_and_minus_one():
    x = torch.tensor([-1.0, 0.0, 1.0])
    torch.testing.assert_close(ScaledTanh()(x), x, rtol=1e-4, atol=1e-4)


def test_subsampling_sums_a_block_and_scales_it():
    layer = Subsampling(2)
    layer.weight.data = torch.tensor([1.0, 0.5])
    layer.bias.data = torch.tensor([0.0, 10.0])
    x = torch.arange(32.0).view(1, 2, 4, 4)
    out = layer(x)
    assert out.shape == (1, 2, 2, 2)
    assert out[0, 0, 0, 0] == 0 + 1 + 4 + 5
    assert out[0, 1, 1, 1] == 0.5 * (26 + 27 + 30 + 31) + 10


def test_table_one_has_sixty_connections():
    assert sum(len(maps) for maps in LECUN1998_CONNECTIONS) == 60
    assert len(LECUN1998_CONNECTIONS) == 16
    assert [len(maps) for maps in LECUN1998_CONNECTIONS] == [3] * 6 + [4] * 9 + [6]


def test_sparse_convolution_sees_its_own_maps_only():
    layer = SparseConv2d(6, LECUN1998_CONNECTIONS, 5)
    torch.nn.init.normal_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    for source in range(6):
        x = torch.zeros(1, 6, 14, 14)
        x[:, source] = torch.randn(14, 14)
        heard = layer(x).abs().sum((0, 2, 3)) > 0
        assert heard.tolist() == [source in maps for maps in LECUN1998_CONNECTIONS]


def test_rbf_is_minus_the_squared_distance():
    codes = torch.tensor([[1.0, -1.0], [-1.0, -1.0]])
    out = EuclideanRBF(codes)(torch.tensor([[1.0, -1.0], [0.0, 1.0]]))
    assert out.tolist() == [[0.0, -4.0], [-5.0, -5.0]]


def test_dropout_keeps_the_mean_and_follows_its_generator():
    layer = Dropout(0.5).train()
    x = torch.ones(100_000)
    before = torch.get_rng_state()
    with dropout_from(torch.Generator().manual_seed(0)):
        out = layer(x)
    assert torch.equal(torch.get_rng_state(), before)
    assert set(out.unique().tolist()) == {0.0, 2.0}
    assert out.mean().item() == pytest.approx(1.0, abs=0.02)
    with dropout_from(torch.Generator().manual_seed(0)):
        assert torch.equal(layer(x), out)
    assert torch.equal(layer.eval()(x), x)


def test_each_thread_draws_dropout_from_its_own_generator():
    layer, x, drawn = Dropout(0.5).train(), torch.ones(1000), {}

    def draw(seed):
        with dropout_from(torch.Generator().manual_seed(seed)):
            drawn[seed] = [layer(x) for _ in range(20)]

    threads = [Thread(target=draw, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, together in list(drawn.items()):
        draw(seed)
        assert all(map(torch.equal, together, drawn[seed]))


@pytest.mark.parametrize(("n_classes", "n_features"), [(2, 84), (10, 84), (47, 84), (26, 16)])
def test_codes_are_apart(n_classes, n_features):
    codes = separated_codes(n_classes, n_features)
    assert codes.shape == (n_classes, n_features)
    assert (codes.abs() == 1).all()
    distance = (codes[:, None] != codes[None]).sum(-1)
    distance.fill_diagonal_(n_features)
    assert distance.min() >= n_features / 4
    assert torch.equal(codes, separated_codes(n_classes, n_features))
