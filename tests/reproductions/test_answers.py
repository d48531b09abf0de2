"""The words of each answer follow from the numbers: for each sentence, both outcomes."""

import pandas as pd
import pytest

from lenet_sklearn.reproductions import STUDIES, StudyResult
from lenet_sklearn.reproductions.answers import (
    Score,
    answer_ablation,
    answer_comparison,
    answer_efficiency,
    answer_transfer,
    compare,
)


def rows(factors, accuracies, **more):
    """Make the rows of one case, one seed for each accuracy."""
    return [
        {**factors, "seed": seed, "test_accuracy": accuracy, **more}
        for seed, accuracy in enumerate(accuracies)
    ]


def frame(*cases):
    return pd.DataFrame([row for case in cases for row in case])


@pytest.mark.parametrize(
    ("first", "second", "least", "sign"),
    [
        ((0.990, 0.001), (0.985, 0.004), 0, 1),
        ((0.990, 0.001), (0.986, 0.004), 0, 0),  # as large as the spread
        ((0.985, 0.004), (0.990, 0.001), 0, -1),
        ((0.990, 0.001), (0.987, float("nan")), 0, 1),  # without chance
        ((0.990, 0.001), (0.987, float("nan")), 0.003, 0),
    ],
)
def test_means_are_level_within_the_larger_deviation(first, second, least, sign):
    assert compare(Score("a", *first), Score("b", *second), least).sign == sign


def ablation(silu_avg):
    others = {("silu", "max"): 0.990, ("sigmoid", "avg"): 0.980, ("sigmoid", "max"): 0.976}
    means = {("silu", "avg"): silu_avg, **others}
    return frame(
        *(
            rows({"activation": a, "pooling": p}, [mean - 0.001, mean, mean + 0.001])
            for (a, p), mean in means.items()
        )
    )


def test_the_best_pair_is_ahead():
    text = answer_ablation(ablation(0.994), 0)
    first, second = text.split(". ")
    assert first == (
        "The best pair is silu with avg pooling, with a test accuracy of 0.9940 ± 0.0010; the "
        "next, silu with max pooling, is 0.0040 behind with a spread of 0.0010"
    )
    assert second == (
        "On average over the other factor, silu is the best activation (sigmoid is 0.0140 behind "
        "with a spread of 0.0010) and avg is the best pooling (max is 0.0040 behind with a spread "
        "of 0.0010)."
    )


def test_the_best_pair_is_level_with_the_next():
    text = answer_ablation(ablation(0.9905), 0)
    assert "silu with max pooling, is level, 0.0005 behind with a spread of 0.0010." in text


def test_the_last_of_three_is_named():
    third = rows({"activation": "tanh", "pooling": "max"}, [0.5, 0.5])
    text = answer_ablation(pd.concat([ablation(0.994), frame(third)]), 0)
    assert "; the last, tanh, is 0.4920 behind" in text


def efficiency(*means):
    names = ("small", "middle", "large")
    return frame(
        *(
            rows({"network": name}, [mean - 0.001, mean + 0.001], parameters=size)
            for name, mean, size in zip(names, means, (2_000, 20_000, 200_000), strict=True)
        )
    )


@pytest.mark.parametrize(
    ("means", "first", "second"),
    [
        (
            (0.98, 0.989, 0.99),
            "From small (2,000 parameters) to large (200,000 parameters), 100 times as many, the "
            "test accuracy rises from 0.9800 ± 0.0014 to 0.9900 ± 0.0014.",
            "The smallest network that is level with the best, large, is middle (20,000 "
            "parameters), 0.0010 behind with a spread of 0.0014.",
        ),
        (
            (0.97, 0.98, 0.99),
            "rises from 0.9700 ± 0.0014 to 0.9900 ± 0.0014.",
            "No smaller network is level with the largest: the nearest, middle, is 0.0100 behind "
            "with a spread of 0.0014.",
        ),
        (
            (0.98, 0.99, 0.97),
            "falls from 0.9800 ± 0.0014 to 0.9700 ± 0.0014.",
            "The best is middle (20,000 parameters), and no smaller network is level with it: more "
            "parameters buy nothing.",
        ),
        (
            (0.9800, 0.9805, 0.9801),
            "stays level: 0.9800 ± 0.0014 to 0.9801 ± 0.0014.",
            "The smallest network that is level with the best, middle, is small (2,000",
        ),
    ],
)
def test_what_more_parameters_buy(means, first, second):
    text = answer_efficiency(efficiency(*means), 0)
    assert first in text
    assert f" {second}" in text


