"""The same run is described by the same text in every process, any other by another."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from lenet_sklearn.comparison import _fingerprint
from lenet_sklearn.comparison._fingerprint import (
    describe_environment,
    describe_object,
    package_versions,
)


class _Callback:
    """Has the default repr, with its address."""


def test_nested_parameters_are_all_there():
    described = describe_object(make_pipeline(StandardScaler(), SVC(C=3)))
    assert described[""] == "sklearn.pipeline.Pipeline"
    assert described[".steps[1][1]"] == "sklearn.svm._classes.SVC"
    assert described[".steps[1][1].C"] == "3"
    assert all(isinstance(text, str) for text in described.values())


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SVC(), SVC(C=2)),
        (SVC(), RandomForestClassifier()),
        (make_pipeline(SVC()), make_pipeline(SVC(kernel="linear"))),
        (FunctionTransformer(np.sin), FunctionTransformer(np.cos)),
        (GridSearchCV(SVC(), {"C": [1]}), GridSearchCV(SVC(), {"C": [2]})),
        (SVC(class_weight={0: 1}), SVC(class_weight={0: 2})),
        (GridSearchCV(SVC(), {"C": np.zeros(2000)}), GridSearchCV(SVC(), {"C": np.ones(2000)})),
    ],
)
def test_another_configuration_is_another_description(one, other):
    assert describe_object(one) != describe_object(other)


def test_no_addresses():
    local = FunctionTransformer(lambda X: X, kw_args={"callbacks": [_Callback()]})
    described = describe_object(local)
    assert not any(" at 0x" in text for text in described.values())
    assert any("_Callback" in text for text in described.values())


def test_the_same_in_another_process():
    # The file by itself, as importing the package would take seconds.
    script = (
        "import importlib.util, numpy as np\n"
        f"spec = importlib.util.spec_from_file_location('module', {_fingerprint.__file__!r})\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "spec.loader.exec_module(module)\n"
        "print(module.describe_object({'f': [np.sin, print], 'names': {'x', 'y', 'z'}}))\n"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert "numpy.sin" in outputs.pop()


def test_environment():
    environment = describe_environment(2)
    assert environment["n_jobs"] == 2
    assert environment["cpu_count"] >= 1
    assert environment["date"].endswith("+00:00")
    assert environment["versions"] == package_versions()
    assert {"python", "numpy", "scikit-learn", "torch"} <= set(environment["versions"])
