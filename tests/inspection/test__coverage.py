"""The coverage curve is the accuracy of the most confident images, whatever their order."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from lenet_sklearn.inspection import CoverageDisplay


@pytest.fixture(scope="module")
def guesses():
    """y, proba: 200 random predictions of 3 classes, all of different confidence."""
    rng = np.random.default_rng(0)
    proba = rng.dirichlet(np.full(3, 0.5), 200)
    y = np.where(rng.random(200) < proba.max(axis=1), proba.argmax(axis=1), rng.integers(0, 3, 200))
    return y, proba


def test_curve(guesses):
    y, proba = guesses
    display = CoverageDisplay.from_predictions(y, proba)
    correct, confidence = proba.argmax(axis=1) == y, proba.max(axis=1)
    for n in (1, 17, 100, 200):
        surest = np.argsort(confidence)[-n:]
        assert display.coverage[n - 1] == n / 200
        assert display.accuracy[n - 1] == pytest.approx(correct[surest].mean())
    assert display.accuracy[99] > display.accuracy[199]
    np.testing.assert_array_equal(display.line_.get_xdata(), display.coverage)
    np.testing.assert_array_equal(display.line_.get_ydata(), display.accuracy)


def test_summaries(guesses):
    display = CoverageDisplay.from_predictions(*guesses)
    a = display.accuracy
    assert display.accuracy_at_ == {0.9: a[179], 0.95: a[189], 1.0: a[199]}
    assert display.area_ == pytest.approx(np.mean(a))
    few = CoverageDisplay.from_predictions(guesses[0][:3], guesses[1][:3])
    assert set(few.accuracy_at_.values()) == {few.accuracy[2]}  # 90 % of 3 images are 3


def test_images_of_equal_confidence_have_no_order():
    y, proba = [0, 0, 1, 1, 1], np.array([[0.9, 0.1]] + 4 * [[0.8, 0.2]])
    for order in ([0, 1, 2, 3, 4], [0, 4, 3, 2, 1], [3, 2, 0, 1, 4]):
        display = CoverageDisplay.from_predictions(np.array(y)[order], proba)
        first = float(y[order[0]] == 0)
        rest = (2 - first) / 4
        wanted = [(first + rest * k) / (k + 1) for k in range(5)]
        np.testing.assert_allclose(display.accuracy, wanted)


def test_a_confidence_of_ones_own(guesses):
    y, proba = guesses
    own = np.random.default_rng(1).permutation(200)
    display = CoverageDisplay.from_predictions(y, proba, confidence=own)
    correct = proba.argmax(axis=1) == y
    assert display.accuracy[49] == pytest.approx(correct[own >= 150].mean())
    reverse = CoverageDisplay.from_predictions(y, proba, confidence=-proba.max(axis=1))
    assert reverse.area_ < display.area_ < CoverageDisplay.from_predictions(y, proba).area_


@pytest.mark.parametrize(
    ("confidence", "message"),
    [
        (np.ones((200, 1)), r"one number for each image\. Got .* shape \(200, 1\)"),
        (["sure"] * 200, "one number for each image"),
        (np.ones(199), "inconsistent numbers of samples"),
        (np.full(200, np.nan), "confidence must hold finite numbers"),
    ],
)
def test_bad_confidence(guesses, confidence, message):
    with pytest.raises(ValueError, match=message):
        CoverageDisplay.from_predictions(*guesses, confidence=confidence)


def test_several_models_in_one_axes(model, grey):
    X, y = grey
    other = LogisticRegression(max_iter=1000).fit(X, y)
    _, ax = plt.subplots()
    first = CoverageDisplay.from_estimator(model, X, y, ax=ax)
    second = CoverageDisplay.from_estimator(other, X, y, name="logistic", ax=ax)
    assert first.ax_ is second.ax_ is ax
    assert first.figure_ is ax.figure
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [name.split("\n")[0] for name in names] == ["LeNet5Classifier", "logistic"]
    at = first.accuracy_at_
    assert f"{100 * at[1.0]:.1f} % of all, {100 * at[0.9]:.1f} % of the surest 90 %" in names[0]
    assert first.line_.get_color() != second.line_.get_color()
    assert first.accuracy[-1] == model.score(X, y)
    low, high = ax.get_ylim()
    seen = first.coverage >= 0.1
    assert low < min(first.accuracy[seen].min(), second.accuracy[seen].min())
    assert 1 < high < 1.1
    assert "(%)" in ax.get_xlabel()
    assert "(%)" in ax.get_ylabel()


def test_a_model_without_mistakes_has_room():
    display = CoverageDisplay.from_predictions([0, 1], np.eye(2), name="perfect")
    low, high = display.ax_.get_ylim()
    assert low < 0.99
    assert high > 1
    assert display.area_ == 1
    assert display.plot(name="again") is display
    assert display.line_.get_label().startswith("again\n100.0 % of all")


def test_one_early_mistake_does_not_squeeze_the_line():
    confidence = np.linspace(0.99, 0.6, 100)
    proba = np.column_stack([confidence, 1 - confidence])
    display = CoverageDisplay.from_predictions([1] + 99 * [0], proba)
    assert display.accuracy[0] == 0
    assert display.accuracy[9] == 0.9
    assert 0.7 < display.ax_.get_ylim()[0] < 0.9
