"""Make of a picture, drawn or from a file, what a model takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lenet_sklearn.datasets import prepare_drawing

if TYPE_CHECKING:
    from lenet_sklearn.demo.choices import Choice

# A larger picture is reduced to this side first, so that no later step costs more than a moment.
WORKING_SIDE = 840
_LEAST_CONTRAST = 32  # from the background, of what is drawn
_MOST_SPREAD = 24  # of the border, for it to be a background
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


class NothingThereError(ValueError):
    """The picture has one colour."""


def frame(picture: Any, choice: Choice) -> np.ndarray:
    """Return a picture in the size and the colours of a model.

    - Strokes in MNIST's form: `prepare_drawing`.
    - Other grey images: what stands on a plain background is cut out and fills the frame, bright
      on black, as in Fashion-MNIST. A picture without a plain border is taken whole.
    - Colour images: the whole picture, as it is.

    Parameters
    ----------
    picture : PIL.Image.Image
        Of mode "L" or "RGB"; for strokes "RGBA" too.
    choice : Choice

    Returns
    -------
    image : ndarray of shape (C, H, W), uint8

    Raises
    ------
    NothingThereError
        If there is nothing to be seen on the picture.
    """
    if max(picture.size) > WORKING_SIDE:
        picture = shrink(picture)
    grey = np.asarray(picture.convert("L"))
    bands = [grey]
    if picture.mode == "RGBA":  # strokes can have the colour that the transparent pixels have
        bands.append(np.asarray(picture.getchannel("A")))
    if all(int(band.max()) - int(band.min()) < _LEAST_CONTRAST for band in bands):
        raise NothingThereError("There is nothing on the picture: it has one colour alone.")
    channels, height, width = choice.layout.image_shape
    if choice.strokes:
        image = np.asarray(prepare_drawing(picture), np.uint8).reshape(1, height, width)
        if not image.any():
            raise NothingThereError("There is nothing on the picture that could be strokes.")
        return image
    if channels == 1:
        return _fill(grey, height, width)[np.newaxis]
    return _whole(picture, channels, height, width)


def shrink(picture: Any) -> Any:
    """Return a picture with sides of at most `WORKING_SIDE` pixels, of the same proportion."""
    from PIL import Image

    return _resize(picture, WORKING_SIDE / max(picture.size), Image.Resampling.BOX)


def _resize(picture: Any, factor: float, resampling: Any) -> Any:
    """Resize both sides by a factor, to one pixel at least."""
    size = tuple(max(1, round(factor * side)) for side in picture.size)
    return picture.resize(size, resampling)


def _fill(grey: np.ndarray, height: int, width: int) -> np.ndarray:
    """Fill the frame with what stands on the background, bright on black."""
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]).astype(np.float64)
    background = float(np.median(border))
    if np.percentile(np.abs(border - background), 90) > _MOST_SPREAD:
        return _fit(grey, height, width)
    ink = background - grey if background > 127 else grey - background
    ink = np.clip(ink / max(background, 255 - background), 0, 1) * 255
    rows, columns = (np.flatnonzero((ink >= _LEAST_CONTRAST).any(axis)) for axis in (1, 0))
    if not len(rows):
        raise NothingThereError("There is nothing on the picture that stands out.")
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return _fit(np.rint(cut).astype(np.uint8), height, width)


def _fit(grey: np.ndarray, height: int, width: int) -> np.ndarray:
    """Scale an image by keeping its proportion, and centre it on black."""
    from PIL import Image

    return np.asarray(_centre(Image.fromarray(grey), height, width, 0))


def _centre(picture: Any, height: int, width: int, colour: int | tuple[int, ...]) -> Any:
    """Scale as ``ImageOps.pad`` does, which fails on a picture that is much too long."""
    from PIL import Image

    factor = min(width / picture.width, height / picture.height)
    fitted = _resize(picture, factor, Image.Resampling.BICUBIC)
    centred = Image.new(picture.mode, (width, height), colour)
    left, top = round((width - fitted.width) / 2), round((height - fitted.height) / 2)
    centred.paste(fitted, (left, top))
    return centred


def _whole(picture: Any, channels: int, height: int, width: int) -> np.ndarray:
    if channels not in _MODES:
        raise ValueError(f"A model of images with {channels} channels takes no picture files.")
    picture = picture.convert("RGB")
    pixels = np.asarray(picture)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    colour = tuple(int(value) for value in np.median(border, axis=0))
    fitted = _centre(picture, height, width, colour)
    return np.moveaxis(np.asarray(fitted.convert(_MODES[channels])), -1, 0)
