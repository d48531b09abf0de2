"""One call: all models on the same folds, failures reported, and a killed run resumed."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import threading
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_digits, load_iris
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, ShuffleSplit, StratifiedKFold, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from skorch.callbacks import GradientNormClipping

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._runs.metrics import METRICS
from lenet_sklearn.comparison import BenchmarkResult, make_baselines, run_benchmark
from lenet_sklearn.comparison._result import ROW_COLUMNS

TIMES = ["fit_seconds", "predict_microseconds"]


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X[:300], y[:300]


def _models():
    return {"Bayes": GaussianNB(), "Tree": DecisionTreeClassifier(), "Dummy": DummyClassifier()}


def _run(models, X, y, **options):
    return run_benchmark(models, X, y, **{"cv": 3, "progress": False, **options})


def _without_times(result):
    return result.scores.drop(columns=TIMES)


class FailsInOneFold(GaussianNB):
    """Raises where a certain sample is in the training set's first place."""

    def __init__(self, first=0.0):
        super().__init__()
        self.first = first

    def fit(self, X, y, sample_weight=None):
        if X[0, 0] == self.first:
            raise ValueError(f"cannot fit <{self.first}>")
        return super().fit(X, y)


class Logging(ClassifierMixin, BaseEstimator):
    """Appends to a file at each fit: its name, and the sum of its training data."""

    def __init__(self, path=None, name=""):
        self.path = path
        self.name = name

    def fit(self, X, y):
        with open(self.path, "a") as file:
            file.write(f"{self.name} {X.sum():.6f}\n")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_scores_have_one_row_per_model_and_fold(digits):
    result = _run(_models(), *digits, random_state=0)
    assert isinstance(result, BenchmarkResult)
    scores = result.scores
    assert list(scores.columns) == [*ROW_COLUMNS, *METRICS]
    expected = [(name, fold) for name in _models() for fold in range(3)]
    assert list(zip(scores["model"], scores["fold"], strict=True)) == expected
    assert set(scores["status"]) == {"ok"}
    assert set(scores["error"]) == {""}
    assert (scores["n_train"] == 200).all()
    assert (scores["n_test"] == 100).all()
    assert all(scores[metric].dtype == float for metric in METRICS)
    assert scores[TIMES].gt(0).all(axis=None)
    assert result.random_state == 0
    assert result.environment["n_jobs"] == 1


def test_scores_are_those_of_cross_validate(digits):
    X, y = digits
    cv = StratifiedKFold(3, shuffle=True, random_state=0)
    names = ["accuracy", "balanced_accuracy", "f1_macro", "neg_log_loss"]
    theirs = cross_validate(GaussianNB(), X, y, cv=cv, scoring=names)
    ours = _run({"Bayes": GaussianNB()}, X, y, random_state=0, scoring="neg_log_loss").scores
    for name in names:
        np.testing.assert_allclose(ours[name], theirs[f"test_{name}"])
    np.testing.assert_allclose(ours["log_loss"], -theirs["test_neg_log_loss"])


def test_all_models_see_the_same_folds(digits, tmp_path):
    X, y = digits
    X = X + np.arange(len(X))[:, None] / 7  # so that the sum tells the samples
    models = {name: Logging(tmp_path / name, name) for name in ("a", "b")}
    for cv in (3, ShuffleSplit(4), StratifiedKFold(3, shuffle=True)):
        _run(models, X, y, cv=cv)
    fits = [[line.split()[1] for line in (tmp_path / name).open()] for name in ("a", "b")]
    assert fits[0] == fits[1]
    assert len(set(fits[0])) == 3 + 4 + 3


def test_estimators_are_not_changed(digits):
    models = _models()
    before = {name: repr(model.get_params()) for name, model in models.items()}
    _run(models, *digits)
    assert {name: repr(model.get_params()) for name, model in models.items()} == before
    assert not any(hasattr(model, "classes_") for model in models.values())


def test_random_state_is_set_only_where_it_is_none(digits):
    def seeds(model, X, y):
        return model[-1].random_state + 1000 * model[-1].estimator_.random_state

    seeded = make_pipeline(BaggingClassifier(DecisionTreeClassifier(), 1, random_state=7))
    unseeded = make_pipeline(BaggingClassifier(DecisionTreeClassifier(), 1))
    result = _run({"seeded": seeded, "unseeded": unseeded}, *digits, random_state=5, scoring=seeds)
    score = result.scores.set_index("model")["score"]
    assert (score["seeded"] == 7 + 5000).all()
    assert (score["unseeded"] == 5 + 5000).all()


