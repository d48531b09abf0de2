import io

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.reproductions.page import make_page
from lenet_sklearn.reproductions.verdicts import judge


def test_claims_are_judged_over_the_seeds(make):
    claims = make().claims()
    assert claims["id"].tolist() == ["feedforward"] * 2  # the other one claims nothing
    accuracy, loss = claims.to_dict("records")
    assert accuracy["claim"] == "test_accuracy"
    assert accuracy["measured"] == pytest.approx(0.975)
    assert accuracy["sd"] == pytest.approx(np.sqrt(2e-6))
    assert accuracy["difference"] == pytest.approx(0.010)
    assert accuracy["verdict"] == "exceeded"
    assert (loss["claim"], loss["verdict"]) == ("test_loss", "not reached")


def test_quick_runs_are_not_judged(make):
    result = make(quick=True)
    assert (result.claims()["verdict"] == "").all()
    assert result.note().startswith("A quick run")
    assert "0 of 2 claims" in repr(result)


def test_the_table_sets_claimed_beside_measured(make):
    table = make().table()
    row, other = table.loc["feedforward"], table.loc["lenet-sklearn"]
    assert (row["n_seeds"], row["data"]) == (2, "mnist")
    assert (row["test_accuracy_claimed"], row["test_accuracy_verdict"]) == (0.965, "exceeded")
    assert (row["test_loss_claimed"], row["test_loss_verdict"]) == (0.166, "not reached")
    assert np.isnan(other["test_accuracy_claimed"])
    assert other["test_accuracy_verdict"] == ""
    assert other["test_accuracy"] == pytest.approx(0.991)


def test_the_texts_hold_the_figures(make, tmp_path):
    result = make()
    markdown = result.to_markdown()
    line = next(line for line in markdown.splitlines() if "feedforward" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:4] == ["feedforward", "0.9750 ± 0.0014", "0.965", "exceeded"]
    assert "validation" not in markdown  # nothing was held out
    assert "over 2 seeds" in markdown
    html = result.to_html(tmp_path / "table.html")
    assert "<td>0.9750 <small>± 0.0014</small></td>" in html
    assert (tmp_path / "table.html").read_text(encoding="utf-8") == html
    table = pd.read_csv(io.StringIO(result.to_csv()), index_col="id")
    assert table["test_accuracy"].tolist() == pytest.approx([0.975, 0.991])
    assert "exceeded" in result._repr_html_()


def test_claims_are_judged_once(make, monkeypatch, tmp_path):
    judged = []

    def record(claimed, values, **more):
        judged.append(claimed)
        return judge(claimed, values, **more)

    monkeypatch.setattr("lenet_sklearn.reproductions.result.judge", record)
    result = make()
    result.write(tmp_path)
    make_page(result, command="c", rows="r.csv")
    assert repr(result)
    assert judged == [0.965, 0.166]
    claims = result.claims()
    claims.loc[0, "verdict"] = "spoilt"
    assert result.claims().loc[0, "verdict"] == "exceeded"
    assert {path.name for path in tmp_path.iterdir()} == {
        *("runs.csv", "history.csv", "table.csv", "table.md", "table.html")
    }


def headings(result):
    return [cell.strip() for cell in result.to_markdown().splitlines()[0].strip("|").split("|")]


def test_no_column_is_empty(make):
    whole = headings(make())
    assert (whole.count("claimed"), whole.count("verdict")) == (2, 2)  # of accuracy and of loss
    quick = headings(make(quick=True))
    assert (quick.count("claimed"), quick.count("verdict")) == (2, 0)
    result = make()
    result.runs = result.runs[result.runs["id"] == "lenet-sklearn"]  # which claims nothing
    assert headings(result)[:3] == ["id", "test accuracy", "test loss"]
    assert not {"claimed", "verdict"} & set(headings(result))


def test_one_seed_is_a_singular(make):
    result = make()
    result.runs = result.runs[result.runs["seed"] == 0]
    assert "over 1 seed. A claim" in result.note()
    assert "over 2 seeds. A claim" in make().note()
    assert "trained again with 1 seed and" in make_page(result, command="c", rows="r.csv")


def test_repr(make):
    assert repr(make()) == (
        "ReproductionResult(2 networks, 2 seeds; 1 of 2 claims reproduced or exceeded)"
    )
