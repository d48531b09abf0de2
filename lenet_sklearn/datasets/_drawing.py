"""Bring a drawing or a photograph of a digit into the form of MNIST's images."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from lenet_sklearn._messages import parameter
from lenet_sklearn.datasets._decode import DAMAGED, UnreadableError, to_mode, upright
from lenet_sklearn.datasets._digit_form import SIDE, to_mnist_form
from lenet_sklearn.datasets._strokes import find_strokes

MAX_PIXELS = 50_000_000
# Grey of a colour (ITU-R BT.601).
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)


def prepare_drawing(image: Any) -> np.ndarray:
    """Bring a drawing or a photograph of one digit into the form of MNIST's images.

    The background is found, also where its light is uneven, and with it whether the strokes are
    darker or lighter. They are cut out, scaled into 20×20 pixels with their proportions, and
    moved by whole pixels until their centre of mass is in the middle of 28×28 pixels, as NIST's
    digits were for MNIST [1]_. Strokes that are thinner or thicker than usual in MNIST get a
    usual width.

    Parameters
    ----------
    image : PIL image or array of shape (H, W), (H, W, 1), (H, W, 2), (H, W, 3) or (H, W, 4)
        Grey, grey with alpha, RGB or RGBA. Integers from 0 to 255, or 16-bit ones to 65,535;
        floats from 0 to 1 or from 0 to 255; or booleans. At most 50 million pixels. Of an image
        that is mostly transparent, what is opaque are the strokes.

    Returns
    -------
    digit : ndarray of shape (28, 28), uint8
        Light strokes on black, 0 to 255. All zeros if the image is blank.

    Raises
    ------
    ValueError
        If the shape, the range or the number of pixels is wrong, or a value is NaN or infinite.
    TypeError
        If `image` is no PIL image and no array of numbers.

    See Also
    --------
    read_images : Read picture files as they are.
    lenet_sklearn.load_pretrained : A model that predicts the result.

    Notes
    -----
    A Pillow image is turned as its EXIF data ask for. Images with a side above 400 pixels are
    shrunk first, so that the time is bounded.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, section III.A.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn import load_pretrained
    >>> from lenet_sklearn.datasets import prepare_drawing
    >>> canvas = np.full((280, 280), 255, dtype=np.uint8)
    >>> canvas[40:60, 80:180] = 0  # a 7, dark on light
    >>> for row in range(40, 240):
    ...     canvas[row, 180 - row // 3 : 200 - row // 3] = 0
    >>> digit = prepare_drawing(canvas)
    >>> digit.shape, digit.dtype, int(digit.max())
    ((28, 28), dtype('uint8'), 255)
    >>> load_pretrained("mnist").predict(digit.reshape(1, 784))
    array([7])
    """
    pixels = _to_array(image)
    strokes = find_strokes(_to_grey(pixels))
    if strokes is None:
        return np.zeros((SIDE, SIDE), np.uint8)
    return to_mnist_form(strokes)


def _to_array(image: Any) -> np.ndarray:
    """Return the pixels as an array (H, W) or (H, W, channels) with values from 0 to 255."""
    pil = sys.modules.get("PIL.Image")  # who has a Pillow image has imported it
    if pil is not None and isinstance(image, pil.Image):
        return _from_pillow(image)
    try:
        pixels = np.asarray(image)
    except ValueError:  # rows of different lengths
        pixels = np.empty(0, object)
    if pixels.dtype.kind not in "buif":
        raise TypeError(
            f"{parameter('image')} must be a PIL image or an array of numbers. "
            f"Got {type(image).__name__}."
        )
    is_image = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in (1, 2, 3, 4))
    if not is_image or 0 in pixels.shape:
        raise ValueError(
            f"{parameter('image')} must be one image of shape (H, W), or (H, W, channels) with 1 "
            f"to 4 channels. Got the shape {pixels.shape}."
        )
    _check_n_pixels(pixels.shape[0], pixels.shape[1])
    return pixels if pixels.dtype == np.uint8 else _to_255(pixels)


def _check_n_pixels(height: int, width: int) -> None:
    if height * width > MAX_PIXELS:
        raise ValueError(
            f"{parameter('image')} must have at most {MAX_PIXELS:,} pixels. Got {height}×{width}. "
            "Make it smaller."
        )


def _from_pillow(image: Any) -> np.ndarray:
    _check_n_pixels(image.height, image.width)  # before anything is decoded
    if not image.height * image.width:
        raise ValueError(f"{parameter('image')} must have pixels. Got none.")
    try:
        image.load()
        image = upright(image)
        if image.mode in ("L", "RGB", "RGBA", "LA") and "transparency" not in image.info:
            return np.asarray(image)
        has_alpha = image.has_transparency_data and not image.mode.startswith("I")
        return np.asarray(image.convert("RGBA") if has_alpha else to_mode(image, "RGB"))
    except UnreadableError as error:
        raise ValueError(f"{parameter('image')} cannot be read: {error}.") from None
    except DAMAGED as error:
        raise ValueError(f"{parameter('image')} cannot be decoded: {error}") from error


def _to_255(pixels: np.ndarray) -> np.ndarray:
    """Scale booleans, floats and larger integers to values from 0 to 255."""
    if pixels.dtype.kind == "b":
        return pixels * np.uint8(255)
    if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
        raise ValueError(
            f"{parameter('image')} must not have NaN or infinite values. Replace them."
        )
    low, high = pixels.min(), pixels.max()
    is_float = pixels.dtype.kind == "f"
    if low < 0 or high > (255 if is_float else 65_535):
        rule = "floats from 0 to 1 or 0 to 255" if is_float else "integers from 0 to 65,535"
        raise ValueError(
            f"{parameter('image')} must have {rule}. Got values from {low:g} to {high:g}. "
            "Scale them."
        )
    top = 255 if high > 1 or not is_float else 1
    top = 65_535 if high > 255 else top
    return pixels.astype(np.float32) * np.float32(255 / top)


def _to_grey(pixels: np.ndarray) -> np.ndarray:
    """Return grey values, float32 of shape (H, W), over a background for what is transparent."""
    if pixels.ndim == 2:
        return pixels.astype(np.float32)
    n_channels = pixels.shape[2]
    colour = pixels[..., :3] if n_channels >= 3 else pixels[..., :1]
    grey = colour.astype(np.float32) @ (_LUMA if n_channels >= 3 else np.ones(1, np.float32))
    if n_channels in (1, 3):
        return grey
    alpha = pixels[..., -1].astype(np.float32) / 255
    if alpha.min() > 0.99:
        return grey
    border = np.concatenate([alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]])
    mass = float(alpha.sum())
    if mass == 0:
        return np.zeros_like(grey)
    if np.median(border) < 0.5:
        # A transparent canvas: what lies on it is seen best over the other end of the greys.
        mean = float((grey * alpha).sum()) / mass
        behind = 255.0 if mean < 128 else 0.0
    else:
        # An opaque picture with holes or round corners: they get the colour of its border.
        edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
        behind = float(np.median(edge[border >= 0.5]))
    return grey * alpha + behind * (1 - alpha)
