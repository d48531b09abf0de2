"""All models see the same corrupted images; a killed run is resumed; other runs are refused."""

import importlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from lenet_sklearn.robustness import CORRUPTIONS, RobustnessResult, corrupt, evaluate_robustness
from lenet_sklearn.robustness._result import ROW_COLUMNS

evaluation = importlib.import_module("lenet_sklearn.robustness.evaluate")


class Recording(ClassifierMixin, BaseEstimator):
    """Keeps the images that it predicts; raises when `fails` is set."""

    def __init__(self, fails=False):
        self.fails = fails

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        if self.fails:
            raise RuntimeError("no prediction")
        self.__dict__.setdefault("_seen", []).append(X)
        return np.full(len(X), self.classes_[0])


@pytest.fixture(scope="module")
def data(digits):
    return digits[1][:80], digits[3][:80]


@pytest.fixture(scope="module")
def models(digits, model):
    X, _, y, _ = digits
    return {"Bayes": GaussianNB().fit(X, y), "k-NN": KNeighborsClassifier(3).fit(X, y),
            "LeNet-5": model}  # fmt: skip


def evaluate(models, X, y, **options):
    defaults = {"corruptions": ["fog", "rotate"], "severities": (1, 5), "random_state": 0}
    return evaluate_robustness(models, X, y, progress=False, **{**defaults, **options})


def test_rows(models, data):
    result = evaluate(models, *data)
    assert isinstance(result, RobustnessResult)
    rows = result.rows
    assert list(rows.columns) == list(ROW_COLUMNS)
    steps = [("clean", 0), ("fog", 1), ("fog", 5), ("rotate", 1), ("rotate", 5)]
    expected = [(name, *step) for name in models for step in steps]
    assert list(rows[["model", "corruption", "severity"]].itertuples(False, None)) == expected
    assert set(rows["status"]) == {"ok"}
    assert result.random_state == 0


def test_accuracies_are_those_of_corrupt(models, data, recwarn):
    X, y = data
    accuracy = evaluate(models, X, y).rows.set_index(["model", "corruption", "severity"])
    assert not [w for w in recwarn if "The pixels of X" in str(w.message)]
    for name, model in models.items():
        assert accuracy.loc[(name, "clean", 0), "accuracy"] == model.score(X, y)
        Z = corrupt(X, "rotate", severity=5, random_state=0)
        assert accuracy.loc[(name, "rotate", 5), "accuracy"] == model.score(Z, y)


def test_all_corruptions_and_one_model(data, models):
    result = evaluate_robustness(models["Bayes"], *data, severities=3, progress=False)
    assert result.corruptions == list(CORRUPTIONS)
    assert set(result.rows["model"]) == {"GaussianNB"}
    again = evaluate_robustness(
        models["Bayes"], *data, severities=[3], random_state=result.random_state, progress=False
    )
    pd.testing.assert_frame_equal(result.rows, again.rows)


def test_all_models_see_the_same_images(data):
    X, y = data
    first, second = (Recording().fit(X, y) for _ in range(2))
    evaluate({"a": first, "b": second}, X, y, corruptions="all")
    assert len(first._seen) == 1 + 15 * 2
    for a, b in zip(first._seen, second._seen, strict=True):
        np.testing.assert_array_equal(a, b)
    assert len({images.tobytes() for images in first._seen}) == 31
    np.testing.assert_array_equal(first._seen[0], X)


def test_any_classifier(digits, data, model):
    X, _, y, _ = digits
    pipeline = make_pipeline(StandardScaler(), SVC()).fit(X, y)
    search = GridSearchCV(GaussianNB(), {"var_smoothing": [1e-3, 1e-2]}, cv=2).fit(X, y)
    result = evaluate({"pipeline": pipeline, "search": search, "end": make_pipeline(model)}, *data)
    assert (result.table()["clean"] > 0.7).all()


