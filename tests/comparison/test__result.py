"""The table says what the scores say, best first, and is written whole."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn._runs.metrics import METRICS
from lenet_sklearn.comparison import BenchmarkResult, compare_models
from lenet_sklearn.comparison._result import ROW_COLUMNS


def _scores(models: dict[str, list], n_folds: int = 5, **extra: list) -> pd.DataFrame:
    """Rows with the given accuracies; None is a failed fold."""
    rows = []
    for number, (name, accuracies) in enumerate(models.items()):
        for fold, accuracy in enumerate(accuracies[:n_folds]):
            ok = accuracy is not None
            row = dict.fromkeys(METRICS, 1.0 + number + fold / 10 if ok else np.nan)
            row |= {"model": name, "fold": fold, "n_train": 75, "n_test": 25}
            row |= {"status": "ok" if ok else "failed"}
            row |= {"error": "" if ok else f"ValueError: fold {fold}"}
            row |= {"accuracy": accuracy if ok else np.nan}
            row |= {column: values[fold] for column, values in extra.items()}
            rows.append(row)
    return pd.DataFrame(rows, columns=[*ROW_COLUMNS, *METRICS, *extra])


MODELS = {
    "middle": [0.80, 0.82, 0.81, 0.85, 0.82],
    "best": [0.90, 0.92, 0.95, 0.91, 0.92],
    "broken": [0.99, None, 0.99, None, 0.99],
    "worst": [0.10, 0.20, 0.30, 0.20, 0.20],
}


@pytest.fixture
def result():
    environment = {
        "date": "2026-01-01T00:00:00+00:00",
        "platform": "Test",
        "cpu_count": 2,
        "n_jobs": 1,
        "versions": {"python": "3.11"},
    }
    return BenchmarkResult(_scores(MODELS), random_state=42, environment=environment)


def test_table_has_mean_and_sd_of_everything(result):
    table = result.table()
    for metric in METRICS:
        rows = result.scores.set_index("model").loc["best", metric]
        assert table.loc["best", metric] == pytest.approx(rows.mean())
        assert table.loc["best", f"{metric}_sd"] == pytest.approx(rows.std(ddof=1))
    measured = [name for metric in METRICS for name in (metric, f"{metric}_sd")]
    comparison = ["difference", "p_value", "p_value_holm"]
    assert list(table.columns) == [*measured, *comparison, "n_folds", "n_failed", "error"]
    assert all(table[name].dtype == float for name in [*measured, *comparison])


def test_best_first_and_failed_last(result):
    assert list(result.table().index) == ["best", "middle", "worst", "broken"]
    # Less is better here. "middle" stands first in the mapping, and has the least.
    assert list(result.table("log_loss").index) == ["middle", "best", "worst", "broken"]
    assert list(result.table("fit_seconds").index) == ["middle", "best", "worst", "broken"]
    assert list(result.table("f1_macro").index) == ["worst", "best", "middle", "broken"]


def test_a_missing_metric_stands_after_the_others_and_before_the_failed(result):
    result.scores.loc[result.scores["model"] == "middle", "log_loss"] = np.nan
    assert list(result.table("log_loss").index) == ["best", "worst", "middle", "broken"]


def test_equal_models_keep_their_order():
    result = BenchmarkResult(_scores({"b": [0.5] * 5, "a": [0.5] * 5}))
    assert list(result.table().index) == ["b", "a"]
    assert result.table().loc["a", "p_value"] == 1


def test_failed_model_has_no_mean_but_its_error(result):
    table = result.table()
    assert table.loc["broken", list(METRICS)].isna().all()
    assert table.loc["broken", ["difference", "p_value_holm"]].isna().all()
    assert table["n_folds"].to_dict() == dict.fromkeys(MODELS, 5)
    assert table["n_failed"].to_dict() == {"best": 0, "middle": 0, "worst": 0, "broken": 2}
    assert table.loc["broken", "error"] == "ValueError: fold 1"
    assert table.loc["best", "error"] == ""


@pytest.mark.parametrize("reference", [None, "middle", "worst"])
def test_differences_are_those_of_compare_models(result, reference):
    result.reference = reference
    used = reference or "best"
    table = result.table()
    expected = compare_models(result, reference=used).set_index("model")
    assert np.isnan(table.loc[used, "difference"])
    for name in set(MODELS) - {used}:
        for column in ("difference", "p_value", "p_value_holm"):
            np.testing.assert_equal(table.loc[name, column], expected.loc[name, column])
    # The failed model is no comparison: Holm counts two.
    smallest = table["p_value"].idxmin()
    assert table.loc[smallest, "p_value_holm"] == 2 * table.loc[smallest, "p_value"]


@pytest.fixture
def tested(monkeypatch):
    """The metrics that models were tested in."""
    seen = []

    def record(result, *, metric, reference):
        seen.append(metric)
        return compare_models(result, metric=metric, reference=reference)

    monkeypatch.setattr("lenet_sklearn.comparison._result.compare_models", record)
    return seen


def test_each_table_is_computed_once(result, tested):
    texts = (result.to_markdown, result.to_html, result.to_csv, result._repr_html_)
    assert all(text() for text in texts)
    assert repr(result).startswith("BenchmarkResult(4")
    assert result.table().index[0] == "best"
    assert tested == ["accuracy"]
    result.to_markdown(metric="f1_macro")
    result.to_csv(metric="f1_macro")
    assert tested == ["accuracy", "f1_macro"]
    result.reference = "worst"  # another comparison
    assert np.isnan(result.table().loc["worst", "difference"])
    assert tested == ["accuracy", "f1_macro", "accuracy"]


def test_nobody_can_spoil_the_table(result):
    table = result.table()
    table.loc["best", "accuracy"] = 0.0
    assert result.table().loc["best", "accuracy"] == pytest.approx(0.92)


def test_failed_reference(result):
    result.reference = "broken"
    assert result.table()["difference"].isna().all()
    assert "| reference |" in " ".join(result.to_markdown().split())


def test_single_fold(result):
    result.scores = _scores({"a": [0.5], "b": [0.75]}, n_folds=1)
    table = result.table()
    assert list(table.index) == ["b", "a"]
    assert table["accuracy_sd"].isna().all()
    assert table.loc["a", "difference"] == pytest.approx(-0.25)
    assert np.isnan(table.loc["a", "p_value"])
    assert "0.7500 |" in result.to_markdown()


def test_the_reason_for_missing_p_values_stands_below():
    few = BenchmarkResult(_scores(MODELS, n_folds=2))
    assert few.table()["p_value"].isna().all()
    reason = "No p-values: they need at least 5 folds, and there are 2."
    assert reason in few.to_markdown()
    assert reason in few.to_html()
    same = BenchmarkResult(
        _scores({"a": [0.5, 0.6, 0.7, 0.6, 0.5], "b": [0.3, 0.4, 0.5, 0.4, 0.3]})
    )
    assert same.table()["p_value"].isna().all()
    assert "No p-value where the difference is the same in all folds." in same.to_markdown()
    assert "No p-value" not in BenchmarkResult(_scores(MODELS)).to_markdown()


def test_single_model():
    result = BenchmarkResult(_scores({"only": [0.5, 0.6, 0.7, 0.6]}))
    assert result.table().loc["only", "accuracy"] == pytest.approx(0.6)
    assert "difference in" not in result.to_markdown()
    assert repr(result).startswith("BenchmarkResult(1 model, 4 folds; best: 'only', accuracy 0.6")


def test_all_models_failed():
    result = BenchmarkResult(_scores({"a": [None] * 4, "b": [None] * 4}))
    assert list(result.table()["n_failed"]) == [4, 4]
    assert result.to_markdown().count("failed in 4 of 4 folds: ValueError: fold 0") == 2
    assert repr(result) == "BenchmarkResult(2 models, 4 folds; failed: ['a', 'b'])"


def test_extra_scorer_is_one_more_metric():
    scores = _scores(MODELS, mine=[4.0, 2.0, 3.0, 3.0, 3.0])
    table = BenchmarkResult(scores).table("mine")
    assert table.loc["best", "mine"] == 3
    assert "| mine |" in " ".join(BenchmarkResult(scores).to_markdown().split("\n")[0].split())


def test_unknown_metric(result):
    with pytest.raises(ValueError, match=r"metric must be one of \['accuracy'.*Got 'speed'"):
        result.table("speed")
    with pytest.raises(ValueError, match="Got 'model'"):
        result.to_markdown(metric="model")


def test_markdown(result):
    text = result.to_markdown()
    lines = text.split("\n")
    header = [cell.strip() for cell in lines[0].strip("| ").split("|")]
    assert {"fit (s)", "predict (µs/image)", "size (kB)", "p (Holm)", "error"} <= set(header)
    cells = [[cell.strip() for cell in line[2:-2].split(" | ")] for line in lines[2:6]]
    rows = {row[0]: dict(zip(header, row, strict=True)) for row in cells}
    assert rows["best"]["accuracy"] == "0.9200 ± 0.0187"
    assert rows["best"]["difference in accuracy"] == "reference"
    assert rows["middle"]["difference in accuracy"] == "-0.1000"
    assert rows["broken"]["accuracy"] == "–"
    assert rows["broken"]["error"] == "failed in 2 of 5 folds: ValueError: fold 1"
    assert "5 folds, each of about 75 training and 25 test samples" in text
    assert "from best (the best); p-values of the corrected resampled t-test" in text
    assert "random_state=42" in text
    assert "Test, 2 CPUs, n_jobs=1; python 3.11." in text


def test_html_escapes_names_and_errors(result):
    result.scores = result.scores.replace({"best": "<b>&best", "ValueError: fold 1": "<i>oops"})
    page = result.to_html()
    assert page.startswith("<!doctype html>")
    assert "<td>&lt;b&gt;&amp;best</td>" in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;i&gt;oops" in page
    fragment = result._repr_html_()
    assert fragment in page
    assert "<html" not in fragment


def test_csv_is_the_table(result):
    read = pd.read_csv(io.StringIO(result.to_csv()), index_col="model", keep_default_na=True)
    table = result.table()
    pd.testing.assert_frame_equal(read.drop(columns="error"), table.drop(columns="error"))


@pytest.mark.parametrize("method", ["to_markdown", "to_html", "to_csv"])
def test_written_to_a_path(result, method, tmp_path):
    path = tmp_path / "table"
    write = getattr(result, method)
    assert write(path) == write() == path.read_bytes().decode()
    assert write(path, metric="f1_macro") == path.read_bytes().decode() != write()
    assert list(tmp_path.iterdir()) == [path]


def test_repr(result):
    assert repr(result) == (
        "BenchmarkResult(4 models, 5 folds; best: 'best', accuracy 0.9200 ± 0.0187; "
        "failed: ['broken'])"
    )
