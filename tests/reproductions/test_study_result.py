"""A study's rows as a result."""

import pytest

from lenet_sklearn.reproductions.study_records import STUDIES
from lenet_sklearn.reproductions.study_result import StudyResult


def row(activation, seed, accuracy):
    return {"activation": activation, "pooling": "max", "seed": seed, "n_train": 10, "n_test": 5,
            "test_accuracy": accuracy, "parameters": 61_706, "fit_seconds": 1.0,
            "predict_microseconds": 9.0, "date": "2026-01-01"}  # fmt: skip


@pytest.fixture
def result():
    rows = [row("relu", 0, 0.98), row("relu", 1, 0.99), row("tanh", 0, 0.97)]
    return StudyResult.from_rows("ablation", rows, {}, quick=False)


def test_the_factors_are_the_columns_before_the_seed(result):
    assert result.factors == ["activation", "pooling"]
    assert result.study is STUDIES["ablation"]
    assert result.title == STUDIES["ablation"].title


def test_the_table_has_a_row_for_each_case(result):
    table = result.table()
    assert table.loc[("relu", "max"), "test_accuracy"] == pytest.approx(0.985)
    assert table["n_seeds"].tolist() == [2, 1]


def test_it_names_its_best_case(result):
    assert repr(result) == (
        "StudyResult('ablation', 2 cases, 3 runs; best: 'relu, max', accuracy 0.9850)"
    )


def test_a_quick_study_warns_of_itself(result):
    assert "answers nothing" not in result.note()
    quick = StudyResult("ablation", result.runs, {}, quick=True)
    assert "answers nothing" in quick.note()
