"""MassCenterer: the centre of mass in the middle of the image."""

from __future__ import annotations

import numpy as np

from lenet_sklearn._images.geometry import (
    centre_of_mass,
    ink,
    shift,
)
from lenet_sklearn.preprocessing._base import StatelessImageTransformer


class MassCenterer(StatelessImageTransformer):
    """Shift each image by whole pixels so that its centre of mass is in the middle.

    This is the last step in the making of MNIST [1]_. Values do not change: vacated pixels are
    0, and ink that is pushed over the edge is lost, so pad first where there is no margin.
    A pixel weighs as much as the sum of its channels; negative values weigh nothing. Images
    without ink stay as they are. Stateless: `fit` only checks X.

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
    Deskewer : Make slanted images upright.
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
    >>> from lenet_sklearn.preprocessing import MassCenterer
    >>> image = np.zeros((1, 5, 5), dtype=np.uint8)
    >>> image[0, :3, 0] = 9
    >>> MassCenterer().fit_transform(image)[0]
    array([[0, 0, 0, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 9, 0, 0],
           [0, 0, 0, 0, 0]], dtype=uint8)
    """

    def _correct(self, images: np.ndarray) -> np.ndarray:
        y, x = centre_of_mass(ink(images))
        height, width = images.shape[2:]
        # Halves go up, never to the even number: so a shifted image comes back to one place.
        down = np.floor((height - 1) / 2 - y + 0.5).astype(np.intp)
        right = np.floor((width - 1) / 2 - x + 0.5).astype(np.intp)
        return shift(images, down, right)
