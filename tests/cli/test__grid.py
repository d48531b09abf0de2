"""Tables on the terminal show as many columns as fit."""

import io

from rich.console import Console

from lenet_sklearn.cli._grid import make_console, make_grid

COLUMNS = [
    ("model", ["LeNet-5", "SVM"]),
    ("accuracy", ["0.9933 ± 0.0058", "0.9883 ± 0.0050"]),
    ("fit (s)", ["1.70", "0.02"]),
]


def text_of(width):
    grid = make_grid(COLUMNS, width, ["bold", ""])
    file = io.StringIO()
    Console(file=file, width=200).print(grid)
    return len(grid.columns), file.getvalue()


def test_all_columns_where_there_is_room():
    n_columns, text = text_of(100)
    assert n_columns == 3
    assert "0.9883 ± 0.0050" in text
    assert "fit" in text


def test_the_last_columns_go_first():
    n_columns, text = text_of(28)
    assert n_columns == 2
    assert "1.70" not in text


def test_two_columns_stay_however_narrow_the_terminal_is():
    assert text_of(1)[0] == 2


def test_a_pipe_has_no_edge(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert make_console().width == 1000
