"""The picture of an audit has the numbers of its tables."""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.svm import SVC

from lenet_sklearn.inspection import AuditDisplay, audit

PANELS = ["class", "thickness", "slant", "height", "width", "darkness"]


@pytest.fixture(scope="module")
def result(digits):
    X, X_test, y, y_test = digits
    return audit(SVC().fit(X[:60], y[:60]), X_test, y_test)


def drawn(bars):
    """Return the values of the points, and the ends of their intervals."""
    points, _, (lines,) = bars.lines
    ends = np.array([segment[:, 1] for segment in lines.get_segments()])
    return points.get_ydata(), ends[:, 0], ends[:, 1]


def test_points_and_intervals_are_those_of_the_tables(result):
    display = result.plot()
    assert list(display.axes_) == list(display.errorbars_) == PANELS
    for name, bars in display.errorbars_.items():
        table = result.by_class if name == "class" else result.by_style.loc[name]
        columns = ("accuracy", "accuracy_low", "accuracy_high")
        for values, column in zip(drawn(bars), columns, strict=True):
            np.testing.assert_allclose(values, table[column], err_msg=name)
    assert display.figure_ is display.axes_["class"].figure


def test_all_intervals_are_within_the_axes(result):
    display = result.plot()
    for name, bars in display.errorbars_.items():
        bottom, top = display.axes_[name].get_ylim()
        _, low, high = drawn(bars)
        assert bottom < low.min()
        assert high.max() < top


def test_texts(result):
    display = result.plot()
    display.figure_.draw_without_rendering()
    axes = display.axes_["class"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == list("0123456789")
    share = f"{100 * result.accuracy:.1f} %"
    assert axes.get_title() == (
        f"Accuracy by class, with 95 % intervals (square: the worst; dashed: all images, {share})"
    )
    assert axes.get_ylabel() == "accuracy (%)"
    assert display.axes_["slant"].get_title() == "Slant (degrees)"
    ticks = [tick.get_text() for tick in display.axes_["slant"].get_xticklabels()]
    assert len(ticks) == 4
    assert ticks[0].startswith("−")
    assert all(" to " in tick for tick in ticks)
    assert "" not in [tick.get_text() for tick in axes.get_yticklabels()]


def test_from_estimator_is_the_same(digits, result):
    X, X_test, y, y_test = digits
    model = SVC().fit(X[:60], y[:60])
    display = AuditDisplay.from_estimator(model, X_test, y_test, n_quantiles=3, confidence=0.9)
    assert len(drawn(display.errorbars_["slant"])[0]) == 3
    assert display.result.confidence == 0.9
    assert display.result.accuracy == result.accuracy


@pytest.mark.parametrize("layout", [None, "constrained"])
def test_an_axes_of_ones_own_is_divided(result, layout):
    figure, (left, right) = plt.subplots(1, 2, figsize=(20, 6), layout=layout)
    display = result.plot(ax=right)
    assert display.figure_ is figure
    figure.draw_without_rendering()
    edge = left.get_position().x1
    assert all(axes.get_position().x0 > edge for axes in display.axes_.values())
    assert not right.axison


def test_a_bad_ax(result):
    with pytest.raises(ValueError, match="ax must be None or one Axes of a subplot"):
        result.plot(ax="here")
    with pytest.raises(ValueError, match="ax must be None or one Axes"):
        result.plot(ax=plt.figure().add_axes([0, 0, 1, 1]))


def test_many_classes():
    X, y = np.random.default_rng(0).random((300, 16)), np.arange(300) % 60
    names = np.array([f"the rather long name of class {label}" for label in range(60)])
    display = audit(DummyClassifier(strategy="constant", constant=names[7]).fit(X, names[y]),
                    X, names[y]).plot()  # fmt: skip
    axes = display.axes_["class"]
    assert axes.get_title().endswith("The 40 worst of 60 classes")
    ticks = axes.get_xticklabels()
    assert len(ticks) == 40
    assert ticks[0].get_rotation() > 0
    assert ticks[0].get_text() == "the rather long nam…"
    assert not drawn(display.errorbars_["class"])[0].any()


@pytest.mark.parametrize(
    ("names", "turned"),
    [
        (["1 bicycle", *"23456789", "an aeroplane"], False),
        ([*"3456789", "a bicycle, 1869", "a zebra of a herd", "z"], True),
        (["the only class of all"], False),
    ],
    ids=["far apart", "neighbours", "one"],
)
def test_long_names_do_not_cover_each_other(names, turned):
    y = np.array(names * 3, dtype=object)
    X = np.random.default_rng(0).random((len(y), 16))
    display = AuditDisplay.from_estimator(DummyClassifier().fit(X, y), X, y)
    display.figure_.draw_without_rendering()
    ticks = display.axes_["class"].get_xticklabels()
    assert (ticks[0].get_rotation() > 0) == turned
    if not turned:
        ends = [tick.get_window_extent() for tick in ticks]
        assert all(left.x1 < right.x0 for left, right in pairwise(ends))


def test_without_a_mistake():
    X, y = np.random.default_rng(0).random((30, 16)), np.zeros(30, dtype=int)
    display = audit(DummyClassifier().fit(X, y), X, y).plot()
    assert "worst" not in display.axes_["class"].get_title()
    assert len(display.axes_["class"].containers) == 1
