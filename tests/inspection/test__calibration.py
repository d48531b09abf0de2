"""The calibration error is that of its definition, and can be lowered with scikit-learn."""

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from lenet_sklearn._runs import metrics
from lenet_sklearn.inspection import expected_calibration_error
from lenet_sklearn.inspection._calibration import bin_predictions
from lenet_sklearn.inspection._predictions import Predictions


@pytest.fixture(scope="module")
def guesses():
    """y, proba: 500 random predictions of 4 classes, more often right than not."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.full(4, 0.4), 500)
    y = np.where(rng.random(500) < 0.6, proba.argmax(axis=1), rng.integers(0, 4, 500))
    return y, proba


def by_definition(y, proba, n_bins):
    error = 0.0
    for i in range(n_bins):
        top = proba.max(axis=1)
        inside = (top > i / n_bins) & (top <= (i + 1) / n_bins)
        if inside.any():
            accuracy = (proba[inside].argmax(axis=1) == y[inside]).mean()
            error += inside.mean() * abs(accuracy - top[inside].mean())
    return error


@pytest.mark.parametrize("n_bins", [1, 10, 15])
def test_calibration_error(guesses, n_bins):
    y, proba = guesses
    error = expected_calibration_error(y, proba, n_bins=n_bins)
    assert error == pytest.approx(by_definition(y, proba, n_bins), abs=1e-12)
    assert error == metrics.expected_calibration_error(y, proba, range(4), n_bins=n_bins)
    assert error > 0.005


def test_names_of_classes_change_nothing(guesses):
    y, proba = guesses
    names = np.array(["w", "x", "y", "z"])
    assert expected_calibration_error(names[y], proba, classes=names) == pytest.approx(
        expected_calibration_error(y, proba)
    )
    order = [2, 0, 3, 1]
    assert expected_calibration_error(
        names[y], proba[:, order], classes=names[order]
    ) == pytest.approx(expected_calibration_error(y, proba))


def test_perfect_and_worst():
    certain = np.eye(3)[[0, 1, 2, 0]]
    assert expected_calibration_error([0, 1, 2, 0], certain) == 0
    assert expected_calibration_error([1, 2, 0, 1], certain) == 1


@pytest.mark.parametrize("n_bins", [0, -3, 1.5, True, None, 1001, 10**9])
def test_bad_n_bins(guesses, n_bins):
    with pytest.raises(ValueError, match=r"n_bins must be an integer from 1 to 1,000\. Got"):
        expected_calibration_error(*guesses, n_bins=n_bins)


def test_bins_add_up_to_the_error(guesses):
    predictions = Predictions.make(*guesses)
    bins = bin_predictions(predictions, 12)
    n, gap = bins["n_images"], np.abs(bins["accuracy"] - bins["confidence"])
    assert n.sum() == 500
    assert np.isnan(gap[n == 0]).all()
    error = np.nansum(n * gap) / 500
    assert error == pytest.approx(expected_calibration_error(*guesses, n_bins=12))


@pytest.fixture(scope="module")
def overconfident(digits, small):
    """A model that was fitted for long on few digits."""
    X, _, y, _ = digits
    return small(label_smoothing=0.0, weight_decay=0.0, max_epochs=40).fit(X[:80], y[:80])


@pytest.mark.parametrize("form", ["flat", "HW"])
def test_temperature_scaling_lowers_the_error(overconfident, digits, form):
    X, X_test, y, y_test = digits
    shape = {"flat": (-1, 64), "HW": (-1, 8, 8)}[form]
    X, X_test = X.reshape(shape), X_test.reshape(shape)
    before = overconfident.predict_proba(X_test)
    scaled = CalibratedClassifierCV(FrozenEstimator(overconfident), method="temperature")
    after = scaled.fit(X[80:], y[80:]).predict_proba(X_test)
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))
    errors = [expected_calibration_error(y_test, proba) for proba in (before, after)]
    assert errors[0] > 0.05
    assert errors[1] < 0.6 * errors[0]
    (calibrated,) = scaled.calibrated_classifiers_
    assert calibrated.calibrators[0].beta_ < 0.8  # a temperature above 1


def test_temperature_scaling_of_two_classes_with_names(small, digits):
    X, X_test, y, y_test = digits
    names = np.array(["even", "odd"])
    long = {"label_smoothing": 0.0, "weight_decay": 0.0, "max_epochs": 40}
    model = small(**long).fit(X[:60], names[y[:60] % 2])
    scaled = CalibratedClassifierCV(FrozenEstimator(model), method="temperature")
    scaled.fit(X[80:], names[y[80:] % 2])
    before, after = (
        expected_calibration_error(names[y_test % 2], m.predict_proba(X_test), classes=m.classes_)
        for m in (model, scaled)
    )
    assert after < 0.8 * before


def test_conformal_sets_cover(overconfident, digits):
    pytest.importorskip("mapie", reason="conformal sets need the package mapie")
    from mapie.classification import SplitConformalClassifier

    X, X_test, y, y_test = digits
    conformal = SplitConformalClassifier(overconfident, confidence_level=[0.8, 0.95])
    conformal.conformalize(X[80:], y[80:])
    predicted, sets = conformal.predict_set(X_test)
    np.testing.assert_array_equal(predicted, overconfident.predict(X_test))
    assert sets.shape == (300, 10, 2)
    coverage = sets[np.arange(300), y_test].mean(axis=0)
    # Of 220 and 300 images: within three standard deviations of both.
    assert coverage[0] == pytest.approx(0.8, abs=0.11)
    assert coverage[1] == pytest.approx(0.95, abs=0.06)
    sizes = sets.sum(axis=1).mean(axis=0)
    assert sizes[0] < sizes[1] < 5
