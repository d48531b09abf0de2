"""What messages share: the user's own line, names of parameters, numbers with their nouns."""

from __future__ import annotations

import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

# Nothing of the log is shown until a program configures Python's logging.
logging.getLogger("lenet_sklearn").addHandler(logging.NullHandler())

_NAMES: ContextVar[Mapping[str, str] | None] = ContextVar("names", default=None)
_OURS = {"lenet_sklearn", "sklearn", "skorch", "joblib", "contextlib"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, and show the nearest line outside this library and scikit-learn as the place."""
    level, frame = 2, sys._getframe(1)
    while str(frame.f_globals.get("__name__")).partition(".")[0] in _OURS and frame.f_back:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def parameter(name: str) -> str:
    """Give the name under which the user knows a parameter: the command line has its own."""
    return (_NAMES.get() or {}).get(name, name)


@contextmanager
def parameters_named(names: Mapping[str, str]) -> Iterator[None]:
    """Let messages that are made inside call parameters by other names."""
    token = _NAMES.set(names)
    try:
        yield
    finally:
        _NAMES.reset(token)


def count(number: int, noun: str) -> str:
    """Write a number and a noun, with the plural -s where it is needed.

    Examples
    --------
    >>> from lenet_sklearn._messages import count
    >>> count(1, "seed"), count(3, "seed"), count(60_000, "image")
    ('1 seed', '3 seeds', '60,000 images')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
