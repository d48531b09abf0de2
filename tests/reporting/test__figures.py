"""The charts of the report: names are no formulas, numbers fit in their cells."""

import base64
import io
import warnings

import matplotlib.pyplot as plt
import numpy as np

from lenet_sklearn.reporting import _figures
from lenet_sklearn.reporting._figures import draw, draw_confusion_matrix


def pixels(figure):
    return plt.imread(io.BytesIO(base64.b64decode(figure.png)))


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
