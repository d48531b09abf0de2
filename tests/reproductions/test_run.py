import json

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn import LeNet5Classifier, run_reproductions
from lenet_sklearn.reproductions import REPRODUCTIONS
from lenet_sklearn.reproductions.image_sets import QUICK_TEST, QUICK_TRAIN

MEASURED = ["test_accuracy", "test_loss", "precision_macro", "recall_macro", "f1_macro"]


@pytest.fixture
def fits(monkeypatch):
    """The seeds of all models that are fitted."""
    seen = []
    fit = LeNet5Classifier.fit

    def record(self, *args, **kwargs):
        seen.append(self.random_state)
        return fit(self, *args, **kwargs)

    monkeypatch.setattr(LeNet5Classifier, "fit", record)
    return seen


def stored(folder):
    return {path: path.read_bytes() for path in folder.glob("rows/*.json")}


def test_every_row_runs_quickly(data_home, tmp_path):
    result = run_reproductions(
        seeds=[0], quick=True, data_home=data_home, out_dir=tmp_path, progress=False
    )
    runs = result.runs.set_index("id")
    assert list(runs.index) == list(REPRODUCTIONS)
    assert (runs["epochs"] == 2).all()
    assert (runs["n_test"] == QUICK_TEST).all()
    assert runs["parameters"].gt(40_000).all()
    assert runs[[*MEASURED, "fit_seconds", "train_accuracy"]].notna().all(axis=None)
    for id_, record in REPRODUCTIONS.items():
        held_out = round(QUICK_TRAIN * record.validation_fraction)
        assert runs.loc[id_, "n_train"] == QUICK_TRAIN - held_out
        assert np.isnan(runs.loc[id_, "validation_accuracy"]) == (held_out == 0)
        curves = result.history[result.history["id"] == id_]
        assert curves["epoch"].tolist() == [1, 2]
        assert curves["train_loss"].notna().all()
        assert curves["valid_acc"].notna().all() == (held_out > 0)
    assert (result.claims()["verdict"] == "").all()  # a quick run judges nothing
    written = pd.read_csv(tmp_path / "runs.csv")
    pd.testing.assert_series_equal(written["test_accuracy"], result.runs["test_accuracy"])
    assert len(pd.read_csv(tmp_path / "history.csv")) == 2 * len(REPRODUCTIONS)
    for name in ("table.csv", "table.md", "table.html"):
        assert "lecun1998" in (tmp_path / name).read_text(encoding="utf-8")


def test_a_real_run_learns_and_is_judged(data_home):
    result = run_reproductions("keras-relu-avg", seeds=[0, 1], data_home=data_home, progress=False)
    assert (result.runs["epochs"] == 5).all()
    assert (result.runs["n_train"] == 360).all()  # of the 400
    assert (result.runs["n_test"] == 250).all()
    table = result.table().loc["keras-relu-avg"]
    assert table["n_seeds"] == 2
    assert 0.2 < table["test_accuracy"] < 0.94
    assert table["test_accuracy"] == result.runs["test_accuracy"].mean()
    assert table["test_accuracy_sd"] == pytest.approx(result.runs["test_accuracy"].std())
    assert table["test_accuracy_claimed"] == 0.9448
    assert table["test_accuracy_verdict"] in ("not reached", "reproduced")
    first, second = result.runs["test_loss"]
    assert first != second  # but each repeats
    again = run_reproductions("keras-relu-avg", seeds=[1], data_home=data_home, progress=False)
    assert again.runs["test_loss"][0] == second


def test_finished_rows_are_not_run_again(data_home, tmp_path, fits):
    options = {"quick": True, "data_home": data_home, "out_dir": tmp_path, "progress": False}
    first = run_reproductions(["feedforward", "keras-relu-max"], seeds=[0, 1], **options)
    assert len(fits) == 4
    before = stored(tmp_path)
    again = run_reproductions(["feedforward", "keras-relu-max"], seeds=[0, 1], **options)
    assert len(fits) == 4
    assert stored(tmp_path) == before
    pd.testing.assert_frame_equal(first.runs, again.runs)
    pd.testing.assert_frame_equal(first.history, again.history)
    more = run_reproductions(["keras-relu-max", "lecun1998"], seeds=[1, 2], **options)
    assert fits[4:] == [2, 1, 2]  # what is new, and no more
    assert before.items() <= stored(tmp_path).items()
    assert list(more.runs["id"]) == ["keras-relu-max"] * 2 + ["lecun1998"] * 2


def test_a_lost_or_damaged_row_is_run_again(data_home, tmp_path, fits):
    options = {"quick": True, "data_home": data_home, "out_dir": tmp_path, "progress": False}
    first = run_reproductions("feedforward", seeds=[0, 1, 2], **options)
    lost, damaged, _ = sorted(stored(tmp_path))
    lost.unlink()
    damaged.write_text(damaged.read_text()[:-20])
    again = run_reproductions("feedforward", seeds=[0, 1, 2], **options)
    assert len(fits) == 5
    columns = ["id", "seed", *MEASURED]
    pd.testing.assert_frame_equal(first.runs[columns], again.runs[columns])


def test_a_row_of_another_recipe_is_run_again(data_home, tmp_path, fits, monkeypatch):
    options = {"quick": True, "data_home": data_home, "out_dir": tmp_path, "progress": False}
    run_reproductions(["feedforward", "lecun1998"], seeds=[0], **options)
    (path,) = tmp_path.glob("rows/feedforward*")
    content = json.loads(path.read_text())
    assert content["row"]["settings"]["estimator"][".lr"] == "0.001"
    monkeypatch.setattr(REPRODUCTIONS["feedforward"].estimator, "lr", 0.002)
    run_reproductions(["feedforward", "lecun1998"], seeds=[0], **options)
    assert len(fits) == 3


def test_quick_and_real_runs_do_not_mix(data_home, tmp_path):
    options = {"seeds": [0], "data_home": data_home, "out_dir": tmp_path, "progress": False}
    run_reproductions("feedforward", quick=True, **options)
    with pytest.raises(ValueError, match="quick was True and is now False"):
        run_reproductions("feedforward", **options)


def test_early_stopping_watches_the_training_accuracy(data_home):
    """The best training accuracy ends the fit; the validation images are scored, not trained on."""
    record = REPRODUCTIONS["keras-tanh-same"]
    assert record.estimator.get_params()["monitor"] == "train_acc"
    result = run_reproductions("keras-tanh-same", seeds=[0], data_home=data_home, progress=False)
    curves = result.history
    assert result.runs["n_train"][0] == 320
    assert curves["valid_acc"].notna().all()
    assert len(curves) == result.runs["epochs"][0] <= 20
    best = curves["train_acc"].idxmax()
    assert len(curves) == 20 or len(curves) - 1 - best == 3


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("keras-relu-mix", r"'keras-relu-mix'. Did you mean 'keras-relu-max'"),
        (["feedforward", "svm"], r"keys of REPRODUCTIONS. Got 'svm'.* Give any of model-card"),
        ([], "ids is empty. Give any of model-card-sigmoid, "),
        (["feedforward", "feedforward"], "Got feedforward twice"),
    ],
)
def test_wrong_ids(ids, message):
    with pytest.raises(ValueError, match=message):
        run_reproductions(ids)


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1], [0.5], [2**32]])
def test_wrong_seeds(seeds):
    with pytest.raises(ValueError, match="seeds must be one or more different integers"):
        run_reproductions("feedforward", seeds=seeds)
