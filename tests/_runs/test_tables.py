"""Results write their table; numbers have fitting digits; no cell breaks its table."""

from __future__ import annotations

import pandas as pd
import pytest

from lenet_sklearn._runs.html import html_page, html_table
from lenet_sklearn._runs.tables import (
    TableResult,
    describe_run,
    format_difference,
    format_mean,
    format_p_value,
    markdown_table,
)

NAN = float("nan")


@pytest.mark.parametrize(
    ("mean", "sd", "style", "text"),
    [
        (0.98765, 0.00432, "score", "0.9877 ± 0.0043"),
        (0.98765, NAN, "score", "0.9877"),
        (NAN, NAN, "score", "–"),
        (0.0, 0.0, "score", "0.0000 ± 0.0000"),
        (123.456, 7.89, "quantity", "123 ± 8"),
        (12.3456, 0.789, "quantity", "12.3 ± 0.8"),
        (0.001234, 0.0004, "quantity", "0.0012 ± 0.0004"),
        (1234.5, 60.2, "quantity", "1,234 ± 60"),
        (0.0, 0.0, "quantity", "0 ± 0"),
        (61706.0, 0.0, "count", "61,706"),
        (49451.4, 721.6, "count", "49,451 ± 722"),
        (251_000.0, 4.0, "kilo", "251"),
        (6170.0, 0.0, "kilo", "6.17"),
        (400_400.0, 5800.0, "kilo", "400 ± 6"),
    ],
)
def test_format_mean(mean, sd, style, text):
    assert format_mean(mean, sd, style) == text


@pytest.mark.parametrize(
    ("difference", "style", "text"),
    [
        (0.00123, "score", "+0.0012"),
        (-0.5, "score", "-0.5000"),
        (-1234.0, "kilo", "-1.23"),
        (NAN, "score", "–"),
    ],
)
def test_format_difference(difference, style, text):
    assert format_difference(difference, style) == text


@pytest.mark.parametrize(
    ("p", "text"), [(0.0, "< 0.001"), (0.00099, "< 0.001"), (0.05, "0.050"), (1.0, "1.000")]
)
def test_format_p_value(p, text):
    assert format_p_value(p) == text


def test_describe_run():
    environment = {
        "date": "2026-01-01",
        "platform": "Linux",
        "cpu_count": 2,
        "n_jobs": 4,
        "versions": {"python": "3.11.7", "numpy": "2.4"},
    }
    text = describe_run(environment)
    assert text == "2026-01-01, Linux, 2 CPUs; python 3.11.7, numpy 2.4."
    assert ", 2 CPUs, n_jobs=4; " in describe_run(environment, with_jobs=True)
    assert describe_run({**environment, "processor": "EPYC"}).startswith("2026-01-01, EPYC, 2 CPUs")
    assert describe_run({}) == ""


def test_markdown_columns_line_up_and_cells_cannot_break_out():
    text = markdown_table(
        ["model", "error"],
        [["a|b", "got <class 'int'>\nnext line"], ["c", "p < 0.001"]],
        "Note | <b>",
    )
    table, note = text.rstrip("\n").split("\n\n")
    lines = table.split("\n")
    assert len(lines) == 4
    assert len({len(line) for line in lines}) == 1
    assert lines[2].startswith("| a\\|b ")
    assert lines[2].endswith(" got &lt;class 'int'> next line |")
    assert "p < 0.001 |" in lines[3]  # no tag: reads well in the source, too
    assert note == "Note \\| &lt;b>"


class Result(TableResult):
    """Two shares of two models; it counts how often the table is computed."""

    n_computed = 0

    def __init__(self, shares):
        self.shares = shares

    @property
    def title(self):
        return "Shares"

    def table(self):
        return self._once("table", self._make_table).copy()

    def _make_table(self):
        type(self).n_computed += 1
        return pd.DataFrame({"share": self.shares}, index=pd.Index(["a", "b"], name="model"))

    def _cells(self):
        rows = [[model, f"{share:.1f}"] for model, share in self.table()["share"].items()]
        return ["model", "share"], rows, "A note."


@pytest.fixture
def result(monkeypatch):
    monkeypatch.setattr(Result, "n_computed", 0)
    return Result([1 / 3, 0.75])


def test_a_result_writes_its_table(result):
    header, rows = ["model", "share"], [["a", "0.3"], ["b", "0.8"]]
    assert result.to_markdown() == markdown_table(header, rows, "A note.")
    assert result._repr_html_() == html_table(header, rows, "A note.")
    assert result.to_html() == html_page("Shares", result._repr_html_())
    assert result.to_csv() == f"model,share\na,{1 / 3!r}\nb,0.75\n"


@pytest.mark.parametrize("method", ["to_markdown", "to_html", "to_csv"])
def test_a_result_writes_its_table_to_a_file(result, method, tmp_path):
    text = getattr(result, method)(tmp_path / "table")
    assert (tmp_path / "table").read_bytes() == text.encode()
    assert text == getattr(result, method)()


def test_a_table_is_computed_once_until_an_attribute_is_set(result):
    table = result.table()
    table["share"] = 0.0  # a copy
    result.to_markdown(), result.to_html(), result.to_csv()
    assert result.n_computed == 1
    result.shares = [0.0, 1.0]
    assert result.table()["share"].tolist() == [0, 1]
    assert result.n_computed == 2
