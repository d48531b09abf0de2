"""What the page is told about a picture: label, probabilities, what was seen, what mattered."""

from __future__ import annotations

import base64
import importlib.util
import io
from typing import Any

import numpy as np

from lenet_sklearn.datasets._decode import TooLargeError, UnreadableError, decode_picture
from lenet_sklearn.demo.choices import Choice
from lenet_sklearn.demo.framing import WORKING_SIDE, frame

MOST_BYTES = 5_000_000
MOST_PIXELS = 25_000_000


class RefusedError(Exception):
    """A picture that gets no prediction: the HTTP status, and one message for the user."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def answer(choice: Choice, content: bytes, *, explained: bool = False) -> dict[str, Any]:
    """Predict the picture of a file.

    Parameters
    ----------
    choice : Choice
        The model.
    content : bytes
        A picture file: PNG, JPEG, BMP, GIF, TIFF or WebP.
    explained : bool, default=False
        Whether to add a Grad-CAM map, where there can be one.

    Returns
    -------
    answer : dict
        For JSON: `label`, `next` (the second most probable label), `probabilities` in the order
        of the classes, `image` (`width`, `height`, `channels`, and `pixels` in base64), `heat`
        (in base64, or None), `note` (why there is no heat, or None).

    Raises
    ------
    RefusedError
        If the file is no picture, is too large, or shows nothing.
    """
    image = read(choice, content)
    X = choice.to_input(image)
    with choice.lock:
        probabilities = choice.model.predict_proba(X)[0]
        heat, note = _explain(choice, X) if explained else (None, None)
    order = np.argsort(-probabilities, kind="stable")
    return {
        "label": choice.names[order[0]],
        "next": choice.names[order[1]] if len(order) > 1 else None,
        "probabilities": [round(float(p), 5) for p in probabilities],
        "image": {
            "width": image.shape[2],
            "height": image.shape[1],
            "channels": image.shape[0],
            "pixels": _encode(np.moveaxis(image, 0, -1)),
        },
        "heat": heat,
        "note": note,
    }


def read(choice: Choice, content: bytes) -> np.ndarray:
    """Return the picture of a file as the model sees it: (C, H, W), uint8."""
    if not content:
        raise RefusedError(400, "The file is empty: it has zero bytes.")
    mode = "L" if choice.layout.channels == 1 else "RGB"
    side = WORKING_SIDE // 3
    try:
        picture = decode_picture(
            io.BytesIO(content), mode, MOST_PIXELS, (side, side), keep_alpha=choice.strokes
        )
        return frame(picture, choice)
    except TooLargeError as error:
        raise RefusedError(413, f"The picture cannot be read: {error}.") from error
    except UnreadableError as error:
        raise RefusedError(415, f"The file cannot be read: {error}.") from error
    except ValueError as error:  # nothing on it, or nothing that a model can take
        raise RefusedError(400, str(error)) from error


def missing_explanation() -> str | None:
    """Say in one line why there is no Grad-CAM at all; None if there is."""
    if importlib.util.find_spec("captum") is not None:
        return None
    return 'Grad-CAM needs captum: pip install "lenet-sklearn[explain]"'


def _explain(choice: Choice, X: np.ndarray) -> tuple[str | None, str | None]:
    """Return a map from 0 to 255, and None; or None, and why there is no map."""
    if note := missing_explanation():
        return None, note
    from lenet_sklearn.inspection import explain

    try:
        heat = explain(choice.model, X, method="gradcam")[0]
    except (TypeError, ValueError):  # no convolution, or steps that move pixels in unknown ways
        return None, "Grad-CAM is not defined for this model."
    top = float(heat.max())
    scaled = heat * (255 / top) if top > 0 else heat
    return _encode(np.rint(np.clip(scaled, 0, 255))), None


def _encode(values: np.ndarray) -> str:
    return base64.b64encode(values.astype(np.uint8).tobytes()).decode("ascii")
