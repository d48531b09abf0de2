import pandas as pd
import pytest

from lenet_sklearn.comparison import ReproductionResult
from lenet_sklearn.comparison._reproduction_plots import draw_claims

pytest.importorskip("matplotlib").use("agg")


def test_measured_and_claimed_errors_are_drawn():
    runs = pd.DataFrame(
        {
            "id": ["lecun1998", "lecun1998", "lenet-sklearn"],
            "seed": [0, 1, 0],
            "test_accuracy": [0.989, 0.991, 0.992],
        }
    )
    ax = draw_claims(ReproductionResult(runs, pd.DataFrame()))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["lenet-sklearn", "lecun1998"]
    (bars,) = ax.containers
    measured, _, (spread,) = bars
    assert measured.get_xdata() == pytest.approx([0.8, 1.0])
    assert measured.get_ydata().tolist() == [0, 1]
    low, high = spread.get_segments()[1][:, 0]
    assert (low, high) == pytest.approx((1.0 - 2 * 0.1414, 1.0 + 2 * 0.1414), abs=1e-3)
    claimed = ax.lines[-1]
    assert claimed.get_xdata()[1] == pytest.approx(0.95)
    assert claimed.get_xdata()[0] != claimed.get_xdata()[0]  # nothing is claimed there
    assert ax.get_xlabel() == "test error (%)"
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert sorted(labels) == ["claimed", "measured, mean ± 2 sd of the seeds"]
