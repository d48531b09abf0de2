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
    CoverageDisplay,
    EmbeddingDisplay,
    ImageGridDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
    audit,
    explain,
    plot_embedding,
    plot_explanation,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
    predict_uncertainty,
)

X, y = np.zeros((4, 4)), np.arange(4) % 2
PROBA = np.full((4, 2), 0.5)
HISTORY = [{"train_loss": 1.0, "train_acc": 0.5}]
AUDIT = audit(DummyClassifier().fit(X, y), X, y)
CALLS = {
    "AuditDisplay.from_estimator": lambda: AuditDisplay.from_estimator(None, X, y),
    "AuditDisplay.from_result": lambda: AuditDisplay.from_result(None),
    "AuditDisplay.plot": lambda: AuditDisplay(result=AUDIT).plot(),
    "TrainingCurveDisplay.from_estimator": lambda: TrainingCurveDisplay.from_estimator(None),
    "TrainingCurveDisplay.from_history": lambda: TrainingCurveDisplay.from_history(HISTORY),
    "BenchmarkDisplay.from_result": lambda: BenchmarkDisplay.from_result(None),
    "ReliabilityDisplay.from_estimator": lambda: ReliabilityDisplay.from_estimator(None, X, y),
    "ReliabilityDisplay.from_predictions": lambda: ReliabilityDisplay.from_predictions(y, PROBA),
    "CoverageDisplay.from_estimator": lambda: CoverageDisplay.from_estimator(None, X, y),
    "CoverageDisplay.from_predictions": lambda: CoverageDisplay.from_predictions(y, PROBA),
    "ImageGridDisplay.plot": lambda: ImageGridDisplay(rows=[], title="").plot(),
    "EmbeddingDisplay.plot": lambda: EmbeddingDisplay(
        points=X[:, :2], classes=y, wrong=y > 0, names=["a", "b"]
    ).plot(),
    "plot_embedding": lambda: plot_embedding(None, X, y),
    "plot_explanation": lambda: plot_explanation(None, X),
    "plot_samples": lambda: plot_samples(X, y),
    "plot_mistakes": lambda: plot_mistakes(None, X, y),
    "plot_filters": lambda: plot_filters(None),
    "plot_feature_maps": lambda: plot_feature_maps(None, X[0]),
}
# These need no matplotlib.
NO_PICTURES = {
    "AuditResult",
    "audit",
    "expected_calibration_error",
    "explain",
    "predict_uncertainty",
}
OF_A_MODEL = {
    "plot_embedding": lambda model: plot_embedding(model, X, y),
    "audit": lambda model: audit(model, X, y),
    "ReliabilityDisplay": lambda model: ReliabilityDisplay.from_estimator(model, X, y),
    "CoverageDisplay": lambda model: CoverageDisplay.from_estimator(model, X, y),
    "predict_uncertainty": lambda model: predict_uncertainty(model, X),
    "explain": lambda model: explain(model, X),
    "plot_explanation": lambda model: plot_explanation(model, X),
    "TrainingCurveDisplay": lambda model: TrainingCurveDisplay.from_estimator(model),
    "plot_mistakes": lambda model: plot_mistakes(model, X, y),
    "plot_filters": plot_filters,
    "plot_feature_maps": lambda model: plot_feature_maps(model, X[0]),
}
# These take any classifier.
OF_ANY_MODEL = {"audit", "plot_mistakes", "ReliabilityDisplay", "CoverageDisplay"}


def test_each_public_name_is_tested_here():
    pictures = {name.partition(".")[0] for name in CALLS}
    assert pictures | NO_PICTURES == set(lenet_sklearn.inspection.__all__)


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


@pytest.mark.parametrize("name", sorted(set(OF_A_MODEL) - OF_ANY_MODEL))
def test_another_estimator(name):
    with pytest.raises(TypeError, match=r"must be a LeNet5Classifier, or a Pipeline .* Got SVC\."):
        OF_A_MODEL[name](SVC())


@pytest.mark.parametrize("name", sorted(OF_ANY_MODEL - {"audit"}))
def test_without_probabilities(name):
    with pytest.raises(TypeError, match=r"must have predict_proba.* Got SVC\. Wrap it"):
        OF_A_MODEL[name](SVC().fit(X, y))
