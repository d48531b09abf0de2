"""Download one file from the first mirror that gives it whole and right, or leave no trace."""

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

# A mirror must send a chunk every `stall_timeout` seconds. With these values that is about
# 0.5 KiB/s: less is a mirror that hangs, or one that trickles to keep us waiting.
_CHUNK = 16 * 2**10
STALL_TIMEOUT = 30.0
_POLL = 0.1  # how long a Ctrl-C may go unnoticed on systems whose locks do not wake for it


class _MirrorError(Exception):
    """One mirror failed; the next one may not."""


def download(
    urls: Sequence[str],
    target: Path,
    verify: Callable[[Path], T],
    *,
    max_bytes: int,
    remedy: str,
    stall_timeout: float = STALL_TIMEOUT,
) -> T:
    """Download a file, verify it, then move it to its place.

    The body goes to a temporary file of a unique name beside `target`, which only ever appears
    whole and verified: several processes may do this at once, and one that is interrupted leaves
    nothing behind.

    Parameters
    ----------
    urls : sequence of str
        The same file on several mirrors, tried in this order.
    target : Path
        Where the file shall be; its folder is made if it is missing.
    verify : callable
        Called with the path of the temporary file; returns what is wanted of it, or raises
        ValueError if the content is wrong.
    max_bytes : int
        A longer body is refused as soon as it gets longer.
    remedy : str
        What the user can do; the last sentence of each error.
    stall_timeout : float, default=30.0
        Seconds without progress after which a mirror is given up.

    Returns
    -------
    result
        What `verify` returned.

    Raises
    ------
    OSError
        If all mirrors failed (each is named with its reason), or if the folder cannot be
        written.
    """
    part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
    failures = []
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for url in urls:
            try:
                # Opened anew for each mirror, which also empties it. Not by `tempfile`, whose
                # files only their owner may read: a cache can be shared.
                with part.open("wb") as file:
                    _receive(url, file, max_bytes, stall_timeout)
                result = verify(part)
            except (_MirrorError, ValueError) as error:
                # The temporary name means nothing to the reader.
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
    """Write the body of `url` to `file`, or raise _MirrorError.

    Another thread fetches, because no timeout of a socket covers all the ways to hang: a name
    server that does not answer, headers or a body that come byte by byte.
    """
    from pooch import HTTPDownloader  # brings requests, which only a download needs

    fetch = HTTPDownloader(
        chunk_size=_CHUNK,
        timeout=stall_timeout,  # so that a thread that was given up ends as well
        headers={"Accept-Encoding": "identity"},  # the file as it is stored
    )
    transfer = _Transfer(lambda sink: fetch(url=url, output_file=sink, pooch=None), file, max_bytes)
    thread = threading.Thread(target=transfer.run, name=f"download {url}", daemon=True)
    thread.start()
    n_seen, last_progress = 0, time.monotonic()
    # A thread that is given up here ends at its next chunk: the caller closes the file.
    while not transfer.finished.wait(min(_POLL, stall_timeout)):
        if transfer.n_bytes != n_seen:
            n_seen, last_progress = transfer.n_bytes, time.monotonic()
        elif time.monotonic() - last_progress > stall_timeout:
            raise _MirrorError(
                f"no progress for {stall_timeout:g} s, after {n_seen} bytes; given up"
            )
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
        """Fetch the body; how it went is in the attributes, nothing is raised."""
        try:
            self.fetch(self)
        except Exception as error:  # whatever it is, it is this mirror's failure
            self.error = error
        finally:
            self.finished.set()

    def write(self, chunk: bytes) -> None:
        """Take a chunk of the body."""
        if self.n_bytes + len(chunk) > self.max_bytes:
            raise _MirrorError(
                f"it sends more than the {self.max_bytes} bytes that the file can have"
            )
        try:
            self.file.write(chunk)
        except OSError as error:
            # Requests' own errors are OSErrors too: keep the disk's apart from them.
            self.disk_error = error
            raise
        self.n_bytes += len(chunk)

    def flush(self) -> None:
        """Do nothing: the file is flushed when it is closed (pooch flushes after each chunk)."""
