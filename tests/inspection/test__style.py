"""Axes and notes."""

import matplotlib.pyplot as plt

from lenet_sklearn.inspection._style import new_axes, not_shown


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
