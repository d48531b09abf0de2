"""Turn one estimator into JSON and back: its parameters and what it has learned.

The table at the end of this module lists the classes that a file may name. No other class,
parameter or attribute is read from a file.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from lenet_sklearn._files.json_values import decode, encode, items, members, read_dtype
from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn._images.statistics import unpack_pixels
from lenet_sklearn.augmentation import Degradation, Distortion
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.persistence._networks import check_maps
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

# Classes of this library whose instances can be parameters.
_RECORDS = (Degradation, Distortion)
# Parameters of training that are not part of the model.
_LEFT_OUT = {"callbacks": None, "checkpoint_dir": None}
_REMEDIES = {
    "augmentation": "It is used in training alone: call model.set_params(augmentation=None) first, "
    "and set it again after loading if you train on",
    "random_state": "It is used in training alone: call model.set_params(random_state=0) first",
    "memory": "It is used in training alone: call model.set_params(memory=None) first",
}
_OUTPUTS = ("default", "pandas", "polars")


class Kind(NamedTuple):
    """The functions that store and restore what one class of estimators has learned.

    All classes have the layout and the names of the features. `attributes` are the others.
    """

    cls: type[BaseEstimator]
    attributes: tuple[str, ...]
    describe: Callable[[Any], dict[str, Any] | None]
    restore: Callable[[Any, dict[str, Any]], None]


def describe_estimator(estimator: Any, kind: Kind, left_out: list[str]) -> dict[str, Any]:
    """Return an estimator as JSON; add to `left_out` what cannot be stored there.

    Raises
    ------
    TypeError
        If a parameter cannot be stored.
    NotFittedError
        If the estimator is not fitted.
    """
    fitted = kind.describe(estimator)
    params = estimator.get_params(deep=False)
    common = {"n_features_in_", "feature_names_in_", "_layout", "_sklearn_output_config"}
    left_out += sorted(vars(estimator).keys() - params.keys() - common - set(kind.attributes))
    if fitted is not None:
        names = getattr(estimator, "feature_names_in_", None)
        fitted["feature_names_in"] = None if names is None else names.tolist()
        fitted["layout"] = asdict(estimator._layout)
    return {
        "class": kind.cls.__name__,
        "params": describe_params(estimator, list(params), left_out),
        "output": getattr(estimator, "_sklearn_output_config", {}).get("transform", "default"),
        "fitted": fitted,
    }


def describe_params(
    estimator: BaseEstimator, names: list[str], left_out: list[str]
) -> dict[str, Any]:
    """Return parameters as JSON; raise a TypeError with a remedy if one cannot be stored."""
    described = {}
    for name in names:
        value = getattr(estimator, name)
        if name in _LEFT_OUT:
            left_out += [name] if value else []
            value = _LEFT_OUT[name]
        try:
            described[name] = encode(value, _RECORDS)
        except TypeError as error:
            remedy = _REMEDIES.get(name, "Set it to numbers, strings, or tuples or lists of them")
            raise TypeError(
                f"{name}={value!r:.100} of {type(estimator).__name__} cannot be stored: {error}. "
                f"{remedy}, or keep the model with joblib."
            ) from error
    return described


def restore_estimator(state: Any, kinds: dict[str, Kind], name: str) -> Any:
    """Return the estimator that JSON from a file describes; raise ValueError if it is not valid."""
    cls, params, output, fitted = members(state, name, "class", "params", "output", "fitted")
    if not isinstance(cls, str) or cls not in kinds:
        raise ValueError(f"{name} must be of the class {' or '.join(kinds)}. Got {cls!r:.60}")
    kind = kinds[cls]
    estimator = kind.cls(**restore_params(params, kind.cls))
    estimator._validate_params()
    if output not in _OUTPUTS:
        raise ValueError(f"the output of {name} must be among {_OUTPUTS}. Got {output!r:.60}")
    if output != "default":
        estimator.set_output(transform=output)
    if fitted is None and not estimator.__sklearn_tags__().requires_fit:
        return estimator
    if not isinstance(fitted, dict):
        raise ValueError(f"{name} has not been fitted")
    learned = dict(fitted)
    layout = _restore_layout(learned.pop("layout", None))
    estimator.n_features_in_, estimator._layout = layout.n_features, layout
    names = learned.pop("feature_names_in", None)
    if names is not None:
        if len(items(names, "feature_names_in", str)) != layout.n_features:
            raise ValueError(f"feature_names_in must be {layout.n_features} names")
        estimator.feature_names_in_ = np.array(names, dtype=object)
    kind.restore(estimator, learned)
    return estimator


def restore_params(state: Any, cls: type[BaseEstimator], *, skip: str = "") -> dict[str, Any]:
    """Return parameters; parameters that an older file lacks get their defaults."""
    if not isinstance(state, dict):
        raise ValueError("params must be an object")
    unknown = state.keys() - (set(cls._get_param_names()) - {skip})
    if unknown:
        raise ValueError(f"{cls.__name__} of this version has no parameter {min(unknown)!r:.60}")
    for name, default in _LEFT_OUT.items():
        if state.get(name, default) != default:
            raise ValueError(f"{name} must be {default}")
    return {name: decode(value, _RECORDS) for name, value in state.items()}


def _restore_layout(state: Any) -> ImageLayout:
    fields = ("channels", "height", "width", "axes", "flat", "n_features")
    channels, height, width, axes, flat, n_features = members(state, "layout", *fields)
    numbers = [channels, height, width, n_features]
    if set(map(type, numbers)) != {int} or min(numbers) < 1 or type(flat) is not bool:
        raise ValueError("layout must hold positive integers, axes and a boolean")
    if axes not in ("HW", "CHW", "HWC") or (axes == "HW" and channels != 1):
        raise ValueError("the axes of layout must be HW (of one channel), CHW or HWC")
    check_maps((channels, height, width))
    layout = ImageLayout(channels, height, width, axes, flat, n_features)
    least_side = math.isqrt(n_features - 1) + 1
    is_padded = flat and axes == "HW" and height == width == least_side
    if n_features != layout.n_pixels and not is_padded:
        raise ValueError("n_features of layout does not fit its image")
    return layout


def _describe_classifier(model: LeNet5Classifier) -> dict[str, Any]:
    check_is_fitted(model, "net_")
    pixels = None if model._pixels is None else asdict(model._pixels)
    return {"classes": encode(model.classes_), "pixels": pixels, "smoothing": model._smoothing}


def _restore_classifier(model: LeNet5Classifier, learned: dict[str, Any]) -> None:
    classes, pixels, smoothing = members(learned, "fitted", "classes", "pixels", "smoothing")
    model._pixels = unpack_pixels(pixels)
    if type(smoothing) is not float or not 0 <= smoothing < 1:
        raise ValueError(f"smoothing must be a number from 0 to below 1. Got {smoothing!r:.60}")
    model._smoothing = smoothing
    model.classes_ = decode(classes)
    if not isinstance(model.classes_, np.ndarray) or len(model.classes_) < 2:
        raise ValueError("classes must be an array of at least two labels")
    try:
        is_sorted = all(a < b for a, b in pairwise(model.classes_.tolist()))
    except TypeError as error:
        raise ValueError("classes must have one type that can be sorted") from error
    if not is_sorted:
        raise ValueError("classes must be sorted, and each there once")
    model.image_shape_ = model._layout.image_shape


def _describe_preprocessor(step: ImagePreprocessor) -> dict[str, Any]:
    check_is_fitted(step, "scale_")
    return {
        "size": list(step.size_),
        "input_dtype": step.input_dtype_.str,
        "offset": None if step.offset_ is None else step.offset_.tolist(),
        "scale": None if step.scale_ is None else step.scale_.tolist(),
    }


def _restore_preprocessor(step: ImagePreprocessor, learned: dict[str, Any]) -> None:
    names = ("size", "input_dtype", "offset", "scale")
    size, dtype, offset, scale = members(learned, "fitted", *names)
    layout = step._layout
    size = tuple(items(size, "size", int))
    if len(size) != 2 or min(size) < 1:
        raise ValueError("size must be a height and a width")
    if step.resize == "pad" and (size[0] < layout.height or size[1] < layout.width):
        raise ValueError("size must be at least the image's with resize='pad'")
    check_maps((layout.channels, *size))
    if read_dtype(dtype).kind not in "biuf":
        raise ValueError("input_dtype must be of booleans, integers or floats")
    if (offset is None) != (scale is None):
        raise ValueError("offset and scale must both be there, or neither")
    step.image_shape_, step.size_, step.input_dtype_ = layout.image_shape, size, np.dtype(dtype)
    step.offset_, step.scale_ = (_per_channel(values, layout) for values in (offset, scale))
    if step.scale_ is not None and not step.scale_.all():
        raise ValueError("scale must not be zero")


def _per_channel(values: Any, layout: ImageLayout) -> np.ndarray | None:
    if values is None:
        return None
    array = np.array([decode(v) for v in items(values, "offset and scale", float)], np.float64)
    if len(array) != layout.channels:
        raise ValueError(f"offset and scale must be {layout.channels} numbers")
    return array


def _describe_stateless(step: MassCenterer | Deskewer) -> dict[str, Any] | None:
    return {} if hasattr(step, "_layout") else None  # they also work unfitted


def _restore_stateless(step: MassCenterer | Deskewer, learned: dict[str, Any]) -> None:
    members(learned, "fitted")


CLASSIFIERS = {
    "LeNet5Classifier": Kind(
        LeNet5Classifier,
        ("classes_", "image_shape_", "net_", "_pixels", "_smoothing"),
        _describe_classifier,
        _restore_classifier,
    )
}
TRANSFORMERS = {
    "ImagePreprocessor": Kind(
        ImagePreprocessor,
        ("image_shape_", "size_", "input_dtype_", "offset_", "scale_"),
        _describe_preprocessor,
        _restore_preprocessor,
    ),
    "MassCenterer": Kind(MassCenterer, (), _describe_stateless, _restore_stateless),
    "Deskewer": Kind(Deskewer, (), _describe_stateless, _restore_stateless),
}
