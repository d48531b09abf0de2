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
