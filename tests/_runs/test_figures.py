"""Figures as text: they are closed, they are small, and they know their size."""

import base64
import io
import sys
from functools import partial
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lenet_sklearn._runs import figures

draw = partial(figures.draw, extra="plots", purpose="to_html")


def noise(side):
    figure, ax = plt.subplots(figsize=(side, side))
    ax.set_position([0, 0, 1, 1])
    ax.imshow(np.random.default_rng(0).random((300, 300, 3)), interpolation="nearest")
    return SimpleNamespace(figure_=figure)


def pixels(figure):
    return plt.imread(io.BytesIO(base64.b64decode(figure.png)))


def test_a_figure_is_a_png_and_is_closed():
    before = plt.get_fignums()
    figure = draw(lambda: noise(2), "noise")
    assert pixels(figure).shape[2] == 4
    assert figure.alt == "noise"
    assert plt.get_fignums() == before


def test_a_figure_is_closed_after_an_error():
    def fail():
        plt.figure()
        raise ValueError("no")

    before = plt.get_fignums()
    with pytest.raises(ValueError, match="no"):
        draw(fail, "")
    assert plt.get_fignums() == before


def test_a_large_figure_gets_fewer_pixels(monkeypatch):
    whole = draw(lambda: noise(3), "")
    monkeypatch.setattr(figures, "MOST_BYTES", len(whole.png) // 3)
    smaller = draw(lambda: noise(3), "")
    assert len(smaller.png) <= len(whole.png) // 3
    assert 60 < pixels(smaller).shape[0] < pixels(whole).shape[0]


def test_a_figure_knows_its_size_in_the_page(monkeypatch):
    figure = draw(lambda: noise(3), "")
    height, width = pixels(figure).shape[:2]
    assert (figure.width, figure.height) == pytest.approx((width / 1.6, height / 1.6), abs=1)
    assert not figure.is_wide
    monkeypatch.setattr(figures, "MOST_BYTES", len(figure.png) // 3)
    assert draw(lambda: noise(3), "").width == pytest.approx(figure.width, abs=5)
    assert figure._replace(width=701).is_wide


def test_without_matplotlib_the_error_names_who_needs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"^to_html needs .*lenet-sklearn\[plots\]"):
        draw(lambda: pytest.fail("nothing is drawn"), "")
