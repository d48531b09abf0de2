"""Charts beside the tables, where the package that draws them is there."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any


def save_charts(folder: Path, make: Callable[[], Iterator[tuple[str, Any]]]) -> str:
    """Save the named figures as PNG files, and return the end of a sentence that says so."""
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        return ""

    names = []
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in make():
        save_figure(figure, folder / f"{name}.png")
        plt.close(figure)
        names.append(f"{name}.png")
    return f"; charts {', '.join(names)}" if names else ""


def save_figure(figure: Any, path: Path) -> None:
    """Save a figure as a PNG file, whatever the ending of its name."""
    from lenet_sklearn._files.atomic import write_atomically

    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=150)
    write_atomically(path, content.getvalue())
