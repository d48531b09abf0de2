"""The corrupted images of a fold: the same for all models, in the right shares, never silent."""

import pickle
import warnings
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.comparison import _corrupted, compare_models, make_baselines, run_benchmark
from lenet_sklearn.comparison._corrupted import CorruptedTest, describe_corruptions
from lenet_sklearn.robustness import CORRUPTIONS, evaluate_robustness

COLUMN = "accuracy_corrupted"


class Keeps(ClassifierMixin, BaseEstimator):
    """Appends what it predicts on to a list that all of its clones share."""

    seen: ClassVar[list] = []

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        self.seen.append(X.copy())
        return np.full(len(X), self.classes_[0])


class FailsOnFog(KNeighborsClassifier):
    """Fails where the images are corrupted: no others have a value that is not an integer."""

    def predict(self, X):
        if not np.array_equal(X, np.rint(X)):
            raise RuntimeError("too foggy")
        return super().predict(X)


@pytest.fixture(scope="module")
def data(digits):
    X, _, y, _ = digits
    return X, y


def make(X, corruptions="all", models=None, image_shape=None, seed=0):
    return CorruptedTest.make(corruptions, models or {}, X, image_shape, seed)


def bench(models, X, y, **options):
    options = {"cv": 2, "random_state": 0, "progress": False, "corruptions": ["fog"], **options}
    return run_benchmark(models, X, y, **options)


@pytest.fixture
def seen(monkeypatch):
    monkeypatch.setattr(Keeps, "seen", [])
    return Keeps.seen


# The column


def test_the_column_is_there_only_where_it_is_asked_for(data, tmp_path):
    models = {"k-NN": KNeighborsClassifier(3), "Bayes": GaussianNB()}
    plain = bench(models, *data, corruptions=None)
    assert COLUMN not in plain.scores
    assert "orrupt" not in plain.to_markdown() + plain.to_html() + plain.to_csv()
    result = bench(models, *data, corruptions=["fog", "rotate"], out_dir=tmp_path)
    assert result.scores[COLUMN].between(0.1, 0.9).all()
    others = [name for name in plain.scores if "seconds" not in name]
    pd.testing.assert_frame_equal(plain.scores[others], result.scores[others])
    table = result.table()
    assert (table[COLUMN] < table["accuracy"]).all()
    assert list(table.columns[:4]) == ["accuracy", "accuracy_sd", COLUMN, f"{COLUMN}_sd"]
    for text in (result.to_markdown(), result.to_html(), (tmp_path / "table.html").read_text()):
        assert f"{table.loc['k-NN', COLUMN]:.4f}" in text
        assert "accuracy (corrupted)" in text
        assert "mean of 2 corruptions (rotate, fog)" in text
    assert f"{COLUMN},{COLUMN}_sd" in (tmp_path / "table.csv").read_text()
    assert COLUMN in (tmp_path / "scores.csv").read_text()
    by_it = result.table(COLUMN)
    assert by_it[COLUMN].is_monotonic_decreasing
    difference = compare_models(result, metric=COLUMN)["difference"].abs()
    assert difference[0] == pytest.approx(abs(table[COLUMN].diff().iloc[1]))


def test_it_is_close_to_the_whole_evaluation(data):
    """One severity for each image has the mean of all five; 0.03 is two standard errors."""
    X, y = data
    models = {"k-NN": KNeighborsClassifier(3), "Linear": LinearSVC(random_state=0)}
    scores = bench(models, X, y, corruptions="all").scores.set_index(["model", "fold"])[COLUMN]
    splits = StratifiedKFold(2, shuffle=True, random_state=0).split(X, y)
    for fold, (train, test) in enumerate(splits):
        fitted = {name: model.fit(X[train], y[train]) for name, model in models.items()}
        whole = evaluate_robustness(fitted, X[test], y[test], random_state=1, progress=False)
        for name, mean in whole.table()["mean"].items():
            assert scores[name, fold] == pytest.approx(mean, abs=0.03)


def test_the_score_is_repeated_under_its_seed_and_in_another_process(data):
    models = {"k-NN": KNeighborsClassifier(3)}
    first, again, other = (
        bench(models, *data, random_state=seed).scores[COLUMN].tolist() for seed in (0, 0, 1)
    )
    assert first == again != other
    model, test = models["k-NN"].fit(*data), make(data[0])
    assert pickle.loads(pickle.dumps(test)).measure(model, *data, 0) == test.measure(
        model, *data, 0
    )


