"""What a long run shows while it goes on, and how Ctrl-C ends it."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from multiprocessing import resource_tracker
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

logger = logging.getLogger(__name__)

_WIDTH = 80


class _Stopped(BaseException):
    """Ctrl-C, but as nothing that an estimator catches."""


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C end the run, whatever an estimator makes of a KeyboardInterrupt."""
    # LeNet-5 and the MLP take it for the end of training: what they had learned until then would
    # count as their score, and the run go on.

    def stop(signum: int, frame: FrameType | None) -> None:
        raise _Stopped

    ours = (  # not in another thread, nor where Ctrl-C is ignored, as under nohup
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )
    if ours:
        signal.signal(signal.SIGINT, stop)
    try:
        yield
    except _Stopped:
        raise KeyboardInterrupt from None
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def deaf_to_ctrl_c() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C: the run that started them ends them."""
    # A terminal sends it to all, and one that is starting would show a traceback. Here it waits.
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # First, as its start lifts the mask (until Python 3.12).
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def begun(bar: Progress) -> AbstractContextManager[Any]:
    """Begin a bar that is shown, and end it; no other: rich below 14.3 prints an empty line."""
    return nullcontext() if bar.disable else bar


@contextmanager
def progress_bar(
    name: str, total: int | None, done: int, enabled: bool
) -> Iterator[Callable[[str, int], None]]:
    """Yield a function to call with a line of news and the number of rows that it finishes."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not (enabled and console.is_terminal),
    )
    with begun(bar):
        task = bar.add_task(name, total=total, completed=done)

        def advance(text: str, n_rows: int) -> None:
            # A row that begins is news for the bar; the log tells of the finished ones.
            logger.log(logging.INFO if n_rows else logging.DEBUG, "%s", text)
            bar.update(task, advance=n_rows, description=text[:_WIDTH])

        yield advance
