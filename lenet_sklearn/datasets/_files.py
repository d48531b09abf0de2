"""Open a data file that may be compressed. Its name does not decide this."""

from __future__ import annotations

import gzip
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

# Errors of a damaged gzip file.
GZIP_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
_GZIP_MAGIC = b"\x1f\x8b"


def open_regular(path: Path, expected: str) -> tuple[BinaryIO, bool]:
    """Open a regular file for reading; return it and whether it is gzip, by its first two bytes.

    `expected` says in the error what the file should be.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is a folder, a pipe or a device.
    """
    # Checked first, because opening a FIFO would wait for its other end.
    if not stat.S_ISREG(path.stat().st_mode):
        kind = "a folder" if path.is_dir() else "no regular file"
        raise ValueError(f"{path} must be {expected}. Got {kind}.")
    file = path.open("rb")
    is_gzip = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    return file, is_gzip
