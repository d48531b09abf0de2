"""Import optional packages where they are needed, and name the extra that brings them."""

from __future__ import annotations

import importlib
from types import ModuleType


def import_optional(name: str, *, extra: str, purpose: str) -> ModuleType:
    """Import the module `name`, or say which extra installs it.

    Parameters
    ----------
    name : str
        Dotted name of the module, e.g. ``"matplotlib.pyplot"``.
    extra : str
        The extra of this package that installs it, e.g. ``"plots"``.
    purpose : str
        What needs it, as the error's first words, e.g. ``"plot_samples"``.

    Raises
    ------
    ImportError
        If the package is not installed.

    Examples
    --------
    >>> from lenet_sklearn._files.optional import import_optional
    >>> import_optional("no_such_package", extra="plots", purpose="plot_samples")
    Traceback (most recent call last):
    ...
    ImportError: plot_samples needs the package 'no_such_package', which is not installed.
    Install it with: pip install "lenet-sklearn[plots]"
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # the package is there, and something inside it is broken
        raise ImportError(
            f"{purpose} needs the package '{package}', which is not installed. "
            f'Install it with: pip install "lenet-sklearn[{extra}]"'
        ) from error
