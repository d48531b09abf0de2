"""The fit of a fold, and which estimators it takes."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.search._steps import check_estimator, fit_fold, split_pipeline


@pytest.fixture
def split():
    return np.arange(80), np.arange(80, 120)


@pytest.mark.parametrize("piped", [False, True])
def test_each_epoch_is_reported_with_the_accuracy_on_the_fold(piped, small, data, split):
    X, y = data
    estimator = small(max_epochs=3)
    if piped:
        estimator = make_pipeline(ImagePreprocessor(size=16, resize="bilinear"), estimator)
    name = "lenet5classifier__lr" if piped else "lr"
    epochs = []
    fit_fold(estimator, {name: 0.02}, X, y, split, lambda *epoch: epochs.append(epoch))
    assert [epoch[:2] for epoch in epochs] == [(1, 3), (2, 3), (3, 3)]
    model = estimator.set_params(**{name: 0.02}).fit(X[split[0]], y[split[0]])
    assert epochs[-1][2] == pytest.approx(model.score(X[split[1]], y[split[1]]))


def test_the_estimator_is_not_changed(small, data, split):
    estimator = small(max_epochs=1, callbacks=[])
    fit_fold(estimator, {"lr": 0.02}, *data, split, lambda *epoch: None)
    assert estimator.callbacks == []
    assert estimator.lr == 0.01
    assert not hasattr(estimator, "net_")


def test_what_the_report_raises_ends_the_fit(small, data, split):
    epochs = []

    def report(epoch, n_epochs, accuracy):
        epochs.append(epoch)
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        fit_fold(small(max_epochs=5), {}, *data, split, report)
    assert epochs == [1]


def test_a_pipeline_is_split():
    pipe = make_pipeline(ImagePreprocessor(), LeNet5Classifier(lr=0.5))
    before, classifier, prefix = split_pipeline(pipe)
    assert len(before.steps) == 1
    assert (classifier.lr, prefix) == (0.5, "lenet5classifier__")
    assert split_pipeline(make_pipeline(LeNet5Classifier()))[0] is None


@pytest.mark.parametrize("estimator", [LogisticRegression(),
                                       CalibratedClassifierCV(LeNet5Classifier()),
                                       make_pipeline(LogisticRegression())])  # fmt: skip
def test_other_models_are_refused(estimator):
    with pytest.raises(TypeError, match="must be a LeNet5Classifier, or a Pipeline that ends in"):
        check_estimator(estimator)


@pytest.mark.parametrize("params", [{"early_stopping": True}, {"checkpoint_dir": "here"}])
def test_fits_that_would_not_be_honest_are_refused(params):
    (name,) = params
    with pytest.raises(ValueError, match=f"estimator must have {name}=.* Leave it out"):
        check_estimator(LeNet5Classifier(**params))


def test_the_default_estimator():
    assert isinstance(check_estimator(None), LeNet5Classifier)
