import numpy as np
import pytest

from lenet_sklearn.reproductions.verdicts import TOLERANCE, judge


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (0.9500, "reproduced"),
        (0.9530, "reproduced"),  # 0.3 points above: still within
        (0.9531, "exceeded"),
        (0.9470, "reproduced"),
        (0.9469, "not reached"),
    ],
)
def test_one_seed_has_a_margin_of_three_tenths_of_a_point(measured, verdict):
    assert judge(0.95, [measured]) == verdict
    assert TOLERANCE == 0.003


@pytest.mark.parametrize(
    ("mean", "verdict"),
    [
        (0.97, "reproduced"),  # 2 standard deviations above: still within
        (0.9701, "exceeded"),
        (0.93, "reproduced"),
        (0.9299, "not reached"),
    ],
)
def test_a_wide_spread_has_a_margin_of_two_standard_deviations(mean, verdict):
    values = mean + 0.01 * np.array([-1, 0, 1])
    assert np.std(values, ddof=1) == pytest.approx(0.01)
    assert judge(0.95, values) == verdict


def test_a_narrow_spread_has_the_least_margin():
    assert judge(0.95, [0.9519, 0.9520, 0.9521]) == "reproduced"
    assert judge(0.95, [0.9539, 0.9540, 0.9541]) == "exceeded"


@pytest.mark.parametrize(
    ("measured", "verdict"),
    [
        (0.0360, "reproduced"),
        (0.0359, "exceeded"),
        (0.0420, "reproduced"),
        (0.0421, "not reached"),
    ],
)
def test_of_losses_less_is_better(measured, verdict):
    assert judge(0.039, [measured], greater_is_better=False) == verdict
