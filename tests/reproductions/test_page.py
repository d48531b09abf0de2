import pandas as pd
import pytest

from lenet_sklearn.reproductions import REPRODUCTIONS, ReproductionResult, StudyResult
from lenet_sklearn.reproductions.page import (
    command_of,
    explain,
    make_page,
    make_study_page,
    page_of,
)


def explained(test_accuracy, test_loss, train_accuracy, claim, quick=False):
    runs = pd.DataFrame(
        {
            "id": ["fashion-cnn"],
            "seed": 0,
            "test_accuracy": test_accuracy,
            "test_loss": test_loss,
            "train_accuracy": train_accuracy,
        }
    )
    result = ReproductionResult(runs, pd.DataFrame(), quick=quick)
    claims = result.claims().set_index("claim", drop=False)
    return explain(claims.loc[claim], result)


def test_what_is_borne_out_needs_no_reason():
    text = explained(0.93, 0.2, 0.95, "test_accuracy")
    assert text == ("Test accuracy, exceeded: 0.9300 (0.9300) against 0.92 claimed, 0.0100 above.")


@pytest.mark.parametrize(
    ("figures", "claim", "reason"),
    [
        ((0.91, 0.3, 0.95), "test_accuracy", "The network has overfitted (training accuracy 0.95"),
        ((0.91, 0.3, 0.915), "test_accuracy", "The network has not overfitted (training accuracy"),
        ((0.92, 0.4, 0.95), "test_loss", "it grows surer of its mistakes while its accuracy stays"),
        ((0.91, 0.3, 0.915), "test_loss", "it could be trained for longer"),
        ((0.99, 0.3, 0.996), "test_loss", "The network has learned its training images"),
    ],
)
def test_what_is_not_reached_has_a_reason(figures, claim, reason):
    text = explained(*figures, claim)
    assert "not reached" in text
    assert reason in text


def test_quick_runs_are_not_judged():
    assert "Test accuracy, not judged: " in explained(0.1, 2.3, 0.1, "test_accuracy", quick=True)


def test_the_page_has_no_empty_table_or_column(make):
    assert "## Verdicts\n\n| id          |" in make_page(make(), command="c", rows="r.csv")
    quick = make_page(make(quick=True), command="c", rows="r.csv")
    assert "## Verdicts" not in quick
    assert "verdict |" not in quick
    assert "## Claims\n\n| id          |" in quick
    result = make()
    result.runs = result.runs[result.runs["id"] == "lenet-sklearn"]
    page = make_page(result, command="c", rows="r.csv")
    assert "## Verdicts" not in page
    assert "## Claims" not in page
    assert "## All figures" in page


def test_no_table_of_the_page_is_wide(make):
    lines = make_page(make(), command="c", rows="r.csv").splitlines()
    headers = [line.split(" | ") for line in lines if line.startswith("| id ")]
    names = [[name.strip(" |") for name in header] for header in headers]
    assert names[1] == ["id", "test accuracy", "test loss", "training accuracy", "parameters"]
    assert names[2] == ["id", "epochs"]
    ids = [line.split(" | ")[0] for line in lines if line.startswith("| feedforward")]
    assert len(ids) == 4  # two claims, and a row of each table of figures


def test_the_page_gives_the_evidence(make):
    page = make_page(make(), command="the command", rows="all.csv", figure="all.png")
    assert page.startswith("# Reproductions")
    assert "its rows, [all.csv](all.csv):\n\n```sh\nthe command\n```" in page
    assert (
        "![Claimed and measured test accuracy](all.png)\n\nIn the picture: mean ± 2 stand" in page
    )
    assert "None of the five gives a seed, a spread or an interval" in page
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
    assert "![" not in make_page(make(), command="c", rows="r.csv")


def test_the_page_of_a_study_asks_answers_and_shows():
    runs = pd.DataFrame(
        {
            "network": ["a", "a", "b"],
            "seed": [0, 1, 0],
            "test_accuracy": [0.98, 0.99, 0.97],
            "parameters": 100.0,
            "fit_seconds": 1.0,
            "predict_microseconds": 9.0,
        }
    )
    result = StudyResult("efficiency", runs)
    page = make_study_page(result, command="the command", rows="a.csv", figure="study.png")
    assert page.startswith("# Accuracy against parameters\n\nWhat do more parameters buy?")
    assert "```sh\nthe command\n```\n\n![Accuracy against parameters](study.png)" in page
    assert (
        "In the picture: mean of up to 2 seeds, bars from the lowest seed to the highest." in page
    )
    assert result.to_markdown().rstrip() in page
    assert page.endswith(f"\n\n## Answer\n\n{result.answer()}\n")
    assert "1998" not in page
    assert "![" not in make_study_page(result, command="c", rows="r.csv")
    result.quick = True
    assert "Answer" not in make_study_page(result, command="c", rows="r.csv")


def test_the_command_follows_from_the_rows(make):
    start = "lenet-sklearn reproduce"
    result = make()
    assert command_of(result, "some") == (
        f"{start} feedforward lenet-sklearn --seeds 2 --out results --page some.md"
    )
    result.quick = True
    assert " --seeds 2 --quick --out" in command_of(result, "some")
    runs = pd.DataFrame({"id": list(REPRODUCTIONS), "seed": 0, "test_accuracy": 0.9})
    every = ReproductionResult(runs, pd.DataFrame())
    assert command_of(every, "all") == f"{start} --seeds 1 --out results --page all.md"
    study = StudyResult("efficiency", runs.rename(columns={"id": "network"}))
    command = f"{start} --study efficiency --seeds 1 --out results --page e.md"
    assert command_of(study, "e") == command
    assert page_of(study, "e") == make_study_page(
        study, command=command, rows="e.csv", figure="e.png"
    )
    assert page_of(result, "r", with_figure=False) == make_page(
        result, command=command_of(result, "r"), rows="r.csv"
    )
