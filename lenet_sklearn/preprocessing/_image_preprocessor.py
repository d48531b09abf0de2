"""ImagePreprocessor: a transformer that sets the size and the scale of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _check_feature_names_in, check_is_fitted

from lenet_sklearn._decorators import checks_parameters
from lenet_sklearn._images.geometry import (
    crop,
    pad,
    resample,
    resample_transposed,
)
from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn._images.pixels import cast_pixels, learn_scale
from lenet_sklearn.preprocessing._base import ImageTransformer

__all__ = ["ImagePreprocessor"]


class ImagePreprocessor(ImageTransformer):
    """Bring images to one size and scale.

    The output has the axes of the input: flat rows give flat rows, ``(n, H, W)`` gives
    ``(n, h, w)``, ``(n, C, H, W)`` gives ``(n, C, h, w)`` and ``(n, H, W, C)`` gives
    ``(n, h, w, C)``.

    Parameters
    ----------
    image_shape : tuple of int, default=None
        Shape of one image in X: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. None: a flat row is
        a square grey image.
    size : int or (int, int), default=None
        Height and width of the output. An int sets both. None keeps the size.
    resize : {"pad", "bilinear"}, default="pad"
        "pad" centres the image on a background of zeros, in the units of X. It cannot shrink
        images. "bilinear" resamples as ``torch.nn.functional.interpolate`` does, with
        antialiasing along an axis that shrinks.
    scale : {"unit", "standard", "lecun1998"} or None, default="unit"
        New scale of the pixels.

        - "unit": the range of X is mapped linearly to [0, 1]. The range of uint8 is always
          [0, 255]. For other dtypes, it is the smallest range with 0, 1 and all pixels seen in
          `fit`: 0 to 16 for scikit-learn's digits, and [0, 1] for data in [0, 1]. `transform`
          does not clip values outside the range.
        - "standard": mean 0 and variance 1, with one mean and standard deviation per channel.
          `fit` computes them from all pixels of X before resizing.
        - "lecun1998": the range of "unit" is mapped to [-0.1, 1.175] [1]_.
        - None: the values and their dtype do not change. Resampled integers are rounded.

    flatten : bool, default=False
        Whether to flatten the output if X is not flat.

    Attributes
    ----------
    offset_, scale_ : ndarray of shape (n_channels,) or None
        The output is ``(pixel - offset_) / scale_``. None if ``scale=None``.
    image_shape_ : tuple of int
        Channels, height and width of the images seen in `fit`.
    size_ : tuple of int
        Height and width of the output.
    input_dtype_ : dtype
        Dtype of X in `fit`. `inverse_transform` returns this dtype.
    n_features_in_ : int
        Number of values per image seen in `fit`.
    feature_names_in_ : ndarray of shape (n_features,)
        Names of the features seen in `fit`. Exists only if all names are strings.

    See Also
    --------
    MassCenterer : Shift images so that their ink is in the middle.
    Deskewer : Make slanted images upright.

    Notes
    -----
    If the number of features of a flat row is not a square number, the row is read as the
    smallest square that holds it, with a warning. The output has all pixels of that square.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, section II.B.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from lenet_sklearn.preprocessing import ImagePreprocessor
    >>> X, _ = load_digits(return_X_y=True)
    >>> preprocessor = ImagePreprocessor(size=12).fit(X)
    >>> X_new = preprocessor.transform(X)
    >>> X_new.shape, float(X_new.min()), float(X_new.max())
    ((1797, 144), 0.0, 1.0)
    >>> bool((preprocessor.inverse_transform(X_new) == X).all())
    True
    """

    _parameter_constraints: ClassVar[dict[str, list]] = {
        **ImageTransformer._parameter_constraints,
        "size": [None, Interval(Integral, 1, None, closed="left"), "array-like"],
        "resize": [StrOptions({"pad", "bilinear"})],
        "scale": [StrOptions({"unit", "standard", "lecun1998"}), None],
        "flatten": ["boolean"],
    }

    def __init__(
        self,
        image_shape: Sequence[int] | None = None,
        size: int | Sequence[int] | None = None,
        resize: Literal["pad", "bilinear"] = "pad",
        scale: Literal["unit", "standard", "lecun1998"] | None = "unit",
        flatten: bool = False,
    ) -> None:
        self.image_shape = image_shape
        self.size = size
        self.resize = resize
        self.scale = scale
        self.flatten = flatten

    offset_: np.ndarray | None
    scale_: np.ndarray | None

    @checks_parameters
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Learn the layout of the images in X, and the scale of the pixels.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Pixels: bool, integers or floats.
        y : None, default=None
            Ignored.

        Returns
        -------
        self : object
            Itself.

        Raises
        ------
        ValueError
            If X cannot be read as images, if a parameter is invalid, or if `size` is smaller
            than the images and ``resize="pad"``.
        """
        array, layout = self._check_images(X, reset=True)
        self.image_shape_ = layout.image_shape
        self.size_ = self._check_size(layout)
        self.input_dtype_ = array.dtype
        self.offset_, self.scale_ = learn_scale(array, layout, self.scale)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Resize and scale images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images of the size seen in `fit`.

        Returns
        -------
        X_new : ndarray of the same axes as X, or of shape (n, n_features_out) if `flatten`
            Float64 for float64, float32 for any other dtype. With ``scale=None``, the dtype of X.
        """
        check_is_fitted(self, "scale_")
        array, layout = self._check_images(X, reset=False)
        new_layout = self._resized(layout)
        self._check_output_container(new_layout)
        dtype = array.dtype
        if self.scale_ is not None:
            is_wide = dtype.kind == "f" and dtype.itemsize >= 8
            dtype = np.dtype(np.float64 if is_wide else np.float32)

        def preprocess(images: np.ndarray) -> np.ndarray:
            if self.size_ != images.shape[2:]:
                images = (pad if self.resize == "pad" else resample)(images, self.size_)
            if self.scale_ is None or self.offset_ is None:
                return cast_pixels(images, dtype)
            images = images.astype(np.result_type(array.dtype, np.float32))
            images -= self.offset_[:, np.newaxis, np.newaxis].astype(images.dtype)
            images /= self.scale_[:, np.newaxis, np.newaxis].astype(images.dtype)
            return images

        return self._map_images(preprocess, array, layout, new_layout, dtype)

    def inverse_transform(self, X: ArrayLike) -> np.ndarray:
        """Undo `transform`: remove the padding and the scale.

        Parameters
        ----------
        X : array-like of the shape that `transform` returns
            Images, or flat rows of them.

        Returns
        -------
        X_original : ndarray of the shape and dtype of images seen in `fit`
            Integers are rounded and clipped to the range of their dtype.

        Raises
        ------
        ValueError
            If the images were resampled. This cannot be undone.
        """
        check_is_fitted(self, "scale_")
        height, width = self.image_shape_[1:]
        if self.resize == "bilinear" and self.size_ != (height, width):
            raise ValueError(
                f"inverse_transform cannot undo resize='bilinear': resampling from "
                f"{height}×{width} to {self.size_[0]}×{self.size_[1]} loses information. Use "
                "resize='pad' if you need the inverse."
            )
        array = check_array(X, allow_nd=True, estimator=self, input_name="X")
        given = self._resized(self._layout)
        n_features = math.prod(array.shape[1:])
        if n_features != given.n_features:
            raise ValueError(
                f"X must have {given.n_features} features, as the output of {type(self).__name__}. "
                f"Got {n_features}."
            )
        layout = self._layout_like(given, array.shape)

        def restore(images: np.ndarray) -> np.ndarray:
            images = crop(images, (height, width))
            if self.scale_ is not None and self.offset_ is not None:
                scale, offset = self.scale_[:, None, None], self.offset_[:, None, None]
                images = images.astype(np.float64) * scale + offset
            return cast_pixels(images, self.input_dtype_)

        return self._map_images(restore, array, layout, self._layout, self.input_dtype_)

    def get_feature_names_out(self, input_features: ArrayLike | None = None) -> np.ndarray:
        """Name the pixels of the output, flattened.

        Parameters
        ----------
        input_features : array-like of str of shape (n_features,), default=None
            Checked against the features seen in `fit`, but not used.

        Returns
        -------
        feature_names_out : ndarray of str objects of shape (n_features_out,)
            "pixel_{row}_{column}", with "_c{channel}" for colour images.
        """
        check_is_fitted(self, "scale_")
        _check_feature_names_in(self, input_features, generate_names=False)
        layout = self._resized(self._layout)
        names = []
        for index in np.ndindex(layout.sample_shape):
            at = dict(zip(layout.axes, index, strict=True))
            channel = f"_c{at['C']}" if layout.channels > 1 else ""
            names.append(f"pixel_{at['H']}_{at['W']}{channel}")
        return np.array(names, dtype=object)

    def _move_back(self, maps: np.ndarray, images: np.ndarray) -> np.ndarray:
        height, width = images.shape[2:]
        move = crop if self.resize == "pad" else resample_transposed
        return move(maps, (height, width))

    def _resized(self, layout: ImageLayout) -> ImageLayout:
        """Return the layout after resizing samples of a layout."""
        height, width = self.size_
        n_features = layout.channels * height * width
        flat = layout.flat or self.flatten
        return replace(layout, height=height, width=width, n_features=n_features, flat=flat)

    def _check_size(self, layout: ImageLayout) -> tuple[int, int]:
        old = (layout.height, layout.width)
        if self.size is None:
            return old
        sides = np.asarray(self.size, dtype=object).ravel().tolist()
        new = tuple(sides * 2 if len(sides) == 1 else sides)
        if len(new) != 2 or not all(isinstance(s, int | np.integer) and s > 0 for s in new):
            raise ValueError(
                f"size must be None, a positive int or (height, width). Got {self.size!r}."
            )
        if self.resize == "pad" and (new[0] < old[0] or new[1] < old[1]):
            raise ValueError(
                f"size={self.size!r} is smaller than the images of {old[0]}×{old[1]}, but "
                "resize='pad' only adds a border. Set resize='bilinear' to shrink them, or a size "
                f"of at least {old}."
            )
        return int(new[0]), int(new[1])

    # A dtype is stored by its name, so that skops files do not need the type numpy.dtype.

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        if "input_dtype_" in state:
            state = {**state, "input_dtype_": state["input_dtype_"].str}
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        if "input_dtype_" in state:
            state = {**state, "input_dtype_": np.dtype(state["input_dtype_"])}
        super().__setstate__(state)
