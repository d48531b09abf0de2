"""Transformers of images, for pipelines."""

from lenet_sklearn.preprocessing._deskewer import Deskewer
from lenet_sklearn.preprocessing._image_preprocessor import ImagePreprocessor
from lenet_sklearn.preprocessing._mass_centerer import MassCenterer

__all__ = ["Deskewer", "ImagePreprocessor", "MassCenterer"]
