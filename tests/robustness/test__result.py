"""The table is made of the rows."""

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.robustness._result import ROW_COLUMNS, RobustnessResult


def make_result(accuracies, *, failed=()):
    """Make a result of {model: {corruption: accuracies of severities 1, 2, …}}."""
    rows = []
    for model, steps in accuracies.items():
        for corruption, values in steps.items():
            first = 0 if corruption == "clean" else 1
            for severity, value in enumerate(values, first):
                broken = (model, corruption) in failed
                row = (model, corruption, severity, "failed" if broken else "ok")
                row += ("ValueError: no", 100, np.nan) if broken else ("", 100, value)
                rows.append(row)
    return RobustnessResult(pd.DataFrame(rows, columns=ROW_COLUMNS), random_state=3)


@pytest.fixture
def accuracies():
    return {
        "a|b": {"clean": [0.99], "fog": [0.5, 0.3], "motion_blur": [0.6, 0.4]},
        "good": {"clean": [0.95], "fog": [0.9, 0.7], "motion_blur": [0.8, 0.6]},
    }


def test_table(accuracies):
    result = make_result(accuracies)
    table = result.table()
    assert table.index.tolist() == ["good", "a|b"]
    assert table.columns.tolist() == ["clean", "mean", "fog", "motion_blur", "n_failed", "error"]
    expected = [[0.95, 0.75, 0.8, 0.7], [0.99, 0.45, 0.4, 0.5]]
    np.testing.assert_allclose(table.iloc[:, :4].to_numpy(float), expected)
    assert result.corruptions == ["fog", "motion_blur"]
    table.loc["good", "clean"] = 0  # a copy
    assert result.table().loc["good", "clean"] == 0.95


def test_a_failure_is_not_averaged_away(accuracies):
    result = make_result(accuracies, failed=[("good", "fog")])
    table = result.table()
    assert table.index.tolist() == ["a|b", "good"]
    assert np.isnan(table.loc["good", "mean"])
    assert np.isnan(table.loc["good", "fog"])
    assert table.loc["good", "motion_blur"] == pytest.approx(0.7)
    assert table["n_failed"].tolist() == [0, 2]
    assert table["error"].tolist() == ["", "ValueError: no"]
    assert "| ValueError: no |" in result.to_markdown()
    assert repr(result).endswith("; failed: ['good'])")


def test_markdown_html_and_csv(accuracies, tmp_path):
    result = make_result(accuracies)
    text = result.to_markdown(tmp_path / "table.md")
    assert (tmp_path / "table.md").read_text() == text
    lines = text.splitlines()
    cells = [cell.strip() for cell in lines[0].strip("|").split("|")]
    assert cells == ["model", "clean", "mean", "fog", "motion blur"]
    assert " ".join(lines[2].split()) == "| good | 0.950 | 0.750 | 0.800 | 0.700 |"
    assert r"a\|b" in lines[3]
    assert "Accuracy on 100 images, mean over the severities 1, 2;" in text
    assert "random_state=3." in text
    page = result.to_html(tmp_path / "table.html")
    assert page.startswith("<!doctype html>")
    assert "<td>0.750</td>" in result._repr_html_() in page
    result.to_csv(tmp_path / "table.csv")
    read = pd.read_csv(tmp_path / "table.csv")
    assert read["mean"].tolist() == pytest.approx([0.75, 0.45])


def test_repr(accuracies):
    assert repr(make_result(accuracies)) == (
        "RobustnessResult(2 models, 2 corruptions; best: 'good', mean accuracy 0.7500, "
        "clean 0.9500)"
    )
