from __future__ import annotations

import contextlib
import gzip
import io
import tracemalloc

import numpy as np
import pytest

from lenet_sklearn.datasets import read_idx
from lenet_sklearn.datasets._idx import _read_plain, read_idx_parts

DTYPES = ["uint8", "int8", "int16", "int32", "float32", "float64"]
CONTENT = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3]) + bytes([1, 2, 3, 4, 5, 6])


@pytest.fixture
def read(tmp_path):
    """Read what a file of this content gives."""

    def read(content: bytes, name: str = "some-idx"):
        path = tmp_path / name
        path.write_bytes(content)
        return read_idx(path)

    return read


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("shape", [(7,), (3, 5), (2, 3, 4), (2, 1, 3, 2)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_each_type_and_shape(read, to_idx, dtype, shape, compress):
    numbers = np.random.default_rng(0).normal(0, 40, shape)
    array = (np.abs(numbers) if dtype == "uint8" else numbers).astype(dtype)
    content = to_idx(array)
    got = read(gzip.compress(content) if compress else content)
    np.testing.assert_array_equal(got, array)
    assert got.dtype == array.dtype
    assert got.dtype.isnative
    assert got.flags.c_contiguous
    assert got.flags.writeable
    assert got.flags.aligned


def test_a_known_file(read):
    np.testing.assert_array_equal(read(CONTENT), [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("name", "content"),
    [("named.gz", CONTENT), ("not-named", gzip.compress(CONTENT))],
    ids=["plain", "gzip"],
)
def test_the_name_does_not_decide(read, name, content):
    assert read(content, name).shape == (2, 3)


def test_path_may_be_a_string(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    assert read_idx(str(tmp_path / "a")).shape == (2, 3)


def test_gzip_in_several_members(read):
    assert read(gzip.compress(CONTENT[:9]) + gzip.compress(CONTENT[9:])).shape == (2, 3)


def test_no_images_is_an_empty_array(read, to_idx):
    got = read(to_idx(np.empty((0, 28, 28), np.uint8)))
    assert got.shape == (0, 28, 28)
    assert got.dtype == np.uint8


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_idx(tmp_path / "nowhere")


def test_folder(tmp_path):
    with pytest.raises(ValueError, match=r"must be an IDX file.* Got a folder"):
        read_idx(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it must have a header of at least 8 bytes. Got an empty file"),
        (b"\0\0", "it must have a header of at least 8 bytes. Got 2 bytes"),
        (b"PK\3\4" + bytes(40), "must begin with 00 00, a type code.* Got the bytes 50 4b 03 04"),
        (b"\0\0\x0a\1" + bytes(40), "must begin with 00 00.* Got the bytes 00 00 0a 01"),
        (b"\0\0\x08\0" + bytes(40), "must give 1 to 64 dimensions. Got 0"),
        (b"\0\0\x08\x41" + bytes(400), "must give 1 to 64 dimensions. Got 65"),
        (CONTENT[:9], "its header must have 12 bytes for 2 dimensions. Got 9"),
        (CONTENT[:-1], r"shape \(2, 3\) of uint8, 6 bytes of data. Got 5: it is cut off"),
        (b"\0\0\x0e\2" + b"\xff" * 8, "too large for any memory"),
        (b"\0\0\x08\4" + bytes(4) + b"\xff" * 12, "too large for any memory"),
    ],
)
@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_wrong_content(read, content, message, compress):
    content = gzip.compress(content) if compress else content
    with pytest.raises(ValueError, match=f"some-idx is not a valid IDX file: .*{message}"):
        read(content)


def test_something_after_the_data(read):
    with pytest.raises(ValueError, match=r"6 bytes of data. Got 7: it has more data than that"):
        read(CONTENT + b"\0")
    with pytest.raises(ValueError, match="6 bytes of data, but the file is longer"):
        read(gzip.compress(CONTENT + b"\0"))


def test_every_truncation_is_an_error(read):
    for content in (CONTENT, gzip.compress(CONTENT)):
        for n in range(len(content)):
            with pytest.raises(ValueError, match="some-idx"):
                read(content[:n])


def test_every_flipped_bit_is_an_answer_or_an_error(read):
    for content in (CONTENT, gzip.compress(CONTENT)):
        for i in range(8 * len(content)):
            flipped = bytearray(content)
            flipped[i // 8] ^= 1 << i % 8
            # Any other exception, and any memory that the file does not hold, fails the test.
            with contextlib.suppress(ValueError):
                assert read(bytes(flipped)).nbytes == 6


@pytest.mark.parametrize("position", [-8, -1], ids=["CRC", "length"])
def test_damaged_gzip_trailer(read, position):
    content = bytearray(gzip.compress(CONTENT))
    content[position] ^= 1
    with pytest.raises(ValueError, match=r"gzip compression is damaged or cut off.*Fetch"):
        read(bytes(content))


def test_garbage_after_gzip(read):
    with pytest.raises(ValueError, match="gzip compression is damaged"):
        read(gzip.compress(CONTENT) + b"garbage")


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_memory_is_not_taken_on_the_word_of_a_header(read, compress):
    # 60 MB, which even a gzip file of a few bytes may claim, out of 100 bytes.
    content = bytes([0, 0, 8, 1]) + (60_000_000).to_bytes(4, "big") + bytes(100)
    content = gzip.compress(content) if compress else content
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"60000000 bytes of data. Got 100: it is cut off"):
            read(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


def test_gzip_bomb_behind_the_data_is_not_expanded(read):
    content = gzip.compress(CONTENT + bytes(50_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="6 bytes of data, but the file is longer"):
            read(content)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 3_000_000


def test_gzip_bomb_that_its_header_admits_is_refused(read):
    # An honest file of this content would expand a thousandfold.
    content = gzip.compress(bytes([0, 0, 8, 1]) + (10**9).to_bytes(4, "big") + bytes(1_000_000))
    with pytest.raises(ValueError, match=r"1000000000 bytes from .* decompress .* with gunzip"):
        read(content)


def test_a_file_that_shrinks_while_it_is_read():
    with pytest.raises(ValueError, match=r"6 bytes of data. Got 4: it is cut off"):
        _read_plain(io.BytesIO(CONTENT[:-2]), len(CONTENT), None)


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_parts_are_the_whole_content(tmp_path, compress):
    (tmp_path / "a").write_bytes(gzip.compress(CONTENT) if compress else CONTENT)
    header, array = read_idx_parts(tmp_path / "a", n_bytes=len(CONTENT))
    assert header + array.tobytes() == CONTENT


@pytest.mark.parametrize("compress", [False, True], ids=["plain", "gzip"])
def test_another_size_than_wanted(tmp_path, compress):
    (tmp_path / "a").write_bytes(gzip.compress(CONTENT) if compress else CONTENT)
    with pytest.raises(ValueError, match=r"size must be 19 bytes. Got 18"):
        read_idx_parts(tmp_path / "a", n_bytes=19)
