"""What the pictures share: matplotlib where it is needed, colours, and axes that read well."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from lenet_sklearn._files.optional import import_optional

# Of Okabe and Ito (2008), told apart by all kinds of colour vision.
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#808080"


def import_pyplot(purpose: str) -> Any:
    """Import ``matplotlib.pyplot``, or say which extra installs it.

    Parameters
    ----------
    purpose : str
        What needs it, as the error's first words.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    return import_optional("matplotlib.pyplot", extra="plots", purpose=purpose)


def new_axes(purpose: str, figsize: tuple[float, float]) -> Any:
    """Return the Axes of a new figure, laid out so that no text is cut off.

    Parameters
    ----------
    purpose : str
        As in `import_pyplot`.
    figsize : (float, float)
        Width and height in inches.
    """
    return import_pyplot(purpose).subplots(figsize=figsize, layout="constrained")[1]


def not_shown(names: Iterable[str], reason: str, *, width: int = 64) -> str:
    """Write which models a picture leaves out, and why; "" where it has all.

    Examples
    --------
    >>> from lenet_sklearn.inspection._style import not_shown
    >>> not_shown(["SVM", "k-NN"], "failed")
    'Not shown (failed): SVM, k-NN'
    """
    names = list(names)
    if not names:
        return ""
    return textwrap.fill(f"Not shown ({reason}): {', '.join(names)}", width)
