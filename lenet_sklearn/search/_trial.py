"""One trial: draw parameters, fit the folds, report to Optuna, and stop early where it says so."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn.search._space import SearchSpace
from lenet_sklearn.search._steps import fit_fold

# The first fold is reported at so many points of its schedule. Trials are compared at equal shares
# of it, since the rate falls along the schedule, and augmented fits have more epochs.
N_POINTS = 10
_N_WARM_UP = 2  # points before the first comparison
_N_RANDOM = 8  # trials that are drawn at random before Optuna's sampler has enough to go by


class OutOfTimeError(Exception):
    """The budget has ended within a trial."""


@dataclass(frozen=True)
class Problem:
    """What all trials of a search share.

    Parameters
    ----------
    estimator : LeNet5Classifier or Pipeline
        With a seed in each `random_state`.
    X, y : array-likes
    splits : list of (train, test)
        Rows of each fold.
    space : SearchSpace
    seed : int
    sampler : {"tpe", "random"}
    prune : bool
    began, deadline : float
        On the clock `time.monotonic`, which all processes of a machine share. Seconds of earlier
        calls are before `began`.
    """

    estimator: Any
    X: Any
    y: np.ndarray
    splits: list[tuple[np.ndarray, np.ndarray]]
    space: SearchSpace
    seed: int
    sampler: str
    prune: bool
    began: float
    deadline: float

    @property
    def time_is_up(self) -> bool:
        """Whether the budget has ended."""
        return time.monotonic() >= self.deadline

    def make_pruner(self) -> Any:
        """Make Optuna's pruner: a trial below the median of the others at the same point ends."""
        pruners = import_optional("optuna", extra="search", purpose="search_lenet5").pruners
        if not self.prune:
            return pruners.NopPruner()
        return pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=_N_WARM_UP)

    def make_sampler(self, place: int) -> Any:
        """Make the sampler of a trial by its place, so that a resumed search draws the same."""
        samplers = import_optional("optuna", extra="search", purpose="search_lenet5").samplers
        seed = int(np.random.SeedSequence([self.seed, place]).generate_state(1)[0])
        if self.sampler == "random":
            return samplers.RandomSampler(seed=seed)
        return samplers.TPESampler(seed=seed, n_startup_trials=_N_RANDOM)


def counts(trial: Any) -> bool:
    """Return whether a trial is one of `n_trials`; one that was interrupted is not."""
    return trial.state.name in ("COMPLETE", "PRUNED", "RUNNING") or "error" in trial.user_attrs


def run_trial(problem: Problem, study: Any, place: int) -> dict[str, Any]:
    """Compute one trial, store it in the study, and return what is to be said of it.

    `place` is the number of trials before it that count; its draw depends on that and the seed.
    """
    states = import_optional("optuna", extra="search", purpose="search_lenet5").trial.TrialState
    study.sampler, study.pruner = problem.make_sampler(place), problem.make_pruner()
    trial = study.ask(problem.space.distributions)
    watch = _Watch(problem, trial)
    state, score, error = states.FAIL, None, ""
    try:
        params = problem.space.decode(trial.params)
        for split in problem.splits:
            fit_fold(problem.estimator, params, problem.X, problem.y, split, watch.on_epoch)
            watch.end_fold()
        state, score = states.COMPLETE, float(np.mean(watch.scores))
    except _Pruned:
        state = states.PRUNED
    except OutOfTimeError:
        trial.set_user_attr("stopped", "the budget ended")
    except Exception as raised:  # a network that diverges, say; the other trials go on
        error = f"{type(raised).__name__}: {raised}"
        trial.set_user_attr("error", error)
    except BaseException:  # Ctrl-C
        trial.set_user_attr("stopped", "interrupted")
        _tell(study, trial, watch, states.FAIL, None)
        raise
    _tell(study, trial, watch, state, score)
    return {"number": trial.number, "state": state.name, "score": score, "error": error}


def _tell(study: Any, trial: Any, watch: _Watch, state: Any, score: float | None) -> None:
    trial.set_user_attr("epochs", watch.n_epochs)
    trial.set_user_attr("fold_scores", watch.scores)
    trial.set_user_attr("last_score", watch.last)
    trial.set_user_attr("elapsed", time.monotonic() - watch.problem.began)
    study.tell(trial, score, state=state)


class _Pruned(Exception):  # noqa: N818  (no error)
    """Optuna has ended the trial."""


class _Watch:
    """Reports the epochs of a trial to Optuna."""

    # A bad trial shows itself in the first fold, so that is reported by epoch. Later folds count
    # when they end, by the mean of the folds so far: their first epochs say nothing new.

    def __init__(self, problem: Problem, trial: Any) -> None:
        self.problem, self.trial = problem, trial
        self.scores: list[float] = []  # of the finished folds
        self.last: float | None = None  # of the last epoch
        self.n_epochs = 0

    def on_epoch(self, epoch: int, n_epochs: int, accuracy: float) -> None:
        """Note an epoch of the current fold; raise where the trial ends here."""
        self.n_epochs += 1
        self.last = accuracy
        last_fold = len(self.scores) + 1 == len(self.problem.splits)
        if epoch == n_epochs and last_fold:
            self._report(epoch, n_epochs, accuracy)
            return  # the trial is complete
        if self.problem.time_is_up:
            raise OutOfTimeError
        if self._report(epoch, n_epochs, accuracy) and self.trial.should_prune():
            raise _Pruned

    def _report(self, epoch: int, n_epochs: int, accuracy: float) -> bool:
        """Report the points of the schedule that this epoch passed; return if there are any."""
        passed = [N_POINTS * number // n_epochs for number in (epoch - 1, epoch)]
        points = range(passed[0] + 1, passed[1] + 1) if not self.scores else range(0)
        for point in points:
            self.trial.report(accuracy, point)
        return len(points) > 0

    def end_fold(self) -> None:
        """Note the score of a fold: that of its last epoch."""
        assert self.last is not None
        self.scores.append(self.last)
        n_folds = len(self.scores)
        if 1 < n_folds < len(self.problem.splits):
            self.trial.report(float(np.mean(self.scores)), N_POINTS + n_folds)
            if self.trial.should_prune():
                raise _Pruned


def describe_outcome(outcome: Mapping[str, Any]) -> str:
    """Make a short line of a finished trial."""
    words = {"COMPLETE": "", "PRUNED": "pruned", "FAIL": outcome["error"] or "stopped"}
    text = words[outcome["state"]] or f"accuracy {outcome['score']:.4f}"
    return f"trial {outcome['number']}: {text}"
