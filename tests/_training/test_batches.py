import tracemalloc
import warnings

import numpy as np
import pytest
import torch

from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._training.batches import CHUNK, Batches, merge_repeated, to_tensor

CPU = torch.device("cpu")


def make(X, y=None, **kwargs):
    y = np.arange(len(X)) if y is None else y
    kwargs = {"batch_size": 4, "device": CPU, **kwargs}
    return Batches(X, infer_layout(X.shape), y, **kwargs)


@pytest.fixture
def X():  # noqa: N802
    return np.random.default_rng(0).integers(0, 256, (10, 16), dtype=np.uint8)


def test_a_pass_visits_each_row_once_with_its_label(X):
    batches = make(X, shuffle=torch.Generator().manual_seed(0))
    assert (len(batches), batches.n_batches) == (10, 3)
    images, labels, weights = zip(*batches, strict=True)
    assert [len(b) for b in images] == [4, 4, 2]
    assert weights == (None,) * 3
    order = torch.cat(labels).numpy()
    assert sorted(order) == list(range(10))
    assert order.tolist() != list(range(10))
    np.testing.assert_array_equal(torch.cat(images).numpy().reshape(10, -1), X[order])


def test_each_pass_has_an_order_of_its_own_that_the_seed_fixes(X):
    def orders(seed):
        batches = make(X, shuffle=torch.Generator().manual_seed(seed))
        return [torch.cat([y for _, y, _ in batches]).tolist() for _ in range(2)]

    assert orders(0)[0] != orders(0)[1]
    assert orders(0) == orders(0)
    assert orders(0) != orders(1)


def test_rows_pick_a_part(X):
    rows = np.array([1, 5, 7])
    images, labels, weight = next(iter(make(X, rows=rows, weight=np.arange(10.0))))
    assert labels.tolist() == [1, 5, 7]
    np.testing.assert_array_equal(images.numpy().reshape(3, -1), X[rows])
    np.testing.assert_allclose(weight, np.array([1, 5, 7]) / (13 / 3))


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("uint8", torch.uint8),
        ("bool", torch.uint8),
        ("float32", torch.float32),
        ("float64", torch.float32),
        (">f4", torch.float32),
        (">i2", torch.float32),
        ("int64", torch.float32),
        ("uint16", torch.float32),
        ("float16", torch.float32),
    ],
)
def test_batches_are_cast_as_they_are_used(X, dtype, expected):
    X = (X % 2).astype(dtype)
    images, _, _ = next(iter(make(X)))
    assert images.dtype == expected
    np.testing.assert_array_equal(images.numpy().reshape(4, -1).astype(int), X[:4].astype(int))


def test_read_only_arrays_give_tensors_without_a_warning(X):
    X.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        to_tensor(X.reshape(10, 1, 4, 4)[:2])


def test_augmentation_sees_images(X):
    images, _, _ = next(iter(make(X, augmentation=lambda x: x.flip(-1))))
    np.testing.assert_array_equal(images.numpy()[:, 0], X[:4].reshape(4, 4, 4)[:, :, ::-1])


def test_another_device_holds_the_images_once(X):
    """The path of an accelerator, here on torch's "meta" device, which has no data."""
    batches = make(X, device=torch.device("meta"))
    assert batches._resident.device.type == "meta"
    assert batches._resident.shape == (10, 1, 4, 4)
    assert batches._resident.dtype == torch.uint8


def test_resident_images_give_the_same_batches(X, monkeypatch):
    shuffled = {"weight": np.arange(10.0), "rows": np.array([0, 2, 3, 5, 8, 9])}
    plain = make(X, shuffle=torch.Generator().manual_seed(3), **shuffled)
    resident = make(X, shuffle=torch.Generator().manual_seed(3), **shuffled)
    monkeypatch.setattr("lenet_sklearn._training.batches.CHUNK", 4)
    resident._keep(lambda images: images)
    for (x1, y1, w1), (x2, y2, w2) in zip(plain, resident, strict=True):
        assert torch.equal(x1, x2)
        assert torch.equal(y1, y2)
        assert torch.equal(w1, w2)


def test_no_copy_of_the_whole():
    X = np.zeros((200_000, 64), dtype=np.uint8)  # 12.8 MB
    y = np.zeros(len(X), dtype=np.int64)
    tracemalloc.start()
    for _ in zip(make(X, y, batch_size=128), range(20), strict=False):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5e6


def test_weights_and_repetition_are_the_same_to_merge(X):
    y = np.arange(10) % 3
    weight = np.random.default_rng(1).integers(0, 4, 10).astype(float)
    times = weight.astype(int)
    repeated, labels = X.repeat(times, axis=0), y.repeat(times)
    order = np.random.default_rng(2).permutation(len(repeated))
    repeated, labels = repeated[order], labels[order]
    rows, sums = merge_repeated(X, infer_layout(X.shape), y, np.arange(10), weight)
    others, counts = merge_repeated(
        repeated, infer_layout(repeated.shape), labels, np.arange(len(repeated)), None
    )
    assert len(rows) == (weight > 0).sum()
    np.testing.assert_array_equal(X[rows], repeated[others])
    np.testing.assert_array_equal(y[rows], labels[others])
    np.testing.assert_array_equal(sums[rows], counts[others])


def test_equal_weights_are_none_to_merge(X):
    rows, weight = merge_repeated(
        X, infer_layout(X.shape), np.zeros(10, int), np.array([7, 2, 5]), np.full(10, 3.0)
    )
    assert weight is None
    assert sorted(rows) == [2, 5, 7]


def test_an_image_under_two_labels_is_two_samples(X):
    X[1] = X[0]
    rows, _ = merge_repeated(X, infer_layout(X.shape), np.arange(10), np.arange(10), None)
    assert len(rows) == 10


def test_samples_are_sorted_by_their_pixels_in_any_dtype_and_range():
    X = np.random.default_rng(0).normal(0, 3, (50, 4)).round(1)
    X[3] = X[4] = 0.0
    X[4] *= -1  # −0 is 0
    y, rows = np.zeros(50, int), np.arange(50)
    expected, weight = merge_repeated(X, infer_layout(X.shape), y, rows, None)
    np.testing.assert_array_equal(X[expected], np.unique(X + 0.0, axis=0))
    assert weight[3] == 2
    for other in (X.astype(np.float32), X / 7, X.astype(">f8"), np.asfortranarray(X)):
        assert (
            merge_repeated(other, infer_layout(X.shape), y, rows, None)[0].tolist()
            == expected.tolist()
        )


def test_images_are_kept_in_the_order_of_their_rows():
    """More than one chunk of them, and the last one is not full."""
    n = 2 * CHUNK + 100
    X = np.arange(n, dtype=np.float32).repeat(4).reshape(n, 2, 2)
    rows = np.arange(n)[::-1].copy()
    batches = Batches(X, infer_layout(X.shape), np.arange(n), rows=rows, batch_size=n,
                      device=CPU)  # fmt: skip
    ((images, labels, _),) = batches.resized(lambda images: images[..., :1] + 0.5)
    assert images.shape == (n, 1, 2, 1)
    np.testing.assert_array_equal(images[:, 0, 0, 0], rows + 0.5)
    np.testing.assert_array_equal(labels, rows)
