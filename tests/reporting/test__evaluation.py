"""What the card and the report both say of a model."""

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.metrics import accuracy_score, f1_score, log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import expected_calibration_error
from lenet_sklearn.reporting._evaluation import (
    Evaluation,
    describe_images,
    n_parameters,
)


def test_the_scores_are_those_of_scikit_learn(model, named):
    _, X, _, y = named
    scores = Evaluation.of(model, X, y).scores()
    proba, predicted = model.predict_proba(X), model.predict(X)
    assert scores["accuracy"] == accuracy_score(y, predicted)
    assert scores["f1_macro"] == pytest.approx(f1_score(y, predicted, average="macro"))
    assert scores["log_loss"] == pytest.approx(log_loss(y, proba.astype(float)), rel=1e-5)
    assert scores["expected_calibration_error"] == pytest.approx(
        expected_calibration_error(y, proba, classes=model.classes_)
    )


def test_our_network_is_found_in_what_holds_it(model, svm, named, small):
    X, _, y, _ = named
    pipe = make_pipeline(MinMaxScaler(), small(max_epochs=1)).fit(X, y)
    search = GridSearchCV(small(max_epochs=1), {"lr": [0.01]}, cv=2).fit(X, y)
    networks = [Evaluation.of(each, X, y).network for each in (model, pipe, search, svm)]
    assert networks == [model, pipe.steps[-1][1], search.best_estimator_, None]
    assert n_parameters(search) == search.best_estimator_.n_parameters_


def test_images_are_described():
    images = np.zeros((1200, 3, 8, 9), dtype=np.uint8)
    images[0] = 255
    text = "1,200 images, each of shape 3×8×9, uint8, with values from 0 to 255."
    assert describe_images(images) == text


def test_a_dataframe_takes_part(svm, named):
    frame = pd.DataFrame(named[1])
    assert Evaluation.of(svm, frame, named[3]).images.shape == (300, 64)


@pytest.mark.parametrize("model", [None, SVC, LinearRegression(), "mnist"])
def test_what_is_no_classifier_is_refused(model, named):
    with pytest.raises(TypeError, match=r"model must be a fitted classifier. Got"):
        Evaluation.of(model, named[1], named[3])


@pytest.mark.parametrize("model", [SVC(), LeNet5Classifier()], ids=["theirs", "ours"])
def test_a_model_must_be_fitted(model, named):
    with pytest.raises(NotFittedError):
        Evaluation.of(model, named[1], named[3])


def test_bad_data(model, named):
    _, X, _, y = named
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        Evaluation.of(model, X, y[:-1])
    with pytest.raises(ValueError, match=r"y_test must hold labels that the model knows.*zebra"):
        Evaluation.of(model, X, np.where(y == "3", "zebra", y).astype(object))
    with pytest.raises(ValueError, match="NaN"):
        Evaluation.of(model, np.full_like(X, np.nan), y)
