"""A whole search: its budget, its file, its processes, and what it refuses."""

import logging
import signal

import numpy as np
import optuna
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit, cross_val_score
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor
from lenet_sklearn.search import _trial
from lenet_sklearn.search._trial import Problem

TIMES = ["seconds", "elapsed"]


def same_trials(first, second, n=None):
    frames = [r.trials[r.trials["state"] != "stopped"].drop(columns=TIMES).reset_index(drop=True)
              for r in (first, second)]  # fmt: skip
    pd.testing.assert_frame_equal(*(frame[:n] for frame in frames), check_exact=True)


@pytest.fixture
def found(search):
    return search()


def test_the_best_model_is_fitted_on_all_data(found, data, small, assert_same_model):
    X, y = data
    assert len(found.trials) == 4
    params = found.best_params_
    model = small(max_epochs=3, **params)
    assert_same_model(found.best_estimator_, clone(model).fit(X, y), X)
    folds = StratifiedKFold(2, shuffle=True, random_state=0)
    assert found.best_score_ == pytest.approx(cross_val_score(model, X, y, cv=folds).mean())
    best = found.table().iloc[0]
    assert best["score"] == found.best_score_
    assert {name: best[name] for name in params} == params


def test_the_first_trial_is_the_estimator_as_it_is(found):
    first = found.trials.iloc[0]
    assert (first["lr"], first["activation"]) == (0.01, "relu")
    assert first["epochs"] == 6


def test_the_same_seed_finds_the_same_trials_in_memory_and_in_a_file(found, search, tmp_path):
    same_trials(found, search(storage=tmp_path / "search.db"))


def test_the_same_call_goes_on_after_ctrl_c(found, search, tmp_path, monkeypatch):
    fit_fold, n_fits = _trial.fit_fold, []

    def interrupted(*args):
        n_fits.append(1)
        if len(n_fits) == 4:  # the second fold of the second trial
            signal.raise_signal(signal.SIGINT)
        return fit_fold(*args)

    monkeypatch.setattr(_trial, "fit_fold", interrupted)
    storage = tmp_path / "search.db"
    with pytest.raises(KeyboardInterrupt):
        search(storage=storage)
    n_before = len(n_fits)
    resumed = search(storage=storage, random_state=None)  # the seed is in the file
    same_trials(found, resumed)
    assert resumed.random_state == 0
    assert resumed.counts_.get("stopped") == 1
    n_first = len(n_fits) - n_before
    assert search(storage=storage).counts_ == resumed.counts_  # nothing is left to do
    assert len(n_fits) - n_before == n_first


def test_another_search_with_the_same_file_is_refused(search, data, small, tmp_path):
    storage = tmp_path / "search.db"
    search(storage=storage, n_trials=1)
    X, y = data
    for change, what in [
        ({"random_state": 1}, "folds|random_state"),
        ({"cv": 3}, "folds"),
        ({"space": {"lr": [0.01]}}, r"space\['activation'\].* is no longer there"),
        ({"estimator": small(max_epochs=2)}, "estimator.max_epochs was '3' and is now '2'"),
        ({"prune": False}, "prune"),
        ({"sampler": "random"}, "sampler"),
    ]:
        with pytest.raises(ValueError, match=f"holds the trials of another search: .*({what})"):
            search(storage=storage, **change)
    for other in [(X + 1, y), (X, y[::-1])]:
        with pytest.raises(ValueError, match="another search: data"):
            search.func(*other, **search.keywords, storage=storage)


def test_the_budget_stops_the_running_trial(search, monkeypatch, tmp_path):
    epochs = []
    fit_fold = _trial.fit_fold

    def counted(*args):
        def on_epoch(*epoch):
            epochs.append(epoch)
            args[-1](*epoch)

        fit_fold(*args[:-1], on_epoch)

    monkeypatch.setattr(_trial, "fit_fold", counted)
    monkeypatch.setattr(Problem, "time_is_up", property(lambda self: len(epochs) >= 8))
    result = search(n_trials=None)
    assert result.counts_ == {"complete": 1, "stopped": 1}
    assert result.trials["epochs"].tolist() == [6, 2]

    epochs.clear()
    monkeypatch.setattr(Problem, "time_is_up", property(lambda self: len(epochs) >= 1))
    with pytest.raises(ValueError, match=r"budget_minutes=5 was over before a trial was complete "
                       r"\(1 trial begun\). Give more minutes"):  # fmt: skip
        search(storage=tmp_path / "search.db")