def test_repeats_under_its_recorded_seed(digits):
    models = {"Forest": RandomForestClassifier(5), "Tree": DecisionTreeClassifier()}
    first = _run(models, *digits)
    again = _run(models, *digits, random_state=first.random_state)
    pd.testing.assert_frame_equal(_without_times(first), _without_times(again))
    other = _run(models, *digits, random_state=first.random_state + 1)
    assert not _without_times(first).equals(_without_times(other))


def test_two_jobs_give_the_same_scores(digits):
    models = {**_models(), "Linear": LinearSVC()}
    one, two = (_run(models, *digits, random_state=0, n_jobs=n) for n in (1, 2))
    # The length of a pickle also depends on which of its strings are one object.
    one, two = one.scores.drop(columns=TIMES), two.scores.drop(columns=TIMES)
    np.testing.assert_allclose(one.pop("size_bytes"), two.pop("size_bytes"), rtol=0.01)
    pd.testing.assert_frame_equal(one, two)


def test_the_number_of_jobs_is_recorded(digits):
    two = _run({"Dummy": DummyClassifier()}, *digits, n_jobs=2)
    assert two.environment["n_jobs"] == 2


def test_two_jobs_do_not_oversubscribe_threads(digits, monkeypatch):
    """Each of two workers may use half of the processors, in BLAS and OpenMP and in torch."""

    def n_threads(model, X, y):
        import threadpoolctl
        import torch

        pools = [pool["num_threads"] for pool in threadpoolctl.threadpool_info()]
        return max([*pools, torch.get_num_threads()])

    for name in ("OMP", "MKL", "OPENBLAS", "BLIS", "NUMBA", "VECLIB_MAXIMUM", "NUMEXPR"):
        monkeypatch.delenv(f"{name}_NUM_THREADS", raising=False)
    result = _run(_models(), *digits, n_jobs=2, scoring=n_threads)
    assert (result.scores["score"] == max(joblib.cpu_count() // 2, 1)).all()


def test_a_failing_fold_is_reported_and_the_others_go_on(digits, tmp_path):
    X, y = digits
    X = X.copy()
    X[:, 0] = np.arange(len(X))
    cv = list(StratifiedKFold(3).split(X, y))
    first = float(X[cv[0][0][0], 0])  # fold 0 alone begins its training set with this sample
    models = {"Fails": FailsInOneFold(first), "Bayes": GaussianNB()}
    with pytest.warns(FitFailedWarning, match="Fails failed in fold 0: ValueError: cannot fit"):
        result = _run(models, X, y, cv=cv, out_dir=tmp_path)
    scores = result.scores
    assert list(scores["status"]) == ["failed", "ok", "ok", "ok", "ok", "ok"]
    failed = scores.iloc[0]
    assert failed["error"] == f"ValueError: cannot fit <{first}>"
    assert failed[list(METRICS)].isna().all()
    assert list(result.table().index) == ["Bayes", "Fails"]
    assert f"cannot fit &lt;{first}&gt;" in (tmp_path / "table.html").read_text()
    assert f"cannot fit <{first}>" in (tmp_path / "table.md").read_text()


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_failing_to_predict_is_a_failure_too(digits, method):
    def broken(self, X):
        raise RuntimeError("no prediction")

    model = type("Broken", (GaussianNB,), {method: broken})()
    with pytest.warns(FitFailedWarning, match="RuntimeError: no prediction"):
        result = _run({"Broken": model}, *digits)
    assert set(result.scores["status"]) == {"failed"}


def test_keyboard_interrupt_is_not_a_failure(digits, tmp_path):
    class Interrupted(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            raise KeyboardInterrupt

    models = {"Bayes": GaussianNB(), "Interrupted": Interrupted()}
    with pytest.raises(KeyboardInterrupt):
        _run(models, *digits, out_dir=tmp_path)
    assert len(list((tmp_path / "rows").iterdir())) == 1  # what was finished is on disk
    _run(_models(), *digits, out_dir=tmp_path / "another")


@pytest.mark.parametrize("kind", ["str", "object", "bool", "float", "category"])
def test_any_labels(digits, kind):
    X, y = digits
    labels = {
        "str": np.array([f"digit {digit}" for digit in y]),
        "object": np.array([f"digit {digit}" for digit in y], dtype=object),
        "bool": y > 4,
        "float": y.astype(float),
        "category": pd.Series(y).map(str).astype("category"),
    }[kind]
    result = _run({"k-NN": KNeighborsClassifier(3), "Dummy": DummyClassifier()}, X, labels)
    table = result.table()
    assert table.loc["k-NN", "accuracy"] > 0.85
    assert table.loc["k-NN", "log_loss"] < 2
    assert set(result.scores["status"]) == {"ok"}


def test_without_predict_proba_the_probabilistic_metrics_are_missing(digits, tmp_path):
    result = _run({"Linear": LinearSVC(), "Bayes": GaussianNB()}, *digits, out_dir=tmp_path)
    table = result.table()
    missing = ["log_loss", "expected_calibration_error"]
    assert table.loc["Linear", missing].isna().all()
    assert table.loc["Bayes", missing].notna().all()
    assert table.loc["Linear", "n_failed"] == 0
    assert "NaN" not in "".join(path.read_text() for path in (tmp_path / "rows").iterdir())


@pytest.mark.parametrize("layout", ["images", "channels", "frame", "memmap", "list"])
def test_any_layout(digits, layout, tmp_path):
    X, y = digits
    np.save(tmp_path / "X.npy", X.reshape(-1, 8, 8))
    data = {
        "images": X.reshape(-1, 8, 8).astype(np.uint8),
        "channels": X.reshape(-1, 8, 8, 1),
        "frame": pd.DataFrame(X, index=np.arange(len(X)) + 1000, columns=map(str, range(64))),
        "memmap": np.load(tmp_path / "X.npy", mmap_mode="r"),
        "list": X.tolist(),
    }[layout]
    models = {"k-NN": make_baselines()["k-NN"]}
    result = _run(models, data, y, random_state=0, n_jobs=1, out_dir=tmp_path / "run")
    expected = _run(models, X, y, random_state=0)
    np.testing.assert_allclose(result.scores["accuracy"], expected.scores["accuracy"])


def test_reference(digits):
    result = _run(_models(), *digits, reference="Dummy", random_state=0)
    table = result.table()
    assert np.isnan(table.loc["Dummy", "difference"])
    assert (table.loc[["Bayes", "Tree"], "difference"] > 0.3).all()
    with pytest.raises(ValueError, match=r"reference must be one of.*'Dummy'\]\. Got 'SVM'"):
        _run(_models(), *digits, reference="SVM")


def test_baselines_run_without_a_warning(digits, recwarn):
    table = _run(make_baselines(), *digits, random_state=0).table()
    assert [str(warning.message) for warning in recwarn] == []
    assert list(table.index)[-1] == "Dummy"
    assert table["parameters"].notna().all()
    assert table["size_bytes"].notna().all()


# --------------------------------------------------------------------------- on disk


def _logging_models(path):
    return {name: Logging(path, name) for name in ("a", "b")}


def _fits(path):
    return path.read_text().splitlines() if path.exists() else []


def test_out_dir_holds_the_results(digits, tmp_path):
    out = tmp_path / "deep" / "run"
    result = _run(_models(), *digits, out_dir=out, random_state=0)
    saved = pd.read_csv(out / "scores.csv", keep_default_na=False, dtype={"error": str})
    assert len(saved) == 9
    np.testing.assert_allclose(saved["accuracy"], result.scores["accuracy"])
    assert (out / "table.md").read_text() == result.to_markdown()
    assert (out / "table.html").read_text() == result.to_html()
    assert (out / "table.csv").read_text() == result.to_csv()
    manifest = json.loads((out / "run.json").read_text())
    assert manifest["identity"]["random_state"] == 0
    assert manifest["about"]["cpu_count"] == joblib.cpu_count()


def test_a_finished_run_is_not_computed_again(digits, tmp_path):
    models = _logging_models(tmp_path / "log")
    first = _run(models, *digits, out_dir=tmp_path / "run")
    assert len(_fits(tmp_path / "log")) == 6
    again = _run(models, *digits, out_dir=tmp_path / "run", n_jobs=2)
    assert len(_fits(tmp_path / "log")) == 6
    pd.testing.assert_frame_equal(first.scores, again.scores)  # the times, too
    assert again.random_state == first.random_state  # that was drawn


def test_a_damaged_row_alone_is_computed_again(digits, tmp_path):
    models = _logging_models(tmp_path / "log")
    first = _run(models, *digits, out_dir=tmp_path / "run")
    path = next((tmp_path / "run" / "rows").glob("b-fold-1-*.json"))
    path.write_text(path.read_text()[:60])
    before = _fits(tmp_path / "log")
    again = _run(models, *digits, out_dir=tmp_path / "run")
    (new,) = _fits(tmp_path / "log")[len(before) :]
    assert new.startswith("b ")
    assert new in before
    pd.testing.assert_frame_equal(_without_times(first), _without_times(again))


def test_a_failed_row_is_tried_again(digits, tmp_path):
    class NeedsFile(Logging):
        def fit(self, X, y):
            if not os.path.exists(self.path):
                raise FileNotFoundError("not there yet")
            return super().fit(X, y)

    models = {"a": NeedsFile(tmp_path / "log", "a"), "Bayes": GaussianNB()}
    with pytest.warns(FitFailedWarning, match="not there yet"):
        first = _run(models, *digits, out_dir=tmp_path / "run")
    assert list(first.table()["n_failed"]) == [0, 3]
    (tmp_path / "log").touch()
    again = _run(models, *digits, out_dir=tmp_path / "run")
    assert list(again.table()["n_failed"]) == [0, 0]
    assert len(_fits(tmp_path / "log")) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"random_state": 1}, "random_state was 0 and is now 1"),
        ({"cv": 4}, "folds was '3 folds.* and is now '4 folds"),
        ({"X": 1}, "data.X was .* and is now"),
        ({"y": 1}, "data.y was .* and is now"),
        ({"scoring": "roc_auc_ovr"}, "scoring"),
    ],
)
def test_another_run_in_the_folder_is_refused(digits, tmp_path, change, message):
    X, y = digits
    models = {"a": Logging(tmp_path / "log", "a")}
    options = {"out_dir": tmp_path / "run", "random_state": 0}
    _run(models, X, y, **options)
    if "X" in change:
        X = X.copy()
        X[7, 7] += 1
    elif "y" in change:
        y = np.where(np.arange(len(y)) == 5, 9 - y, y)
    else:
        options |= change
    with pytest.raises(ValueError, match=f"another run: .*{message}.*Give another out_dir"):
        _run(models, X, y, **options)
    assert len(_fits(tmp_path / "log")) == 3


