import io

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.reproductions import ReproductionResult
from lenet_sklearn.reproductions.page import make_page
from lenet_sklearn.reproductions.verdicts import judge


def make(**more):
    runs = pd.DataFrame(
        {
            "id": ["feedforward"] * 2 + ["lenet-sklearn"] * 2,
            "seed": [0, 1, 0, 1],
            "n_train": 60_000,
            "n_test": 10_000,
            "test_accuracy": [0.974, 0.976, 0.990, 0.992],
            "test_loss": [0.30, 0.32, 0.03, 0.03],
            "validation_accuracy": np.nan,
            "train_accuracy": [0.92, 0.93, 0.99, 0.99],
            "parameters": [55_050.0, 55_050.0, 61_706.0, 61_706.0],
            "epochs": [15.0, 15.0, 4.0, 4.0],
        }
    )
    return ReproductionResult(runs, pd.DataFrame(), **more)


def test_claims_are_judged_over_the_seeds():
    claims = make().claims()
    assert claims["id"].tolist() == ["feedforward"] * 2  # the other one claims nothing
    accuracy, loss = claims.to_dict("records")
    assert accuracy["claim"] == "test_accuracy"
    assert accuracy["measured"] == pytest.approx(0.975)
    assert accuracy["sd"] == pytest.approx(np.sqrt(2e-6))
    assert accuracy["difference"] == pytest.approx(0.010)
    assert accuracy["verdict"] == "exceeded"
    assert (loss["claim"], loss["verdict"]) == ("test_loss", "not reached")


def test_quick_runs_are_not_judged():
    result = make(quick=True)
    assert (result.claims()["verdict"] == "").all()
    assert result.note().startswith("A quick run")
    assert "0 of 2 claims" in repr(result)


def test_the_table_sets_claimed_beside_measured():
    table = make().table()
    row, other = table.loc["feedforward"], table.loc["lenet-sklearn"]
    assert (row["n_seeds"], row["data"]) == (2, "mnist")
    assert (row["test_accuracy_claimed"], row["test_accuracy_verdict"]) == (0.965, "exceeded")
    assert (row["test_loss_claimed"], row["test_loss_verdict"]) == (0.166, "not reached")
    assert np.isnan(other["test_accuracy_claimed"])
    assert other["test_accuracy_verdict"] == ""
    assert other["test_accuracy"] == pytest.approx(0.991)


def test_the_texts_hold_the_figures(tmp_path):
    result = make()
    markdown = result.to_markdown()
    line = next(line for line in markdown.splitlines() if "feedforward" in line)
    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells[:4] == ["feedforward", "0.9750 ± 0.0014", "0.965", "exceeded"]
    assert "validation" not in markdown  # nothing was held out
    assert "over 2 seeds" in markdown
    html = result.to_html(tmp_path / "table.html")
    assert "<td>0.9750 ± 0.0014</td>" in html
    assert (tmp_path / "table.html").read_text(encoding="utf-8") == html
    table = pd.read_csv(io.StringIO(result.to_csv()), index_col="id")
    assert table["test_accuracy"].tolist() == pytest.approx([0.975, 0.991])
    assert "exceeded" in result._repr_html_()


def test_claims_are_judged_once(monkeypatch, tmp_path):
    judged = []

    def record(claimed, values, **more):
        judged.append(claimed)
        return judge(claimed, values, **more)

    monkeypatch.setattr("lenet_sklearn.reproductions.result.judge", record)
    result = make()
    result.write(tmp_path)
    make_page(result, command="c")
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


def test_no_column_is_empty():
    whole = headings(make())
    assert (whole.count("claimed"), whole.count("verdict")) == (2, 2)  # of accuracy and of loss
    quick = headings(make(quick=True))
    assert (quick.count("claimed"), quick.count("verdict")) == (2, 0)
    result = make()
    result.runs = result.runs[result.runs["id"] == "lenet-sklearn"]  # which claims nothing
    assert headings(result)[:3] == ["id", "test accuracy", "test loss"]
    assert not {"claimed", "verdict"} & set(headings(result))


def test_one_seed_is_a_singular():
    result = make()
    result.runs = result.runs[result.runs["seed"] == 0]
    assert "over 1 seed. A claim" in result.note()
    assert "over 2 seeds. A claim" in make().note()
    assert "trained again with 1 seed and" in make_page(result, command="c")


def test_the_page_has_no_empty_table_or_column():
    assert "## Verdicts\n\n| id          |" in make_page(make(), command="c")
    quick = make_page(make(quick=True), command="c")
    assert "## Verdicts" not in quick
    assert "verdict |" not in quick
    assert "## Claims\n\n| id          |" in quick
    result = make()
    result.runs = result.runs[result.runs["id"] == "lenet-sklearn"]
    page = make_page(result, command="c")
    assert "## Verdicts" not in page
    assert "## Claims" not in page
    assert "## All figures" in page


def test_repr():
    assert repr(make()) == (
        "ReproductionResult(2 networks, 2 seeds; 1 of 2 claims reproduced or exceeded)"
    )


def test_the_page_gives_the_evidence():
    page = make_page(make(), command="lenet-sklearn reproduce --out results", figure="all.png")
    assert page.startswith("# Reproductions")
    assert "```sh\nlenet-sklearn reproduce --out results\n```" in page
    assert "![Claimed and measured test accuracy](all.png)" in page
    assert "10,000 test images" in page
    assert (
        "- Test accuracy, exceeded: 0.9750 ± 0.0014 (0.9740, 0.9760) against 0.965 claimed, "
        "0.0100 above." in page
    )
    assert (
        "- Test loss, not reached: 0.3100 ± 0.0141 (0.3000, 0.3200) against 0.166 claimed, 0.1440 "
        "above. The network has not overfitted (training accuracy 0.9250, test accuracy 0.9750): "
        "it could be trained for longer." in page
    )
    assert "### `lenet-sklearn`: This library's default" in page
    assert "- Claimed: nothing." in page
    assert "![" not in make_page(make(), command="c")
