"""Charts beside the tables, where the package that draws them is there."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def save_charts(folder: Path, make: Callable[[], Iterator[tuple[str, Any]]]) -> str:
    """Save figures as PNG files in a folder.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing.
    make : callable
        Yields the name of a file, without ``.png``, and its figure. Without matplotlib it raises
        ImportError, and nothing is drawn.

    Returns
    -------
    news : str
        The end of a sentence about what was written; "" where nothing was.
    """
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        return ""
    from lenet_sklearn._files.atomic import write_atomically

    names = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in make():
        content = io.BytesIO()
        figure.savefig(content, format="png", dpi=150)
        plt.close(figure)
        write_atomically(folder / f"{name}.png", content.getvalue())
        names.append(f"{name}.png")
    return f"; charts {', '.join(names)}" if names else ""
