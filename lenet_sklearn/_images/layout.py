"""Read an array as images: flat, HW, CHW or HWC in, one ``(n, C, H, W)`` view out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral

import numpy as np

from lenet_sklearn._messages import warn

# Grey, RGB and RGBA. Only these numbers of channels let us infer a colour layout.
_CHANNEL_COUNTS = (1, 3, 4)
# For squares of at least this side, one extra column is probably a label column.
_SMALLEST_LABELLED_SIDE = 8


@dataclass(frozen=True)
class ImageLayout:
    """How one sample of X is an image.

    Parameters
    ----------
    channels, height, width : int
        Size of the image.
    axes : {"HW", "CHW", "HWC"}
        Order of the axes within one sample.
    flat : bool
        Whether a sample is one row of features.
    n_features : int
        Number of values of a sample. A flat sample may have fewer values than the image has
        pixels. The other pixels are then zero.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._images.layout import infer_layout
    >>> layout = infer_layout((10, 784))
    >>> layout.image_shape
    (1, 28, 28)
    >>> layout.to_images(np.zeros((10, 784))).shape
    (10, 1, 28, 28)
    """

    channels: int
    height: int
    width: int
    axes: str
    flat: bool
    n_features: int

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width."""
        return self.channels, self.height, self.width

    @property
    def n_pixels(self) -> int:
        """Number of values of an image: channels × height × width."""
        return math.prod(self.image_shape)

    @property
    def sample_shape(self) -> tuple[int, ...]:
        """Shape of one image, with the axes in the order that X has."""
        sizes = {"C": self.channels, "H": self.height, "W": self.width}
        return tuple(sizes[axis] for axis in self.axes)

    def to_images(self, rows: np.ndarray) -> np.ndarray:
        """Return samples as (n, C, H, W) images: a view if possible, a copy if pixels are added."""
        if rows.ndim == 2 and self.n_features < self.n_pixels:
            rows = np.pad(rows, ((0, 0), (0, self.n_pixels - self.n_features)))
        if self.channels == 1:  # the order of the axes does not change the strides
            return rows.reshape(len(rows), *self.image_shape)
        images = rows.reshape(len(rows), *self.sample_shape)
        return np.moveaxis(images, -1, 1) if self.axes == "HWC" else images

    def from_images(self, images: np.ndarray, *, flat: bool | None = None) -> np.ndarray:
        """Give (n, C, h, w) images the axes of this layout; `flat=None` means as the layout."""
        if self.axes == "HW":
            images = images[:, 0]
        elif self.axes == "HWC":
            images = np.moveaxis(images, 1, -1)
        flatten = self.flat if flat is None else flat
        return images.reshape(len(images), -1) if flatten else images


def infer_layout(
    shape: Sequence[int],
    image_shape: Sequence[int] | None = None,
    *,
    may_warn: bool = True,
) -> ImageLayout:
    """Find out how the samples of an array are images.

    Parameters
    ----------
    shape : sequence of int
        Shape of X: ``(n, features)``, ``(n, H, W)``, ``(n, C, H, W)`` or ``(n, H, W, C)``.
    image_shape : sequence of int, default=None
        Shape of one image: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. If both ends could be the
        channels, it is read as ``(C, H, W)``. None: a flat row is a square grey image, and the
        axis of length 1, 3 or 4 holds the channels.
    may_warn : bool, default=True
        Whether to warn if a row is not a square image.

    Raises
    ------
    ValueError
        If X cannot be read as images, or can be read in two ways.
    """
    sample = tuple(shape[1:])
    if not 1 <= len(sample) <= 3:
        raise ValueError(
            f"X must have 2, 3 or 4 dimensions: (n, features), (n, H, W), (n, C, H, W) or "
            f"(n, H, W, C). Got {len(shape)} dimension(s), X.shape={tuple(shape)}. "
            + ("Reshape with X.reshape(1, -1) if it is one image." if len(shape) < 2 else "")
        )
    if 0 in sample:
        raise ValueError(
            f"X has 0 feature(s) (shape={tuple(shape)}) while a minimum of 1 is required."
        )
    if image_shape is not None:
        return _explicit_layout(sample, check_image_shape(image_shape), tuple(shape))
    if len(sample) == 1:
        return _square_layout(sample[0], may_warn=may_warn)
    if len(sample) == 2:
        return ImageLayout(1, *sample, axes="HW", flat=False, n_features=math.prod(sample))
    return _colour_layout(sample, _infer_colour_axes(sample, tuple(shape)), flat=False)


