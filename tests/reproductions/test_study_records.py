"""The studies are records whose cases differ."""

import pytest
from sklearn.base import is_classifier

from lenet_sklearn.reproductions.study_records import STUDIES


@pytest.mark.parametrize("name", STUDIES)
def test_the_cases_of_a_study_differ(name):
    study = STUDIES[name]
    cases = study.make_cases()
    assert study.name == name
    assert len({tuple(case.factors.values()) for case in cases}) == len(cases) > 1
    assert len({tuple(case.factors) for case in cases}) == 1
    for case in cases:
        assert is_classifier(case.estimator)
        assert not hasattr(case.estimator, "classes_")
        assert case.data in ("mnist", "fashion-mnist", "digits")


@pytest.mark.parametrize("name", STUDIES)
def test_the_picture_of_a_study_has_its_factors(name):
    study = STUDIES[name]
    factors = study.make_cases()[0].factors
    assert study.x in (*factors, "parameters", "n_train")
    assert study.series is None or study.series in factors
