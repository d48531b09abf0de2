"""Read IDX files, the format of MNIST, without believing what they say about themselves.

The format: two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
32-bit integer, then the elements, big-endian, last index fastest.
"""

from __future__ import annotations

import gzip
import math
import os
import sys
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lenet_sklearn.datasets._files import GZIP_ERRORS, open_regular

_DTYPES: dict[int, np.dtype] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_MAX_NDIM = 64  # NumPy's own limit
# A gzip file can expand a thousandfold, real images do so about fivefold. Beyond both limits the
# file is refused before anything is expanded.
_MAX_EXPANSION = 100
_SMALL = 64 * 2**20
_CHUNK = 2**20


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an IDX file, plain or compressed with gzip.

    Whether the file is compressed is decided by its content, not by its name. Memory is taken
    for what the file holds, never for what its header claims.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    array : ndarray
        Of the shape in the header and of dtype uint8, int8, int16, int32, float32 or float64,
        in the machine's byte order; contiguous and writable.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a regular file, not IDX, cut off or damaged, if its size is not the one that
        its header gives, or if a gzip file would expand to more than 64 MiB and more than 100
        times its size (use ``gunzip`` first, if it is meant).

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from lenet_sklearn.datasets import read_idx
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels-idx1-ubyte")
    ...     size = path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes([5, 0, 4]))
    ...     read_idx(path)
    array([5, 0, 4], dtype=uint8)
    """
    return read_idx_parts(path)[1]


def read_idx_parts(
    path: str | os.PathLike[str], *, n_bytes: int | None = None
) -> tuple[bytes, np.ndarray]:
    """Read an IDX file as its header and its array.

    For an array of bytes the two are the whole content, and can be hashed.

    Parameters
    ----------
    path : str or path-like
        The file, plain or gzip.
    n_bytes : int, default=None
        The uncompressed size that the file must have; a header that gives another one is refused
        before anything is read or expanded.

    Returns
    -------
    header : bytes
    array : ndarray
    """
    path = Path(path)
    file, is_gzip = open_regular(path, "an IDX file, plain or gzip")
    with file:
        size = os.fstat(file.fileno()).st_size
        try:
            if is_gzip:
                return _read_gzip(file, size, n_bytes)
            return _read_plain(file, size, n_bytes)
        except ValueError as error:
            raise ValueError(f"{path} is not a valid IDX file: {error}") from error
        except GZIP_ERRORS as error:
            raise ValueError(
                f"{path} is not a valid IDX file: its gzip compression is damaged or cut off "
                f"({error}). Fetch the file again."
            ) from error


def _read_plain(file: BinaryIO, size: int, n_bytes: int | None) -> tuple[bytes, np.ndarray]:
    header, dtype, shape = _read_header(file, n_bytes)
    n_data = math.prod(shape) * dtype.itemsize
    if size != len(header) + n_data:
        raise _wrong_size(shape, dtype, n_data, size - len(header))
    data = np.empty(n_data, dtype=np.uint8)
    # Buffered reads are complete unless the file has shrunk under our hands.
    n_read = file.readinto(data)  # type: ignore[attr-defined]
    if n_read != n_data:
        raise _wrong_size(shape, dtype, n_data, n_read)
    return header, _as_native(data, dtype, shape)


def _read_gzip(file: BinaryIO, size: int, n_bytes: int | None) -> tuple[bytes, np.ndarray]:
    with gzip.GzipFile(fileobj=file) as stream:
        header, dtype, shape = _read_header(stream, n_bytes)
        n_data = math.prod(shape) * dtype.itemsize
        if n_data > max(_SMALL, _MAX_EXPANSION * size):
            raise ValueError(
                f"its header gives the shape {shape} of {dtype.newbyteorder('=')}, {n_data} bytes "
                f"out of {size} compressed ones, and more than {_MAX_EXPANSION} times is refused. "
                "If this is meant, decompress the file with gunzip first."
            )
        data = bytearray()
        while len(data) < n_data:
            chunk = stream.read(min(_CHUNK, n_data - len(data)))
            if not chunk:
                raise _wrong_size(shape, dtype, n_data, len(data))
            data += chunk
        # One byte more: there must be none, and reaching the end checks the CRC.
        if stream.read(1):
            raise ValueError(
                f"its header gives the shape {shape}, {n_data} bytes of data, and the file "
                "goes on after them."
            )
    return header, _as_native(np.frombuffer(data, dtype=np.uint8), dtype, shape)


def _read_header(
    stream: BinaryIO | gzip.GzipFile, n_bytes: int | None
) -> tuple[bytes, np.dtype, tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4:
        what = "is empty" if not magic else f"has only {len(magic)} bytes"
        raise ValueError(f"it {what}; expected a header of at least 8 bytes.")
    if magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
        raise ValueError(
            f"it begins with the bytes {magic.hex(' ')}; expected 00 00, a type code "
            f"({', '.join(f'{code:02x}' for code in _DTYPES)}) and the number of dimensions."
        )
    dtype, ndim = _DTYPES[magic[2]], magic[3]
    if not 1 <= ndim <= _MAX_NDIM:
        raise ValueError(f"its header gives {ndim} dimensions; expected 1 to {_MAX_NDIM}.")
    dimensions = stream.read(4 * ndim)
    if len(dimensions) < 4 * ndim:
        raise ValueError(
            f"it ends within its header, after {4 + len(dimensions)} bytes; expected "
            f"{4 + 4 * ndim} for {ndim} dimensions."
        )
    shape = tuple(np.frombuffer(dimensions, dtype=">u4").tolist())
    # NumPy wants the product of the other dimensions to be addressable even if one is 0.
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize > sys.maxsize:
        raise ValueError(f"its header gives the shape {shape}, more than memory can address.")
    n_promised = 4 + 4 * ndim + math.prod(shape) * dtype.itemsize
    if n_bytes is not None and n_promised != n_bytes:
        raise ValueError(
            f"its header gives the shape {shape}, a file of {n_promised} bytes; expected {n_bytes}."
        )
    return magic + dimensions, dtype, shape


def _wrong_size(shape: tuple[int, ...], dtype: np.dtype, expected: int, got: int) -> ValueError:
    fault = "it is cut off" if got < expected else "something follows the data"
    return ValueError(
        f"its header gives the shape {shape} of {dtype.newbyteorder('=')}, {expected} bytes of "
        f"data, got {got}: {fault}."
    )


def _as_native(data: np.ndarray, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    array = data.view(dtype)
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return array.reshape(shape)
