"""Export a fitted model to ONNX, which runs without Python."""

from __future__ import annotations

import json
import os
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._images.layout import layout_for
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.persistence._onnx_graph import (
    IR_VERSION,
    OPSET,
    Graph,
    add_network,
    add_probabilities,
)
from lenet_sklearn.persistence._onnx_steps import add_step, to_images
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

__all__ = ["export_onnx"]

_DTYPES = ("float32", "uint8")


def export_onnx(
    model: LeNet5Classifier | Pipeline, path: str | os.PathLike[str], *, dtype: str = "float32"
) -> None:
    """Export a fitted model to ONNX.

    The graph takes images of the shape that the model was fitted on. It contains the whole model:
    preprocessing, standardisation, the network, probabilities and labels.

    ==================  ==============================================================
    input ``X``         ``(n, n_features)``, or ``(n, H, W)``, ``(n, C, H, W)`` or
                        ``(n, H, W, C)`` where the model was fitted on images; of `dtype`
    ``label``           ``(n,)``: string, int64, float64 or bool
    ``probabilities``   ``(n, n_classes)`` float32, in the order of ``classes_``
    ==================  ==============================================================

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted. A Pipeline may hold `ImagePreprocessor`, `MassCenterer`, `Deskewer` and
        "passthrough", and ends with the classifier.
    path : str or path-like
        Where to write the graph. An existing file is replaced completely or not at all.
    dtype : {"float32", "uint8"}, default="float32"
        Dtype of the input. `Deskewer` rounds, as in Python, if the input is uint8 or if the
        Pipeline has an `ImagePreprocessor` that was fitted on integers.

    Raises
    ------
    ImportError
        If the package onnx is not installed.
    TypeError
        If the model, one of its steps or its labels have no counterpart in ONNX.
    ValueError
        If `dtype` is not valid, or ONNX cannot repeat a step exactly. The message says what to do.
    NotFittedError
        If the model is not fitted.
    OSError
        If the file cannot be written. The old file is unchanged.

    Notes
    -----
    Probabilities differ from those of the model by less than 1e-5, because float32 operations run
    in another order. The graph has opset 17. Its metadata hold the classes as JSON.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.persistence import export_onnx
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X, y)
    >>> export_onnx(model, "digits.onnx")  # doctest: +SKIP
    >>> session = onnxruntime.InferenceSession("digits.onnx")  # doctest: +SKIP
    >>> label, probabilities = session.run(None, {"X": X.astype("float32")})  # doctest: +SKIP
    """
    onnx = import_optional("onnx", extra="onnx", purpose="export_onnx")
    if dtype not in _DTYPES:
        raise ValueError(f"dtype must be among {_DTYPES}. Got {dtype!r}.")
    steps, classifier = _check_model(model)
    layout = (steps[0] if steps else classifier)._layout
    shape = (layout.n_features,) if layout.flat else layout.sample_shape
    element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    inputs = [onnx.helper.make_tensor_value_info("X", element, ["n", *shape])]

    graph = Graph(onnx)
    samples = "X" if dtype == "float32" else graph.cast("X", "float32")
    given = next((s.input_dtype_ for s in steps if hasattr(s, "input_dtype_")), np.dtype(dtype))
    rounds = dtype == "uint8" or given.kind in "biu"
    for step in steps:
        samples, shape, rounds = add_step(graph, samples, shape, step, rounds=rounds)
    layout = layout_for(np.broadcast_to(np.uint8(0), (1, *shape)), classifier._layout)
    logits = add_network(graph, to_images(graph, samples, layout), classifier.module_)
    classes = _labels(classifier.classes_)
    best = graph.add("ArgMax", logits, axis=1, keepdims=0)
    graph.add("Gather", classes, best, output="label")
    add_probabilities(graph, logits, classifier._smoothing, len(classes))

    label_element = onnx.helper.np_dtype_to_tensor_dtype(classes.dtype)
    outputs = [
        onnx.helper.make_tensor_value_info("label", label_element, ["n"]),
        onnx.helper.make_tensor_value_info(
            "probabilities", onnx.TensorProto.FLOAT, ["n", len(classes)]
        ),
    ]
    from lenet_sklearn import __version__

    proto = onnx.helper.make_model(
        onnx.helper.make_graph(graph.nodes, "lenet_sklearn", inputs, outputs, graph.constants),
        producer_name="lenet_sklearn",
        producer_version=__version__,
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
    )
    onnx.helper.set_model_props(proto, {"classes": json.dumps(classes.tolist())})
    onnx.checker.check_model(proto, full_check=True)
    write_atomically(path, proto.SerializeToString(deterministic=True))


def _check_model(model: Any) -> tuple[list[Any], LeNet5Classifier]:
    """Return the transformers and the classifier; raise unless all are fitted and supported."""
    named = model.steps if isinstance(model, Pipeline) else [("model", model)]
    *before, (_, classifier) = named
    if not isinstance(classifier, LeNet5Classifier):
        raise TypeError(
            "model must be a LeNet5Classifier, or a Pipeline that ends with one. Got "
            f"{type(classifier).__name__}."
            + (" Export its best_estimator_." if hasattr(classifier, "best_estimator_") else "")
        )
    check_is_fitted(classifier, "net_")
    steps = []
    for name, step in before:
        if step is None or step == "passthrough":
            continue
        if type(step) not in (ImagePreprocessor, MassCenterer, Deskewer):
            raise TypeError(
                f"the step {name!r} must be ImagePreprocessor, MassCenterer, Deskewer or "
                f"'passthrough' to be exported. Got {type(step).__name__}. Export the classifier "
                "alone, and apply this step to X before."
            )
        check_is_fitted(step, "_layout")
        steps.append(step)
    return steps, classifier


def _labels(classes: np.ndarray) -> np.ndarray:
    """Return the classes in a dtype that ONNX has."""
    if {type(label) for label in classes.tolist()} == {str}:
        return classes.astype(object)
    kinds = {"b": np.bool_, "i": np.int64, "u": np.int64, "f": np.float64}
    if classes.dtype.kind not in kinds or classes.max() > np.iinfo(np.int64).max:
        raise TypeError(
            "classes_ must be strings, booleans, floats, or integers of 64 bits with a sign, to be "
            f"exported. Got {classes.dtype}. Fit on y.astype(str)."
        )
    return classes.astype(kinds[classes.dtype.kind])
