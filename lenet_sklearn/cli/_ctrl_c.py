"""What Ctrl-C does: end the process at once, or let a command tidy up and say what is kept."""

from __future__ import annotations

import os
import signal
from types import FrameType

INTERRUPTED = 130  # 128 + SIGINT, as shells count


def ends_at_once() -> None:
    """Let Ctrl-C end the process with one line, wherever it is, until `raises` is called."""
    # While libraries are imported there is nothing to tidy up, and a KeyboardInterrupt can be
    # swallowed, or shown, by whatever it comes upon there.
    _replace(signal.default_int_handler, _end)


def raises() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again."""
    _replace(_end, signal.default_int_handler)


def _end(signum: int, frame: FrameType | None) -> None:
    try:
        os.write(2, b"Stopped: by Ctrl-C.\n")
    finally:
        os._exit(INTERRUPTED)


def _replace(old: object, new: object) -> None:
    # Where Ctrl-C is ignored, as under nohup, or is another's, it stays so.
    if signal.getsignal(signal.SIGINT) is old:
        signal.signal(signal.SIGINT, new)  # type: ignore[arg-type]
