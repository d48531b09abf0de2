"""MassCenterer: a transformer that moves the centre of mass to the middle of the image."""

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

    MNIST was made with this as its last step [1]_. Pixels keep their values. Empty pixels become
    0, and ink that moves over the edge is lost, so pad images without a margin first. The weight
    of a pixel is the sum of its positive channel values. Images without ink do not change.
    Stateless: `fit` only checks X.

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
    Deskewer : Make slanted images upright.
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
        return shift(images, *self._way_to_the_middle(images))

    def _move_back(self, maps: np.ndarray, images: np.ndarray) -> np.ndarray:
        down, right = self._way_to_the_middle(images)
        return shift(maps, -down, -right)

    def _way_to_the_middle(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return by how many pixels each image moves, down and to the right."""
        y, x = centre_of_mass(ink(images))
        height, width = images.shape[2:]
        # Round halves up, not to even, so that all shifts of an image end at the same place.
        down = np.floor((height - 1) / 2 - y + 0.5).astype(np.intp)
        right = np.floor((width - 1) / 2 - x + 0.5).astype(np.intp)
        return down, right
