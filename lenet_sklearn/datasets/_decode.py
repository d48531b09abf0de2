"""Decode one picture file with Pillow, or say in a few words why it cannot be read."""

from __future__ import annotations

import os
import stat
from types import ModuleType
from typing import Any, BinaryIO

import numpy as np

from lenet_sklearn._files.optional import import_optional

# Pillow tries these decoders alone: each other one would be a door for hostile files.
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
FORMAT_NAMES = "PNG, JPEG, BMP, GIF, TIFF and WebP"
SUFFIXES = frozenset(
    [*(".png", ".jpg", ".jpeg", ".jpe", ".jfif"), *(".bmp", ".gif", ".tif", ".tiff", ".webp")]
)
_ORIENTATION = 0x0112  # the EXIF tag
# The first bytes of files, and what they are.
_BEGINNINGS = (
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"RIFF", "WebP"),
)
# What decoders raise for damaged files.
DAMAGED = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError,
            ArithmeticError, AttributeError, RuntimeError, AssertionError)  # fmt: skip


class UnreadableError(Exception):
    """A picture that cannot be read. Its text is the reason, in a few words."""


class TooLargeError(UnreadableError):
    """A picture with more pixels than are allowed."""


def pillow(purpose: str) -> ModuleType:
    """Return the module ``PIL.Image``, or name the extra that installs it."""
    return import_optional("PIL.Image", extra="images", purpose=purpose)


def read_picture(
    path: str,
    mode: str,
    max_pixels: int,
    smallest: tuple[int, int] | None = None,
    *,
    keep_alpha: bool = False,
) -> Any:
    """Read a file as a Pillow image of mode "L" or "RGB", upright.

    Parameters
    ----------
    path : str
        The file.
    mode : {"L", "RGB"}
        Grey or colour.
    max_pixels : int
        The most pixels. The header is asked, before anything is decoded.
    smallest : tuple of int, default=None
        Height and width to which the caller shrinks the image. A JPEG file is then decoded at a
        fraction of its size, but never below three times this size.
    keep_alpha : bool, default=False
        Whether a picture with transparency gets the mode "RGBA". Else it lies over white.

    Raises
    ------
    UnreadableError
        With the reason.
    """
    try:
        info = os.stat(path)
        if stat.S_ISDIR(info.st_mode):
            raise UnreadableError("a folder")
        if not stat.S_ISREG(info.st_mode):  # to open a FIFO would wait for its other end
            raise UnreadableError("no regular file")
        if info.st_size == 0:
            raise UnreadableError("zero bytes")
        file = open(path, "rb")  # noqa: SIM115
    except FileNotFoundError:
        raise UnreadableError("no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a null byte in the path
        raise UnreadableError(getattr(error, "strerror", None) or str(error)) from None
    with file:
        return decode_picture(file, mode, max_pixels, smallest, keep_alpha=keep_alpha)


def decode_picture(
    file: BinaryIO,
    mode: str,
    max_pixels: int,
    smallest: tuple[int, int] | None = None,
    *,
    keep_alpha: bool = False,
) -> Any:
    """Read an open file, as `read_picture` does."""
    from PIL import Image

    try:
        image = Image.open(file, formats=FORMATS)
    except Image.UnidentifiedImageError:
        raise UnreadableError(_what_else(file)) from None
    except Image.DecompressionBombError:
        raise TooLargeError(_too_large(max_pixels)) from None
    except DAMAGED as error:
        raise UnreadableError(f"truncated or damaged: {error}") from None
    with image:
        if image.width * image.height > max_pixels:
            raise TooLargeError(f"{image.width}×{image.height} pixels, {_too_large(max_pixels)}")
        if not image.width * image.height:
            raise UnreadableError("no pixels")
        try:
            if smallest is not None and image.format == "JPEG":
                side = 3 * max(smallest)
                image.draft(None, (side, side))
            image.load()
            image = upright(image)
            if keep_alpha and image.has_transparency_data and not image.mode.startswith("I"):
                return image.convert("RGBA")
            return to_mode(image, mode)
        except UnreadableError:
            raise
        except DAMAGED as error:
            text = str(error)
            short = "truncated" in text.lower() or isinstance(error, EOFError)
            raise UnreadableError("truncated" if short else f"damaged: {text}") from None


def _too_large(max_pixels: int) -> str:
    return f"larger than {max_pixels:,} pixels"


def _what_else(file: BinaryIO) -> str:
    """Say what a file is that no decoder takes."""
    file.seek(0)
    head = file.read(4096)
    if b"<svg" in head.lower():
        return "an SVG drawing, which has no pixels: export it as PNG"
    if head.startswith(b"PK\x03\x04"):
        return "not a picture, but a ZIP file"
    if head[4:8] == b"ftyp":
        return "not a picture of these formats, but HEIC, AVIF or a video: save it as PNG or JPEG"
    for beginning, name in _BEGINNINGS:
        if head.startswith(beginning):
            return f"truncated or damaged: it begins as {name}, but its header cannot be read"
    return "not a picture"


def upright(image: Any) -> Any:
    """Turn the image as its EXIF data ask for."""
    from PIL import ImageOps

    try:
        orientation = image.getexif().get(_ORIENTATION, 1)
    except DAMAGED:  # damaged EXIF data turn nothing
        return image
    if orientation in range(2, 9):
        return ImageOps.exif_transpose(image)
    return image


def to_mode(image: Any, mode: str) -> Any:
    """Convert a Pillow image of any mode to "L" or "RGB"; what is transparent lies over white.

    Raises
    ------
    UnreadableError
        If the values have a range that cannot be known, or the colours cannot be converted.
    """
    from PIL import Image

    if image.mode == mode and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = Image.fromarray(_to_bytes(np.asarray(image), of_png=image.format == "PNG"))
    elif image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    elif image.mode not in ("1", "L", "RGB"):
        try:
            image = image.convert("RGB")  # CMYK and YCbCr have no way to grey of their own
        except ValueError:
            raise UnreadableError(f"colours of the kind {image.mode}: save it as RGB") from None
    return image if image.mode == mode else image.convert(mode)


def _to_bytes(values: np.ndarray, *, of_png: bool) -> np.ndarray:
    """Scale 16-bit integers, 32-bit integers or floats to 0–255, rounded."""
    if values.dtype.kind == "f":
        if not np.isfinite(values).all():
            raise UnreadableError("floats that are NaN or infinite")
        low, high = float(values.min()), float(values.max())
        top = 1 if high <= 1 else 255
        if low < 0 or high > 255:
            raise UnreadableError(f"floats from {low:g} to {high:g}, neither 0–1 nor 0–255")
        return np.rint(values * (255 / top)).astype(np.uint8)
    low, high = int(values.min()), int(values.max())
    if low < 0 or high > 65_535:
        raise UnreadableError(f"integers from {low} to {high}, which do not fit into 16 bits")
    if values.dtype.itemsize > 2 and high <= 255 and not of_png:
        return values.astype(np.uint8)
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
