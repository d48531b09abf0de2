"""What a search found: the best model, the table of trials and their chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lenet_sklearn._messages import count
from lenet_sklearn.inspection._style import BLUE, GREY, VERMILION, new_axes

STATES = ("complete", "pruned", "stopped", "failed")
_SECONDS_OF_MINUTES = 180
_MOST_POINTS = 30  # of accuracy between the best trial and the lowest that is drawn


@dataclass(repr=False, eq=False)
class SearchResult:
    """The trials of a search, and the best model; returned by :func:`~lenet_sklearn.search_lenet5`.

    Parameters
    ----------
    trials : DataFrame
        One row for each trial, in the order of their beginning; see :meth:`table`.
    parameters : sequence of str
        The names of the columns that hold parameters.
    best_estimator_ : classifier
        The model with the best parameters, fitted on all data.
    best_params_ : dict
        The best parameters.
    best_score_ : float
        Their validation accuracy, the mean over the folds. It is the best of many, so it is too
        high by a little: measure the model on data that the search has not seen.
    random_state : int
        The seed of the folds, the trials and the models.

    Attributes
    ----------
    counts_ : dict of str to int
        Number of trials in each state.
    best_trial_ : int
        Number of the best trial.

    Examples
    --------
    >>> import pandas as pd
    >>> from lenet_sklearn.search import SearchResult
    >>> trials = pd.DataFrame({"state": ["complete", "pruned"], "score": [0.9, None]})
    >>> SearchResult(trials, [], None, {"lr": 0.01}, 0.9, 0)
    SearchResult(2 trials: 1 complete, 1 pruned; best: trial 0, accuracy 0.9000)
    """

    trials: pd.DataFrame
    parameters: Sequence[str]
    best_estimator_: Any
    best_params_: dict[str, Any]
    best_score_: float
    random_state: int

    @property
    def counts_(self) -> dict[str, int]:
        """Number of trials in each state that occurs."""
        found = self.trials["state"].value_counts()
        return {state: int(found[state]) for state in STATES if state in found}

    @property
    def best_trial_(self) -> int:
        """Number of the best trial."""
        return int(self.trials["score"].astype(float).idxmax())

    def table(self) -> pd.DataFrame:
        """Return the trials, the best first.

        Returns
        -------
        table : DataFrame
            Indexed by the number of the trial, with the columns

            ``state``
                "complete"; "pruned", if it was ended since it was below the median of the others;
                "stopped" by the end of the budget, by Ctrl-C or with its process; "failed" with an
                exception.
            ``score``, ``score_sd``
                Accuracy on the validation folds, mean and sample standard deviation. NaN if the
                trial is not complete.
            ``last_score``
                Validation accuracy of the last epoch.
            ``epochs``, ``seconds``
                What it took: epochs of all folds, and wall time.
            ``elapsed``
                Seconds of search until its end, with those of earlier calls.
            ``error``
                What was raised, e.g. "ValueError: ...", or "".

            and then the parameters.
        """
        return self.trials.sort_values("score", ascending=False, kind="stable", na_position="last")

    def plot(self, ax: Any = None, *, by: str = "time") -> Any:
        """Draw the accuracy of the trials, and the best one so far.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure.
        by : {"time", "trials"}, default="time"
            The horizontal axis: seconds or minutes of search, or the number of the trial.

        Returns
        -------
        ax : matplotlib Axes
            Where it was drawn.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If `by` is something else.
        """
        if by not in ("time", "trials"):
            raise ValueError(f"by must be 'time' or 'trials'. Got {by!r}.")
        ended = self.trials.sort_values("elapsed", kind="stable")
        x, label = _horizontal(ended, by)
        if is_new := ax is None:
            ax = new_axes("SearchResult.plot", (6.4, 4.4))
        complete = (ended["state"] == "complete").to_numpy()
        score = 100 * ended["score"].to_numpy(dtype=float)
        best = np.maximum.accumulate(score[complete])
        until = [*x[complete], np.nanmax(x)]
        ax.step(until, [*best, best[-1]], where="post", color=VERMILION, label="best so far")
        ax.plot(x[complete], score[complete], "o", color=BLUE, label="complete")
        # Trials that ended early, or far below, would flatten the picture.
        low = max(score[complete].min(), best[-1] - _MOST_POINTS)
        margin = 0.08 * (best[-1] - low + 1)
        last = np.where(complete, score, 100 * ended["last_score"].to_numpy(dtype=float))
        shown = last >= low - margin / 2
        early, below = ~complete & shown, ~shown & ~np.isnan(last)
        if early.any():
            ax.plot(x[early], last[early], "x", color=GREY, label="ended early (last epoch)")
        if below.any():
            edge = np.full(below.sum(), low - margin)
            label_of_edge = (
                "ended early, below the picture"
                if not complete[below].any()
                else ("below the picture")
            )
            ax.plot(x[below], edge, "v", color=GREY, clip_on=False, label=label_of_edge)
        ax.set_ylim(low - margin, best[-1] + margin)
        title = f"Best of {count(len(ended), 'trial')}: {100 * self.best_score_:.2f} %"
        ax.set(xlabel=label, ylabel="validation accuracy (%)", title=title)
        if by == "trials":
            ax.xaxis.get_major_locator().set_params(integer=True)
        ax.grid(alpha=0.3)
        if is_new:  # a legend of the figure covers no trial
            ax.figure.legend(loc="outside lower center", ncols=2, frameon=False)
        else:
            place = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18)}
            ax.legend(**place, ncols=2, frameon=False)
        return ax

    def __repr__(self) -> str:
        counts = ", ".join(f"{number} {state}" for state, number in self.counts_.items())
        return (
            f"SearchResult({count(len(self.trials), 'trial')}: {counts}; best: trial "
            f"{self.best_trial_}, accuracy {self.best_score_:.4f})"
        )


def _horizontal(ended: pd.DataFrame, by: str) -> tuple[np.ndarray, str]:
    """Return where the trials stand, and the label of the axis."""
    if by == "trials":  # in the order of their end
        return np.arange(1, len(ended) + 1, dtype=float), "trials that have ended"
    seconds = ended["elapsed"].to_numpy(dtype=float)
    if np.nanmax(seconds) > _SECONDS_OF_MINUTES:
        return seconds / 60, "time since the search began (minutes)"
    return seconds, "time since the search began (seconds)"


def make_table(trials: Sequence[Any], parameters: Sequence[str], decode: Any) -> pd.DataFrame:
    """Make the table of Optuna's trials, in the order of their numbers."""
    rows = []
    for trial in trials:
        known, params = trial.user_attrs, decode(trial.params)
        scores = known.get("fold_scores") or []
        complete = trial.state.name == "COMPLETE"
        row = {
            "trial": trial.number,
            "state": _state(trial),
            "score": trial.value if complete else np.nan,
            "score_sd": np.std(scores, ddof=1) if complete and len(scores) > 1 else np.nan,
            "last_score": np.nan if known.get("last_score") is None else known["last_score"],
            "epochs": known.get("epochs", pd.NA),
            "seconds": trial.duration.total_seconds() if trial.duration else np.nan,
            "elapsed": known.get("elapsed", np.nan),
            "error": known.get("error", ""),
        }
        rows.append(row | {name: params.get(name) for name in parameters})
    table = pd.DataFrame(rows).set_index("trial").astype({"epochs": "Int64"})
    for name in parameters:  # pandas would take None for NaN
        values = [row[name] for row in rows]
        if not all(isinstance(value, int | float) for value in values):
            table[name] = pd.Series(values, index=table.index, dtype=object)
    return table.astype(dict.fromkeys(("score", "score_sd", "last_score", "elapsed"), float))


def _state(trial: Any) -> str:
    if trial.state.name == "FAIL":
        return "failed" if "error" in trial.user_attrs else "stopped"
    return {"COMPLETE": "complete", "PRUNED": "pruned"}.get(trial.state.name, "stopped")
