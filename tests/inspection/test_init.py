"""What all pictures share: what they say of missing packages and of other models."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.svm import SVC

import lenet_sklearn.inspection
from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import (
    BenchmarkDisplay,
    ImageGridDisplay,
    TrainingCurveDisplay,
    explain,
    plot_explanation,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
)

X, y = np.zeros((4, 4)), np.arange(4) % 2
HISTORY = [{"train_loss": 1.0, "train_acc": 0.5}]
CALLS = {
    "TrainingCurveDisplay.from_estimator": lambda: TrainingCurveDisplay.from_estimator(None),
    "TrainingCurveDisplay.from_history": lambda: TrainingCurveDisplay.from_history(HISTORY),
    "BenchmarkDisplay.from_result": lambda: BenchmarkDisplay.from_result(None),
    "ImageGridDisplay.plot": lambda: ImageGridDisplay(rows=[], title="").plot(),
    "plot_explanation": lambda: plot_explanation(None, X),
    "plot_samples": lambda: plot_samples(X, y),
    "plot_mistakes": lambda: plot_mistakes(None, X, y),
    "plot_filters": lambda: plot_filters(None),
    "plot_feature_maps": lambda: plot_feature_maps(None, X[0]),
}
DRAW_NOTHING = {"explain"}
OF_A_MODEL = {
    "explain": lambda model: explain(model, X),
    "plot_explanation": lambda model: plot_explanation(model, X),
    "TrainingCurveDisplay": lambda model: TrainingCurveDisplay.from_estimator(model),
    "plot_mistakes": lambda model: plot_mistakes(model, X, y),
    "plot_filters": plot_filters,
    "plot_feature_maps": lambda model: plot_feature_maps(model, X[0]),
}


def test_each_public_name_is_tested_here():
    tested = {name.partition(".")[0] for name in CALLS} | DRAW_NOTHING
    assert tested == set(lenet_sklearn.inspection.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_without_matplotlib_the_extra_is_named(name, without_matplotlib):
    with pytest.raises(ImportError, match=rf"^{name} needs .*lenet-sklearn\[plots\]"):
        CALLS[name]()


@pytest.mark.parametrize("name", OF_A_MODEL)
def test_unfitted(name):
    with pytest.raises(NotFittedError):
        OF_A_MODEL[name](LeNet5Classifier())


@pytest.mark.parametrize("name", sorted(set(OF_A_MODEL) - {"plot_mistakes"}))
def test_another_estimator(name):
    with pytest.raises(TypeError, match=r"must be a LeNet5Classifier, or a Pipeline .* Got SVC\."):
        OF_A_MODEL[name](SVC())