def layout_for(X: np.ndarray, layout: ImageLayout) -> ImageLayout:
    """Return the layout of new images, whose axes may differ from those of the first images.

    Raises
    ------
    ValueError
        If the samples of X are images of another shape.
    """
    if X.ndim == 2 and X.shape[1] != layout.n_features:
        raise ValueError(
            f"X must have {layout.n_features:,} pixels in each row, as the images that the model "
            f"was fitted on. Got X.shape={X.shape}."
        )
    if X.ndim == 2 or X.shape[1:] == layout.sample_shape:
        return layout
    other = infer_layout(X.shape)
    if other.image_shape != layout.image_shape:
        raise ValueError(
            "X must hold images of the shape that the model was fitted on, (channels, height, "
            f"width) = {layout.image_shape}. Got X.shape={X.shape}, images of "
            f"{other.image_shape}."
        )
    return other


def check_image_shape(image_shape: Sequence[int]) -> tuple[int, ...]:
    """Return `image_shape` as a tuple of 2 or 3 positive ints, or raise."""
    if isinstance(image_shape, np.ndarray):
        image_shape = image_shape.tolist()
    if (
        not isinstance(image_shape, Sequence)
        or isinstance(image_shape, str)
        or len(image_shape) not in (2, 3)
        or not all(isinstance(s, Integral) and not isinstance(s, bool) for s in image_shape)
        or min(image_shape) < 1
    ):
        raise ValueError(
            "image_shape must be (H, W), (C, H, W) or (H, W, C) with positive integers. "
            f"Got {image_shape!r}."
        )
    return tuple(int(s) for s in image_shape)


def _explicit_layout(
    sample: tuple[int, ...], image_shape: tuple[int, ...], shape: tuple[int, ...]
) -> ImageLayout:
    """Read X with the shape that the user gave, or raise an error that says why not."""
    if math.prod(sample) != math.prod(image_shape):
        raise ValueError(
            f"image_shape={image_shape} asks for {math.prod(image_shape)} values per sample. "
            f"Got {math.prod(sample)}, X.shape={shape}. Set image_shape to the shape of one image."
        )
    flat = len(sample) == 1
    squeezed = tuple(s for s in sample if s != 1)
    if not flat and squeezed != tuple(s for s in image_shape if s != 1):
        raise ValueError(
            f"image_shape={image_shape} does not agree with X.shape={shape}: each sample has "
            f"the shape {sample}. Leave image_shape=None, or set it to the shape of one image."
        )
    # If X is not flat, its own axes decide: (n, H, W) may come with image_shape=(1, H, W).
    axes_of = image_shape if flat else sample
    if len(axes_of) == 2:
        height, width = axes_of
        return ImageLayout(1, height, width, "HW", flat, math.prod(sample))
    first, last = axes_of[0] in _CHANNEL_COUNTS, axes_of[-1] in _CHANNEL_COUNTS
    return _colour_layout(axes_of, "HWC" if last and not first else "CHW", flat=flat)


def _infer_colour_axes(sample: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """Choose between (C, H, W) and (H, W, C); raise unless exactly one is possible."""
    first, last = sample[0] in _CHANNEL_COUNTS, sample[-1] in _CHANNEL_COUNTS
    if first != last:
        return "CHW" if first else "HWC"
    reason = "both could be" if first else "neither is"
    raise ValueError(
        f"The colour layout of X is ambiguous: the channels must be the axis of length 1, 3 or 4, "
        f"and {reason}. Got X.shape={shape}. Set image_shape={sample} to read it as (C, H, W), or "
        "move the channels first with np.moveaxis(X, -1, 1) and set image_shape to (C, H, W)."
    )


def _colour_layout(sample: tuple[int, ...], axes: str, *, flat: bool) -> ImageLayout:
    channels, height, width = sample if axes == "CHW" else (sample[2], sample[0], sample[1])
    return ImageLayout(channels, height, width, axes, flat, math.prod(sample))


def _square_layout(n_features: int, *, may_warn: bool) -> ImageLayout:
    """Read a flat row as the smallest square that holds it."""
    side = math.isqrt(n_features)
    if side * side == n_features:
        return ImageLayout(1, side, side, "HW", True, n_features)
    if side * side == n_features - 1 and side >= _SMALLEST_LABELLED_SIDE:
        raise ValueError(
            f"X has {n_features} columns, one more than an image of {side}×{side} = "
            f"{side * side} pixels. Is the label column still in X? Remove it (X[:, 1:] if the "
            "label comes first), or set image_shape=(H, W) if each column is a pixel."
        )
    side += 1
    if may_warn:
        warn(
            f"X has {n_features} features, which is no square number. Each row is read as the "
            f"smallest square that holds it, {side}×{side}, and the other {side**2 - n_features} "
            f"pixels are zero. {_suggest_image_shape(n_features)}"
        )
    return ImageLayout(1, side, side, "HW", True, n_features)


def _suggest_image_shape(n_features: int) -> str:
    for channels in (3, 4):
        side = math.isqrt(n_features // channels)
        if channels * side * side == n_features:
            return (
                f"If these are colour images, set image_shape=({channels}, {side}, {side}) where "
                f"a row holds one channel after the other, or ({side}, {side}, {channels}) where "
                "it holds one pixel after the other."
            )
    return "Set image_shape=(H, W) if you know how a row is an image."