def _transform(function):
    return make_pipeline(FunctionTransformer(function), GaussianNB())


def _power(exponent):
    return lambda X: X**exponent


class Power:
    def __init__(self, exponent):
        self.exponent = exponent

    def apply(self, X):
        return X**self.exponent


PAIRS = {
    "parameters": lambda: (KNeighborsClassifier(1), KNeighborsClassifier(2)),
    "lambdas": lambda: (_transform(lambda X: X), _transform(lambda X: X * 0)),
    "closures": lambda: (_transform(_power(1)), _transform(_power(2))),
    "methods": lambda: (_transform(Power(1).apply), _transform(Power(2).apply)),
    "partials": lambda: (_transform(partial(np.add, 1)), _transform(partial(np.add, 2))),
    "ufuncs": lambda: (_transform(np.sin), _transform(np.cos)),
    "frozen": lambda: tuple(
        make_pipeline(StandardScaler(), FrozenEstimator(LinearSVC().fit([[0], [k]], [0, 1])))
        for k in (1, 2)
    ),
    "frozen alone": lambda: tuple(
        FrozenEstimator(GaussianNB().fit([[0], [1], [k], [9]], [0, 0, 1, 1])) for k in (2, 3)
    ),
    "callbacks": lambda: tuple(
        LeNet5Classifier(callbacks=[GradientNormClipping(k)], max_epochs=1) for k in (1, 2)
    ),
}


