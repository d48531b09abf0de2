"""What is written is what is read, and nonsense is refused."""

import csv
import gzip
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lenet_sklearn.datasets import read_csv_images, read_idx

IDX_CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
N_CASES = int(os.environ.get("LENET_SKLEARN_FUZZ_CASES", "300"))
# Words that no reader could take for a number, nor for a missing label.
WORDS = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=8
).map(str.strip).filter(lambda word: (word and not word.isascii()) or word.isalpha()).filter(
    lambda word: word.lower() not in {"nan", "inf", "infinity"}
)  # fmt: skip


@given(
    dtype=st.sampled_from(sorted(IDX_CODES)),
    shape=st.lists(st.integers(0, 5), min_size=1, max_size=5),
    compress=st.booleans(),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=200)
def test_idx_round_trip(dtype, shape, compress, seed, tmp_path):
    """Any bits, also those of NaN and of infinity."""
    array = np.frombuffer(
        np.random.default_rng(seed).bytes(np.prod(shape) * int(dtype[1])), f">{dtype}"
    ).reshape(shape)
    header = bytes([0, 0, IDX_CODES[dtype], len(shape)]) + np.array(shape, ">u4").tobytes()
    content = header + array.tobytes()
    path = tmp_path / "some-idx"
    path.write_bytes(gzip.compress(content) if compress else content)
    got = read_idx(path)
    assert got.shape == array.shape
    assert got.dtype == np.dtype(dtype)
    assert got.astype(array.dtype).tobytes() == array.tobytes()


@given(
    labels=st.one_of(
        st.lists(st.integers(-(10**17), 10**17), min_size=1, max_size=8),
        st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
        st.lists(WORDS, min_size=1, max_size=8),
        st.none(),
    ),
    n_pixels=st.integers(2, 70),
    place=st.integers(0, 70),
    header=st.booleans(),
    compress=st.booleans(),
    quote=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    seed=st.integers(0, 2**16),
)
@settings(max_examples=200)
def test_csv_round_trip(labels, n_pixels, place, header, compress, quote, end, seed, tmp_path):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (len(labels or [0]), n_pixels), dtype=np.uint8)
    place = min(place, n_pixels)
    rows = images.tolist()
    names = [f"p{i}" for i in range(n_pixels)]
    if labels is not None:
        for row, label in zip([names, *rows], ["label", *labels], strict=True):
            row.insert(place, label)
    path = tmp_path / "some.csv"
    with (gzip.open if compress else open)(path, "wt", encoding="utf-8", newline="") as file:
        quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
        writer = csv.writer(file, lineterminator=end, quoting=quoting)
        writer.writerows([names, *rows] if header else rows)
    bunch = read_csv_images(path, None if labels is None else place)
    np.testing.assert_array_equal(bunch.data, images)
    assert bunch.data.dtype == np.uint8
    if labels is None:
        assert bunch.target is None
        return
    assert bunch.target.tolist() == labels
    if header:
        assert read_csv_images(path, "label").target.tolist() == labels
        assert "label" not in bunch.feature_names


@pytest.mark.parametrize("reader", ["idx", "csv", "images"])
def test_nonsense_is_refused_or_answered(driver, reader, tmp_path):
    result = driver("fuzz_readers").run(reader, N_CASES, seed=0, folder=tmp_path)
    assert result["defects"] == {}
    assert sum(result["outcomes"].values()) == N_CASES
    # Cases of both kinds, and of many: what all fails at the first check tests nothing.
    assert result["outcomes"]["answered"] > N_CASES / 10
    assert len(result["reasons"]) > 15


@pytest.mark.slow
@pytest.mark.parametrize("reader", ["idx", "csv", "images"])
def test_ten_thousand_times_nonsense(driver, reader, tmp_path):
    n_cases = max(10_000, N_CASES)
    result = driver("fuzz_readers").run(reader, n_cases, seed=1, folder=tmp_path)
    assert result["defects"] == {}
    assert sum(result["outcomes"].values()) == n_cases
