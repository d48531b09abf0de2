import io

import pandas as pd
import pytest

from lenet_sklearn._runs.environment import describe_environment
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


def test_times_are_those_of_the_fastest_seed(result):
    result.runs = result.runs.assign(fit_seconds=[3.0, 2.0, 5.0])
    table = result.table()
    assert table["fit_seconds"].tolist() == [2.0, 5.0]
    assert "fit_seconds_sd" not in table
    header, rows = result.cells()
    assert [row[header.index("fit (s)")] for row in rows] == ["2.00", "5.00"]
    assert "; times are those of the fastest seed. " in result.note()


def test_what_was_said_of_the_run_stands_in_the_note(result):
    assert "times" not in result.note()  # none was measured
    result.environment = {**describe_environment(None), "note": "It rained."}
    assert " It rained. Two means are level " in result.note()


def test_the_seeds_are_counted(result):
    assert result.describe_seeds() == "up to 2 seeds"
    result.runs = result.runs[:2]
    assert result.describe_seeds() == "2 seeds"


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