@pytest.mark.parametrize("kind", PAIRS)
def test_a_changed_model_under_the_same_name_is_refused(kind, digits, tmp_path):
    X, y = digits
    if kind.startswith("frozen"):
        X, y = X[:, 10:11], y % 2
    options = {"random_state": 0, "out_dir": tmp_path}
    first = _run({"a": PAIRS[kind]()[0]}, X, y, **options)
    rows = {path: path.read_bytes() for path in (tmp_path / "rows").iterdir()}
    with pytest.raises(ValueError, match=r"another model of that name: estimators\['a'\].* was "):
        _run({"a": PAIRS[kind]()[1]}, X, y, **options)
    again = _run({"a": PAIRS[kind]()[0]}, X, y, **options)
    pd.testing.assert_frame_equal(first.scores, again.scores)  # the times, too
    assert {path: path.read_bytes() for path in (tmp_path / "rows").iterdir()} == rows


def test_the_difference_of_a_changed_model_is_named(digits, tmp_path):
    options = {"random_state": 0, "out_dir": tmp_path}
    _run({"k-NN": KNeighborsClassifier(1)}, *digits, **options)
    with pytest.raises(
        ValueError,
        match=r"estimators\['k-NN'\]\.n_neighbors was 1 and is 2\. Give the changed model a name",
    ):
        _run({"k-NN": KNeighborsClassifier(2)}, *digits, **options)


