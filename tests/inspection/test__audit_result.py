"""The tables of an audit for people: complete, with escaped labels and readable numbers."""

import re

import numpy as np
import pandas as pd
import pytest
from sklearn.svm import SVC

from lenet_sklearn.inspection import AuditResult, audit
from lenet_sklearn.inspection._audit_result import format_ranges


@pytest.fixture(scope="module")
def result(digits):
    X, X_test, y, y_test = digits
    return audit(SVC().fit(X[:60], y[:60]), X_test, y_test)


def of(y, answers):
    """Audit a model that gives these answers."""

    class Told:
        def predict(self, X):
            return np.asarray(answers)

    return audit(Told(), np.random.default_rng(0).random((len(y), 16)), y)


def test_tables_for_people(tmp_path, result):
    path = tmp_path / "audit.md"
    text = result.to_markdown(path)
    assert path.read_text("utf-8") == text
    assert text.startswith(f"Accuracy {100 * result.accuracy:.1f} % (")
    assert re.findall("^## .*", text, re.M) == ["## By class", "## Confusions", "## By style"]
    assert text.count("\n| ") == 6 + 10 + min(10, len(result.confusions)) + len(result.by_style)
    assert "\n\n\n" not in text
    assert "75 |" in text
    page = result._repr_html_()
    assert page.count("<table>") == 3
    assert "By style" in page


def test_labels_are_escaped():
    y = ["<script>alert(1)</script>", "a|b", "a|b"]
    result = of(y, y[::-1])
    assert "<script>" not in result._repr_html_()
    assert "&lt;script&gt;" in result._repr_html_()
    assert "<script>" not in result.to_markdown()
    assert "a\\|b" in result.to_markdown()


def test_without_a_mistake():
    result = of([0, 1, 1], [0, 1, 1])
    assert isinstance(result, AuditResult)
    assert result.confusions.empty
    assert "No mistake." in result.to_markdown()
    assert "worst" not in repr(result)
    assert result._repr_html_()


@pytest.mark.parametrize(
    ("bounds", "texts"),
    [
        ([[1, 2], [3, 3]], ["1 to 2", "3"]),
        ([[0.01, 0.2], [0.2, 0.314]], ["0.01 to 0.20", "0.20 to 0.31"]),
        ([[-30.25, -0.01], [0.0, 12.3]], ["−30.2 to 0.0", "0.0 to 12.3"]),
    ],
)
def test_bounds_have_equal_digits(bounds, texts):
    assert format_ranges(pd.DataFrame(bounds, columns=["low", "high"])) == texts
