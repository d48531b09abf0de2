"""The rows beside a page: small, read back as they were, and what the page follows from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.reproductions import STUDIES, StudyResult
from lenet_sklearn.reproductions.page import page_of
from lenet_sklearn.reproductions.stored_rows import read_rows, write_rows

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {"reproductions": None, **{f"studies/{name}": name for name in STUDIES}}

ENVIRONMENT = {
    "date": "2026-01-02T03:04:05+00:00",
    "processor": "Some CPU",
    "cpu_count": 2,
    "versions": {"python": "3.11.7", "torch": "2.13.0+cpu"},
    "note": "Beside other work, it took longer.",
}


@pytest.fixture
def study():
    runs = pd.DataFrame(
        {
            "start": ["MNIST, kept", "MNIST, kept", "from scratch"],
            "images_per_class": [5, 5, 10],
            "seed": [0, 1, 0],
            "n_train": 50,
            "n_test": 1747,
            "test_accuracy": [0.9123456789, 0.9, 0.8],
            "parameters": [12_345_678.0, 12_345_678.0, 61_706.0],
            "fit_seconds": [1.23456, 123_456.7, 0.0012345],
            "predict_microseconds": np.nan,
            "date": ["2026-01-02T03:04:05+00:00"] * 3,
        }
    )
    return StudyResult("transfer", runs, ENVIRONMENT)


def test_a_study_is_read_back(study, tmp_path):
    text = write_rows(study, tmp_path / "rows.csv")
    assert (tmp_path / "rows.csv").read_text(encoding="utf-8") == text
    read = read_rows(tmp_path / "rows.csv", "transfer")
    assert (read.name, read.quick, read.environment) == ("transfer", False, ENVIRONMENT)
    assert read.factors == study.factors
    assert read.runs["test_accuracy"].tolist() == [0.912346, 0.9, 0.8]
    assert read.runs["parameters"].tolist() == [12_345_678, 12_345_678, 61_706]
    assert read.runs["fit_seconds"].tolist() == [1.235, 123_500.0, 0.001234]
    assert "predict_microseconds" not in read.runs
    assert read.note() == study.note()
    assert "Beside other work, it took longer." in read.note()
    assert write_rows(read) == text


def test_the_networks_are_read_back(make, tmp_path):
    result = make(environment=ENVIRONMENT)
    result.runs = result.runs.assign(date=ENVIRONMENT["date"])
    text = write_rows(result, tmp_path / "rows.csv")
    read = read_rows(tmp_path / "rows.csv")
    pd.testing.assert_frame_equal(read.claims(), result.claims())
    assert page_of(read, "rows") == page_of(result, "rows")
    assert read.history.empty
    assert write_rows(read) == text


@pytest.mark.parametrize("quick", [True, False])
def test_a_quick_run_stays_one_and_a_machine_is_not_needed(make, tmp_path, quick):
    write_rows(make(quick=quick), tmp_path / "rows.csv")
    read = read_rows(tmp_path / "rows.csv")
    assert (read.quick, read.environment) == (quick, {})


@pytest.mark.parametrize("study_name", [None, "ablation"])
def test_other_tables_are_refused(tmp_path, study_name):
    pd.DataFrame({"activation": ["relu"], "seed": [0]}).to_csv(tmp_path / "a.csv", index=False)
    with pytest.raises(ValueError, match=r"a\.csv' has no rows of .*no column .*quick.* Give the"):
        read_rows(tmp_path / "a.csv", study_name)


@pytest.mark.parametrize("note", ["NA", "2026", "nan", 'a, "b"\nand | c'])
def test_a_note_is_read_back_as_a_text(study, tmp_path, note):
    study.environment = {**ENVIRONMENT, "note": note}
    write_rows(study, tmp_path / "rows.csv")
    read = read_rows(tmp_path / "rows.csv", "transfer")
    assert read.environment["note"] == note
    assert f"of the fastest seed. {note[:2]}" in page_of(read, "rows")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"test_accuracy": ["0.9", "x", "0.8"]}, "test_accuracy is no number"),
        ({"test_accuracy": [0.9, np.nan, 0.8]}, "an empty cell in the column test_accuracy"),
        ({"test_accuracy": [90.0, 91.0, 92.0]}, "test_accuracy is not from 0 to 1"),
        ({"fit_seconds": "long"}, "fit_seconds is no number"),
        ({"seed": "first"}, "seed is no whole number"),
        ({"seed": 0}, "two lines are of the same seed"),
        ({"cpu_count": "two"}, "cpu_count is no whole number"),
        ({"date": np.nan}, "an empty cell in the column date"),
        ({"quick": "maybe"}, "quick is not the same True or False in all lines"),
        ({"quick": [True, False, False]}, "quick is not the same True or False in all lines"),
    ],
)
def test_wrong_cells_are_named(study, tmp_path, changes, problem):
    file = tmp_path / "rows.csv"
    write_rows(study, file)
    pd.read_csv(file).assign(**changes).to_csv(file, index=False)
    with pytest.raises(ValueError, match=rf"rows\.csv' has no rows of .*: {problem}\. Give the"):
        read_rows(file, "transfer")


def test_wrong_lines_and_columns_are_named(study, make, tmp_path):
    file = tmp_path / "rows.csv"
    text = write_rows(study)
    file.write_text(text.splitlines()[0] + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="there is no line below the headings"):
        read_rows(file, "transfer")
    file.write_text("")
    with pytest.raises(ValueError, match=r"rows\.csv' is no CSV file that can be read: No columns"):
        read_rows(file, "transfer")
    file.write_bytes(b"\xb1\x80")
    with pytest.raises(ValueError, match=r"rows\.csv' is no CSV file that can be read: 'utf-8'"):
        read_rows(file, "transfer")
    write_rows(study, file)
    pd.read_csv(file).reset_index().to_csv(file, index=False)
    with pytest.raises(ValueError, match="before seed are the columns index, start, images_per_cl"):
        read_rows(file, "transfer")
    pd.read_csv(file).drop(columns=["index", "processor"]).to_csv(file, index=False)
    with pytest.raises(ValueError, match="no column processor"):
        read_rows(file, "transfer")
    write_rows(make(), file)
    pd.read_csv(file).assign(id="lenet-6").to_csv(file, index=False)
    with pytest.raises(ValueError, match="no network is named lenet-6"):
        read_rows(file)


@pytest.mark.parametrize("page", PAGES)
def test_each_page_is_what_its_rows_say(page):
    result = read_rows(DOCS / f"{page}.csv", PAGES[page])
    assert not result.quick
    assert result.table()["n_seeds"].max() >= 3
    name = page.rpartition("/")[2]
    assert (DOCS / f"{page}.md").read_text(encoding="utf-8") == page_of(result, name)
    assert (DOCS / f"{page}.png").exists()
    assert (DOCS / f"{page}.csv").stat().st_size < 30_000