def test_a_metric_of_equal_name_is_another_run(digits, tmp_path):
    options = {"random_state": 0, "out_dir": tmp_path}
    _run(_models(), *digits, **options, scoring=lambda model, X, y: 1.0)
    with pytest.raises(ValueError, match=r"another run: scoring\.code was"):
        _run(_models(), *digits, **options, scoring=lambda model, X, y: 2.0)


def test_a_model_that_cannot_be_compared_is_refused(digits, tmp_path):
    lock = threading.Lock()
    models = {"a": _transform(lambda X: X * lock.locked())}
    with pytest.raises(
        ValueError, match=r"estimators\['a'\].*\.lock must have content.*lenet_sklearn_name"
    ):
        _run(models, *digits, out_dir=tmp_path)


def test_models_can_be_added_to_a_finished_run(digits, tmp_path):
    models = _logging_models(tmp_path / "log")
    first = _run({"a": models["a"]}, *digits, out_dir=tmp_path / "run")
    both = _run(models, *digits, out_dir=tmp_path / "run")
    assert [line[0] for line in _fits(tmp_path / "log")] == ["a"] * 3 + ["b"] * 3
    pd.testing.assert_frame_equal(first.scores, both.scores[:3])
    assert both.random_state == first.random_state
    # The rows of a model that is left out stay, and come back.
    only = _run({"b": models["b"]}, *digits, out_dir=tmp_path / "run")
    assert set(only.scores["model"]) == {"b"}
    assert len(list((tmp_path / "run" / "rows").iterdir())) == 6
    again = _run(models, *digits, out_dir=tmp_path / "run")
    assert len(_fits(tmp_path / "log")) == 6
    pd.testing.assert_frame_equal(both.scores, again.scores)


def test_two_runs_at_once_in_one_folder(digits, tmp_path):
    def run_again(model, X, y):
        with pytest.raises(ValueError, match="in use by another run"):
            _run(_models(), *digits, out_dir=tmp_path)
        return 1.0

    result = _run(_models(), *digits, out_dir=tmp_path, scoring=run_again)
    assert set(result.scores["status"]) == {"ok"}


@pytest.mark.filterwarnings("ignore:.*tasks:UserWarning")  # joblib's: those not begun are cancelled
def test_a_full_disk_ends_the_run_and_loses_no_row(digits, tmp_path, monkeypatch):
    written = []
    fsync = os.fsync

    def fill_up(descriptor):
        written.append(descriptor)
        if len(written) > 7:
            raise OSError(28, "No space left on device")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", fill_up)
    with pytest.raises(OSError, match="No space left"):
        _run(_models(), *digits, out_dir=tmp_path, random_state=0, n_jobs=2)
    monkeypatch.undo()
    n_rows = len(list((tmp_path / "rows").iterdir()))
    assert 0 < n_rows < 9
    result = _run(_models(), *digits, out_dir=tmp_path, random_state=0)
    assert len(result.scores) == 9


