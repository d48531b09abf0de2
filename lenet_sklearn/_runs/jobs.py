"""Which of several jobs this is, so that jobs at the same time share the devices of a machine."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_NUMBER: ContextVar[int | None] = ContextVar("number", default=None)


@contextmanager
def numbered(number: int) -> Iterator[None]:
    """Give the job that is computed inside a number."""
    token = _NUMBER.set(number)
    try:
        yield
    finally:
        _NUMBER.reset(token)


def job_number() -> int | None:
    """Return the number of the job, or of joblib's process; None outside of both.

    Examples
    --------
    >>> from lenet_sklearn._runs.jobs import job_number, numbered
    >>> with numbered(3):
    ...     print(job_number())
    3
    """
    number = _NUMBER.get()
    if number is not None:
        return number
    process = re.fullmatch(r"LokyProcess-(\d+)", multiprocessing.current_process().name)
    return None if process is None else int(process[1])
