"""What is recorded of estimators, and of where a run took place."""

from __future__ import annotations

from sklearn.svm import SVC

from lenet_sklearn._files.fingerprint import describe, package_versions
from lenet_sklearn._runs.environment import describe_environment, describe_used


def test_parameters_that_are_none_are_left_out():
    described, used = describe(SVC(C=3)), describe_used(SVC(C=3))
    assert described[".random_state"] == "None"
    assert used == {name: text for name, text in described.items() if text != "None"}
    assert used[".C"] == "3"


def test_environment():
    environment = describe_environment(2)
    assert environment["n_jobs"] == 2
    assert environment["cpu_count"] >= 1
    assert environment["date"].endswith("+00:00")
    assert environment["processor"]
    assert environment["versions"] == package_versions()
