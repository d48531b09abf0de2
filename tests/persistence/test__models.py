import json

import numpy as np
import pytest

from lenet_sklearn.persistence._models import describe_model, restore_model


def described(model):
    state, tensors, left_out = describe_model(model)
    assert left_out == []
    return json.loads(json.dumps(state)), tensors, {k: v.shape for k, v in tensors.items()}


def test_a_state_is_checked_before_there_are_tensors(classifier, X):
    state, tensors, shapes = described(classifier)
    build = restore_model(state, shapes)
    np.testing.assert_array_equal(build(tensors).predict_proba(X), classifier.predict_proba(X))
    for name in shapes:
        wrong = {**shapes, name: (10**9, 10**9)}
        with pytest.raises(ValueError, match=f"'{name}' must be of shape"):
            restore_model(state, wrong)
        with pytest.raises(ValueError, match=f"'{name}' must be of shape .* Got None"):
            restore_model(state, {k: v for k, v in shapes.items() if k != name})
    with pytest.raises(ValueError, match="'x' must be of shape None"):
        restore_model(state, {**shapes, "x": (1,)})


def test_values_are_checked(classifier):
    state, tensors, shapes = described(classifier)
    for name, value, message in [
        ("output.bias", np.nan, "'output.bias' holds NaN"),
        ("convolutional.C1.weight", -np.inf, "holds NaN or infinity"),
        ("pixel_std", 0.0, "'pixel_std' must be positive"),
    ]:
        wrong = {**tensors, name: np.full_like(tensors[name], value)}
        with pytest.raises(ValueError, match=message):
            restore_model(state, shapes)(wrong)


def test_steps_must_fit_together(pipeline, X):
    state, tensors, shapes = described(pipeline)
    np.testing.assert_array_equal(
        restore_model(state, shapes)(tensors).predict_proba(X), pipeline.predict_proba(X)
    )
    state["estimator"]["steps"][0][1]["fitted"]["size"] = [12, 10]
    with pytest.raises(ValueError, match=r"MassCenterer takes 100 features, .* returns 120"):
        restore_model(state, shapes)


def test_a_folder_of_pickles_is_refused(pipeline):
    state, _, shapes = described(pipeline)
    state["estimator"]["params"]["memory"] = "/somewhere"
    with pytest.raises(ValueError, match="memory must be None"):
        restore_model(state, shapes)
