"""The corrected resampled t-test against scikit-learn's example, Holm against a hand's sums."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.datasets import load_iris, make_moons
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import GridSearchCV, RepeatedStratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from lenet_sklearn.comparison import compare_models, run_benchmark
from lenet_sklearn.comparison.statistics import corrected_t_test, holm

RATIO = 0.25


@pytest.fixture(scope="module")
def grid_search_example():
    """The scores of scikit-learn's examples/model_selection/plot_grid_search_stats.py."""
    X, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    grid = [
        {"kernel": ["linear"]},
        {"kernel": ["poly"], "degree": [2, 3]},
        {"kernel": ["rbf"]},
    ]
    cv = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    search = GridSearchCV(SVC(random_state=0), grid, scoring="roc_auc", cv=cv).fit(X, y)
    results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
    names = results["params"].map(lambda params: "_".join(map(str, params.values())))
    scores = results.filter(regex=r"^split\d+_test_score$").set_axis(names)
    return scores.transpose()  # one column per model, best first


def test_agrees_with_the_scikit_learn_example(grid_search_example):
    table = compare_models(
        grid_search_example[["rbf", "linear"]], reference="linear", test_train_ratio=10 / 90
    )
    (row,) = table.itertuples()
    # Documented: "Corrected t-value: 0.750, Corrected p-value: 0.227", of a one-sided test.
    assert round(row.t, 3) == 0.750
    assert round(row.p_value / 2, 3) == 0.227


def test_agrees_with_the_pairwise_table_of_the_scikit_learn_example(grid_search_example):
    table = compare_models(grid_search_example, test_train_ratio=10 / 90)
    documented = [  # model_1, model_2, t_stat, p_val: one-sided, Bonferroni over 6 comparisons
        ("rbf", "linear", 0.750, 1.000),
        ("rbf", "3_poly", 1.657, 0.302),
        ("rbf", "2_poly", 4.565, 0.000),
        ("linear", "3_poly", 1.111, 0.807),
        ("linear", "2_poly", 4.276, 0.000),
        ("3_poly", "2_poly", 3.851, 0.001),
    ]
    bonferroni = np.minimum(1, table["p_value"] / 2 * 6)
    ours = zip(table["model"], table["reference"], table["t"].round(3), bonferroni, strict=True)
    assert [(a, b, t, round(p, 3)) for a, b, t, p in ours] == documented


def test_formula_by_hand():
    test = corrected_t_test([1.0, 2.0, 3.0, 4.0, 5.0], test_train_ratio=1 / 4)
    scale = np.sqrt((1 / 5 + 1 / 4) * 5 / 2)  # the sample variance of 1, 2, 3, 4, 5 is 5/2
    assert test.difference == 3
    assert test.t == pytest.approx(3 / scale)
    assert test.p_value == pytest.approx(2 * stats.t.sf(3 / scale, 4))
    # 2.776445 is the 97.5 % point of Student's t on 4 degrees of freedom, from any table.
    assert test.ci_low == pytest.approx(3 - 2.776445 * scale, abs=1e-5)
    assert test.ci_high == pytest.approx(3 + 2.776445 * scale, abs=1e-5)


def test_the_interval_excludes_zero_exactly_when_p_is_below_five_percent():
    rng = np.random.default_rng(0)
    tests = [corrected_t_test(rng.normal(0.8, 1, 8), RATIO) for _ in range(200)]
    significant = [test.p_value < 0.05 for test in tests]
    assert [not test.ci_low <= 0 <= test.ci_high for test in tests] == significant
    assert 0 < sum(significant) < len(tests)


def test_correction_widens_the_ordinary_paired_test():
    a, b = np.array([0.9, 0.93, 0.95, 0.92, 0.94]), np.array([0.88, 0.92, 0.92, 0.92, 0.91])
    ordinary = stats.ttest_rel(a, b)
    assert corrected_t_test(a - b, 1e-12).p_value == pytest.approx(ordinary.pvalue)
    assert corrected_t_test(a - b, RATIO).p_value > ordinary.pvalue


# Of the last the differences are 0.1, but for rounding.
SAME = [[0.1] * 5, [-0.1] * 5, np.subtract([0.9, 0.8, 0.7, 0.6, 0.5], [0.8, 0.7, 0.6, 0.5, 0.4])]


@pytest.mark.parametrize("differences", SAME)
def test_a_difference_that_is_the_same_in_all_folds_is_not_tested(differences):
    test = corrected_t_test(differences, RATIO)
    assert test.difference == pytest.approx(differences[0])
    assert np.isnan(test[1:]).all()


def test_equal_scores():
    test = corrected_t_test([0.0] * 5, RATIO)
    assert test[:3] == (0.0, 0.0, 1.0)
    assert np.isnan(test[3:]).all()


