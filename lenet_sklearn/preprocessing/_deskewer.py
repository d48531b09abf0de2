"""Deskewer: upright strokes."""

from __future__ import annotations

import numpy as np

from lenet_sklearn._images.geometry import (
    ink,
    shear,
    slant,
)
from lenet_sklearn._images.pixels import cast_pixels
from lenet_sklearn.preprocessing._base import StatelessImageTransformer


class Deskewer(StatelessImageTransformer):
    """Make slanted images upright with a horizontal shear.

    The slant is mu11 / mu02 of the central moments. Rows move about the centre of mass, which
    stays where it is, with linear interpolation; integers are rounded. This is how the
    "deslanted" rows of LeCun's tables were made [1]_. Vacated pixels are 0, and ink that is
    pushed over the edge is lost. A pixel weighs as much as the sum of its channels; negative
    values weigh nothing. Images without ink stay as they are. Stateless: `fit` only checks X.

    Parameters
    ----------
    image_shape : tuple of int, default=None
        Shape of one image in X: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. None: a flat row is
        a square grey image.

    Attributes
    ----------
    n_features_in_ : int
        Number of values per image seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`, if X has names that are all strings.

    See Also
    --------
    MassCenterer : Shift images so that their ink is in the middle.
    ImagePreprocessor : Bring images to one size and scale.

    Notes
    -----
    Use it before pixels are scaled, while the background is 0. If a flat row has no square
    number of features, it is laid out in the smallest square that holds it, with a warning, and
    cut to its length afterwards.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, section III.A.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn.preprocessing import Deskewer
    >>> image = 9 * np.eye(5, dtype=np.uint8)
    >>> Deskewer().fit_transform(image[np.newaxis])[0]
    array([[0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0]], dtype=uint8)
    """

    def _correct(self, images: np.ndarray) -> np.ndarray:
        return cast_pixels(shear(images, *slant(ink(images))), images.dtype)
