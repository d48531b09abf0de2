"""How an image is drawn: thickness, slant, size and darkness of its ink, and groups by them."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import distance_transform_edt
from sklearn.utils import gen_batches

from lenet_sklearn._images.geometry import resample, slant
from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn._images.pixels import BATCH_SIZE

# The measures, in the order of the tables, and their units.
STYLE_UNITS = {
    "thickness": "pixels",
    "slant": "degrees",
    "height": "pixels",
    "width": "pixels",
    "darkness": "share",
}
# A pixel is ink if it differs from the background by this share of the largest difference.
_INK = 0.5
# Small images are enlarged to about this side, at most by this factor, to measure thickness.
_FINE_SIDE, _LARGEST_SCALE = 64, 8
_MOST_PIXELS = 1_000_000  # in a batch, for the memory
_LEAST_GROUP = 0.25  # of the equal size
_DECIMALS = 6  # values that differ by rounding alone are one value


def measure_style(X: np.ndarray, layout: ImageLayout) -> dict[str, np.ndarray]:
    """Measure the ink of each image.

    A grey value is the mean of the channels. The background of an image is the median of its
    border pixels, and the ink of a pixel is its distance from the background. So light strokes on
    a dark background and dark strokes on a light background have the same measures.
    Thickness, height and width use the area with at least half of the largest ink of the image.

    ``thickness``
        Four times the mean distance from the ink to its edge. In a bar of width w these distances
        lie evenly between 0 and w / 2, so their mean is w / 4. A small image is enlarged before,
        so that the grey values at an edge say where within a pixel it lies.
    ``slant``
        Of the principal strokes, in degrees from the vertical. Positive leans to the right, as
        italics do.
    ``height``, ``width``
        Of the smallest box around the ink.
    ``darkness``
        Mean ink of all pixels, as a share of the range of grey values in X.

    An image of one colour has 0 everywhere.

    Parameters
    ----------
    X : ndarray of shape (n, ...)
        Images of any real dtype and range.
    layout : ImageLayout
        How a row of X is an image.

    Returns
    -------
    measures : dict of str to ndarray of shape (n,)
        The keys are those of `STYLE_UNITS`.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._images.layout import infer_layout
    >>> from lenet_sklearn.inspection._image_style import measure_style
    >>> bar = np.zeros((1, 12, 12))
    >>> bar[0, 1:11, 4:8] = 255
    >>> measures = measure_style(bar, infer_layout(bar.shape))
    >>> measures["height"], measures["width"], measures["darkness"].round(3)
    (array([10.]), array([4.]), array([0.278]))
    """
    values = {name: np.zeros(len(X)) for name in STYLE_UNITS}
    least, most = np.inf, -np.inf
    fitting = max(1, _MOST_PIXELS // (layout.height * layout.width))
    for rows in gen_batches(len(X), min(BATCH_SIZE, fitting)):
        grey = layout.to_images(X[rows]).mean(axis=1, dtype=np.float64)
        least, most = min(least, grey.min()), max(most, grey.max())
        ink = np.abs(grey - _background(grey)[:, np.newaxis, np.newaxis])
        largest = ink.max(axis=(1, 2), keepdims=True)
        ink = np.divide(ink, largest, out=ink, where=largest > 0)
        mask = ink >= _INK
        values["thickness"][rows] = _thickness(ink)
        # In an image the row number grows downwards, so the sign is turned.
        values["slant"][rows] = -np.degrees(np.arctan(slant(ink)[0])) + 0.0
        values["height"][rows] = _extent(mask.any(axis=2))
        values["width"][rows] = _extent(mask.any(axis=1))
        values["darkness"][rows] = ink.mean(axis=(1, 2)) * largest[:, 0, 0]
    values["darkness"] /= (most - least) or 1
    return {name: value.round(_DECIMALS) for name, value in values.items()}


def quantile_groups(values: np.ndarray, n_quantiles: int) -> np.ndarray:
    """Return the group of each value, from 1: groups of equal size as far as ties allow.

    Equal values stay in one group, which their mean rank decides. A group with less than a quarter
    of the equal size joins its smaller neighbour. So there may be fewer groups.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn.inspection._image_style import quantile_groups
    >>> quantile_groups(np.array([5, 1, 4, 2, 3, 6]), 3)
    array([3, 1, 2, 1, 2, 3])
    >>> quantile_groups(np.array([7, 7, 7, 7, 7, 8]), 3)
    array([1, 1, 1, 1, 1, 2])
    """
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - counts / 2
    group = np.floor(n_quantiles * mean_rank / len(values))[which]
    while True:
        names, group, sizes = np.unique(group, return_inverse=True, return_counts=True)
        least = int(sizes.argmin())
        if len(names) == 1 or sizes[least] >= _LEAST_GROUP * len(values) / n_quantiles:
            return group + 1
        neighbours = [i for i in (least - 1, least + 1) if 0 <= i < len(names)]
        group[group == least] = min(neighbours, key=lambda i: sizes[i])


def _background(grey: np.ndarray) -> np.ndarray:
    border = np.ones(grey.shape[1:], dtype=bool)
    border[1:-1, 1:-1] = False
    return np.median(grey[:, border], axis=1)


def _thickness(ink: np.ndarray) -> np.ndarray:
    """Return four times the mean distance from the area of ink to its edge."""
    # Beyond the border there is background. Without it, an image full of ink has no edge.
    images = np.pad(ink, ((0, 0), (1, 1), (1, 1)))[:, np.newaxis]
    height, width = images.shape[2:]
    scale = int(np.clip(_FINE_SIDE // max(height, width), 1, _LARGEST_SCALE))
    areas = resample(images, (scale * height, scale * width))[:, 0] >= _INK
    thickness = np.zeros(len(ink))
    for i, area in enumerate(areas):
        if area.any():
            # The distance to the next pixel outside; the edge is half a pixel nearer.
            distances = distance_transform_edt(area)[area]
            thickness[i] = 4 * (distances.mean() - 0.5) / scale
    return thickness


def _extent(taken: np.ndarray) -> np.ndarray:
    """Return the distance from the first to the last line with ink, both included."""
    first, last = taken.argmax(axis=1), taken[:, ::-1].argmax(axis=1)
    return np.where(taken.any(axis=1), taken.shape[1] - first - last, 0)
