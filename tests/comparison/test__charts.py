"""The charts of a benchmark: those that have something to show, without a window."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lenet_sklearn._runs.metrics import METRICS
from lenet_sklearn.comparison import BenchmarkResult
from lenet_sklearn.comparison._charts import draw_charts, embed_charts


def make_result(**models):
    """Rows with these accuracies; None is a failed fold."""
    rows = [
        dict.fromkeys(METRICS, 0.5)
        | {"model": name, "fold": fold, "n_train": 80, "n_test": 20, "error": ""}
        | {"status": "failed" if accuracy is None else "ok"}
        | {"accuracy": np.nan if accuracy is None else accuracy}
        for name, accuracies in models.items()
        for fold, accuracy in enumerate(accuracies)
    ]
    return BenchmarkResult(pd.DataFrame(rows), name="stripes")


@pytest.fixture
def result():
    return make_result(a=[0.9, 0.8, 0.9, 0.8, 0.9], b=[0.7, 0.8, 0.7, 0.8, 0.7])


def test_two_charts_name_the_models_and_the_data(result):
    figures = dict(draw_charts(result))
    assert list(figures) == ["accuracy", "accuracy-fit-time"]
    (ax,) = figures["accuracy"].axes
    assert ax.get_title() == "Accuracy on stripes"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]


def test_pyplot_has_no_figure_of_them(result):
    before = plt.get_fignums()
    embedded = embed_charts(result)
    assert plt.get_fignums() == before
    assert [figure.alt for figure in embedded] == [
        "Accuracy of each model",
        "Accuracy of each model against the time of a fit",
    ]
    assert not any(figure.is_wide for figure in embedded)


def test_what_is_not_known_has_no_chart(result):
    result.scores["fit_seconds"] = np.nan
    assert [name for name, _ in draw_charts(BenchmarkResult(result.scores))] == ["accuracy"]
    failed = make_result(a=[None] * 5, b=[None] * 5)
    assert list(draw_charts(failed)) == embed_charts(failed) == []


def test_without_matplotlib_the_page_has_no_charts(result, monkeypatch):
    assert result.to_html().count("<img") == 2
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    assert embed_charts(result) == []
    assert "<img" not in result.to_html()
