import warnings

import pandas as pd
import pytest

from lenet_sklearn.reproductions import ReproductionResult
from lenet_sklearn.reproductions.plots import caption_claims, plot_claims

pytest.importorskip("matplotlib").use("agg")


def test_measured_and_claimed_errors_are_drawn():
    runs = pd.DataFrame(
        {
            "id": ["lecun1998", "lecun1998", "lenet-sklearn"],
            "seed": [0, 1, 0],
            "test_accuracy": [0.989, 0.991, 0.992],
        }
    )
    ax = plot_claims(ReproductionResult(runs, pd.DataFrame()))
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
    labels = [text.get_text() for text in ax.figure.legends[0].get_texts()]
    assert sorted(labels) == [
        "claimed",
        "measured: mean ± 2 standard deviations over up to 2 seeds",
    ]


@pytest.mark.parametrize("ids", [["lecun1998"], ["lenet-sklearn"], ["lecun1998", "feedforward"]])
def test_nothing_is_cut_off_however_few_networks(ids):
    """Of one network there was no room for the axes, and matplotlib warned."""
    rows = [
        {"id": id_, "seed": seed, "test_accuracy": 0.989 + 0.001 * seed, "test_loss": 0.05}
        for id_ in ids
        for seed in (0, 1)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = plot_claims(ReproductionResult(pd.DataFrame(rows), pd.DataFrame()))
        ax.figure.canvas.draw()
    width, height = ax.figure.canvas.get_width_height()
    (legend,) = ax.figure.legends
    for part in (ax.title, ax.xaxis.label, *ax.get_yticklabels(), legend):
        box = part.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width
        assert box.y1 <= height
    assert ax.get_window_extent().height > 0.25 * ax.figure.dpi
    assert legend.get_window_extent().y1 < ax.xaxis.label.get_window_extent().y0
    claims = [text.get_text() for text in legend.get_texts()].count("claimed")
    assert claims == (ids != ["lenet-sklearn"])  # which claims nothing
    assert len([t for t in ax.get_xticks() if ax.get_xlim()[0] <= t <= ax.get_xlim()[1]]) >= 2


def test_axes_of_the_users_have_the_legend_inside_their_figure():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    ax = pyplot.subplots(figsize=(7, 4), layout="constrained")[1]
    runs = pd.DataFrame({"id": ["lecun1998"], "seed": [0], "test_accuracy": [0.99]})
    assert plot_claims(ReproductionResult(runs, pd.DataFrame()), ax=ax) is ax
    assert len(ax.get_legend().get_texts()) == 2


def test_one_seed_has_no_bar_to_name(make):
    result = make()
    assert caption_claims(result) == "mean ± 2 standard deviations over 2 seeds"
    result.runs = result.runs[result.runs["seed"] == 0]
    assert caption_claims(result) == "one seed each"
