"""The lines are the history."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import TrainingCurveDisplay


def make_history(n_epochs, *, valid=True):
    epochs = np.arange(1, n_epochs + 1)
    rows = [{"epoch": int(i), "train_loss": 2 / i, "train_acc": 1 - 0.5 / i} for i in epochs]
    if valid:
        for i, row in zip(epochs, rows, strict=True):
            row |= {"valid_loss": 2.1 / i, "valid_acc": 0.98 - 0.5 / i}
    return rows


def column(history, name):
    return [row[name] for row in history]


def test_lines_are_the_history(model):
    display = TrainingCurveDisplay.from_estimator(model)
    history = model.history_
    assert set(display.lines_) == {"train_loss", "train_acc", "valid_loss", "valid_acc"}
    for name, line in display.lines_.items():
        assert line.get_xdata().tolist() == column(history, "epoch")
        assert line.get_ydata().tolist() == column(history, name)
        assert line.axes is display.axes_[int(name.endswith("acc"))]
    assert [ax.get_title() for ax in display.axes_] == [
        "LeNet5Classifier: loss",
        "LeNet5Classifier: accuracy",
    ]
    assert [ax.get_xlabel() for ax in display.axes_] == ["epoch", "epoch"]
    assert [ax.get_ylabel() for ax in display.axes_] == ["mean loss per image", "accuracy (%)"]
    assert {ax.figure for ax in display.axes_} == {display.figure_}


def test_pipeline(model):
    pipeline = make_pipeline(StandardScaler(), model)
    display = TrainingCurveDisplay.from_estimator(pipeline, name="mine")
    assert display.lines_["train_loss"].get_ydata().tolist() == model.loss_curve_
    assert display.axes_[0].get_title() == "mine: loss"


def test_without_validation_data(grey, tiny):
    display = TrainingCurveDisplay.from_estimator(LeNet5Classifier(**tiny).fit(*grey))
    assert set(display.lines_) == {"train_loss", "train_acc"}
    assert display.valid_loss is None
    for ax in display.axes_:
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training"]


def test_training_and_validation_are_told_apart_without_colours():
    display = TrainingCurveDisplay.from_history(make_history(3))
    styles = {name: line.get_linestyle() for name, line in display.lines_.items()}
    assert styles["train_loss"] != styles["valid_loss"]
    texts = display.axes_[1].get_legend().get_texts()
    assert [text.get_text() for text in texts] == ["training", "validation"]


def test_validation_in_some_epochs():
    history = make_history(2, valid=False) + make_history(4)[2:]
    line = TrainingCurveDisplay.from_history(history).lines_["valid_acc"]
    assert np.isnan(line.get_ydata()).tolist() == [True, True, False, False]


def test_epochs_are_counted_where_the_history_does_not():
    history = [{"train_loss": 1.0, "train_acc": 0.5}, {"train_loss": 0.5, "train_acc": 0.7}]
    line = TrainingCurveDisplay.from_history(history).lines_["train_acc"]
    assert line.get_xdata().tolist() == [1, 2]


@pytest.mark.parametrize("n_epochs", [1, 2, 60])
def test_all_points_are_seen(n_epochs):
    display = TrainingCurveDisplay.from_history(make_history(n_epochs))
    for line in display.lines_.values():
        (left, right), (bottom, top) = line.axes.get_xlim(), line.axes.get_ylim()
        assert left < line.get_xdata()[0] <= line.get_xdata()[-1] < right
        assert bottom <= min(line.get_ydata()) <= max(line.get_ydata()) < top
        assert (line.get_marker() == "o") == (n_epochs <= 20)
    ticks = [t for t in display.axes_[0].get_xticks() if left <= t <= right]
    assert all(tick == int(tick) for tick in ticks)


def test_a_loss_stands_on_zero_and_may_be_negative():
    history = make_history(3)
    assert TrainingCurveDisplay.from_history(history).axes_[0].get_ylim()[0] == 0
    history[-1]["train_loss"] = -2.0
    assert TrainingCurveDisplay.from_history(history).axes_[0].get_ylim()[0] < -2


def test_accuracy_does_not_go_far_above_one():
    history = [{"train_loss": 0.0, "train_acc": 1.0}]
    top = TrainingCurveDisplay.from_history(history).axes_[1].get_ylim()[1]
    assert 1 < top < 1.01


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_into_one_axes(layout):
    figure, (left, right) = plt.subplots(1, 2, layout=layout)
    display = TrainingCurveDisplay.from_history(make_history(3), ax=left)
    figure.canvas.draw()
    assert display.figure_ is figure
    assert plt.get_fignums() == [figure.number]
    boxes = [ax.get_window_extent() for ax in display.axes_]
    assert boxes[0].x1 < boxes[1].x0 < boxes[1].x1 < right.get_window_extent().x0
    assert not left.axison


def test_into_two_axes():
    figure, axes = plt.subplots(2)
    display = TrainingCurveDisplay.from_history(make_history(3), ax=axes)
    assert display.axes_.tolist() == axes.tolist()
    assert plt.get_fignums() == [figure.number]


def test_plot_again(model):
    display = TrainingCurveDisplay.from_estimator(model)
    first = display.figure_
    assert display.plot(name="again") is display
    assert display.figure_ is not first
    assert display.axes_[0].get_title() == "again: loss"


def test_axes_that_do_not_fit():
    figure, axes = plt.subplots(3)
    with pytest.raises(ValueError, match="ax must be None, one Axes of a subplot, or two Axes"):
        TrainingCurveDisplay.from_history(make_history(3), ax=axes)
    with pytest.raises(ValueError, match=r"plt\.subplots\(1, 2\)"):
        TrainingCurveDisplay.from_history(make_history(3), ax=figure.add_axes((0, 0, 1, 1)))


def test_bad_history():
    with pytest.raises(ValueError, match="at least one epoch"):
        TrainingCurveDisplay.from_history([])
    with pytest.raises(ValueError, match=r"without \['train_acc'\]"):
        TrainingCurveDisplay.from_history([{"train_loss": 1.0, "epoch": 1}])
