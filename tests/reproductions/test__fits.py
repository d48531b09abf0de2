"""What re-runs and studies share."""

import numpy as np
from sklearn.dummy import DummyClassifier

from lenet_sklearn._runs.engine import Task
from lenet_sklearn.reproductions._fits import fit_and_measure, run_fits, suggest
from lenet_sklearn.reproductions.image_sets import ImageSet, ImageSets

X, Y = np.zeros((6, 4)), np.array(["a", "a", "a", "a", "b", "b"])


def test_a_model_is_fitted_on_one_part_and_measured_on_the_other():
    row, measured = fit_and_measure(DummyClassifier(), ImageSet(X, Y, X[3:], Y[3:]))
    assert (row["n_train"], row["n_test"]) == (6, 3)
    assert row["test_accuracy"] == measured["accuracy"] == 1 / 3
    assert row["fit_seconds"] > 0


def test_rows_of_other_settings_are_computed_again(tmp_path):
    def rows(settings, accuracy):
        row = {"test_accuracy": accuracy, "fit_seconds": 1.0}
        tasks = [Task("one", lambda image_sets: dict(row), {"lr": settings})]
        done, _ = run_fits(
            "fits", tasks, ImageSets(None, quick=False), out_dir=tmp_path, progress=False
        )
        return done[0]["test_accuracy"]

    assert rows("0.1", 0.5) == 0.5
    assert rows("0.1", 0.9) == 0.5  # stored
    assert rows("0.2", 0.9) == 0.9


def test_the_nearest_name_is_suggested():
    assert suggest("ablatoin", ["ablation", "transfer"]) == " Did you mean 'ablation'?"
    assert suggest(3, ["ablation"]) == ""
