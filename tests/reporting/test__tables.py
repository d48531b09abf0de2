"""Tables of the report: a model in a column, units, no table without rows."""

import pandas as pd
import pytest

from lenet_sklearn.inspection import audit
from lenet_sklearn.reporting._evaluation import Evaluation
from lenet_sklearn.reporting._tables import (
    Table,
    audit_tables,
    corruption_table,
    layer_table,
    score_table,
)
from lenet_sklearn.robustness import evaluate_robustness


def test_a_model_without_probabilities_has_fewer_scores(model, svm, named):
    evaluations = [Evaluation.of(each, named[1], named[3], name=str(each)) for each in (model, svm)]
    assert "log_loss" not in evaluations[1].scores()
    table = score_table(evaluations)
    (row,) = [row for row in table.rows if row[0] == "log loss"]
    assert row[2] == "–"
    assert float(row[1]) > 0
    assert table.header == ["measure", str(model), str(svm)]
    assert "without predict_proba" in table.note
    assert "without predict_proba" not in score_table(evaluations[:1]).note


def test_the_layers_are_the_summary(model):
    table = layer_table(model)
    summary = model.summary()
    assert [row[0] for row in table.rows] == list(summary.index)
    assert table.rows[-1][3] == f"{summary.loc['total', 'n_parameters']:,}"


def test_columns_of_words():
    assert Table("", ["true", "predicted", "count"], []).is_text == [True, True, False]


def test_a_table_without_rows_is_left_out(model, named):
    X, y = named[1], named[3]
    predicted = model.predict(X)
    right, wrong = predicted == y, predicted != y
    assert [table.title for table in audit_tables(audit(model, X[right], y[right]))] == [
        "By class",
        "By style",
    ]
    assert wrong.any()
    assert "Confusions" in [table.title for table in audit_tables(audit(model, X, y))]


@pytest.fixture(scope="module")
def corrupted(model, svm, named):
    return evaluate_robustness(
        {"ours": model, "SVM": svm}, named[1][:60], named[3][:60],
        corruptions=["impulse_noise", "rotate"], random_state=0, progress=False,
    )  # fmt: skip


def test_corruptions_are_rows_in_percent(corrupted):
    table = corruption_table(corrupted)
    found = corrupted.table()
    assert table.header == ["images", *found.index]
    labels = [row[0] for row in table.rows]
    assert labels[:2] == ["clean", "mean of the corruptions"]
    assert sorted(labels[2:]) == ["impulse noise", "rotate"]
    means = [sum(map(float, row[1:])) for row in table.rows[2:]]
    assert means == sorted(means, reverse=True)
    best = found.iloc[0]
    assert table.rows[0][1] == f"{100 * best['clean']:.1f}"
    assert "random_state=0." in table.note
    assert "torch" not in table.note


def test_a_model_that_failed_is_named(corrupted, monkeypatch):
    table = corrupted.table().assign(n_failed=[0, 1], error=["", "ValueError: no"])
    table.loc[table.index[1], "rotate"] = float("nan")
    monkeypatch.setattr(type(corrupted), "table", lambda self: pd.DataFrame(table))
    shown = corruption_table(corrupted)
    assert f"{table.index[1]} failed: ValueError: no" in shown.note
    assert [row[2] for row in shown.rows if row[0] == "rotate"] == ["–"]