# The images


def test_all_models_see_the_same_images(data, seen):
    bench({"a": Keeps(), "b": Keeps()}, *data)
    a_0, b_0, a_1, b_1 = (seen[i] for i in range(3, len(seen), 4))  # after three timed calls each
    np.testing.assert_array_equal(a_0, b_0)
    np.testing.assert_array_equal(a_1, b_1)
    assert not np.array_equal(a_0, a_1)
    assert not any(np.array_equal(a_0, clean) for clean in seen[:3])


def test_the_times_are_measured_before(data, seen, monkeypatch):
    """No corrupted image is made before the last of the other figures is known."""
    calls = []
    monkeypatch.setattr(
        CorruptedTest, "_corrupt", lambda self, pixels, *_: calls.append(len(seen)) or pixels
    )
    bench({"a": Keeps()}, *data, scoring="accuracy", cv=2)
    assert calls == [3, 7]  # three timed calls; then, with the corrupted one of fold 0, three more


def test_each_severity_has_a_fifth_of_the_images(data, monkeypatch):
    X, y = data
    shares = []

    def record(pixels, layout, corruption, severity, seed, *, limits):
        assert limits == (0, 16)
        shares.append((corruption.name, severity, len(pixels)))
        return pixels

    monkeypatch.setattr(_corrupted, "corrupt_checked", record)
    model = KNeighborsClassifier(1).fit(X, y)
    assert make(X).measure(model, X, y, 0) == {COLUMN: 1.0}
    assert sorted(shares) == sorted((name, s, 60) for name in CORRUPTIONS for s in range(1, 6))


