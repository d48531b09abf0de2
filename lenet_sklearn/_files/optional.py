"""Import optional packages where they are used, and name the extra that installs them."""

from __future__ import annotations

import importlib
from types import ModuleType


def import_optional(name: str, *, extra: str, purpose: str) -> ModuleType:
    """Import the module `name`, or raise an error that names the extra to install.

    Parameters
    ----------
    name : str
        Dotted name of the module, e.g. ``"matplotlib.pyplot"``.
    extra : str
        The extra of this package that installs it, e.g. ``"plots"``.
    purpose : str
        The function that needs the module, e.g. ``"plot_samples"``. The message begins with it.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        package = name.partition(".")[0]
        if (error.name or "").partition(".")[0] != package:
            raise  # the package is installed, but it is broken
        raise ImportError(
            f"{purpose} needs the package '{package}', which is not installed. "
            f'Install it with: pip install "lenet-sklearn[{extra}]"'
        ) from error