# The estimator is a file of its own, so that the killed and the resumed run mean the same class.
MODULE = """
import os
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

class Logging(ClassifierMixin, BaseEstimator):
    def __init__(self, name=""):
        self.name = name

    def fit(self, X, y):
        with open(os.environ["FIT_LOG"], "a") as file:
            file.write(f"{self.name} {X.sum():.6f}\\n")
        if len(open(os.environ["FIT_LOG"]).readlines()) == int(os.environ["DIE_IN_FIT"]):
            os.kill(os.getpid(), 9)
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])
"""
# The moments are counted, not timed: the process kills itself, as by kill -9, in its k-th fit, or
# when its k-th file is about to be, or has just been, put in place.
SCRIPT = """
import os, sys
from sklearn.datasets import load_iris
from lenet_sklearn.comparison import run_benchmark
from fit_logger import Logging

moment, count, n_jobs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
replace, n_replaced = os.replace, 0

def counting_replace(*args):
    global n_replaced
    n_replaced += 1
    if moment == "before replace" and n_replaced == count:
        os.kill(os.getpid(), 9)
    replace(*args)
    if moment == "after replace" and n_replaced == count:
        os.kill(os.getpid(), 9)

os.replace = counting_replace
models = {name: Logging(name) for name in "abc"}
X, y = load_iris(return_X_y=True)
run_benchmark(models, X, y, cv=4, out_dir="run", n_jobs=n_jobs, progress=False)
"""


@pytest.mark.parametrize(
    ("moment", "count", "n_jobs", "n_rows"),
    [
        # The first file put in place is run.json, the k-th is row k - 1, the 14th is scores.csv.
        ("fit", 6, 1, 5),
        ("after replace", 6, 2, 5),
        ("before replace", 15, 1, 12),
    ],
)
def test_killed_and_resumed(tmp_path, monkeypatch, moment, count, n_jobs, n_rows):
    (tmp_path / "fit_logger.py").write_text(MODULE)
    (tmp_path / "script.py").write_text(SCRIPT)
    monkeypatch.setenv("FIT_LOG", str(tmp_path / "first.log"))
    monkeypatch.setenv("DIE_IN_FIT", str(count) if moment == "fit" else "0")
    with (tmp_path / "errors").open("w") as errors:  # no pipe, which orphaned workers keep open
        killed = subprocess.Popen(
            [sys.executable, "script.py", moment, str(count), str(n_jobs)],
            cwd=tmp_path,
            stderr=errors,
            start_new_session=True,
        )
        code = killed.wait()
    assert code not in (0, 1), (tmp_path / "errors").read_text()
    rows = {path: path.read_bytes() for path in (tmp_path / "run" / "rows").glob("*.json")}
    assert len(rows) == n_rows

    monkeypatch.setenv("FIT_LOG", str(tmp_path / "second.log"))
    monkeypatch.setenv("DIE_IN_FIT", "0")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fit_logger", raising=False)
    models = {name: importlib.import_module("fit_logger").Logging(name) for name in "abc"}
    try:  # while the first run's workers, if it had any, are still there
        result = _run(models, *load_iris(return_X_y=True), cv=4, out_dir=tmp_path / "run")
    finally:
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(killed.pid, signal.SIGKILL)
    assert list(result.scores["status"]) == ["ok"] * 12
    # Nothing twice, nothing lost, nothing finished run again, and no leftovers.
    assert len(list((tmp_path / "run" / "rows").iterdir())) == 12
    assert all(path.read_bytes() == content for path, content in rows.items())
    first, second = _fits(tmp_path / "first.log"), _fits(tmp_path / "second.log")
    assert len(second) == len(set(second)) == 12 - n_rows
    assert len({*first, *second}) == 12  # the folds are those of the seed that the first run drew
    assert len(pd.read_csv(tmp_path / "run" / "scores.csv")) == 12


# --------------------------------------------------------------------------- progress


