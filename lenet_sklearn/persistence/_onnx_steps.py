"""The transformers as operators of an ONNX graph, step by step as in `geometry`.

Moments are in float64, as there. If the ink is centred on a pixel, a rounding error of float32
would shift the image by one pixel.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lenet_sklearn._images.geometry import _LEAST_VERTICAL_VARIANCE
from lenet_sklearn._images.layout import ImageLayout
from lenet_sklearn.persistence._onnx_graph import Graph
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor


def add_step(
    graph: Graph, samples: str, shape: tuple[int, ...], step: Any, *, rounds: bool
) -> tuple[str, tuple[int, ...], bool]:
    """Add a fitted transformer of this library; return samples, shape and rounds after it.

    Parameters
    ----------
    graph : Graph
    samples : str
        Name of the samples, float32.
    shape : tuple of int
        Shape of one sample.
    step : ImagePreprocessor, MassCenterer or Deskewer
    rounds : bool
        Whether the samples stand for integers.

    Raises
    ------
    ValueError
        If the step resamples integers and rounds them again. Values halfway between two integers
        would depend on the last bit of a float32.
    """
    layout = step._layout_like(step._layout, (1, *shape))
    images = to_images(graph, samples, layout)
    new_layout = layout
    if type(step) is ImagePreprocessor:
        new_layout = step._resized(layout)
        images, rounds = _preprocess(graph, images, layout, step, rounds=rounds)
    elif type(step) is Deskewer:
        images = _deskew(graph, images, layout, rounds=rounds)
    else:
        images = _centre(graph, images, layout)
    new_shape = (new_layout.n_features,) if new_layout.flat else new_layout.sample_shape
    return _from_images(graph, images, new_layout), new_shape, rounds


def to_images(graph: Graph, samples: str, layout: ImageLayout) -> str:
    """Return samples as images ``(n, C, H, W)``, as `ImageLayout.to_images` does."""
    if layout.flat and layout.n_features < layout.n_pixels:
        missing = layout.n_pixels - layout.n_features
        samples = graph.add("Pad", samples, np.array([0, 0, 0, missing]))
    if layout.axes == "HWC":
        samples = graph.reshape(samples, *layout.sample_shape)
        return graph.add("Transpose", samples, perm=[0, 3, 1, 2])
    return graph.reshape(samples, *layout.image_shape)


def _from_images(graph: Graph, images: str, layout: ImageLayout) -> str:
    if layout.axes == "HWC":
        images = graph.add("Transpose", images, perm=[0, 2, 3, 1])
    if not layout.flat:
        return graph.reshape(images, *layout.sample_shape)
    rows = graph.reshape(images, -1)
    if layout.n_features < layout.n_pixels:
        ends = (np.array([0]), np.array([layout.n_features]), np.array([1]))
        rows = graph.add("Slice", rows, *ends)
    return rows


def _preprocess(
    graph: Graph, images: str, layout: ImageLayout, step: ImagePreprocessor, *, rounds: bool
) -> tuple[str, bool]:
    old = (layout.height, layout.width)
    if step.size_ != old:
        if rounds and step.resize == "bilinear" and step.scale_ is None:
            raise ValueError(
                "ImagePreprocessor(resize='bilinear', scale=None) rounds resampled integers, which "
                "ONNX cannot repeat exactly. Set scale='unit', or fit on X.astype(np.float32)."
            )
        resize = graph.pad if step.resize == "pad" else graph.resample
        images = resize(images, old, step.size_)
    if step.scale_ is None or step.offset_ is None:
        return images, rounds
    offset, scale = (v.astype(np.float32).reshape(-1, 1, 1) for v in (step.offset_, step.scale_))
    return graph.add("Div", graph.add("Sub", images, offset), scale), False


def _sum(graph: Graph, x: str, axis: int) -> str:
    return graph.add("ReduceSum", x, np.array([axis]), keepdims=0)


def _at(graph: Graph, values: str, *axes: int) -> str:
    return graph.add("Unsqueeze", values, np.array(axes))


def _mass(graph: Graph, images: str, layout: ImageLayout) -> tuple[str, str, str, str, str]:
    """Return the ink (n, H, W), its row sums (n, H), its mass, and its centre y, x (n,)."""
    ink = _sum(graph, graph.cast(graph.add("Relu", images), "float64"), 1)
    rows, columns = _sum(graph, ink, 2), _sum(graph, ink, 1)
    mass = _sum(graph, rows, 1)
    blank = graph.add("Equal", mass, np.float64(0))
    divisor = graph.add("Where", blank, np.float64(1), mass)
    centre = []
    for sums, side in ((rows, layout.height), (columns, layout.width)):
        mean = graph.add("Div", graph.add("MatMul", sums, np.arange(float(side))), divisor)
        centre.append(graph.add("Where", blank, np.float64((side - 1) / 2), mean))
    return ink, rows, mass, centre[0], centre[1]


def _take(graph: Graph, images: str, row: Any, column: str, layout: ImageLayout) -> str:
    """Return the pixels at `row` and `column`, broadcast to (n, H, W); 0 outside the image."""
    channels, height, width = layout.image_shape
    outside = np.array(height * width)
    inside = None
    for at, side in ((row, height), (column, width)):
        bounds = (
            graph.add("GreaterOrEqual", at, np.array(0)),
            graph.add("Less", at, np.array(side)),
        )
        both = graph.add("And", *bounds)
        inside = both if inside is None else graph.add("And", inside, both)
    place = graph.add("Add", graph.add("Mul", row, np.array(width)), column)
    place = graph.add("Where", inside, place, outside)  # (n, H, W)
    place = graph.add("Expand", graph.reshape(place, 1, -1), np.array([1, channels, 1]))
    pixels = graph.reshape(images, channels, -1)
    pixels = graph.add("Pad", pixels, np.array([0, 0, 0, 0, 0, 1]))  # 0 outside the image
    return graph.reshape(graph.add("GatherElements", pixels, place, axis=2), *layout.image_shape)


def _centre(graph: Graph, images: str, layout: ImageLayout) -> str:
    *_, y, x = _mass(graph, images, layout)
    source = []
    for centre, side in ((y, layout.height), (x, layout.width)):
        off = graph.add("Sub", np.float64((side - 1) / 2), centre)
        shift = graph.add("Floor", graph.add("Add", off, np.float64(0.5)))
        source.append(_at(graph, graph.cast(shift, "int64"), 1, 2))
    row = graph.add("Sub", np.arange(layout.height)[:, np.newaxis], source[0])  # (n, H, 1)
    column = graph.add("Sub", np.arange(layout.width), source[1])  # (n, 1, W)
    return _take(graph, images, row, column, layout)


def _deskew(graph: Graph, images: str, layout: ImageLayout, *, rounds: bool) -> str:
    height, width = layout.height, layout.width
    ink, rows, mass, y, x = _mass(graph, images, layout)
    from_y = graph.add("Sub", np.arange(float(height)), _at(graph, y, 1))  # (n, H)
    moments = graph.add("MatMul", ink, np.arange(float(width)))
    from_x = graph.add("Sub", moments, graph.add("Mul", _at(graph, x, 1), rows))
    mu11 = _sum(graph, graph.add("Mul", from_y, from_x), 1)
    mu02 = _sum(graph, graph.add("Mul", graph.add("Mul", from_y, from_y), rows), 1)
    least = graph.add("Mul", mass, np.float64(_LEAST_VERTICAL_VARIANCE))
    has_slant = graph.add("Greater", mu02, least)
    divisor = graph.add("Where", has_slant, mu02, np.float64(1))
    skew = graph.add("Where", has_slant, graph.add("Div", mu11, divisor), np.float64(0))

    left_by = graph.add("Mul", _at(graph, skew, 1), from_y)  # (n, H)
    left_by = graph.add("Clip", left_by, np.float64(-width), np.float64(width))
    whole = graph.add("Floor", left_by)
    part = _at(graph, graph.cast(graph.add("Sub", left_by, whole), "float32"), 1, 3)
    column = graph.add("Add", _at(graph, graph.cast(whole, "int64"), 2), np.arange(width))
    row = graph.constant(np.arange(height)[:, np.newaxis])
    near = _take(graph, images, row, column, layout)
    far = _take(graph, images, row, graph.add("Add", column, np.array(1)), layout)
    rest = graph.add("Sub", np.float32(1), part)
    mixed = graph.add("Add", graph.add("Mul", near, rest), graph.add("Mul", far, part))
    return graph.add("Round", mixed) if rounds else mixed
