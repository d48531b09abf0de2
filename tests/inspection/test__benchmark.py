"""Points and intervals are the table's."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from lenet_sklearn._runs.metrics import METRICS
from lenet_sklearn.comparison import BenchmarkResult, compare_models
from lenet_sklearn.comparison._result import ROW_COLUMNS
from lenet_sklearn.inspection import BenchmarkDisplay

COSTS = ("fit_seconds", "parameters")
# Accuracy, seconds, parameters.
MODELS = {
    "SVM": (0.980, 0.1, 5e4),
    "LeNet-5": (0.991, 6.0, 61_706.0),
    "a pipeline with a long name": (0.975, 0.8, np.nan),
    "forest": (0.970, 0.9, 7e5),
}
DUMMY = {"Dummy": (0.1, 0.001, 10.0)}


def make_result(models, n_folds=5):
    rng = np.random.default_rng(0)
    rows = [
        dict.fromkeys(METRICS, 1.0)
        | {"model": name, "fold": fold, "n_train": 80, "n_test": 20, "parameters": parameters}
        | {"accuracy": accuracy + rng.normal(0, 0.001), "fit_seconds": seconds + fold / 100}
        | {"status": "failed" if np.isnan(accuracy) else "ok", "error": ""}
        for name, (accuracy, seconds, parameters) in models.items()
        for fold in range(n_folds)
    ]
    return BenchmarkResult(pd.DataFrame(rows, columns=[*ROW_COLUMNS, *METRICS]))


def points(display):
    return display.errorbar_.lines[0].get_xydata()


def intervals(display):
    """The ends of each interval along its axis."""
    along = 0 if display.errorbar_.has_xerr else 1
    return np.array(display.errorbar_.lines[2][0].get_segments())[:, :, along]


def ticks(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def test_models_best_first():
    result = make_result(MODELS)
    display = BenchmarkDisplay.from_result(result, name="digits")
    table = result.table()
    assert ticks(display) == list(table.index) == ["LeNet-5", "SVM", *list(MODELS)[2:]]
    assert points(display)[:, 0].tolist() == table["accuracy"].tolist()
    assert points(display)[:, 1].tolist() == [0, 1, 2, 3]
    bottom, top = display.ax_.get_ylim()
    assert bottom > 3 > 0 > top  # the first stands on top
    assert display.ax_.get_title() == "Accuracy on digits"
    assert display.ax_.get_xlabel() == "accuracy (%), mean of 5 folds, 95 % interval"
    assert display.not_shown_ == []
    for name, text in display.texts_.items():
        assert text.get_text() == f"{100 * table.loc[name, 'accuracy']:.2f}"


@pytest.mark.parametrize("kind", ["accuracy", *COSTS])
def test_intervals_are_those_of_the_corrected_t_test(kind):
    result = make_result(MODELS)
    display = BenchmarkDisplay.from_result(result, kind=kind)
    # A model that scores 0 in each fold: the difference from it is the accuracy itself.
    scores = result.scores.pivot_table(index="fold", columns="model", values="accuracy")
    against_zero = compare_models(
        scores.assign(zero=0.0), reference="zero", test_train_ratio=0.25
    ).set_index("model")
    shown = [name for name in display.table.index if name not in display.not_shown_]
    np.testing.assert_allclose(
        intervals(display), against_zero.loc[shown, ["ci_low", "ci_high"]], rtol=1e-12
    )


@pytest.mark.parametrize("kind", COSTS)
def test_accuracy_against_its_cost(kind):
    result = make_result(MODELS)
    display = BenchmarkDisplay.from_result(result, kind=kind)
    table = result.table().dropna(subset=kind)
    np.testing.assert_array_equal(points(display), table[[kind, "accuracy"]])
    assert display.ax_.get_xscale() == "log"
    assert "log scale" in display.ax_.get_xlabel()
    assert [text.get_text() for text in display.texts_.values()] == list(table.index)
    unit, title = {
        "fit_seconds": ("(s, log scale)", "Accuracy and time to fit"),
        "parameters": ("learned parameters", "Accuracy and learned parameters"),
    }[kind]
    assert unit in display.ax_.get_xlabel()
    assert display.ax_.get_title() == title


def test_models_without_a_number_of_parameters_are_named():
    display = BenchmarkDisplay.from_result(make_result(MODELS), kind="parameters")
    assert display.not_shown_ == ["a pipeline with a long name"]
    note = " ".join(display.ax_.get_xlabel().split())
    assert note.endswith("parameters not known): a pipeline with a long name")


def test_failed_models_are_named():
    models = MODELS | {"broken": (np.nan, 1.0, 1.0)}
    for kind in ("accuracy", *COSTS):
        display = BenchmarkDisplay.from_result(make_result(models), kind=kind)
        assert "broken" in display.not_shown_
        assert "broken" in display.ax_.get_xlabel()
        assert "broken" not in display.texts_


def test_a_model_far_below_leaves_the_others_their_room():
    result = make_result(MODELS | DUMMY)
    display = BenchmarkDisplay.from_result(result)
    assert display.ax_.get_xlim()[0] > 0.95
    assert display.texts_["Dummy"].get_text().startswith("◂ ")
    assert points(display)[-1, 0] == result.table().loc["Dummy", "accuracy"]
    for kind in COSTS:
        display = BenchmarkDisplay.from_result(result, kind=kind)
        assert display.ax_.get_ylim()[0] > 0.95
        assert display.texts_["Dummy"].get_text().startswith("▾ Dummy 1")


def test_two_models_far_apart_are_both_shown():
    display = BenchmarkDisplay.from_result(make_result({"SVM": MODELS["SVM"]} | DUMMY))
    left, right = display.ax_.get_xlim()
    assert left < 0.1 < 0.98 < right


@pytest.mark.parametrize("kind", ["accuracy", *COSTS])
def test_nothing_above_100_percent(kind):
    display = BenchmarkDisplay.from_result(make_result({"a": (0.999, 1.0, 1e3)}, 2), kind=kind)
    limits = display.ax_.get_xlim() if kind == "accuracy" else display.ax_.get_ylim()
    assert limits[1] < 1.01


@pytest.mark.parametrize("kind", ["accuracy", *COSTS])
def test_intervals_end_at_100_percent(kind):
    display = BenchmarkDisplay.from_result(make_result({"a": (0.9995, 1.0, 1e3)}), kind=kind)
    ((low, high),) = intervals(display)
    assert low < 0.9995 < high
    assert high <= 1
    assert (display.table["accuracy"] + display.table["half_width"]).item() > 1


@pytest.mark.parametrize("kind", ["accuracy", *COSTS])
def test_fewer_than_five_folds_have_no_interval(kind):
    display = BenchmarkDisplay.from_result(make_result(MODELS, 4), kind=kind)
    assert not display.errorbar_.has_xerr
    assert not display.errorbar_.has_yerr
    label = "accuracy (%), mean of 4 folds, too few for an interval"
    assert label in (display.ax_.get_xlabel(), display.ax_.get_ylabel())


def test_equal_accuracies_have_no_interval():
    result = make_result(MODELS)
    result.scores.loc[result.scores["model"] == "SVM", "accuracy"] = 1.0
    assert np.isnan(BenchmarkDisplay.from_result(result).table.loc["SVM", "half_width"])


@pytest.mark.parametrize("kind", ["accuracy", *COSTS])
def test_one_fold_has_no_interval(kind):
    display = BenchmarkDisplay.from_result(make_result(MODELS, 1), kind=kind)
    assert not display.errorbar_.has_xerr
    assert not display.errorbar_.has_yerr
    assert "accuracy (%), one fold" in (display.ax_.get_xlabel(), display.ax_.get_ylabel())


@pytest.mark.parametrize("kind", COSTS)
@pytest.mark.parametrize("models", [{"LeNet-5": MODELS["LeNet-5"]}, MODELS, MODELS | DUMMY])
def test_the_log_axis_has_marks_to_read_by(kind, models):
    ax = BenchmarkDisplay.from_result(make_result(models), kind=kind).ax_
    ax.figure.canvas.draw()
    left, right = ax.get_xlim()
    texts = [
        label.get_text()
        for label, value in zip(ax.get_xticklabels(), ax.get_xticks(), strict=True)
        if left <= value <= right
    ]
    assert 2 <= len(texts) <= 10
    assert all(texts)
    assert "10^" not in "".join(texts)


@pytest.mark.parametrize("kind", ["accuracy", *COSTS])
def test_into_an_axes_of_ones_own(kind):
    figure, (_, ax) = plt.subplots(1, 2)
    display = BenchmarkDisplay.from_result(make_result(MODELS), kind=kind, ax=ax)
    assert (display.ax_, display.figure_) == (ax, figure)
    assert plt.get_fignums() == [figure.number]


def test_plot_of_another_kind():
    result = make_result(MODELS)
    display = BenchmarkDisplay.from_result(result)
    assert display.plot(kind="fit_seconds") is display
    assert points(display)[:, 0].tolist() == result.table()["fit_seconds"].tolist()
    assert display.kind == "accuracy"


def test_unknown_kind():
    with pytest.raises(ValueError, match=r"kind must be among \('accuracy'.*Got 'size'"):
        BenchmarkDisplay.from_result(make_result(MODELS), kind="size")


def test_no_model_to_show():
    result = make_result({"a": (np.nan, 1.0, 1.0)})
    with pytest.raises(ValueError, match=r"needs a model with an accuracy\. Got \['a'\]"):
        BenchmarkDisplay.from_result(result)
    result = make_result({"a": (0.5, 1.0, np.nan)})
    with pytest.raises(ValueError, match="with an accuracy and parameters"):
        BenchmarkDisplay.from_result(result, kind="parameters")


@pytest.mark.parametrize("kind", ["accuracy", "fit_seconds"])
def test_long_names_leave_room_for_the_points(kind):
    first, second = "a model with " + "very " * 30 + "long name", "model" * 40
    models = {first: (0.98, 0.1, 5.0), second: (0.97, 0.2, 5.0), f"{second}2": (0.96, 0.3, 5.0)}
    _, ax = plt.subplots(figsize=(5.6, 4.2), layout="constrained")
    data = "data of " + "many " * 20 + "years"
    display = BenchmarkDisplay.from_result(make_result(models), kind=kind, ax=ax, name=data)
    ax.figure.draw_without_rendering()  # warns where the Axes have no room
    assert ax.get_window_extent().width > 0.3 * ax.figure.bbox.width
    assert list(display.texts_) == [first, second, f"{second}2"]
    names = (
        ticks(display) if kind == "accuracy" else [t.get_text() for t in display.texts_.values()]
    )
    assert len(set(names)) == 3
    assert max(map(len, names)) < 40
    assert ax.get_title().replace("\n", " ").endswith(f" on {data}")
    assert max(map(len, ax.get_title().split("\n"))) <= 60
    plt.close(ax.figure)