def comparison(svm):
    return frame(
        rows({"model": "LeNet-5", "data": "mnist"}, [0.992, 0.993]),
        rows({"model": "SVM", "data": "mnist"}, [svm]),
        rows({"model": "MLP", "data": "mnist"}, [0.98, 0.981]),
        rows({"model": "LeNet-5", "data": "fashion-mnist"}, [0.90, 0.91]),
        rows({"model": "SVM", "data": "fashion-mnist"}, [0.904]),
    )


@pytest.mark.parametrize(
    ("svm", "place"),
    [
        (0.985, "ahead of SVM (+0.0075) and MLP (+0.0120)."),
        (0.990, "ahead of MLP (+0.0120), and level with SVM (+0.0025)."),
        (0.994, "ahead of MLP (+0.0120), and level with SVM (-0.0015)."),
        (0.999, "ahead of MLP (+0.0120), and behind SVM (-0.0065)."),
    ],
)
def test_an_svm_is_behind_level_or_ahead(svm, place):
    text = answer_comparison(comparison(svm), 0.003)
    assert text == (
        f"On MNIST, LeNet-5 (0.9925 ± 0.0007) is {place} "
        "On Fashion-MNIST, LeNet-5 (0.9050 ± 0.0071) is level with SVM (+0.0010)."
    )


def test_transfer_helps_as_long_as_images_are_few():
    means = {"from scratch": (0.8, 0.9, 0.98), "kept": (0.9, 0.92, 0.9803), "all": (0.9, 0.9, 0.9)}
    text = answer_transfer(
        frame(
            *(
                rows({"start": start, "images_per_class": n}, [mean - 0.001, mean + 0.001])
                for start, row in means.items()
                for n, mean in zip((5, 10, 50), row, strict=True)
            )
        ),
        0,
    )
    first, second = text.split(". ")
    assert first == (
        "Compared with training from scratch, “kept” is ahead at 5 (+0.1000) and 10 (+0.0200), and "
        "level at 50 (+0.0003) images per class"
    )
    assert second == (
        "Compared with training from scratch, “all” is ahead at 5 (+0.1000), level at 10 "
        "(+0.0000), and behind at 50 (-0.0800) images per class."
    )


def whole(name, seeds=2):
    """A result with all cases of a study, all as accurate."""
    cases = STUDIES[name].make_cases()
    return StudyResult(
        name,
        frame(
            *(
                rows(case.factors, [0.9] * seeds, parameters=100.0 + i)
                for i, case in enumerate(cases)
            )
        ),
    )


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_has_an_answer_of_two_sentences(name):
    result = whole(name)
    answer = result.answer()
    assert answer.count(". ") == 1
    assert answer.endswith(".")
    assert "level" in answer
    assert " ahead" not in answer
    assert "the spread, the larger of their standard deviations" in result.note()
    assert (", or by 0.003." in result.note()) == (name == "comparison")


@pytest.mark.parametrize("name", STUDIES)
def test_what_is_missing_for_an_answer_is_said(name):
    assert "One seed has no spread" in whole(name, seeds=1).answer()
    result = whole(name)
    first = tuple(result.runs[factor].iloc[0] for factor in result.factors)
    keep = [row != first for row in result.runs[result.factors].itertuples(index=False, name=None)]
    result.runs = result.runs[keep]
    assert result.answer() == "Without the rows of 1 more case there is no answer."
    result.quick = True
    assert result.answer() == ""
