"""The audit counts as scikit-learn does, groups images by their ink, and says what it left out."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.metrics import precision_recall_fscore_support
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.inspection import audit
from lenet_sklearn.inspection._intervals import wilson_interval


class Told(ClassifierMixin, BaseEstimator):
    """Predicts what it was told to."""

    def __init__(self, answers=(), classes=None):
        self.answers = answers
        self.classes = classes

    def fit(self, X, y):
        self.classes_ = np.unique(y) if self.classes is None else np.asarray(self.classes)
        return self

    def predict(self, X):
        return np.asarray(self.answers)


def told(y, answers, X=None, **kwargs):
    X = np.random.default_rng(0).random((len(y), 16)) if X is None else X
    return audit(Told(answers, kwargs.pop("classes", None)).fit(X, y), X, y, **kwargs)


@pytest.fixture(scope="module")
def fitted(digits):
    """An SVC that makes some mistakes, with images that it did not see."""
    X, X_test, y, y_test = digits
    return SVC().fit(X[:60], y[:60]), X_test, y_test


@pytest.fixture(scope="module")
def result(fitted):
    return audit(*fitted)


def test_classes_are_counted_as_scikit_learn_does(fitted, result):
    model, X, y = fitted
    precision, recall, f1, support = precision_recall_fscore_support(y, model.predict(X))
    table = result.by_class
    assert table.index.name == "class"
    assert table.index.tolist() == list(range(10))
    for name, expected in {
        "support": support, "precision": precision, "recall": recall, "accuracy": recall, "f1": f1
    }.items():  # fmt: skip
        np.testing.assert_allclose(table[name], expected, err_msg=name)
    assert table["n_predicted"].sum() == result.n_images == len(y)
    assert result.accuracy == model.score(X, y)
    assert result.n_mistakes == (model.predict(X) != y).sum() > 5
    low, high = wilson_interval(result.n_images - result.n_mistakes, len(y), 0.95)
    assert result.accuracy_interval == (low, high)


def test_each_share_lies_in_its_interval(fitted, result):
    narrow = audit(*fitted, confidence=0.5)
    assert narrow.confidence == 0.5
    for name in ("accuracy", "precision", "recall", "f1"):
        low, share, high = (result.by_class[f"{name}{end}"] for end in ("_low", "", "_high"))
        assert ((low <= share) & (share <= high) & (low < high)).all()
        assert (low < narrow.by_class[f"{name}_low"]).all()
    style = result.by_style
    assert (style["accuracy_low"] <= style["accuracy"]).all()
    assert (style["accuracy"] <= style["accuracy_high"]).all()


def test_confusions_come_in_order():
    y = list("aaaabbbbbbcc")
    result = told(y, list("abbcbbbaaacb"))
    assert result.confusions.to_numpy().tolist() == [
        ["b", "a", 3, 0.5],
        ["a", "b", 2, 0.5],
        ["c", "b", 1, 0.5],
        ["a", "c", 1, 0.25],
    ]
    assert result.confusions.columns.tolist() == ["true", "predicted", "count", "share"]


def test_the_worst_class():
    assert told([0, 0, 1, 1, 2], [0, 0, 1, 0, 2]).worst_class == 1
    # Two of no accuracy: the one with more images. A class that is only predicted does not count.
    assert told([0, 1, 2, 2], [0, 9, 9, 9]).worst_class == 2
    assert told([0, 1], [0, 1]).worst_class is None


def test_a_class_that_is_only_predicted():
    table = told(list("aab"), list("aac"), classes=list("abc")).by_class
    assert table.loc["c", ["support", "n_predicted", "precision", "f1"]].tolist() == [0, 1, 0, 0]
    assert table.loc["c", ["recall", "accuracy", "recall_low", "accuracy_high"]].isna().all()
    assert table.loc["b", ["recall", "f1", "n_predicted"]].tolist() == [0, 0, 0]
    assert np.isnan(table.loc["b", "precision"])


def test_a_label_that_the_model_never_saw(fitted):
    model, X, y = fitted
    result = audit(model, X, np.where(np.arange(len(y)) < 3, 11, y))
    assert result.by_class.loc[11, ["support", "recall"]].tolist() == [3, 0]
    assert result.worst_class == 11
    assert result.notes[0].startswith("The model never saw the labels [11]")
    assert "never saw the labels [11]" in result.to_markdown()


def test_styles_hold_all_images(fitted, result):
    model, X, y = fitted
    correct = model.predict(X) == y
    assert result.by_style.index.names == ["measure", "quantile"]
    assert list(result.units) == list(dict.fromkeys(result.by_style.index.get_level_values(0)))
    for name, table in result.by_style.groupby(level=0):
        assert table["n_images"].sum() == len(y), name
        assert (table["accuracy"] * table["n_images"]).sum() == pytest.approx(correct.sum())
        assert (table["low"] <= table["high"]).all()
        assert (table["low"].to_numpy()[1:] > table["high"].to_numpy()[:-1]).all()
    assert result.by_style.loc["thickness", "n_images"].tolist() == [75] * 4


def test_the_style_that_fails_is_found():
    X = np.zeros((80, 12, 12))
    for i, image in enumerate(X):
        image[2:10, 4 : 5 + i // 20] = 1  # widths of 1 to 4 pixels, 20 images each
    y = np.arange(80) % 2
    result = told(y, np.where(np.arange(80) < 20, 1 - y, y), X)
    accuracy = result.by_style["accuracy"]
    for name in ("thickness", "width", "darkness"):
        assert accuracy[name].tolist() == [0, 1, 1, 1], name
    assert result.by_style.loc["width", "low"].tolist() == [1, 2, 3, 4]
    assert len(accuracy["height"]) == len(accuracy["slant"]) == 1
    assert accuracy["height"].tolist() == [0.75]
    assert result.notes == tuple(
        f"{name}: one quantile, since it is (almost) the same in all images."
        for name in ("slant", "height")
    )
    more = told(y, y, X, n_quantiles=8)
    assert "width: 4 quantiles instead of 8" in " ".join(more.notes)


@pytest.mark.parametrize("form", ["flat", "HW", "CHW", "HWC", "frame", "list", "0-255"])
def test_forms_of_images(form, grey, model):
    X, y = grey
    expected = audit(model, X, y)
    frame = pd.DataFrame(X).add_prefix("pixel")
    if form == "frame":
        model = LeNet5Classifier(**model.get_params()).fit(frame, y)
    given = {
        "flat": X,
        "HW": X.reshape(-1, 8, 8),
        "CHW": X.reshape(-1, 1, 8, 8),
        "HWC": X.reshape(-1, 8, 8, 1),
        "frame": frame,
        "list": X.tolist(),
        "0-255": X.astype(np.uint8),
    }[form]
    result = audit(model, given, y)
    columns = ["low", "high", "n_images"]
    pd.testing.assert_frame_equal(result.by_style[columns], expected.by_style[columns])


def test_other_estimators(digits):
    X, X_test, y, y_test = digits
    pipeline = make_pipeline(StandardScaler(), SVC())
    search = GridSearchCV(pipeline, {"svc__C": [1, 2]}, cv=2).fit(X[:100], y[:100])
    names = np.array([f"digit {label}" for label in range(10)])
    assert audit(search, X_test, y_test).accuracy == search.score(X_test, y_test)
    named = audit(SVC().fit(X[:100], names[y[:100]]), X_test, names[y_test].tolist())
    assert named.by_class.index.tolist() == names.tolist()
    binary = audit(SVC().fit(X[:100], y[:100] > 4), X_test, y_test > 4)
    assert binary.by_class.index.tolist() == [False, True]
    assert repr(binary).startswith("AuditResult(300 images, 2 classes; accuracy ")


def test_any_object_that_predicts(fitted, result):
    class Wrapped:
        def predict(self, X):
            return fitted[0].predict(X)[:, np.newaxis]  # a column, as some libraries return it

    again = audit(Wrapped(), *fitted[1:])
    pd.testing.assert_frame_equal(again.by_class, result.by_class)


def test_images_are_read_as_the_model_reads_them(tiny, grey):
    X, y = grey
    model = LeNet5Classifier(**tiny, image_shape=(4, 16)).fit(X, y)
    pipeline = make_pipeline(ImagePreprocessor(image_shape=(4, 16)), LeNet5Classifier(**tiny))
    search = GridSearchCV(model, {"max_epochs": [1]}, cv=2)
    for estimator in (model, pipeline.fit(X, y), search.fit(X, y)):
        assert audit(estimator, X, y).by_style.loc["height", "high"].max() == 4
    own = audit(model, X, y, image_shape=(2, 32))
    assert own.by_style.loc["height", "high"].max() == 2


def test_bad_input(fitted):
    model, X, y = fitted
    for n in (1, 0, 2.5, True, "4"):
        with pytest.raises(ValueError, match=r"n_quantiles must be an integer of 2 or more\. Got"):
            audit(model, X, y, n_quantiles=n)
    for confidence in (0, 1, 95, "0.95", True):
        with pytest.raises(ValueError, match="confidence must be a number above 0 and below 1"):
            audit(model, X, y, confidence=confidence)
    with pytest.raises(ValueError, match=r"inconsistent numbers of samples: \[300, 299\]"):
        audit(model, X, y[:-1])
    with pytest.raises(ValueError, match="0 sample"):
        audit(model, X[:0], y[:0])
    with pytest.raises(NotFittedError):
        audit(SVC(), X, y)
    with pytest.raises(TypeError, match=r"must have predict\. Got StandardScaler"):
        audit(StandardScaler().fit(X), X, y)
    with pytest.raises(ValueError, match="labels of the type that the model predicts"):
        audit(model, X, y.astype(str))
    with pytest.raises(ValueError, match="image_shape="):
        audit(model, X, y, image_shape=(9, 9))
