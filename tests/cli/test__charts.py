"""Charts are saved beside the tables."""

import sys

import matplotlib as mpl
import pytest

from lenet_sklearn.cli._charts import save_charts, save_figure

mpl.use("agg")


def figures():
    from matplotlib import pyplot as plt

    for name in ("accuracy", "cost"):
        yield name, plt.figure(figsize=(1, 1))


def test_each_figure_becomes_a_file_and_is_closed(tmp_path):
    from matplotlib import pyplot as plt

    news = save_charts(tmp_path / "new", figures)
    assert news == "; charts accuracy.png, cost.png"
    for name in ("accuracy", "cost"):
        assert (tmp_path / "new" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert plt.get_fignums() == []


def test_without_figures_nothing_is_said(tmp_path):
    assert save_charts(tmp_path, lambda: iter(())) == ""


def test_without_matplotlib_nothing_is_drawn(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert save_charts(tmp_path, lambda: pytest.fail("no figure is made")) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_figure_is_png_whatever_its_name(tmp_path):
    for _, figure in figures():
        save_figure(figure, tmp_path / "picture.txt")
    assert (tmp_path / "picture.txt").read_bytes().startswith(b"\x89PNG")
