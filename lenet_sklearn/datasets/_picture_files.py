"""Read picture files into one array: folders with a folder per class, lists, glob patterns."""

from __future__ import annotations

import operator
import os
import warnings
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np

from lenet_sklearn._messages import count, parameter
from lenet_sklearn.datasets._decode import UnreadableError, pillow, read_picture
from lenet_sklearn.datasets._picture_paths import find_pictures

_N_NAMED = 10


class ImageFiles(NamedTuple):
    """Pictures from files, as `read_images` returns them.

    Parameters
    ----------
    data : ndarray of shape (n, H, W) or (n, H, W, 3), uint8
        The pixels, from 0 (black) to 255 (white).
    target : ndarray of shape (n,), str, or None
        The class of each picture.
    filenames : list of str
        The path of each picture.

    See Also
    --------
    read_images : Read picture files into one array of pixels.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn.datasets import ImageFiles
    >>> X, y, filenames = ImageFiles(np.zeros((1, 28, 28), np.uint8), np.array(["cat"]), ["1.png"])
    >>> X.shape
    (1, 28, 28)
    """

    data: np.ndarray
    target: np.ndarray | None
    filenames: list[str]


def read_images(
    paths_or_folder: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    size: int | tuple[int, int] | None = None,
    mode: Literal["L", "RGB"] = "L",
    labels: Literal["folder"] | None = "folder",
    resize: Literal["pad", "stretch"] = "pad",
    max_pixels: int = 50_000_000,
    max_bytes: int = 8 * 2**30,
) -> ImageFiles:
    """Read picture files into one array of pixels.

    PNG, JPEG, BMP, GIF, TIFF and WebP files are read, of an animation the first frame. Pictures
    are turned as their EXIF data ask for. What is transparent lies over white. Pixels with 16
    bits are scaled to 8 bits.

    Parameters
    ----------
    paths_or_folder : str, path-like or iterable of them
        A folder, a list of paths, one path, or a glob pattern such as ``"scans/**/*.png"``.
        Folders are read with all folders below them. In folders and by patterns, hidden files
        and files with other endings are ignored. A file of a list is never ignored.
    size : int or tuple of int, default=None
        Height and width of the result; an int is both. None: all pictures must have one size.
    mode : {"L", "RGB"}, default="L"
        Grey or colour.
    labels : {"folder"} or None, default="folder"
        "folder": the class of a picture is the name of its folder. In a folder with one folder
        per class, it is the name of the class folder, also for pictures in folders below it.
        None: no labels.
    resize : {"pad", "stretch"}, default="pad"
        How a picture gets another `size`. "pad" keeps its proportions, and fills the rest with
        the median colour of its border. "stretch" does not keep them. Both smooth a picture that
        they shrink.
    max_pixels : int, default=50,000,000
        The most pixels of one picture. The file's header is asked before anything is decoded.
    max_bytes : int, default=8 GiB
        The most memory of the result.

    Returns
    -------
    files : ImageFiles
        A named tuple of ``data``, uint8 of shape (n, H, W) or (n, H, W, 3); ``target``, an array
        of str, or None; and ``filenames``, a list of str. Of a folder, classes and names are
        sorted. It unpacks as ``X, y, filenames``.

    Raises
    ------
    FileNotFoundError
        If there is no such file or folder.
    ValueError
        If files cannot be read: all of them are counted, and the first ten are named, each with
        the reason. Also if there are no pictures or no class folders, if the sizes differ and
        `size` is None, if the result is larger than `max_bytes`, or if an argument is wrong.
    TypeError
        If `paths_or_folder` or `size` has a wrong type.
    ImportError
        If Pillow is not installed.

    See Also
    --------
    prepare_drawing : Bring a drawing or a photograph of a digit into the form of MNIST.

    Notes
    -----
    A TIFF file with floats has them from 0 to 1, or else from 0 to 255. With 32-bit integers it
    has them from 0 to 255, or else to 65,535. Other ranges are refused.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from PIL import Image
    >>> from lenet_sklearn.datasets import read_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name, side in {"cat": 40, "dog": 56}.items():
    ...         Path(folder, name).mkdir()
    ...         Image.new("L", (side, side), 200).save(Path(folder, name, "1.png"))
    ...     X, y, filenames = read_images(folder, size=28)
    >>> X.shape, X.dtype, y
    ((2, 28, 28), dtype('uint8'), array(['cat', 'dog'], dtype='<U3'))
    """
    _check_choice("mode", mode, ("L", "RGB"))
    _check_choice("labels", labels, ("folder", None))
    _check_choice("resize", resize, ("pad", "stretch"))
    max_pixels = _check_positive("max_pixels", max_pixels)
    max_bytes = _check_positive("max_bytes", max_bytes)
    shape = _check_size(size)
    image_module = pillow("read_images")

    paths, names = find_pictures(paths_or_folder, by_folder=labels == "folder")
    collector = _Collector(paths, shape, mode, max_bytes)
    with warnings.catch_warnings():
        # Pillow warns of much that is an error here, or no harm.
        warnings.filterwarnings("ignore", category=image_module.DecompressionBombWarning)
        warnings.filterwarnings("ignore", module=r"PIL\.")
        for i, path in enumerate(paths):
            try:
                image = read_picture(path, mode, max_pixels, shape)
                if shape is not None and image.size != shape[::-1]:
                    image = _fit(image, shape, resize)
            except UnreadableError as error:
                collector.refuse(i, str(error))
            else:
                collector.take(i, np.asarray(image))
    return ImageFiles(collector.finish(), None if names is None else np.array(names), paths)