@pytest.mark.parametrize("n_folds", [1, 2, 4, 5])
def test_fewer_than_five_folds_give_a_difference_and_no_test(n_folds):
    scores = {"a": [0.9, 0.91, 0.93, 0.9, 0.9], "b": [0.8, 0.81, 0.84, 0.8, 0.8]}
    scores = {name: values[:n_folds] for name, values in scores.items()}
    table = compare_models(scores, test_train_ratio=RATIO)
    assert table["difference"].item() == pytest.approx(0.1, abs=0.01)
    if n_folds == 5:
        assert table.notna().all(axis=None)
        return
    assert table[["t", "p_value", "p_value_holm", "ci_low", "ci_high"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [
        # Smallest times 4, next times 3, ...; each at least the one before.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.4, 0.5], [0.8, 0.8]),
        ([0.9, 0.8, 0.7], [1.0, 1.0, 1.0]),
        ([0.03], [0.03]),
        ([], []),
        ([np.nan, 0.01, 0.02], [np.nan, 0.02, 0.02]),  # the first is no comparison
    ],
)
def test_holm_by_hand(p_values, corrected):
    np.testing.assert_allclose(holm(p_values), corrected)


def test_holm_in_the_table():
    rng = np.random.default_rng(1)
    scores = {name: rng.normal(size=10) for name in "abcd"}
    table = compare_models(scores, test_train_ratio=RATIO)
    assert len(table) == 6
    np.testing.assert_allclose(table["p_value_holm"], holm(table["p_value"]))
    assert (table["p_value_holm"] >= table["p_value"]).all()


def test_reference_and_the_sign_of_the_difference():
    scores = {"good": [0.9, 0.91, 0.93], "bad": [0.5, 0.52, 0.51], "middle": [0.7, 0.72, 0.7]}
    table = compare_models(scores, reference="middle", test_train_ratio=RATIO)
    assert list(table["model"]) == ["good", "bad"]
    assert set(table["reference"]) == {"middle"}
    assert table["difference"].iloc[0] > 0 > table["difference"].iloc[1]
    assert list(table.columns) == [
        "model", "reference", "difference", "t", "p_value", "p_value_holm", "ci_low", "ci_high",
    ]  # fmt: skip


def test_mapping_and_data_frame_are_the_same():
    scores = {"a": [0.9, 0.8, 0.7], "b": [0.8, 0.8, 0.75]}
    pd.testing.assert_frame_equal(
        compare_models(scores, test_train_ratio=RATIO),
        compare_models(pd.DataFrame(scores), test_train_ratio=RATIO),
    )


def test_a_model_without_a_score_is_not_counted():
    scores = {"a": [0.9, 0.8, 0.7, 0.9, 0.8], "b": [0.8, 0.8, 0.75, 0.7, 0.8]}
    scores["failed"] = [0.9, np.nan, 0.9, 0.9, 0.9]
    table = compare_models(scores, reference="a", test_train_ratio=RATIO).set_index("model")
    assert table.loc["failed"].drop("reference").isna().all()
    assert table.loc["b", "p_value_holm"] == table.loc["b", "p_value"]


def test_benchmark_result_knows_its_folds():
    models = {"Bayes": GaussianNB(), "Dummy": DummyClassifier()}
    X, y = load_iris(return_X_y=True)
    result = run_benchmark(models, X, y, cv=5, random_state=0, progress=False)
    bare = {name: rows["f1_macro"].to_numpy() for name, rows in result.scores.groupby("model")}
    pd.testing.assert_frame_equal(
        compare_models(result, metric="f1_macro"),
        compare_models(bare, test_train_ratio=30 / 120),
    )
    with pytest.raises(ValueError, match=r"metric must be one of \['accuracy'.*'banana'"):
        compare_models(result, metric="banana")
    with pytest.raises(ValueError, match="metric must be one of"):
        compare_models(result, metric="status")


@pytest.mark.parametrize(
    ("scores", "options", "error", "message"),
    [
        ({"a": [1, 2]}, {"test_train_ratio": 1}, ValueError, "at least two models"),
        ({"a": [1, 2], "b": [1]}, {"test_train_ratio": 1}, ValueError, "same folds.*'a': 2"),
        ({"a": [[1]], "b": [[1]]}, {"test_train_ratio": 1}, ValueError, "one number per fold"),
        ({"a": [], "b": []}, {"test_train_ratio": 1}, ValueError, "one number per fold"),
        ({"a": [1, 2], "b": [1, 2]}, {}, ValueError, "test_train_ratio is required"),
        ({"a": [1, 2], "b": [1, 2]}, {"test_train_ratio": 0}, ValueError, r"positive\. Got 0"),
        (
            {"a": [1, 2], "b": [1, 2]},
            {"test_train_ratio": 1, "reference": "c"},
            ValueError,
            r"reference must be one of the models \['a', 'b'\]\. Got 'c'",
        ),
        ([1, 2], {}, TypeError, "result must be a BenchmarkResult.*Got list"),
    ],
)
def test_bad_input(scores, options, error, message):
    with pytest.raises(error, match=message):
        compare_models(scores, **options)
