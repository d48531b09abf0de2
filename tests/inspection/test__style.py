"""Axes and notes."""

import matplotlib.pyplot as plt

from lenet_sklearn.inspection._style import (
    model_style,
    n_models,
    new_axes,
    not_shown,
    write_in_percent,
)


def test_new_axes_are_of_the_size_asked_for():
    ax = new_axes("test", (3.0, 2.0))
    assert ax.figure.get_size_inches().tolist() == [3.0, 2.0]
    assert plt.get_fignums() == [ax.figure.number]


def test_not_shown():
    assert not_shown([], "failed") == ""
    lines = not_shown([f"model {i}" for i in range(20)], "failed").split("\n")
    assert lines[0].startswith("Not shown (failed): model 0, model 1")
    assert lines[-1].endswith("model 19")
    assert max(map(len, lines)) <= 64


def test_shares_are_written_in_percent():
    ax = new_axes("test", (3.0, 2.0))
    ax.set_ylim(0.9, 1)
    ax.set_yticks([0.905, 1])
    write_in_percent(ax.yaxis)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["90.5", "100.0"]


def test_models_in_one_axes_look_different():
    ax = new_axes("test", (3.0, 2.0))
    ax.plot([0, 1], [0, 1])  # no model
    seen = set()
    for n in range(42):
        assert n_models(ax) == n
        style = model_style(ax)
        seen.add((style["color"], style["marker"]))
        ax.plot([0, 1], [1, 0], **style)
    assert len(seen) == 42
