"""Open a data file that may be compressed, and may not be what its name says."""

from __future__ import annotations

import gzip
import stat
import zlib
from pathlib import Path
from typing import BinaryIO

#: What reading a damaged gzip file raises.
GZIP_ERRORS = (EOFError, zlib.error, gzip.BadGzipFile)
_GZIP_MAGIC = b"\x1f\x8b"


def open_regular(path: Path, expected: str) -> tuple[BinaryIO, bool]:
    """Open a regular file for reading, and see whether it is gzip.

    Parameters
    ----------
    path : Path
        The file.
    expected : str
        What it should be, for the error.

    Returns
    -------
    file : binary file
        At its beginning; compressed, if it is gzip.
    is_gzip : bool
        Decided by the first two bytes, not by the name.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is a folder, a pipe or a device.
    """
    # Before opening: to open a FIFO waits for its other end.
    if not stat.S_ISREG(path.stat().st_mode):
        kind = "a folder" if path.is_dir() else "not a regular file"
        raise ValueError(f"{path} is {kind}; expected {expected}.")
    file = path.open("rb")
    is_gzip = file.read(2) == _GZIP_MAGIC
    file.seek(0)
    return file, is_gzip
