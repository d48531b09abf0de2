"""Read IDX files, the format of MNIST, without trusting their headers.

The format: two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
32-bit integer. Then come the elements, big-endian, with the last index changing fastest.
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
# A gzip file can become a thousand times larger; real images become about five times larger. A
# file beyond both limits is refused before it is expanded.
_MAX_EXPANSION = 100
_SMALL = 64 * 2**20
_CHUNK = 2**20


def read_idx(path: str | os.PathLike[str]) -> np.ndarray:
    """Read an IDX file, plain or compressed with gzip.

    The content decides whether the file is compressed, not the name. The memory depends on the
    size of the file, never on the size in its header.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    array : ndarray of the shape in the header
        Of the dtype uint8, int8, int16, int32, float32 or float64,
        in the machine's byte order. It is contiguous and writable.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not a regular file, not IDX, cut off or damaged, or if its size differs from the
        header. Also if a gzip file would become larger than 64 MiB and than 100 times its size;
        use ``gunzip`` first if you want to read it.

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

    For an array of bytes, the two are the whole content, so they can be hashed. If `n_bytes` is
    given, the uncompressed size must be that. A header with another size is refused at once.
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
    # A buffered read is complete unless the file became shorter meanwhile.
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
                f"from {size} compressed bytes. More than {_MAX_EXPANSION} times is refused. "
                "If the file is right, decompress it with gunzip first."
            )
        data = bytearray()
        while len(data) < n_data:
            chunk = stream.read(min(_CHUNK, n_data - len(data)))
            if not chunk:
                raise _wrong_size(shape, dtype, n_data, len(data))
            data += chunk
        # There must be no further byte. Reading to the end also checks the CRC.
        if stream.read(1):
            raise ValueError(
                f"its header gives the shape {shape}, {n_data} bytes of data, but the file "
                "is longer."
            )
    return header, _as_native(np.frombuffer(data, dtype=np.uint8), dtype, shape)


def _read_header(
    stream: BinaryIO | gzip.GzipFile, n_bytes: int | None
) -> tuple[bytes, np.dtype, tuple[int, ...]]:
    magic = stream.read(4)
    if len(magic) < 4:
        found = "an empty file" if not magic else f"{len(magic)} bytes"
        raise ValueError(f"it must have a header of at least 8 bytes. Got {found}.")
    if magic[:2] != b"\0\0" or magic[2] not in _DTYPES:
        raise ValueError(
            "it must begin with 00 00, a type code "
            f"({', '.join(f'{code:02x}' for code in _DTYPES)}) and the number of dimensions. Got "
            f"the bytes {magic.hex(' ')}."
        )
    dtype, ndim = _DTYPES[magic[2]], magic[3]
    if not 1 <= ndim <= _MAX_NDIM:
        raise ValueError(f"its header must give 1 to {_MAX_NDIM} dimensions. Got {ndim}.")
    dimensions = stream.read(4 * ndim)
    if len(dimensions) < 4 * ndim:
        raise ValueError(
            f"its header must have {4 + 4 * ndim} bytes for {ndim} dimensions. "
            f"Got {4 + len(dimensions)}."
        )
    shape = tuple(np.frombuffer(dimensions, dtype=">u4").tolist())
    # NumPy needs an addressable product of the other dimensions, even if one is 0.
    if math.prod(max(n, 1) for n in shape) * dtype.itemsize > sys.maxsize:
        raise ValueError(f"its header gives the shape {shape}, which is too large for any memory.")
    n_promised = 4 + 4 * ndim + math.prod(shape) * dtype.itemsize
    if n_bytes is not None and n_promised != n_bytes:
        raise ValueError(
            f"its size must be {n_bytes} bytes. Got {n_promised} from its header, shape {shape}."
        )
    return magic + dimensions, dtype, shape


def _wrong_size(shape: tuple[int, ...], dtype: np.dtype, expected: int, got: int) -> ValueError:
    fault = "it is cut off" if got < expected else "it has more data than that"
    return ValueError(
        f"its header gives the shape {shape} of {dtype.newbyteorder('=')}, {expected} bytes of "
        f"data. Got {got}: {fault}."
    )


def _as_native(data: np.ndarray, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    array = data.view(dtype)
    if not dtype.isnative:
        array = array.byteswap(inplace=True).view(dtype.newbyteorder("="))
    return array.reshape(shape)
