"""Let the C library keep freed memory, so that each step of a training finds it again."""

from __future__ import annotations

import ctypes
import os
from functools import cache

# What malloc.h of glibc calls them, and the values that glibc itself arrives at by default.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_MMAP_THRESHOLD = 32 * 2**20
_TRIM_THRESHOLD = 2 * _MMAP_THRESHOLD


@cache
def keep_freed_memory() -> bool:
    """Undo ``MALLOC_TRIM_THRESHOLD_`` for this process; return whether that was needed.

    By default, glibc learns from the first large blocks of a program to keep them when they are
    freed. A fixed threshold ends that. Dask gives one to its workers: each step of a fit then asks
    the system for its memory anew, and takes almost twice as long.
    """
    if "MALLOC_TRIM_THRESHOLD_" not in os.environ or "MALLOC_MMAP_THRESHOLD_" in os.environ:
        return False  # the default, or somebody knows better
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library
        return False
    return bool(
        mallopt(_M_MMAP_THRESHOLD, _MMAP_THRESHOLD) and mallopt(_M_TRIM_THRESHOLD, _TRIM_THRESHOLD)
    )
