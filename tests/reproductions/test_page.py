import pandas as pd
import pytest

from lenet_sklearn.reproductions import ReproductionResult
from lenet_sklearn.reproductions.page import explain


def explained(test_accuracy, test_loss, train_accuracy, claim, quick=False):
    runs = pd.DataFrame(
        {
            "id": ["fashion-cnn"],
            "seed": 0,
            "test_accuracy": test_accuracy,
            "test_loss": test_loss,
            "train_accuracy": train_accuracy,
        }
    )
    result = ReproductionResult(runs, pd.DataFrame(), quick=quick)
    claims = result.claims().set_index("claim", drop=False)
    return explain(claims.loc[claim], result)


def test_what_is_borne_out_needs_no_reason():
    text = explained(0.93, 0.2, 0.95, "test_accuracy")
    assert text == ("Test accuracy, exceeded: 0.9300 (0.9300) against 0.92 claimed, 0.0100 above.")


@pytest.mark.parametrize(
    ("figures", "claim", "reason"),
    [
        ((0.91, 0.3, 0.95), "test_accuracy", "The network has overfitted (training accuracy 0.95"),
        ((0.91, 0.3, 0.915), "test_accuracy", "The network has not overfitted (training accuracy"),
        ((0.92, 0.4, 0.95), "test_loss", "it grows surer of its mistakes while its accuracy stays"),
        ((0.91, 0.3, 0.915), "test_loss", "it could be trained for longer"),
        ((0.99, 0.3, 0.996), "test_loss", "The network has learned its training images"),
    ],
)
def test_what_is_not_reached_has_a_reason(figures, claim, reason):
    text = explained(*figures, claim)
    assert "not reached" in text
    assert reason in text


def test_quick_runs_are_not_judged():
    assert "Test accuracy, not judged: " in explained(0.1, 2.3, 0.1, "test_accuracy", quick=True)
