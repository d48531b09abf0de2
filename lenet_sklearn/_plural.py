"""Numbers before nouns."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """Write a number of things, in the singular for one.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        Its plural ends with -s.

    Examples
    --------
    >>> from lenet_sklearn._plural import count
    >>> count(1, "seed"), count(3, "seed"), count(60_000, "image")
    ('1 seed', '3 seeds', '60,000 images')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