def test_data_frames_keep_their_names(digits, recwarn):
    X, X_test, y, y_test = digits
    names = [f"pixel{i}" for i in range(64)]
    bayes = GaussianNB().fit(pd.DataFrame(X, columns=names), y)
    result = evaluate(bayes, pd.DataFrame(X_test, columns=names), y_test)
    assert result.table()["clean"].iloc[0] > 0.7
    assert not [w for w in recwarn if "feature names" in str(w.message)]


def test_the_layout_is_that_of_the_network(small):
    rng = np.random.default_rng(0)
    X, y = rng.random((40, 4 * 9)), np.arange(40) % 2
    model = small(image_shape=(4, 9), max_epochs=1).fit(X, y)
    seen = Recording().fit(X, y)
    evaluate({"seen": seen, "network": model}, X, y, corruptions="shear", severities=5)
    Z = corrupt(X, "shear", severity=5, random_state=0, image_shape=(4, 9))
    np.testing.assert_array_equal(seen._seen[1], Z)


def test_a_failing_model_is_reported_and_the_others_go_on(data, models, tmp_path):
    X, y = data
    fails = Recording(fails=True).fit(X, y)
    with pytest.warns(UserWarning, match="Fails failed on 5 of 5 sets of images: RuntimeError"):
        result = evaluate({"Fails": fails, "Bayes": models["Bayes"]}, X, y, out_dir=tmp_path)
    assert result.table().index.tolist() == ["Bayes", "Fails"]
    assert result.table()["n_failed"].tolist() == [0, 5]
    fails.fails = False
    with pytest.raises(ValueError, match="rows of another model"):
        # The failed rows count as missing, but a finished row of a changed model does not.
        evaluate({"Bayes": SVC().fit(X, y)}, X, y, out_dir=tmp_path)
    assert set(evaluate({"Fails": fails}, X, y, out_dir=tmp_path).rows["status"]) == {"ok"}


def test_a_run_is_resumed(data, models, tmp_path):
    first = evaluate(models, *data, out_dir=tmp_path)
    stored = sorted((tmp_path / "rows").iterdir())
    assert len(stored) == 15
    stored[3].unlink()
    changed = {path: path.stat().st_mtime_ns for path in stored if path.exists()}
    again = evaluate(models, *data, out_dir=tmp_path, random_state=None)
    pd.testing.assert_frame_equal(first.rows, again.rows)
    assert stored[3].exists()
    assert all(path.stat().st_mtime_ns == time for path, time in changed.items())
    assert (tmp_path / "table.md").read_text() == again.to_markdown()
    assert len(pd.read_csv(tmp_path / "rows.csv")) == 15


def test_a_folder_takes_more_corruptions_and_models(data, models, tmp_path):
    evaluate({"Bayes": models["Bayes"]}, *data, out_dir=tmp_path)
    evaluate(models, *data, corruptions=["rotate", "scale"], out_dir=tmp_path)
    keys = {json.loads(path.read_text())["key"] for path in (tmp_path / "rows").iterdir()}
    assert {"Bayes, fog, 1", "k-NN, scale, 5", "LeNet-5, clean, 0"} <= keys


@pytest.mark.parametrize("change", ["X", "y", "seed", "model", "corruption"])
def test_another_run_is_refused(change, digits, data, models, tmp_path, monkeypatch):
    X, y = data
    evaluate(models, X, y, out_dir=tmp_path)
    options = {}
    if change == "X":
        X = X.copy()
        X[3, 3] += 1
    elif change == "y":
        y = np.roll(y, 1)
    elif change == "seed":
        options = {"random_state": 1}
    elif change == "corruption":  # as after an update of the library
        fog = replace(CORRUPTIONS["fog"], amounts=(1, 2, 3, 4, 5))
        monkeypatch.setattr(evaluation, "CORRUPTIONS", {**CORRUPTIONS, "fog": fog})
    else:  # the same parameters, trained on other data
        models = {**models, "Bayes": GaussianNB().fit(digits[0][:200], digits[2][:200])}
    with pytest.raises(ValueError, match=r"another (run|model)"):
        evaluate(models, X, y, out_dir=tmp_path, **options)


