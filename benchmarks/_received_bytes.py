"""Count the bytes that a worker of Dask receives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def make_counter() -> Callable[[], int]:
    """Make a function that gives the bytes a worker has received since its last call."""

    # Inside, so that it is sent by its content: workers cannot import this file.
    def count() -> int:
        from distributed.comm import tcp

        if not hasattr(tcp, "received"):
            read, tcp.received = tcp.read_bytes_rw, 0

            async def counting(stream: Any, n: int) -> Any:
                tcp.received += n
                return await read(stream, n)

            tcp.read_bytes_rw = counting
        received, tcp.received = tcp.received, 0
        return received

    return count