def test_elapsed_time_goes_on_with_the_file(search, tmp_path):
    first = search(storage=tmp_path / "search.db", n_trials=1)
    second = search(storage=tmp_path / "search.db", n_trials=2)
    assert second.trials["elapsed"].iloc[1] > first.trials["elapsed"].iloc[0] > 0


def test_two_processes(search, tmp_path):
    result = search(n_jobs=2, storage=tmp_path / "search.db")
    assert len(result.trials) == 4
    assert set(result.counts_) <= {"complete", "pruned"}
    own = result.trials.iloc[0]
    assert (own["lr"], own["activation"]) == (0.01, "relu")


def test_a_trial_that_fails_is_noted_and_the_others_go_on(search):
    space = {"lr": [0.01, 1e30]}
    with pytest.warns(FitFailedWarning, match="Trial . failed: ValueError: Training diverged"):
        result = search(space=space, n_trials=5)
    failed = result.trials[result.trials["state"] == "failed"]
    assert len(failed) + result.counts_["complete"] + result.counts_.get("pruned", 0) == 5
    assert failed["error"].str.startswith("ValueError: Training diverged").all()
    assert result.best_params_ == {"lr": 0.01}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
def test_a_search_of_failures_ends(search):
    with pytest.raises(ValueError, match=r"The first 3 trials failed, .* Training diverged"):
        search(space={"lr": [1e30, 2e30]}, n_trials=None)


def test_a_pipeline_a_hold_out_and_a_data_frame(data, search, small):
    X, y = data
    pipe = make_pipeline(ImagePreprocessor(size=16, resize="bilinear"), small(max_epochs=2))
    result = search.func(
        pd.DataFrame(X), np.array(["digit"])[0] + y.astype(str).astype(object), budget_minutes=5,
        n_trials=2, cv=StratifiedShuffleSplit(1, test_size=0.3), random_state=0, estimator=pipe,
        space={"lenet5classifier__lr": [0.01, 0.02], "imagepreprocessor__size": [16, 20]},
        progress=False,
    )  # fmt: skip
    assert set(result.best_params_) == {"lenet5classifier__lr", "imagepreprocessor__size"}
    assert result.best_estimator_.classes_[0] == "digit0"
    assert result.trials["epochs"].tolist()[0] == 2
    assert result.trials["score_sd"].isna().all()


def test_optuna_is_silent_unless_it_is_asked_to_speak(search, caplog, monkeypatch):
    # Older versions of pytest capture what reaches the root logger alone.
    monkeypatch.setattr(logging.getLogger("optuna"), "propagate", True)
    before = optuna.logging.get_verbosity()
    search(n_trials=1)
    assert caplog.text == ""
    assert optuna.logging.get_verbosity() == before
    search(n_trials=1, verbose=1)
    assert "A new study created" in caplog.text
    assert "trial 0: accuracy" in caplog.text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"budget_minutes": 0}, "budget_minutes must be a number above 0. Got 0"),
        ({"budget_minutes": -1.5}, "budget_minutes must be a number above 0. Got -1.5"),
        ({"budget_minutes": float("nan")}, "budget_minutes must be a number above 0. Got nan"),
        ({"budget_minutes": "5"}, "budget_minutes must be a number above 0. Got '5'"),
        ({"budget_minutes": np.inf, "n_trials": None}, "budget_minutes must be finite"),
        ({"n_trials": 0}, "n_trials must be an int of 1 or more, or None. Got 0"),
        ({"n_trials": 2.5}, "n_trials must be an int of 1 or more, or None. Got 2.5"),
        ({"sampler": "grid"}, r"sampler must be one of \['tpe', 'random'\]. Got 'grid'"),
        ({"cv": 40}, "cv=40 folds need at least 40 samples of each class, but y has"),
        ({"cv": 1}, "cv must be at least 2 folds. Got 1"),
        ({"space": {"rate": [1]}}, r"space must hold parameters of LeNet5Classifier. Got \['rate'"),
        ({"random_state": -1}, "random_state must be None or an int"),
    ],
)
def test_bad_arguments(change, message, search):
    with pytest.raises(ValueError, match=message):
        search(**change)


def test_bad_data(search, data):
    X, y = data
    with pytest.raises(ValueError, match=r"y must hold at least two classes. Got"):
        search.func(X, np.zeros_like(y), **search.keywords)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        search.func(X, y[:-1], **search.keywords)


def test_without_optuna(search, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ImportError, match="search_lenet5 needs the package 'optuna'"):
        search()
