"""Intervals are those of SciPy and of the definition of F1."""

import numpy as np
import pytest
from scipy.stats import binomtest

from lenet_sklearn.inspection._intervals import f1_interval, wilson_interval


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_wilson_is_that_of_scipy(confidence):
    pairs = [(k, n) for n in (1, 2, 7, 60, 5000) for k in {0, 1, n // 2, n}]
    low, high = wilson_interval(*np.transpose(pairs), confidence)
    for (k, n), *ends in zip(pairs, low, high, strict=True):
        expected = binomtest(k, n).proportion_ci(confidence, method="wilson")
        np.testing.assert_allclose(ends, expected, atol=1e-12)


def test_ends_at_0_and_1_are_exact():
    n = np.arange(1, 3000)
    assert (wilson_interval(0 * n, n, 0.95)[0] == 0).all()
    assert (wilson_interval(n, n, 0.95)[1] == 1).all()


def test_without_a_trial_there_is_no_interval():
    low, high = wilson_interval([0, 1], [0, 2], 0.95)
    assert np.isnan([low[0], high[0]]).all()
    assert 0 < low[1] < 0.5 < high[1] < 1


def test_f1_lies_in_its_interval():
    hits, misses = np.array([0, 5, 90, 3]), np.array([4, 5, 20, 0])
    low, high = f1_interval(hits, misses, 0.95)
    f1 = 2 * hits / (2 * hits + misses)
    assert (low <= f1).all()
    assert (f1 <= high).all()
    narrow_low, narrow_high = f1_interval(hits, misses, 0.5)
    assert (narrow_high - narrow_low < high - low).all()


def test_the_interval_of_f1_covers_what_it_promises():
    rng = np.random.default_rng(0)
    # 200 images of the class; each is found with 0.8, and 40 others are taken for it on average.
    hits = rng.binomial(200, 0.8, 4000)
    misses = 200 - hits + rng.binomial(2000, 0.02, 4000)
    low, high = f1_interval(hits, misses, 0.9)
    true_f1 = 2 * 160 / (2 * 160 + 80)
    assert 0.87 < ((low <= true_f1) & (true_f1 <= high)).mean() < 0.97
