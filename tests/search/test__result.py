"""The table of trials and their chart."""

import matplotlib.pyplot as plt
import numpy as np
import optuna
import pandas as pd
import pytest
from optuna.distributions import CategoricalDistribution
from optuna.trial import TrialState, create_trial

from lenet_sklearn.search import SearchResult
from lenet_sklearn.search._result import make_table

LABELS = {"none": None, "relu": "relu"}
SPACE = {"activation": CategoricalDistribution(list(LABELS))}


def make_result(n_more=0):
    def add(state, value, choice, **attrs):
        study.add_trial(create_trial(
            state=state, value=value, params={"activation": choice}, distributions=SPACE,
            user_attrs=attrs,
        ))  # fmt: skip

    study = optuna.create_study(direction="maximize")
    add(TrialState.COMPLETE, 0.90, "relu", epochs=4, fold_scores=[0.8, 1.0], last_score=1.0,
        elapsed=2.0)  # fmt: skip
    add(TrialState.PRUNED, 0.4, "none", epochs=1, fold_scores=[], last_score=0.4, elapsed=3.0)
    add(TrialState.COMPLETE, 0.95, "none", epochs=4, fold_scores=[0.95, 0.95], last_score=0.95,
        elapsed=5.0)  # fmt: skip
    add(TrialState.FAIL, None, "none", epochs=1, stopped="interrupted", last_score=0.93,
        elapsed=6.0)  # fmt: skip
    add(TrialState.FAIL, None, "relu", error="ValueError: no", last_score=None, elapsed=7.0)
    add(TrialState.FAIL, None, "relu")  # of a killed process
    for place in range(n_more):
        add(TrialState.COMPLETE, 0.1, "relu", epochs=4, fold_scores=[0.1], last_score=0.1,
            elapsed=100.0 + 100 * place)  # fmt: skip
    table = make_table(
        study.trials, ["activation"], lambda drawn: {k: LABELS[v] for k, v in drawn.items()}
    )
    return SearchResult(table, ["activation"], None, {"activation": None}, 0.95, 0)


def test_the_table():
    table = make_result().table()
    assert table.index.name == "trial"
    assert table.index.tolist() == [2, 0, 1, 3, 4, 5]
    assert table["state"].tolist() == [
        "complete", "complete", "pruned", "stopped", "failed", "stopped"
    ]  # fmt: skip
    assert table.loc[0, "score"] == 0.90
    assert table.loc[0, "score_sd"] == pytest.approx(np.std([0.8, 1.0], ddof=1))
    assert table.loc[[1, 3, 4, 5], "score"].isna().all()
    assert table.loc[1, "last_score"] == 0.4
    assert table["epochs"].tolist()[:4] == [4, 4, 1, 1]
    assert table["epochs"].isna().tolist()[4:] == [True, True]
    assert table.loc[4, "error"] == "ValueError: no"
    assert table.loc[2, "activation"] is None


def test_counts_and_repr():
    result = make_result()
    assert result.counts_ == {"complete": 2, "pruned": 1, "stopped": 2, "failed": 1}
    assert repr(result) == (
        "SearchResult(6 trials: 2 complete, 1 pruned, 2 stopped, 1 failed; best: trial 2, "
        "accuracy 0.9500)"
    )


def lines(ax):
    return {line.get_label(): np.asarray(line.get_data()) for line in ax.lines}


@pytest.mark.parametrize("by", ["time", "trials"])
def test_the_chart(by):
    ax = make_result().plot(by=by)
    drawn = lines(ax)
    x = [2, 5, 7] if by == "time" else [1, 3, 6]
    np.testing.assert_allclose(drawn["best so far"], [x, [90, 95, 95]])
    np.testing.assert_allclose(drawn["complete"], [x[:2], [90, 95]])
    np.testing.assert_allclose(drawn["ended early (last epoch)"][1], [93])
    assert "ended early, below the picture" in drawn
    assert ax.get_title() == "Best of 6 trials: 95.00 %"
    assert ("seconds" if by == "time" else "trials") in ax.get_xlabel()
    plt.close(ax.figure)


def test_the_chart_of_a_long_search_is_in_minutes_and_shows_the_best():
    _, mine = plt.subplots()
    ax = make_result(n_more=3).plot(mine)
    assert ax is mine
    assert "minutes" in ax.get_xlabel()
    assert ax.get_ylim()[0] > 50
    assert len(lines(ax)["below the picture"][0]) == 4
    plt.close(ax.figure)


def test_another_axis_is_refused():
    with pytest.raises(ValueError, match=r"by must be 'time' or 'trials'. Got 'epochs'"):
        make_result().plot(by="epochs")


def test_numbers_stay_numbers():
    study = optuna.create_study()
    study.enqueue_trial({"x": 0.5})
    study.ask().suggest_float("x", 0, 1)
    table = make_table(study.trials, ["x"], dict)
    assert pd.api.types.is_float_dtype(table["x"])
