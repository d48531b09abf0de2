"""What all pictures share: what they say of missing packages and of other models."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import NotFittedError
from sklearn.svm import SVC

import lenet_sklearn.inspection
from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import (
    AuditDisplay,
    AuditResult,
    BenchmarkDisplay,
    EmbeddingDisplay,
    ImageGridDisplay,
    TrainingCurveDisplay,
    audit,
    plot_embedding,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
)

X, y = np.zeros((4, 4)), np.arange(4) % 2
HISTORY = [{"train_loss": 1.0, "train_acc": 0.5}]
AUDIT = audit(DummyClassifier().fit(X, y), X, y)
CALLS = {
    "AuditDisplay.from_estimator": lambda: AuditDisplay.from_estimator(None, X, y),
    "AuditDisplay.from_result": lambda: AuditDisplay.from_result(None),
    "AuditDisplay.plot": lambda: AuditDisplay(result=AUDIT).plot(),
    "TrainingCurveDisplay.from_estimator": lambda: TrainingCurveDisplay.from_estimator(None),
    "TrainingCurveDisplay.from_history": lambda: TrainingCurveDisplay.from_history(HISTORY),
    "BenchmarkDisplay.from_result": lambda: BenchmarkDisplay.from_result(None),
    "ImageGridDisplay.plot": lambda: ImageGridDisplay(rows=[], title="").plot(),
    "EmbeddingDisplay.plot": lambda: EmbeddingDisplay(
        points=X[:, :2], classes=y, wrong=y > 0, names=["a", "b"]
    ).plot(),
    "plot_embedding": lambda: plot_embedding(None, X, y),
    "plot_samples": lambda: plot_samples(X, y),
    "plot_mistakes": lambda: plot_mistakes(None, X, y),
    "plot_filters": lambda: plot_filters(None),
    "plot_feature_maps": lambda: plot_feature_maps(None, X[0]),
}
# These need no matplotlib.
TABLES = {"audit", "AuditResult"}
OF_A_MODEL = {
    "plot_embedding": lambda model: plot_embedding(model, X, y),
    "audit": lambda model: audit(model, X, y),
    "TrainingCurveDisplay": lambda model: TrainingCurveDisplay.from_estimator(model),
    "plot_mistakes": lambda model: plot_mistakes(model, X, y),
    "plot_filters": plot_filters,
    "plot_feature_maps": lambda model: plot_feature_maps(model, X[0]),
}


def test_each_public_name_is_tested_here():
    tested = {name.partition(".")[0] for name in CALLS} | TABLES
    assert tested == set(lenet_sklearn.inspection.__all__)


def test_tables_need_no_matplotlib(without_matplotlib):
    assert isinstance(audit(DummyClassifier().fit(X, y), X, y), AuditResult)


@pytest.mark.parametrize("name", CALLS)
def test_without_matplotlib_the_extra_is_named(name, without_matplotlib):
    with pytest.raises(ImportError, match=rf"^{name} needs .*lenet-sklearn\[plots\]"):
        CALLS[name]()


@pytest.mark.parametrize("name", OF_A_MODEL)
def test_unfitted(name):
    with pytest.raises(NotFittedError):
        OF_A_MODEL[name](LeNet5Classifier())


@pytest.mark.parametrize("name", sorted(set(OF_A_MODEL) - {"plot_mistakes", "audit"}))
def test_another_estimator(name):
    with pytest.raises(TypeError, match=r"must be a LeNet5Classifier, or a Pipeline .* Got SVC\."):
        OF_A_MODEL[name](SVC())
