import io

import pandas as pd
import pytest

from lenet_sklearn.reproductions import StudyResult


@pytest.fixture
def result():
    runs = pd.DataFrame(
        {
            "start": ["own", "own", "lent"],
            "images_per_class": [5, 5, 5],
            "seed": [0, 1, 0],
            "test_accuracy": [0.7, 0.8, 0.9],
            "parameters": 100.0,
        }
    )
    return StudyResult("transfer", runs)


def test_mean_and_deviation_of_the_seeds(result):
    table = result.table()
    assert table.index.names == ["start", "images_per_class"]
    assert table["n_seeds"].tolist() == [2, 1]
    assert table["test_accuracy"].tolist() == pytest.approx([0.75, 0.9])
    assert table["test_accuracy_sd"].iloc[0] == pytest.approx(0.005**0.5)
    assert table["test_accuracy_sd"].isna().tolist() == [False, True]
    assert "fit_seconds" not in table  # it was not measured


def test_the_texts_hold_the_table(result, tmp_path):
    header, rows = result.cells()
    assert header == ["start", "images per class", "test accuracy", "parameters"]
    assert rows == [["own", "5", "0.7500 ± 0.0707", "100"], ["lent", "5", "0.9000", "100"]]
    result.write(tmp_path)
    assert (tmp_path / "table.md").read_text(encoding="utf-8") == result.to_markdown()
    assert (tmp_path / "table.html").read_text(encoding="utf-8") == result.to_html()
    assert "From MNIST to other digits" in result.to_html()
    assert len(pd.read_csv(tmp_path / "runs.csv")) == 3
    read = pd.read_csv(io.StringIO(result.to_csv()), index_col=[0, 1])
    assert read["test_accuracy"].tolist() == pytest.approx([0.75, 0.9])


def test_the_table_is_made_again_when_the_runs_are_others(result):
    assert len(result.table()) == 2
    result.runs = result.runs[:2]
    assert len(result.table()) == 1


def test_a_quick_run_says_so(result):
    result.quick = True
    assert result.note().startswith("A quick run, on a few images: it answers nothing. Mean ± ")