@pytest.mark.parametrize("kind", ["network", "tree", "search"])
def test_a_model_that_is_fitted_again_is_the_same(kind, small, digits, data, tmp_path):
    X, _, y, _ = digits
    make = {
        "network": lambda: small(max_epochs=2),
        "tree": lambda: DecisionTreeClassifier(random_state=0),
        "search": lambda: GridSearchCV(GaussianNB(), {"var_smoothing": [1e-3, 1e-2]}, cv=2),
    }[kind]
    first = evaluate(make().fit(X, y), *data, out_dir=tmp_path)
    again = evaluate(make().fit(X, y), *data, out_dir=tmp_path)
    pd.testing.assert_frame_equal(first.rows, again.rows)


def test_unknown_labels_count_as_wrong(digits, models):
    _, X, _, y = digits
    few = GaussianNB().fit(digits[0][digits[2] < 5], digits[2][digits[2] < 5])
    accuracy = evaluate({"few": few, **models}, X, y).table().loc["few", "clean"]
    assert 0.3 < accuracy == np.mean(few.predict(X) == y) <= np.mean(y < 5)
    with pytest.raises(ValueError, match=r"y must hold labels that the models know.*'few' knows"):
        evaluate({"few": few}, X, y.astype(str))


def test_one_pixel(digits):
    X, y = np.array([[0], [1], [2], [3]] * 5), np.array([0, 0, 1, 1] * 5)
    tree = DecisionTreeClassifier().fit(X, y)
    result = evaluate(tree, X, y, corruptions="all")
    assert set(result.rows["status"]) == {"ok"}
    assert result.table()["clean"].iloc[0] == 1


def test_models_are_checked(data):
    with pytest.raises(NotFittedError):
        evaluate({"SVM": SVC()}, *data)
    with pytest.raises(ValueError, match="models is empty"):
        evaluate({}, *data)
    with pytest.raises(TypeError, match="Got the class SVC as 'SVM'"):
        evaluate({"SVM": SVC}, *data)
    with pytest.raises(TypeError, match=r"Got LinearRegression\(\) as 'line'"):
        evaluate({"line": LinearRegression()}, *data)
    with pytest.raises(TypeError, match=r"names in models must be non-empty strings\. Got 3\."):
        evaluate({3: SVC()}, *data)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corruptions": []}, "one or more different names"),
        ({"corruptions": ["fog", "fog"]}, "different names"),
        ({"corruptions": ["fog", "motion_blurr"]}, "Did you mean 'motion_blur'"),
        ({"severities": ()}, r"severities must be one or more different integers.*Got \[\]"),
        ({"severities": (1, 7)}, r"severities must be integers from 1 to 5\. Got 7\."),
        ({"severities": (1, 1)}, "different integers"),
        ({"severities": 1.5}, r"severities must be integers from 1 to 5\. Got 1\.5\."),
        ({"severities": None}, r"severities must be integers from 1 to 5\. Got None\."),
        ({"corruptions": 3}, r"corruptions must be among \[.*\]\. Got 3\."),
        ({"random_state": -1}, "random_state must be None or an int"),
        ({"image_shape": (3, 3)}, "image_shape"),
    ],
)
def test_bad_options(options, message, models, data):
    with pytest.raises(ValueError, match=message):
        evaluate(models, *data, **options)


@pytest.mark.filterwarnings("ignore:invalid value")  # scikit-learn's, of labels that are NaN
def test_bad_data(models, data):
    X, y = data
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        evaluate(models, X, y[:-1])
    rows = np.reshape(X, (len(X), -1))
    with pytest.raises(ValueError, match=r"X must have .* pixels in each row.*Got X\.shape=\("):
        evaluate(models, rows[:, :-15], y)
    with pytest.raises(ValueError, match="NaN"):
        evaluate(models, np.where(X > 15, np.nan, X), y)
    with pytest.raises(ValueError, match="NaN"):
        evaluate(models, X, np.where(y == 1, np.nan, y))
