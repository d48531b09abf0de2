"""Deskewer: a transformer that makes slanted strokes upright."""

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

    The slant is mu11 / mu02 of the central moments. Rows move sideways with linear
    interpolation, and the centre of mass does not move. Integers are rounded. The "deslanted"
    images of LeCun's tables were made in this way [1]_. Empty pixels become 0, and ink that
    moves over the edge is lost. The weight of a pixel is the sum of its positive channel
    values. Images without ink do not change. Stateless: `fit` only checks X.

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
        Names of the features seen in `fit`. Exists only if all names are strings.

    See Also
    --------
    MassCenterer : Shift images so that their ink is in the middle.
    ImagePreprocessor : Bring images to one size and scale.

    Notes
    -----
    Use it before pixels are scaled, while the background is 0. If the number of features of a
    flat row is not a square number, the row is read as the smallest square that holds it, with a
    warning. The output has the length of the input.

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

    def _move_back(self, maps: np.ndarray, images: np.ndarray) -> np.ndarray:
        skew, y = slant(ink(images))
        return shear(maps, -skew, y)  # the transpose of the shear
