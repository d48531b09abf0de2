"""The safetensors format: eight bytes for the header's length, a JSON header, the tensors.

This module writes files itself, so that the same model gives the same bytes. It also reads them
itself, so that it can compare the header with the file's size before it takes memory. Every
tensor has the dtype F32.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from lenet_sklearn._files.json_values import MAX_BYTES, items, members, parse

_F32 = np.dtype("<f4")


def pack(metadata: Mapping[str, str], tensors: Mapping[str, np.ndarray]) -> bytes:
    """Return the content of a file; a checksum is added to the metadata.

    Raises
    ------
    ValueError
        If a tensor has another dtype, or the header is too large to be read again.

    Examples
    --------
    >>> import io, numpy as np
    >>> from lenet_sklearn._files.safetensors_container import Container, pack
    >>> data = pack({"format": "example"}, {"w": np.ones((2, 1), np.float32)})
    >>> container = Container(io.BytesIO(data), len(data))
    >>> container.metadata["format"], container.shapes
    ('example', {'w': (2, 1)})
    >>> container.read()["w"].tolist()
    [[1.0], [1.0]]
    """
    names = sorted(tensors)
    arrays = [np.ascontiguousarray(tensors[name], _F32) for name in names]
    for name in names:
        if tensors[name].dtype != np.float32:
            raise ValueError(f"the tensor {name!r} must be float32. Got {tensors[name].dtype}")
    shapes = {name: tensors[name].shape for name in names}
    digest = _digest(metadata, shapes)
    header: dict[str, Any] = {}
    end = 0
    for name, array in zip(names, arrays, strict=True):
        digest.update(array.data)
        begin, end = end, end + array.nbytes
        header[name] = {"dtype": "F32", "shape": shapes[name], "data_offsets": [begin, end]}
    header = {"__metadata__": {**metadata, "sha256": digest.hexdigest()}, **header}
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)  # the format asks for aligned tensors
    if len(text) > MAX_BYTES:
        raise ValueError(f"the header must have at most {MAX_BYTES:,} bytes. Got {len(text):,}")
    return b"".join([len(text).to_bytes(8, "little"), text, *(a.data for a in arrays)])


class Container:
    """A file whose header has been read and fits the file's size.

    `metadata` is without the checksum. `shapes` are those of the tensors.

    Raises
    ------
    ValueError
        If the header is damaged, too large, or does not fit the file.
    """

    def __init__(self, file: IO[bytes], size: int) -> None:
        length = int.from_bytes(file.read(8), "little")
        if size < 10 or not 2 <= length <= min(size - 8, MAX_BYTES):
            raise ValueError("it is not a safetensors file, or it is cut off")
        try:
            header = parse(file.read(length).decode("ascii"))
        except ValueError as error:
            raise ValueError(f"its header cannot be read: {error}") from error
        if not isinstance(header, dict):
            raise ValueError("its header is not a JSON object")
        metadata = header.pop("__metadata__", None)
        if not isinstance(metadata, dict) or set(map(type, metadata.values())) != {str}:
            raise ValueError("its header has no metadata, or metadata that is not text")
        self.metadata: dict[str, str] = metadata
        self._sha256 = metadata.pop("sha256", "")
        self._file, self._start = file, 8 + length
        self.shapes: dict[str, tuple[int, ...]] = {}
        self._begins: dict[str, int] = {}
        spans = [self._add(name, entry) for name, entry in header.items()]
        end = 0
        for begin, stop in sorted(spans):
            if begin != end:
                raise ValueError("its tensors overlap or leave gaps")
            end = stop
        if end != size - self._start:
            raise ValueError(
                f"it is damaged or cut off: its tensors must have {end} bytes. "
                f"Got {size - self._start}"
            )

    def _add(self, name: str, entry: Any) -> tuple[int, int]:
        """Check one entry of the header; return where its tensor begins and ends."""
        dtype, shape, offsets = members(
            entry, f"the tensor {name[:60]!r}", "dtype", "shape", "data_offsets"
        )
        if dtype != "F32":
            raise ValueError(f"the tensor {name[:60]!r} must have the dtype F32. Got {dtype!r:.60}")
        shape = tuple(items(shape, "the shape of a tensor", int))
        offsets = items(offsets, "the offsets of a tensor", int)
        if len(offsets) != 2 or len(shape) > 4 or min(*shape, *offsets, 0) < 0:
            raise ValueError(f"the tensor {name[:60]!r} has no valid shape and offsets")
        begin, end = offsets
        if end - begin != math.prod(shape) * _F32.itemsize:
            raise ValueError(f"the tensor {name[:60]!r} has offsets that do not fit its shape")
        self.shapes[name], self._begins[name] = shape, begin
        return begin, end

    def read(self) -> dict[str, np.ndarray]:
        """Read the tensors as native float32; raise ValueError if the checksum does not fit."""
        digest = _digest(self.metadata, self.shapes)
        tensors = {}
        for name in sorted(self.shapes):
            array = np.empty(self.shapes[name], _F32)
            self._file.seek(self._start + self._begins[name])
            if self._file.readinto(array.data.cast("B")) != array.nbytes:  # type: ignore[attr-defined]
                raise ValueError("it was cut off while it was read")
            digest.update(array.data)
            tensors[name] = array.astype(np.float32, copy=False)
        if digest.hexdigest() != self._sha256:
            raise ValueError("it is damaged: its checksum does not fit its content")
        return tensors


def _digest(metadata: Mapping[str, str], shapes: Mapping[str, tuple[int, ...]]) -> Any:
    """Start the checksum with the metadata and the shapes; the order of keys does not matter."""
    content = json.dumps([dict(metadata), {k: list(v) for k, v in shapes.items()}], sort_keys=True)
    return hashlib.sha256(content.encode("ascii"))