class _Terminal:
    """A standard error that claims to be a terminal, and keeps what is written."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return True


@pytest.mark.parametrize("progress", [True, False])
def test_progress_bar_on_a_terminal(digits, monkeypatch, progress):
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    _run(_models(), *digits, progress=progress)
    assert ("9/9" in terminal.text) == progress
    assert ("Dummy, fold 3: accuracy" in terminal.text) == progress


def test_silent_where_there_is_no_terminal(digits, capfd, caplog):
    with caplog.at_level(logging.INFO, logger="lenet_sklearn"):
        _run(_models(), *digits, progress=True)
    assert capfd.readouterr() == ("", "")
    assert len([record for record in caplog.records if "accuracy" in record.message]) == 9


def test_an_example_in_full(digits):
    """As in the readme: a mapping of models, the baselines, a table."""
    models = {"Logistic": LogisticRegression(max_iter=500), **make_baselines(random_state=0)}
    table = _run(models, *digits, cv=2, random_state=0).table()
    assert len(table) == 7
    assert table["accuracy"].is_monotonic_decreasing


def test_a_search_is_counted_and_its_choice_shown(digits, tmp_path):
    grid = {"n_neighbors": [1, 3, 90]}
    models = {
        "searched": GridSearchCV(KNeighborsClassifier(), grid, cv=4),
        "in a pipeline": make_pipeline(
            StandardScaler(), GridSearchCV(KNeighborsClassifier(), grid, cv=2)
        ),
        "Dummy": DummyClassifier(),
    }
    result = _run(models, *digits, out_dir=tmp_path, random_state=0)
    scores = result.scores
    assert scores.groupby("model")["n_fits"].agg(set).to_dict() == {
        "searched": {3 * 4 + 1}, "in a pipeline": {3 * 2 + 1}, "Dummy": {1}
    }  # fmt: skip
    assert set(scores["best_params"][scores["model"] == "searched"]) <= {
        "n_neighbors=1", "n_neighbors=3"
    }  # fmt: skip
    assert set(scores["best_params"][scores["model"] == "Dummy"]) == {""}
    assert list(scores.columns)[-1] == "best_params"
    table = result.table()
    assert table["n_fits"].to_dict() == {"searched": 13, "in a pipeline": 7, "Dummy": 1}
    assert "best_params" not in table
    assert "| fits |" in " ".join(result.to_markdown().splitlines()[0].split())
    assert ",best_params\n" in (tmp_path / "scores.csv").read_text()
    again = _run(models, *digits, out_dir=tmp_path)
    pd.testing.assert_frame_equal(again.scores, scores)
    # A table without a search has no such columns, in the same folder too.
    plain = _run({"Dummy": DummyClassifier()}, *digits, out_dir=tmp_path)
    assert list(plain.scores.columns) == [*ROW_COLUMNS, *METRICS]


def test_a_search_that_fails_in_a_fold(digits):
    X, y = digits
    search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1]}, cv=2)
    broken = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [-1]}, cv=2)
    with pytest.warns(FitFailedWarning, match="broken failed in fold"):
        result = _run({"search": search, "broken": broken}, X, y, cv=2)
    assert result.scores["n_fits"].fillna(-1).tolist() == [3, 3, -1, -1]
    assert result.scores["best_params"].tolist() == ["n_neighbors=1"] * 2 + [""] * 2
    assert "–" in result.to_markdown()


@pytest.mark.parametrize("name", ["n_fits", "best_params"])
def test_their_names_are_taken(digits, name):
    with pytest.raises(ValueError, match=rf"\['{name}'\] are columns of the benchmark already"):
        _run(_models(), *digits, scoring={name: "accuracy"})


class Interruptible(DummyClassifier):
    """Takes Ctrl-C for the end of training, as networks do."""

    def fit(self, X, y):
        super().fit(X, y)
        with contextlib.suppress(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        return self


def test_ctrl_c_ends_the_run_whatever_the_estimator_makes_of_it(tmp_path):
    handler = signal.getsignal(signal.SIGINT)
    X, y = load_digits(return_X_y=True)
    with pytest.raises(KeyboardInterrupt):
        run_benchmark({"a": Interruptible()}, X, y, cv=2, out_dir=tmp_path, progress=False)
    assert signal.getsignal(signal.SIGINT) is handler
    assert list((tmp_path / "rows").iterdir()) == []


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no such masks")
def test_workers_do_not_hear_ctrl_c_and_the_caller_does():
    """One that is starting would show a traceback when the terminal sends it to all."""
    X, y = load_digits(return_X_y=True)

    def is_deaf(estimator, X, y):
        return float(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))

    models = {"Dummy": DummyClassifier()}
    result = run_benchmark(
        models, X, y, cv=2, n_jobs=2, scoring={"deaf": is_deaf}, random_state=0, progress=False
    )
    assert result.scores["deaf"].tolist() == [1, 1]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
