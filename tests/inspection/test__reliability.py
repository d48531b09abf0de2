"""The reliability diagram shows the bins, their intervals and their numbers of images."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lenet_sklearn.inspection import ReliabilityDisplay, expected_calibration_error

# Three images at 0.9, one at 0.7, two at 0.5: of five bins the last, the fourth, the third.
PROBA = np.array([[0.9, 0.1]] * 3 + [[0.3, 0.7]] + [[0.5, 0.5]] * 2)
Y = [0, 0, 1, 1, 1, 1]


@pytest.fixture
def display():
    return ReliabilityDisplay.from_predictions(Y, PROBA, n_bins=5, name="mine")


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_bins(display):
    np.testing.assert_allclose(display.confidence, [np.nan, np.nan, 0.5, 0.7, 0.9])
    np.testing.assert_allclose(display.accuracy, [np.nan, np.nan, 0, 1, 2 / 3])
    assert display.n_images.tolist() == [0, 0, 2, 1, 3]
    assert display.calibration_error == expected_calibration_error(Y, PROBA, n_bins=5)


def test_what_is_drawn(display):
    np.testing.assert_allclose(display.line_.get_xydata(), [[0.5, 0], [0.7, 1], [0.9, 2 / 3]])
    assert legend(display) == [
        "honest", f"mine: calibration error {display.calibration_error:.3f}"
    ]  # fmt: skip
    assert display.figure_ is display.ax_.figure
    assert "(%)" in display.ax_.get_xlabel()
    assert "(%)" in display.ax_.get_ylabel()


def test_intervals_are_those_of_wilson(display):
    drawn = [segment[:, 1] for segment in display.intervals_.get_segments()]
    for (low, high), (k, n) in zip(drawn, [(0, 2), (1, 1), (2, 3)], strict=True):
        wanted = binomtest(k, n).proportion_ci(0.95, method="wilson")
        assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=1e-3)


def test_bars_are_shares_of_the_images(display):
    values, edges, bottom = display.bars_.get_data()
    np.testing.assert_allclose(edges, np.linspace(0, 1, 6))
    ticks = dict(
        zip(
            [label.get_text() for label in display.ax_.get_yticklabels()],
            display.ax_.get_yticks(),
            strict=True,
        )
    )
    # 0.01 and 1 are ticks of the strip alone, a logarithmic scale.
    per_decade = (ticks["1"] - ticks["0.01"]) / 2
    assert bottom == ticks["0.01"]
    np.testing.assert_allclose(values[:2], bottom)
    heights = ticks["1"] + per_decade * np.log10(np.array([2, 1, 3]) / 6 * 100)
    np.testing.assert_allclose(values[2:], heights)
    assert values.max() < 0


def test_several_models_in_one_axes(display):
    other = ReliabilityDisplay.from_predictions(Y, PROBA, n_bins=3, name="other", ax=display.ax_)
    assert other.ax_ is display.ax_
    assert [text.split(":")[0] for text in legend(other)] == ["honest", "mine", "other"]
    assert other.line_.get_color() != display.line_.get_color()
    assert other.line_.get_marker() != display.line_.get_marker()
    np.testing.assert_allclose(
        other.bars_.get_facecolor()[:3], plt.matplotlib.colors.to_rgb(other.line_.get_color())
    )


def test_any_classifier(model, grey):
    X, y = grey
    other = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    for given, name in ((model, "LeNet5Classifier"), (other, "LogisticRegression")):
        display = ReliabilityDisplay.from_estimator(given, X, y)
        assert legend(display)[1].startswith(f"{name}: ")
        error = expected_calibration_error(y, given.predict_proba(X), classes=given.classes_)
        assert display.calibration_error == error


def test_names_and_axes(model, grey):
    _, ax = plt.subplots()
    display = ReliabilityDisplay.from_estimator(model, *grey, n_bins=4, name="A", ax=ax)
    assert display.ax_ is ax
    assert len(display.n_images) == 4
    assert legend(display)[1].startswith("A: ")
    again = display.plot(name="B")
    assert again is display
    assert display.ax_ is not ax
    assert legend(display)[1].startswith("B: ")
    display.name = None
    assert legend(display.plot())[1].startswith("calibration error ")


def test_bad_n_bins(model, grey):
    with pytest.raises(ValueError, match=r"n_bins must be an integer from 1 to 1,000\. Got 0"):
        ReliabilityDisplay.from_estimator(model, *grey, n_bins=0)
    with pytest.raises(ValueError, match=r"n_bins must be an integer from 1 to 1,000\. Got 2\.5"):
        ReliabilityDisplay.from_predictions(Y, PROBA, n_bins=2.5)
    with pytest.raises(ValueError, match="sum to 1"):
        ReliabilityDisplay.from_predictions(Y, PROBA / 2)


def test_the_legend_leaves_the_lines_free():
    """A model that is too cautious is in the upper left corner; the legend goes to the other."""
    rng = np.random.default_rng(0)
    sure = rng.uniform(0.2, 1, 2000)
    proba = np.stack([sure, *[(1 - sure) / 9] * 9], axis=1)
    cautious = rng.uniform(size=2000) > np.minimum(2 * sure, 1)
    reckless = rng.uniform(size=2000) > 0.3 * sure
    boxes = []
    for wrong in (cautious, reckless):
        display = ReliabilityDisplay.from_predictions(wrong.astype(int), proba, n_bins=10)
        display.figure_.draw_without_rendering()
        box = display.ax_.get_legend().get_window_extent()
        boxes.append(box)
        xy = display.ax_.transData.transform(display.line_.get_xydata())
        assert not box.count_contains(xy)
        assert box.y0 > display.ax_.transData.transform((0, 0))[1]  # not over the strip
    assert boxes[0].x0 > boxes[1].x0
