"""One trial: what it reports, and where it ends."""

import time
from types import SimpleNamespace

import numpy as np
import optuna
import pytest

from lenet_sklearn.search import _trial
from lenet_sklearn.search._space import make_space
from lenet_sklearn.search._trial import N_POINTS, Problem, counts, describe_outcome, run_trial


@pytest.fixture
def problem(data, small):
    X, y = data
    rows = np.arange(len(y))
    estimator = small(max_epochs=4)
    return Problem(
        estimator, X, y, [(rows[:60], rows[60:]), (rows[60:], rows[:60])],
        make_space({"lr": [0.01, 1e-7]}, estimator), seed=0, sampler="random", prune=True,
        began=time.monotonic(), deadline=float("inf"),
    )  # fmt: skip


@pytest.fixture
def study():
    return optuna.create_study(direction="maximize")


def with_rates(study, *rates):
    for lr in rates:
        study.enqueue_trial({"lr": lr})


def test_a_complete_trial(problem, study):
    with_rates(study, 0.01)
    outcome = run_trial(problem, study, 0)
    (trial,) = study.trials
    assert trial.state.name == outcome["state"] == "COMPLETE"
    assert trial.value == outcome["score"] == np.mean(trial.user_attrs["fold_scores"])
    assert trial.user_attrs["epochs"] == 8
    assert list(trial.intermediate_values) == list(range(1, N_POINTS + 1))
    # Four epochs: the points of one share of the schedule have one value.
    assert trial.intermediate_values[3] == trial.intermediate_values[4]
    assert trial.intermediate_values[10] == trial.user_attrs["fold_scores"][0]


def test_a_bad_trial_is_pruned_in_its_first_fold(problem, study):
    with_rates(study, *[0.01] * 4, 1e-7)
    for _ in range(5):
        run_trial(problem, study, 0)
    assert [t.state.name for t in study.trials] == ["COMPLETE"] * 4 + ["PRUNED"]
    assert 1 <= study.trials[4].user_attrs["epochs"] < 4
    assert study.trials[4].user_attrs["fold_scores"] == []


def test_a_trial_that_is_worse_in_a_later_fold_is_pruned_there(problem, study, monkeypatch):
    scores = iter([[0.9, 0.9, 0.9]] * 4 + [[0.9, 0.1, 0.9]])

    def fit_fold(estimator, params, X, y, split, on_epoch):
        on_epoch(1, 1, trial_scores.pop(0))

    monkeypatch.setattr(_trial, "fit_fold", fit_fold)
    three = Problem(**{**vars(problem), "splits": [problem.splits[0]] * 3})
    monkeypatch.setattr(three.__class__, "make_pruner", lambda self: LessThan(0.6))
    for _ in range(5):
        trial_scores = list(next(scores))
        run_trial(three, study, 0)
    assert [t.state.name for t in study.trials] == ["COMPLETE"] * 4 + ["PRUNED"]
    assert study.trials[4].user_attrs["epochs"] == 2


class LessThan(optuna.pruners.BasePruner):
    def __init__(self, bound):
        self.bound = bound

    def prune(self, study, trial):
        return trial.intermediate_values[trial.last_step] < self.bound


def test_nothing_is_pruned_without_pruning(problem, study):
    with_rates(study, *[0.01] * 4, 1e-7)
    free = Problem(**{**vars(problem), "prune": False})
    for _ in range(5):
        run_trial(free, study, 0)
    assert {t.state.name for t in study.trials} == {"COMPLETE"}


def test_a_trial_stops_at_the_end_of_its_epoch_when_time_is_up(problem, study):
    late = Problem(**{**vars(problem), "deadline": time.monotonic()})
    outcome = run_trial(late, study, 0)
    (trial,) = study.trials
    assert trial.state.name == "FAIL"
    assert trial.user_attrs["epochs"] == 1
    assert trial.user_attrs["stopped"] == "the budget ended"
    assert not counts(trial)
    assert describe_outcome(outcome) == "trial 0: stopped"


def test_the_last_epoch_completes_a_trial_even_if_time_is_up(problem, study, monkeypatch):
    def fit_fold(estimator, params, X, y, split, on_epoch):
        on_epoch(1, 1, 0.5)

    monkeypatch.setattr(_trial, "fit_fold", fit_fold)
    late = Problem(**{**vars(problem), "splits": problem.splits[:1], "deadline": time.monotonic()})
    assert run_trial(late, study, 0)["state"] == "COMPLETE"


def test_an_exception_is_stored_and_the_trial_counts(problem, study, monkeypatch):
    def fit_fold(*args):
        raise ValueError("Training diverged")

    monkeypatch.setattr(_trial, "fit_fold", fit_fold)
    outcome = run_trial(problem, study, 0)
    assert outcome["error"] == "ValueError: Training diverged"
    assert study.trials[0].user_attrs["error"] == outcome["error"]
    assert counts(study.trials[0])
    assert describe_outcome(outcome) == "trial 0: ValueError: Training diverged"


def test_ctrl_c_ends_the_trial_and_goes_on(problem, study, monkeypatch):
    def fit_fold(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(_trial, "fit_fold", fit_fold)
    with pytest.raises(KeyboardInterrupt):
        run_trial(problem, study, 0)
    assert study.trials[0].state.name == "FAIL"
    assert not counts(study.trials[0])


def test_the_sampler_depends_on_seed_and_place(problem):
    def draw(seed, place):
        study = optuna.create_study()
        study.sampler = Problem(**{**vars(problem), "seed": seed}).make_sampler(place)
        return study.ask().suggest_float("x", 0, 1)

    assert draw(0, 1) == draw(0, 1)
    assert len({draw(0, 1), draw(0, 2), draw(1, 1)}) == 3


def test_tpe_is_made_where_it_is_asked_for(problem):
    tpe = Problem(**{**vars(problem), "sampler": "tpe"}).make_sampler(0)
    assert isinstance(tpe, optuna.samplers.TPESampler)
    assert not isinstance(problem.make_sampler(0), optuna.samplers.TPESampler)


def test_the_line_of_an_outcome():
    outcome = {"number": 2, "state": "COMPLETE", "score": 0.5, "error": ""}
    assert describe_outcome(outcome) == "trial 2: accuracy 0.5000"
    assert describe_outcome({**outcome, "state": "PRUNED"}) == "trial 2: pruned"
    assert counts(SimpleNamespace(state=SimpleNamespace(name="RUNNING"), user_attrs={}))
