from __future__ import annotations

import gzip
import os

import pytest

from lenet_sklearn.datasets._files import GZIP_ERRORS, open_regular


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("plain", b"abc", False),
        ("plain.gz", b"abc", False),
        ("packed", gzip.compress(b"abc"), True),
        ("packed.gz", gzip.compress(b"abc"), True),
        ("empty.gz", b"", False),
        ("one", b"\x1f", False),
    ],
    ids=["plain", "plain.gz", "packed", "packed.gz", "empty.gz", "one byte"],
)
def test_content_decides_and_the_file_is_at_its_beginning(tmp_path, name, content, expected):
    path = tmp_path / name
    path.write_bytes(content)
    file, is_gzip = open_regular(path, "something")
    with file:
        assert file.read() == content
    assert is_gzip is expected


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        open_regular(tmp_path / "nowhere", "something")


def test_folder(tmp_path):
    with pytest.raises(ValueError, match=r"must be a table\. Got a folder\.$"):
        open_regular(tmp_path, "a table")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(ValueError, match=r"must be a table. Got no regular file"):
        open_regular(path, "a table")


def test_gzip_errors_are_those_of_damaged_files():
    whole = gzip.compress(bytes(range(256)) * 4)
    damaged = [whole[: len(whole) // 2], whole[:-8] + b"\0" * 8, whole[:12] + b"\xff" * 20]
    for content in damaged:
        with pytest.raises(GZIP_ERRORS):
            gzip.decompress(content)