def test_few_images_take_part(data, seen, monkeypatch):
    X, y = data
    monkeypatch.setattr(_corrupted, "MAX_IMAGES", 40)
    monkeypatch.setattr(_corrupted, "corrupt_checked", lambda pixels, *_, **__: pixels)
    model = Keeps().fit(X, y)
    for fold in (0, 0, 1):
        make(X, "fog").measure(model, X, y, fold)
    assert [len(images) for images in seen] == [40, 40, 40]
    rows = {tuple(row) for row in X}
    assert all(tuple(row) in rows for row in seen[0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert not np.array_equal(seen[0], seen[2])


def test_one_test_image_is_enough(data):
    X, y = data
    model = KNeighborsClassifier(1).fit(X, y)
    assert 0 <= make(X).measure(model, X[:1], y[:1], 0)[COLUMN] <= 1


def test_other_corruptions_do_not_change_the_images(data, seen):
    X, y = data
    model = Keeps().fit(X, y)
    make(X, "rotate").measure(model, X, y, 0)
    make(X, ["rotate", "fog"]).measure(model, X, y, 0)
    assert any(np.array_equal(seen[0], images) for images in seen[1:])


@pytest.mark.parametrize("layout", ["images", "channels", "frame", "list"])
def test_any_layout(data, layout):
    X, y = data
    models = {"k-NN": make_baselines()["k-NN"]}
    names = [f"pixel {i}" for i in range(64)]
    given = {
        "images": X.reshape(-1, 8, 8),
        "channels": X.reshape(-1, 8, 8, 1),
        "frame": pd.DataFrame(X, columns=names, index=np.arange(len(X)) + 1000),
        "list": X.tolist(),
    }[layout]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a frame has the names that the model was fitted on
        result = bench(models, given, y, corruptions=["stripe", "shear"])
    expected = bench(models, X, y, corruptions=["stripe", "shear"])
    np.testing.assert_allclose(result.scores[COLUMN], expected.scores[COLUMN], atol=0.01)


def test_the_shape_of_a_row():
    X = np.arange(30 * 48, dtype=np.uint8).reshape(30, 48)
    network = LeNet5Classifier(image_shape=(3, 4, 4))
    behind = make_pipeline(ImagePreprocessor(image_shape=(8, 6)), network)
    assert make(X, models={"a": GaussianNB(), "b": network}).layout.image_shape == (3, 4, 4)
    assert make(X, models={"a": behind}).layout.image_shape == (1, 8, 6)
    assert make(X, models={"a": behind}, image_shape=(6, 8)).layout.image_shape == (1, 6, 8)
    with pytest.warns(UserWarning, match="no square"):
        assert make(X).layout.image_shape == (1, 7, 7)


def test_pixels_unlike_the_trained_ones_are_no_news(data, small):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        bench({"LeNet-5": small(max_epochs=1)}, *data, corruptions=["brightness"])


# What fails


def test_a_model_that_fails_on_corrupted_images_keeps_its_other_figures(data, tmp_path):
    models = {"Fails": FailsOnFog(3), "k-NN": KNeighborsClassifier(3)}
    text = r"Fails has no accuracy on corrupted images: .* 2 of 2 folds: RuntimeError: too foggy"
    for _ in range(2):  # the second call takes the finished rows, and says it again
        with pytest.warns(UserWarning, match=text) as caught:
            result = bench(models, *data, out_dir=tmp_path)
        assert len(caught) == 1
        table = result.table()
        assert np.isnan(table.loc["Fails", COLUMN])
        assert table.loc["k-NN", COLUMN] > 0.1
        assert table.loc["Fails", "accuracy"] == table.loc["k-NN", "accuracy"]
        assert list(table["n_failed"]) == [0, 0]
        assert table["f1_macro"].notna().all()


def test_a_model_that_fails_at_all_is_reported_as_before(data):
    class Broken(GaussianNB):
        def fit(self, X, y, sample_weight=None):
            raise RuntimeError("no")

    with pytest.warns(FitFailedWarning, match="Broken failed in fold") as caught:
        result = bench({"Broken": Broken(), "Bayes": GaussianNB()}, *data)
    assert not any("corrupted" in str(warning.message) for warning in caught)
    assert np.isnan(result.table().loc["Broken", COLUMN])


# A folder


def test_another_choice_of_corruptions_is_another_run(data, tmp_path):
    models = {"k-NN": KNeighborsClassifier(3)}
    plain, fog = tmp_path / "plain", tmp_path / "fog"
    bench(models, *data, corruptions=None, out_dir=plain)
    with pytest.raises(ValueError, match=r"another run: corruptions was not there\. Give"):
        bench(models, *data, out_dir=plain)
    first = bench(models, *data, corruptions=["rotate", "fog"], out_dir=fog)
    with pytest.raises(ValueError, match="another run: corruptions is no longer there"):
        bench(models, *data, corruptions=None, out_dir=fog)
    with pytest.raises(ValueError, match=r"names was \['rotate', 'fog'\] and is now \['fog'\]"):
        bench(models, *data, out_dir=fog)
    with pytest.raises(ValueError, match=r"corruptions.image_shape was \[1, 8, 8, 'HW'\]"):
        bench(models, *data, corruptions=["rotate", "fog"], image_shape=(4, 16), out_dir=fog)
    again = bench(models, *data, corruptions=["fog", "rotate"], out_dir=fog)  # in any order
    pd.testing.assert_frame_equal(first.scores, again.scores)  # the times, too


# Bad input


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"corruptions": "fogg"}, r"corruptions must be among .* Got 'fogg'\. Did you mean 'fog'"),
        ({"corruptions": ["fog", 3]}, "corruptions must be among .* Got 3"),
        ({"corruptions": []}, 'corruptions must be "all" or one or more different names'),
        ({"corruptions": ["fog", "fog"]}, "one or more different names"),
        ({"image_shape": (5, 5)}, "image_shape"),
        ({"scoring": {COLUMN: "accuracy"}, "corruptions": None}, "columns of the benchmark"),
    ],
)
def test_bad_options(data, options, message, seen):
    with pytest.raises(ValueError, match=message):
        bench({"a": Keeps()}, *data, **options)
    assert not seen  # before the first fit


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ones((20, 1)), r"corruptions needs images of at least 4×4 pixels\. Got images of 1×1"),
        (np.ones((20, 4)), r"Got images of 2×2, X.shape=\(20, 4\)\. Leave corruptions out, or say"),
        (np.ones((20, 2, 30)), "Got images of 2×30"),
        (np.full((20, 64), np.nan), "NaN"),
        (np.diag([-1e308, 1e308] + [0] * 18)[:, :16], "range is finite"),
        (pd.DataFrame({i: ["a"] * 20 for i in range(16)}), "X must hold numbers"),
    ],
)
def test_data_that_are_no_images(X, message, seen):
    y = np.arange(20) % 2
    with pytest.raises(ValueError, match=message):
        bench({"a": Keeps()}, X, y)
    assert not seen


def test_the_note():
    assert describe_corruptions(["fog"]).startswith("mean of 1 corruption (fog), each of at most")
    assert describe_corruptions(list(CORRUPTIONS)).startswith("mean of 15 corruptions, each of")
