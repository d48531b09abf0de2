"""Fingerprints of data, for the comparison with an earlier run."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

_CHUNK_BYTES = 1 << 24  # X may be a memmap larger than memory


def hash_data(X: Any) -> str:
    """Hash the content, shape and dtype of an array or DataFrame, in small pieces.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._files.hashing import hash_data
    >>> hash_data(np.zeros((2, 2)))
    '(2, 2) float64 sha256:66687aadf862bd77'
    """
    digest = hashlib.sha256()
    if hasattr(X, "iloc"):
        digest.update(repr(list(X.columns)).encode())
        kind = "DataFrame"
    else:
        X = np.asarray(X)
        kind = str(X.dtype)
    n_rows = len(X) if X.ndim else 1
    row_bytes = max(1, int(np.prod(X.shape[1:])) * 8)
    step = max(1, _CHUNK_BYTES // row_bytes)
    for start in range(0, n_rows, step):
        rows = X.iloc[start : start + step] if hasattr(X, "iloc") else X[start : start + step]
        rows = np.asarray(rows)
        # The bytes of an object array are addresses, which differ between processes.
        digest.update(repr(rows.tolist()).encode() if rows.dtype.hasobject else rows.tobytes())
    return f"{X.shape} {kind} sha256:{digest.hexdigest()[:16]}"
