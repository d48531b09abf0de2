"""Figures as text that stands in a page itself."""

from __future__ import annotations

import base64
import io
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

from lenet_sklearn._files.optional import import_optional

# The first that fits is taken.
_DPIS = (160, 110, 80, 55, 40, 28, 20)
MOST_BYTES = 600_000  # of an image; a page has seven at most
_MOST_PIXELS = 60_000  # of a side; matplotlib refuses 65,536
_PIXELS_PER_INCH = 100  # in the page, where 10 points are 14 pixels high
_WIDE = 700  # pixels, above which small text cannot be read when a phone shows it all
# Else a title touches the upper edge.
_SAVED: dict[str, Any] = {"facecolor": "white", "bbox_inches": "tight", "pad_inches": 0.1}


class Figure(NamedTuple):
    """An image: the PNG in base64, what it shows, and its size in the page in pixels."""

    png: str
    alt: str
    width: int
    height: int

    @property
    def is_wide(self) -> bool:
        """Whether its text is too small once it is as narrow as a phone."""
        return self.width > _WIDE


def draw(make: Callable[[], Any], alt: str, *, extra: str, purpose: str) -> Figure:
    """Draw a display, and close its figure.

    Parameters
    ----------
    make : callable
        Returns a display with `figure_`.
    alt : str
        What the figure shows.
    extra, purpose : str
        As of `import_optional`.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    """
    plt = import_optional("matplotlib.pyplot", extra=extra, purpose=purpose)
    before = set(plt.get_fignums())
    # A class may be named "$x$", which is no formula here, or in a script that the font lacks.
    with plt.rc_context({"text.parse_math": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from")
        try:
            png, dpi = _to_png(make().figure_)
        finally:
            for number in set(plt.get_fignums()) - before:
                plt.close(number)
    # The header of a PNG begins with width and height.
    sides = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
    width, height = (round(side / dpi * _PIXELS_PER_INCH) for side in sides)
    return Figure(base64.b64encode(png).decode("ascii"), alt, width, height)


def _to_png(figure: Any) -> tuple[bytes, float]:
    content, used = b"", 0.0
    longest = max(figure.get_size_inches())
    for dpi in _DPIS:
        buffer, used = io.BytesIO(), min(dpi, _MOST_PIXELS / longest)
        figure.savefig(buffer, format="png", dpi=used, **_SAVED)
        content = buffer.getvalue()
        if len(content) * 4 / 3 <= MOST_BYTES:
            break
    return content, used
