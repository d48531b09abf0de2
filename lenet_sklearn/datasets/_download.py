"""Download one file from the first mirror that delivers it correctly."""

from __future__ import annotations

import contextlib
import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, TypeVar

T = TypeVar("T")

# A mirror must send one chunk in `stall_timeout` seconds, about 0.5 KiB/s. A slower mirror is
# given up.
_CHUNK = 16 * 2**10
STALL_TIMEOUT = 30.0
_POLL = 0.1  # seconds; on some systems Ctrl-C does not wake a waiting lock


class _MirrorError(Exception):
    """A mirror failed. The next mirror may still work."""


def download(
    urls: Sequence[str],
    target: Path,
    verify: Callable[[Path], T],
    *,
    max_bytes: int,
    remedy: str,
    stall_timeout: float = STALL_TIMEOUT,
) -> T:
    """Download a file, verify it, then move it to `target`.

    A temporary file of a unique name receives the data. So `target` is always complete and
    verified, several processes may download together, and an interrupted download leaves no file.

    Parameters
    ----------
    urls : sequence of str
        The same file on several mirrors, tried in this order.
    target : Path
        Where to put the file. A missing folder is made.
    verify : callable
        Called with the path of the temporary file. Its result is returned. It raises ValueError if
        the content is wrong.
    max_bytes : int
        Largest allowed size.
    remedy : str
        The last sentence of each error: what the user can do.
    stall_timeout : float, default=30.0
        Seconds without progress before the next mirror is tried.

    Raises
    ------
    OSError
        If all mirrors failed (the message has each reason), or the folder cannot be written.
    """
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    failures = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for url in urls:
            try:
                # Opening it again for each mirror empties it. Not by `tempfile`: only the owner
                # may read its files, but users can share a cache.
                with part.open("wb") as file:
                    _receive(url, file, max_bytes, stall_timeout)
                result = verify(part)
            except (_MirrorError, ValueError) as error:
                # The user does not know the temporary name.
                failures.append(f"{url}: {str(error).replace(str(part), 'the file it sent')}")
                continue
            os.replace(part, target)
            return result
    except OSError as error:
        raise OSError(
            f"Cannot write {target.name} into the folder {target.parent}: {error}. Make the folder "
            f"writable or free space on its disk. {remedy}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    reasons = "\n".join(f"  - {failure}" for failure in failures)
    raise OSError(f"Cannot download {target.name}: all mirrors failed.\n{reasons}\n{remedy}")


def _receive(url: str, file: BinaryIO, max_bytes: int, stall_timeout: float) -> None:
    """Write the content of `url` to `file`, or raise _MirrorError.

    A second thread downloads, because socket timeouts do not cover every case: a name server may
    not answer, or a mirror may send byte after byte very slowly.
    """
    from pooch import HTTPDownloader  # imports requests, which only a download needs

    fetch = HTTPDownloader(
        chunk_size=_CHUNK,
        timeout=stall_timeout,  # ends the thread, too
        headers={"Accept-Encoding": "identity"},  # the file as it is stored
    )
    transfer = _Transfer(lambda sink: fetch(url=url, output_file=sink, pooch=None), file, max_bytes)
    thread = threading.Thread(target=transfer.run, name=f"download {url}", daemon=True)
    thread.start()
    n_seen, last_progress = 0, time.monotonic()
    # If it stalls, the thread ends at its next chunk, because the caller closes the file.
    while not transfer.finished.wait(min(_POLL, stall_timeout)):
        if transfer.n_bytes != n_seen:
            n_seen, last_progress = transfer.n_bytes, time.monotonic()
        elif time.monotonic() - last_progress > stall_timeout:
            raise _MirrorError(f"no progress for {stall_timeout:g} s after {n_seen} bytes")
    if transfer.disk_error is not None:
        raise transfer.disk_error
    if transfer.error is not None:
        raise _MirrorError(str(transfer.error) or repr(transfer.error)) from transfer.error


class _Transfer:
    """A download in its own thread; pooch writes to it as to a file."""

    def __init__(self, fetch: Callable[[_Transfer], None], file: BinaryIO, max_bytes: int) -> None:
        self.fetch = fetch
        self.file = file
        self.max_bytes = max_bytes
        self.n_bytes = 0
        self.finished = threading.Event()
        self.error: Exception | None = None
        self.disk_error: OSError | None = None

    def run(self) -> None:
        """Download the content; store errors in attributes instead of raising them."""
        try:
            self.fetch(self)
        except Exception as error:  # any error means that this mirror failed
            self.error = error
        finally:
            self.finished.set()

    def write(self, chunk: bytes) -> None:
        """Write a chunk of the content."""
        if self.n_bytes + len(chunk) > self.max_bytes:
            raise _MirrorError(
                f"it sends more than {self.max_bytes} bytes, the limit for this file"
            )
        try:
            self.file.write(chunk)
        except OSError as error:
            # Errors of requests are OSErrors, too, so errors of the disk are stored separately.
            self.disk_error = error
            raise
        self.n_bytes += len(chunk)

    def flush(self) -> None:
        """Do nothing: pooch flushes after each chunk, but closing the file is enough."""
