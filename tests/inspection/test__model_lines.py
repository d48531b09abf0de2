"""A display of lines prepares empty Axes once, and adds its line to those of other models."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.legend import Legend

from lenet_sklearn.inspection import CoverageDisplay, ReliabilityDisplay
from lenet_sklearn.inspection._model_lines import ModelLineDisplay
from lenet_sklearn.inspection._style import n_models


class Line(ModelLineDisplay):
    _figsize = (4.0, 3.0)

    def __init__(self, name=None):
        self.name = name

    def _prepare(self, ax):
        self.has_prepared = True
        ax.set_title("Shares")

    def _draw(self, ax, name, style):
        (self.line_,) = ax.plot([0, 0.5], [0, 1], label=name or "a line", **style)

    def _legend_place(self, ax):
        return {"loc": "lower right" if n_models(ax) == 1 else "center"}


def legend(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_a_figure_of_its_own():
    display = Line("first")
    assert display.plot() is display
    assert display.figure_ is display.ax_.figure
    assert display.figure_.get_size_inches().tolist() == [4, 3]
    assert display.ax_.get_title() == "Shares"
    assert display.ax_.xaxis.get_major_formatter()(0.5) == "50"
    assert not display.ax_.spines["top"].get_visible()
    assert display.ax_.get_legend()._loc == Legend.codes["lower right"]


def test_several_models_in_one_axes():
    _, ax = plt.subplots()
    first, second = Line("first").plot(ax=ax), Line("second").plot(ax=ax)
    assert first.ax_ is second.ax_ is ax
    assert not hasattr(second, "has_prepared")
    assert legend(second) == ["first", "second"]
    assert ax.get_legend()._loc == Legend.codes["center"]  # that of the second
    assert first.line_.get_color() != second.line_.get_color()
    assert first.line_.get_marker() != second.line_.get_marker()


def test_axes_with_other_lines_are_prepared():
    _, ax = plt.subplots()
    ax.plot([0, 1], [1, 1])
    assert Line().plot(ax=ax).has_prepared


@pytest.mark.parametrize(
    ("own", "given", "shown"),
    [("own", None, "own"), ("own", "given", "given"), (None, "given", "given"),
     (None, None, "a line"), ("own", "", "a line")],
)  # fmt: skip
def test_the_name_given_to_plot_comes_first(own, given, shown):
    assert legend(Line(own).plot(name=given)) == [shown]


def test_without_matplotlib_the_call_is_named(without_matplotlib):
    with pytest.raises(ImportError, match=r"^Line\.plot needs .*lenet-sklearn\[plots\]"):
        Line().plot()


@pytest.mark.parametrize("display", [CoverageDisplay, ReliabilityDisplay])
def test_whose_base_it_is(display):
    assert issubclass(display, ModelLineDisplay)
    assert "plot" not in vars(display)
