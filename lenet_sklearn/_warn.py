"""Warn at the line of the user that led to the warning."""

from __future__ import annotations

import sys
import warnings

_OURS = {"lenet_sklearn", "sklearn", "skorch", "joblib", "contextlib"}


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn, and show the nearest line outside this library and scikit-learn as the place.

    Examples
    --------
    >>> import warnings
    >>> from lenet_sklearn._warn import warn
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warn("Look here.")
    >>> str(caught[0].message)
    'Look here.'
    """
    level, frame = 2, sys._getframe(1)
    while str(frame.f_globals.get("__name__")).partition(".")[0] in _OURS and frame.f_back:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
