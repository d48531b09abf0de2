"""The dots are the table."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.robustness import CORRUPTIONS, RobustnessDisplay
from lenet_sklearn.robustness._result import ROW_COLUMNS, RobustnessResult


def make_result(n_models=5, *, failed=()):
    rng = np.random.default_rng(0)
    rows = [
        (f"model {model}", name, int(name != "clean"), "ok", "", 100, rng.uniform(0.1, 1))
        for model in range(n_models)
        for name in ("clean", *CORRUPTIONS)
    ]
    frame = pd.DataFrame(rows, columns=ROW_COLUMNS)
    for model, name in failed:
        broken = (frame["model"] == model) & ((frame["corruption"] == name) | (name == "all"))
        frame.loc[broken, ["status", "error", "accuracy"]] = ["failed", "E", np.nan]
    return RobustnessResult(frame)


def test_dots_are_the_table():
    result = make_result()
    display = RobustnessDisplay.from_result(result, name="MNIST")
    table = result.table()
    assert list(display.lines_) == table.index.tolist()
    for model, line in display.lines_.items():
        np.testing.assert_allclose(line.get_xdata(), table.loc[model, display.order_].astype(float))
        assert np.abs(line.get_ydata() - np.arange(16)).max() <= 0.4
    means = table[display.order_[1:]].mean()
    assert display.order_[0] == "clean"
    assert means.is_monotonic_decreasing
    ticks = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert ticks == [name.replace("_", " ") for name in display.order_]
    assert display.ax_.get_title() == "MNIST: accuracy under corruptions"
    assert display.not_shown_ == []


def test_models_are_told_apart_without_colours():
    lines = RobustnessDisplay.from_result(make_result(9)).lines_.values()
    assert len({line.get_marker() for line in lines}) == 9
    assert len({(line.get_marker(), line.get_color()) for line in lines}) == 9


@pytest.mark.parametrize("n_models", [1, 5])
def test_nothing_is_cut_off_or_covered(n_models):
    display = RobustnessDisplay.from_result(make_result(n_models))
    display.figure_.canvas.draw()
    frame = display.figure_.bbox
    labels = display.ax_.get_yticklabels()
    boxes = [label.get_window_extent() for label in labels]
    assert all(frame.x0 <= box.x0 and box.x1 <= display.ax_.bbox.x0 for box in boxes)
    assert not any(a.overlaps(b) for a, b in pairwise(boxes))
    legend = display.ax_.get_legend()
    assert (legend is None) == (n_models == 1)
    if legend is not None:
        box = legend.get_window_extent()
        assert display.ax_.bbox.x1 <= box.x0 < box.x1 <= frame.x1


def test_failed_models_are_named():
    result = make_result(3, failed=[("model 0", "all"), ("model 2", "fog")])
    display = RobustnessDisplay.from_result(result)
    assert set(display.not_shown_) == {"model 0", "model 2 on fog"}
    assert set(display.lines_) == {"model 1", "model 2"}
    assert "Not shown (failed)" in display.ax_.get_xlabel()
    with pytest.raises(ValueError, match="must have a model with an accuracy"):
        RobustnessDisplay.from_result(make_result(1, failed=[("model 0", "all")]))


def test_into_an_axes_and_again():
    figure, ax = plt.subplots()
    display = RobustnessDisplay.from_result(make_result(2), ax=ax)
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    assert display.plot() is display
    assert display.figure_ is not figure


def test_without_matplotlib(without_matplotlib):
    with pytest.raises(ImportError, match="plots"):
        RobustnessDisplay.from_result(make_result())
