import numpy as np
import pandas as pd
import pytest

from lenet_sklearn._files.hashing import hash_data


def test_hash_data_sees_content_shape_and_dtype():
    X = np.arange(12.0).reshape(3, 4)
    changed = X.copy()
    changed[2, 3] = -1
    variants = [X, changed, X.reshape(4, 3), X.astype("f4"), pd.DataFrame(X), X[:2]]
    assert len({hash_data(variant) for variant in variants}) == len(variants)
    assert hash_data(X) == hash_data(X.copy(order="F"))
    renamed = pd.DataFrame(X, columns=list("abcd"))
    assert hash_data(renamed) != hash_data(pd.DataFrame(X))


@pytest.mark.parametrize("chunk", [1, 8, 50, 1 << 24])
def test_hash_data_does_not_depend_on_the_chunks(chunk, monkeypatch):
    X = np.arange(40, dtype=np.uint8).reshape(10, 2, 2)
    whole = hash_data(X)
    monkeypatch.setattr("lenet_sklearn._files.hashing._CHUNK_BYTES", chunk)
    assert hash_data(X) == whole


def test_hash_data_of_a_memmap(tmp_path):
    path = tmp_path / "X.npy"
    np.save(path, np.arange(4000.0).reshape(100, 40))
    X = np.load(path, mmap_mode="r")
    assert hash_data(X) == hash_data(np.asarray(X))
