"""The base of the image transformers: it checks X and processes it in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import gen_batches
from sklearn.utils._set_output import _get_output_config

from lenet_sklearn._decorators import checks_parameters
from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import ImageLayout, infer_layout
from lenet_sklearn._images.pixels import BATCH_SIZE


class ImageTransformer(TransformerMixin, BaseEstimator):
    """Base class of the transformers. It knows the layout of images, not how to change them."""

    _parameter_constraints: ClassVar[dict[str, list]] = {"image_shape": ["array-like", None]}

    image_shape: Sequence[int] | None
    _layout: ImageLayout

    def _check_images(self, X: ArrayLike, *, reset: bool) -> tuple[np.ndarray, ImageLayout]:
        """Return X as an array, and the layout of its samples."""
        array = check_images(self, X, reset=reset)
        if not reset and hasattr(self, "_layout"):
            return array, self._layout_like(self._layout, array.shape)
        layout = infer_layout(array.shape, self.image_shape)
        if reset:
            self._layout = layout
        return array, layout

    def _layout_like(self, fitted: ImageLayout, shape: tuple[int, ...]) -> ImageLayout:
        """Return the layout of samples with as many values as the fitted ones."""
        if len(shape) == 2:
            return replace(fitted, flat=True)
        try:
            return infer_layout(shape, fitted.sample_shape)
        except ValueError as error:
            raise ValueError(
                f"X must hold images of shape {fitted.sample_shape}, as {type(self).__name__} was "
                f"fitted on, or flat rows of them. Got X.shape={shape}. Reshape X, or fit again."
            ) from error

    def _map_images(
        self,
        function: Callable[[np.ndarray], np.ndarray],
        array: np.ndarray,
        layout: ImageLayout,
        new_layout: ImageLayout,
        dtype: np.dtype,
    ) -> np.ndarray:
        """Apply a function of (n, C, H, W) images to X in batches; return one new array."""
        shape = (new_layout.n_features,) if new_layout.flat else new_layout.sample_shape
        out = np.empty((len(array), *shape), dtype)
        for rows in gen_batches(len(array), BATCH_SIZE):
            samples = new_layout.from_images(function(layout.to_images(array[rows])))
            # A row that is not a square has fewer features than its image has pixels.
            out[rows] = samples[:, : new_layout.n_features] if new_layout.flat else samples
        return out

    def _bring_back(self, maps: np.ndarray, X: ArrayLike) -> np.ndarray:
        """Bring maps of the transformed images back to the pixels of X.

        Each value goes to the pixels that its place was made from, in the same shares: the
        transpose of what `transform` does to positions. Scales do not matter.

        Parameters
        ----------
        maps : ndarray of shape (n, height_out, width_out)
            One map for each transformed image.
        X : array-like
            What was given to `transform`.

        Returns
        -------
        maps : ndarray of shape (n, height, width)
            In the dtype of the maps.
        """
        array, layout = self._check_images(X, reset=False)
        back = np.empty((len(array), layout.height, layout.width), maps.dtype)
        for rows in gen_batches(len(array), BATCH_SIZE):
            images = layout.to_images(array[rows])
            back[rows] = self._move_back(maps[rows, np.newaxis], images)[:, 0]
        return back

    def _move_back(self, maps: np.ndarray, images: np.ndarray) -> np.ndarray:
        """Return (n, 1, h, w) maps over (n, C, H, W) images: (n, 1, H, W)."""
        raise NotImplementedError

    def _check_output_container(self, layout: ImageLayout) -> None:
        """Refuse a table as output for images, with a clearer message than that of pandas."""
        container = _get_output_config("transform", self)["dense"]
        if container != "default" and not layout.flat:
            raise ValueError(
                f"set_output(transform={container!r}) needs flat rows, but {type(self).__name__} "
                f"would return images of shape {layout.sample_shape}. Pass flat rows, "
                "X.reshape(len(X), -1), or use set_output(transform='default')."
            )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


class StatelessImageTransformer(OneToOneFeatureMixin, ImageTransformer):
    """A correction of single images that keeps their shape and dtype."""

    def __init__(self, image_shape: Sequence[int] | None = None) -> None:
        self.image_shape = image_shape

    @checks_parameters
    def fit(self, X: ArrayLike, y: object = None) -> Self:
        """Check X and remember the layout of its images. Nothing is learned.

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
        """
        self._check_images(X, reset=True)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Correct images.

        Parameters
        ----------
        X : array-like of shape (n, n_features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Pixels; the background is 0.

        Returns
        -------
        X_new : ndarray of the shape and dtype of X
            The corrected images.
        """
        array, layout = self._check_images(X, reset=False)
        self._check_output_container(layout)
        return self._map_images(self._correct, array, layout, layout, array.dtype)

    def _correct(self, images: np.ndarray) -> np.ndarray:
        """Return corrected (n, C, H, W) images of the same shape and dtype."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags
