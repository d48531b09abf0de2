"""Figures in the page: they are closed, they are small, they are white."""

import base64
import io
import warnings
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lenet_sklearn.reporting import _figures
from lenet_sklearn.reporting._figures import draw, draw_confusion_matrix, shorten


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
    monkeypatch.setattr(_figures, "MOST_BYTES", len(whole.png) // 3)
    smaller = draw(lambda: noise(3), "")
    assert len(smaller.png) <= len(whole.png) // 3
    assert 60 < pixels(smaller).shape[0] < pixels(whole).shape[0]


def test_names_are_no_formulas_and_need_no_font():
    y = np.array(["$\\frac$", "八", "$\\frac$"], dtype=object)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = draw(lambda: draw_confusion_matrix(y, y[::-1]), "")
    assert pixels(figure)[0, 0].tolist() == [1, 1, 1, 1]


def test_the_confusion_matrix_counts():
    y, predicted = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])
    display = draw_confusion_matrix(y, predicted)
    assert display.confusion_matrix.tolist() == [[1, 1, 0], [0, 1, 0], [0, 1, 0]]
    assert [text.get_text() for text in display.ax_.get_yticklabels()] == ["0", "1", "2"]
    assert display.text_ is not None
    plt.close("all")


def test_many_classes_have_no_numbers_in_their_cells():
    many = np.arange(_figures._MOST_NUMBERS + 1)
    display = draw_confusion_matrix(many, many)
    assert display.text_ is None
    assert display.im_.colorbar.ax.get_ylabel() == "images"
    assert draw_confusion_matrix(many[:20], many[:20]).im_.colorbar is None
    plt.close("all")


def test_a_figure_knows_its_size_in_the_page(monkeypatch):
    figure = draw(lambda: noise(3), "")
    height, width = pixels(figure).shape[:2]
    assert (figure.width, figure.height) == pytest.approx((width / 1.6, height / 1.6), abs=1)
    assert not figure.is_wide
    monkeypatch.setattr(_figures, "MOST_BYTES", len(figure.png) // 3)
    assert draw(lambda: noise(3), "").width == pytest.approx(figure.width, abs=5)
    assert figure._replace(width=701).is_wide


def test_names_are_shortened_and_stay_different():
    assert shorten(["a\nb", "c" * 9, "c" * 8, "c" * 9], 5) == ["a b", "cccc…", "cccc… (2)", "cccc…"]
