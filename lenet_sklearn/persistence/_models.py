"""Turn a fitted classifier, or a Pipeline with one, into JSON and tensors, and back."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from sklearn.pipeline import Pipeline

from lenet_sklearn._files.json_values import decode, encode, items, members
from lenet_sklearn._network.architecture import NATIVE_SIDE, SMALL_SIDE, per_layer
from lenet_sklearn._training.history import pack_history, unpack_history
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.recipe import make_recipe
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.persistence._estimators import (
    CLASSIFIERS,
    TRANSFORMERS,
    Kind,
    describe_estimator,
    describe_params,
    restore_estimator,
    restore_params,
)
from lenet_sklearn.persistence._networks import CONFIG, restore_architecture
from lenet_sklearn.preprocessing import ImagePreprocessor

Model: TypeAlias = LeNet5Classifier | Pipeline
Tensors = dict[str, np.ndarray]


def describe_model(model: Any) -> tuple[dict[str, Any], Tensors, list[str]]:
    """Return a fitted model as JSON, its tensors, and the names of what was left out.

    Only parts that are not needed to predict are left out.

    Raises
    ------
    TypeError, NotFittedError
        If the model cannot be stored. The message says what to do.
    """
    left_out: list[str] = []
    if type(model) is Pipeline:
        classifier = model.steps[-1][1]
        names = [name for name in model.get_params(deep=False) if name != "steps"]
        last = _describe(classifier, CLASSIFIERS, "the last step", left_out)
        steps = [[name, _describe_step(name, step, left_out)] for name, step in model.steps[:-1]]
        estimator = {
            "class": "Pipeline",
            "params": describe_params(model, names, left_out),
            "steps": [*steps, [model.steps[-1][0], last]],
        }
    else:
        classifier = model
        estimator = _describe(model, CLASSIFIERS, "model", left_out)
    module = classifier.module_
    history, columns = pack_history(classifier.history_)
    state = {
        "estimator": estimator,
        "network": {k: encode(v) for k, v in module.architecture.choices().items()},
        "history": history,
    }
    tensors = {name: tensor.cpu().numpy() for name, tensor in module.state_dict().items()}
    return state, tensors, left_out + [f"history_[…][{name!r}]" for name in columns]


def _describe_step(name: str, step: Any, left_out: list[str]) -> Any:
    if step is None or step == "passthrough":
        return step
    return _describe(step, TRANSFORMERS, f"the step {name!r}", left_out)


def _describe(
    estimator: Any, kinds: dict[str, Kind], name: str, left_out: list[str]
) -> dict[str, Any]:
    kind = next((kind for kind in kinds.values() if kind.cls is type(estimator)), None)
    if kind is not None:
        return describe_estimator(estimator, kind, left_out)
    remedy = "Keep models of other kinds with joblib or skops."
    if hasattr(estimator, "best_estimator_"):
        remedy = "Save its best_estimator_."
    raise TypeError(
        f"{name} must be {' or '.join(kinds)} of this library"
        f"{', or a Pipeline that ends with one' if name == 'model' else ''}. "
        f"Got {type(estimator).__name__}. {remedy}"
    )


def bring_up_to_date(state: Any) -> None:
    """Change a state from a file of an older format to the format of today."""
    # Whatever has another form than it should have is left to `restore_model`, which refuses it.
    try:
        described, network = state["estimator"], state["network"]
        if described["class"] == "Pipeline":
            described = described["steps"][-1][1]
        params, learned = described["params"], described["fitted"]
        layout = learned["layout"]
        learned.setdefault("pixels", None)
        smoothed = params.get("output") != "rbf"
        learned.setdefault("smoothing", params.get("label_smoothing", 0.05) if smoothed else 0.0)
        small = max(layout["height"], layout["width"]) <= SMALL_SIDE
        if small and network["conv_channels"] and network["input_size"] is None:
            network["input_size"] = params["input_size"] = NATIVE_SIDE
        size, maps, padding = (
            decode(network[name]) for name in ("input_size", "conv_channels", "padding")
        )
        if np.min(size or NATIVE_SIDE) < NATIVE_SIDE:
            first, *others = per_layer("padding", padding, len(maps))
            others = ["valid" if pad == "auto" else pad for pad in others]
            network["padding"] = params["padding"] = encode((first, *others))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return


def restore_model(state: Any, shapes: Mapping[str, tuple[int, ...]]) -> Callable[[Tensors], Model]:
    """Check a state from a file, then return a function that builds the model from its tensors.

    Parameters
    ----------
    state : JSON
        From `describe_model`, or of unknown origin.
    shapes : mapping of str to tuple of int
        Shapes of the tensors in the file. The tensors have not been read yet.

    Raises
    ------
    ValueError
        If the state or the shapes are not those of a model.
    """
    described, network, history = members(state, "model", "estimator", "network", "history")
    model: Model
    if isinstance(described, dict) and described.get("class") == "Pipeline":
        model = _restore_pipeline(described)
        classifier = model.steps[-1][1]
    else:
        model = classifier = restore_estimator(described, CLASSIFIERS, "estimator")
    values = members(network, "network", *CONFIG)
    config = {name: decode(value) for name, value in zip(CONFIG, values, strict=True)}
    architecture = restore_architecture(config, len(classifier.classes_), classifier.image_shape_)
    needed = architecture.tensor_shapes()
    for name in sorted(needed.keys() | shapes.keys()):
        if needed.get(name) != shapes.get(name):
            raise ValueError(
                f"the tensor {name[:60]!r} must be of shape {needed.get(name)} for this network. "
                f"Got {shapes.get(name)}"
            )
    epochs = unpack_history(history)

    def build(tensors: Tensors) -> Model:
        _check_values(tensors)
        recipe = make_recipe(classifier.get_params(deep=False), n_samples=1).to_keep()
        net = TrainingNet.restore(architecture, tensors, recipe, epochs)
        classifier.__setstate__({"net_": net})
        return model

    return build


def _restore_pipeline(state: Any) -> Pipeline:
    _, params, pairs = members(state, "estimator", "class", "params", "steps")
    steps: list[tuple[str, Any]] = []
    for i, pair in enumerate(items(pairs, "steps", list)):
        name, step = pair if len(pair) == 2 else (None, None)
        if not isinstance(name, str):
            raise ValueError("steps must be pairs of a name and a step")
        is_last = i == len(pairs) - 1
        if is_last or not (step is None or step == "passthrough"):
            kinds = CLASSIFIERS if is_last else TRANSFORMERS
            step = restore_estimator(step, kinds, f"the step {name[:60]!r}")
        steps.append((name, step))
    if not steps:
        raise ValueError("steps must not be empty")
    pipeline = Pipeline(steps, **restore_params(params, Pipeline, skip="steps"))
    pipeline._validate_params()
    pipeline._validate_names([name for name, _ in steps])
    if pipeline.memory is not None:  # joblib would read pickles from it
        raise ValueError("memory must be None")
    _check_chain([step for _, step in steps if hasattr(step, "_layout")])
    return pipeline


def _check_chain(steps: list[Any]) -> None:
    """Check that each step takes as many features as the step before it returns."""
    n_given: int | None = None
    for step in steps:
        if n_given not in (None, step.n_features_in_):
            raise ValueError(
                f"{type(step).__name__} takes {step.n_features_in_} features, and the step before "
                f"it returns {n_given}"
            )
        n_given = step.n_features_in_
        if type(step) is ImagePreprocessor:
            n_given = step.image_shape_[0] * math.prod(step.size_)


def _check_values(tensors: Tensors) -> None:
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise ValueError(f"the tensor {name!r} holds NaN or infinity: training has diverged")
    if tensors["pixel_std"].min() <= 0:
        raise ValueError("the tensor 'pixel_std' must be positive")
