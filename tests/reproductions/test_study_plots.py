import pandas as pd
import pytest

from lenet_sklearn.reproductions.studies import StudyResult
from lenet_sklearn.reproductions.study_plots import plot_study

pytest.importorskip("matplotlib").use("agg")


def make(name, factors, accuracy, **more):
    columns = {
        **factors,
        "seed": range(len(accuracy)),
        "test_accuracy": accuracy,
        "parameters": 100.0,
        "fit_seconds": 1.0,
        "predict_microseconds": 1.0,
        **more,
    }
    return StudyResult(name, pd.DataFrame(columns))


def test_categories_stand_side_by_side_in_one_colour_each():
    factors = {
        "activation": ["relu", "relu", "tanh", "relu"],
        "pooling": ["max", "max", "max", "avg"],
    }
    ax = plot_study(make("ablation", factors, [0.98, 0.99, 0.97, 0.96]))
    first, second = ax.containers
    assert first[0].get_ydata() == pytest.approx([1.5, 3.0])
    assert second[0].get_ydata() == pytest.approx([4.0])
    low, high = first[2][0].get_segments()[0][:, 1]  # from the lowest seed to the highest
    assert (low, high) == pytest.approx((1.0, 2.0))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["relu", "tanh"]
    assert first[0].get_color() != second[0].get_color()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["max", "avg"]
    assert ax.get_ylabel() == "test error (%)"
    assert ax.get_title() == (
        "Activations and pooling\nmean of up to 2 seeds, bars from the lowest seed to the highest"
    )


def test_one_seed_is_a_singular():
    factors = {"activation": ["relu"], "pooling": ["max"]}
    one = make("ablation", factors, [0.98])
    assert one.note().startswith("Mean ± standard deviation over 1 seed; times are those of the ")
    assert plot_study(one).get_title() == "Activations and pooling\none seed each"
    assert repr(one).startswith("StudyResult('ablation', 1 case, 1 run; best")


def test_parameters_have_a_scale():
    result = make("efficiency", {"network": ["a", "b"]}, [0.98, 0.99], parameters=[3e3, 6e4])
    ax = plot_study(result)
    assert ax.get_xscale() == "log"
    assert ax.containers[0][0].get_xdata().tolist() == [3e3, 6e4]
    assert ax.get_legend() is None
    assert ax.get_title() == "Accuracy against parameters\none seed each"
