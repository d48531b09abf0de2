"""The digits of scikit-learn: images without a download."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from sklearn.utils import Bunch


@overload
def load_digits_images(
    *, return_X_y: Literal[True], as_frame: Literal[False] = False
) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def load_digits_images(
    *, return_X_y: Literal[True], as_frame: Literal[True]
) -> tuple[pd.DataFrame, pd.Series]: ...
@overload
def load_digits_images(*, return_X_y: Literal[False] = False, as_frame: bool = False) -> Bunch: ...
@overload
def load_digits_images(*, return_X_y: bool, as_frame: bool = False) -> Any: ...


def load_digits_images(*, return_X_y: bool = False, as_frame: bool = False) -> Any:
    """Load the 8 × 8 handwritten digits that ship with scikit-learn.

    The 1,797 images, their values and their dtype are those of
    :func:`sklearn.datasets.load_digits`, so that results can be compared with published ones.
    Nothing is downloaded. The pixels count the ink in 4 × 4 blocks, from 0 to 16. They are not
    scaled here: this library's estimators standardise pixels themselves.

    Parameters
    ----------
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Give data as a DataFrame and target as a Series.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        A dictionary with attributes:

        data : ndarray of shape (1797, 64), float64, or DataFrame
            One flat image per row, values 0 to 16.
        target : ndarray of shape (1797,), int64, or Series
            The digits.
        images : ndarray of shape (1797, 8, 8), float64
            The same pixels as images.
        frame : DataFrame of shape (1797, 65), or None
            data and target together, with ``as_frame=True``.
        feature_names : list of str
            ``pixel_<row>_<column>``.
        target_names : ndarray of shape (10,), str
            Name of each class.
        DESCR : str
            Description and source.
    (data, target) : tuple
        With ``return_X_y=True``.

    See Also
    --------
    fetch_mnist : 70,000 digits of 28 × 28 pixels.

    Examples
    --------
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> X, y = load_digits_images(return_X_y=True)
    >>> X.shape, y.shape
    ((1797, 64), (1797,))
    >>> load_digits_images().images.shape
    (1797, 8, 8)
    """
    # Imported here because sklearn.datasets imports many modules.
    from sklearn.datasets import load_digits

    if return_X_y:
        return load_digits(return_X_y=True, as_frame=as_frame)
    bunch = load_digits(as_frame=as_frame)
    bunch.target_names = np.array([str(name) for name in bunch.target_names])
    return bunch