class _Collector:
    """The array that pictures are put into, and what is wrong with those that do not fit."""

    def __init__(
        self, paths: list[str], shape: tuple[int, int] | None, mode: str, max_bytes: int
    ) -> None:
        self.paths = paths
        self.max_bytes = max_bytes
        self.channels = () if mode == "L" else (3,)
        self.X: np.ndarray | None = None
        self.first = 0
        self.refused: list[tuple[int, str]] = []
        self.n_refused = 0
        self.odd: tuple[int, tuple[int, ...]] | None = None
        if shape is not None:
            self._make((*shape, *self.channels))

    def _make(self, shape: tuple[int, ...]) -> None:
        n_bytes = len(self.paths) * int(np.prod(shape, dtype=object))
        if n_bytes > self.max_bytes:
            raise ValueError(
                f"{count(len(self.paths), 'picture')} of {_name(shape)} pixels need "
                f"{n_bytes:,} bytes, more than {parameter('max_bytes')}={self.max_bytes:,}. Set a "
                f"smaller {parameter('size')}, such as 28, or read fewer pictures."
            )
        self.X = np.empty((len(self.paths), *shape), dtype=np.uint8)

    def take(self, i: int, pixels: np.ndarray) -> None:
        """Put the pixels of the i-th picture into the array."""
        if self.X is None:
            self.first = i
            self._make(pixels.shape)
        assert self.X is not None
        if pixels.shape == self.X.shape[1:]:
            self.X[i] = pixels
        elif self.odd is None:
            self.odd = i, pixels.shape

    def refuse(self, i: int, reason: str) -> None:
        """Note that the i-th picture cannot be read."""
        self.n_refused += 1
        if len(self.refused) < _N_NAMED:
            self.refused.append((i, reason))

    def finish(self) -> np.ndarray:
        """Return the array, or raise one error for all that is wrong."""
        if self.refused:
            named = "; ".join(f"{self.paths[i]!r} ({reason})" for i, reason in self.refused)
            more = self.n_refused - len(self.refused)
            named += f"; and {more:,} more" if more else ""
            raise ValueError(
                f"{self.n_refused:,} of {count(len(self.paths), 'picture')} cannot be read: "
                f"{named}. Repair or remove them."
            )
        assert self.X is not None
        if self.odd is not None:
            i, shape = self.odd
            raise ValueError(
                f"All pictures must have one size if {parameter('size')} is None. "
                f"{self.paths[self.first]!r} has {_name(self.X.shape[1:])} pixels, "
                f"{self.paths[i]!r} has {_name(shape)} (height × width). "
                f"Set {parameter('size')}=28, or another size."
            )
        return self.X


def _name(shape: tuple[int, ...]) -> str:
    return f"{shape[0]}×{shape[1]}"


def _fit(image: Any, shape: tuple[int, int], resize: str) -> Any:
    """Bring a Pillow image to a size."""
    from PIL import Image

    height, width = shape
    bilinear = Image.Resampling.BILINEAR
    if resize == "stretch":
        return image.resize((width, height), bilinear)
    scale = min(width / image.width, height / image.height)
    inner = (
        min(width, max(1, round(image.width * scale))),
        min(height, max(1, round(image.height * scale))),
    )
    image = image.resize(inner, bilinear)
    if inner == (width, height):
        return image
    canvas = Image.new(image.mode, (width, height), _border_colour(np.asarray(image)))
    canvas.paste(image, ((width - inner[0]) // 2, (height - inner[1]) // 2))
    return canvas


def _border_colour(pixels: np.ndarray) -> Any:
    """Return the median of the pixels along the border, as Pillow takes a colour."""
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = np.median(border, axis=0).astype(int)
    return tuple(colour.tolist()) if colour.ndim else int(colour)


def _check_choice(name: str, value: Any, choices: tuple[Any, ...]) -> None:
    if not any(value is choice or value == choice for choice in choices):
        raise ValueError(f"{parameter(name)} must be among {choices}. Got {value!r}.")


def _check_positive(name: str, value: Any) -> int:
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__"):
        raise TypeError(f"{parameter(name)} must be an int. Got {value!r}.")
    if operator.index(value) < 1:
        raise ValueError(f"{parameter(name)} must be 1 or more. Got {value!r}.")
    return operator.index(value)


def _check_size(size: Any) -> tuple[int, int] | None:
    if size is None:
        return None
    if not isinstance(size, tuple | list):
        return (_check_positive("size", size),) * 2
    if len(size) != 2:
        raise ValueError(f"{parameter('size')} must be an int or (height, width). Got {size!r}.")
    height, width = (_check_positive("size", side) for side in size)
    return height, width
