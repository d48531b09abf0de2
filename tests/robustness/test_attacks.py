"""Adversarial images fool the network, stay near, and leave the network as it was."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.robustness import attack, attacks


@pytest.fixture
def test_set(digits):
    return digits[1][:100], digits[3][:100]


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_fools_the_network_within_eps(method, model, test_set):
    X, y = test_set
    before = model.score(X, y)
    adversarial = attack(model, X, y, method=method, eps=0.15, random_state=0)
    assert model.score(adversarial, y) < before - 0.3
    assert adversarial.shape == X.shape
    assert adversarial.dtype == X.dtype
    assert np.abs(adversarial - X).max() == pytest.approx(0.15 * 16, rel=1e-5)
    assert adversarial.min() >= 0
    assert adversarial.max() <= 16


def test_noise_of_the_same_size_does_not(model, test_set, rng):
    X, y = test_set
    noise = X + 0.15 * 16 * rng.choice([-1, 1], X.shape)
    assert model.score(noise.clip(0, 16).astype(np.float32), y) > model.score(
        attack(model, X, y, eps=0.15), y
    )


def test_more_steps_fool_more(model, test_set):
    X, y = test_set
    fgsm, pgd = (model.score(attack(model, X, y, method=m, eps=0.1), y) for m in ("fgsm", "pgd"))
    assert pgd <= fgsm


def test_fgsm_follows_the_gradient(model, test_set):
    X, y = test_set
    X = X[:5].clip(3, 13)  # so that no pixel leaves the range
    X[0, :2] = 0, 16
    images = torch.tensor(X.reshape(-1, 1, 8, 8), requires_grad=True)
    loss = torch.nn.functional.cross_entropy(model.module_(images), torch.tensor(y[:5]))
    (gradient,) = torch.autograd.grad(loss, images)
    moved = attack(model, X, y[:5], eps=0.1) - X
    expected = 1.6 * gradient.sign().numpy().reshape(X.shape)
    np.testing.assert_allclose(moved[:, 2:], expected[:, 2:], atol=1e-5)


@pytest.mark.parametrize("method", ["fgsm", "pgd"])
def test_the_network_is_left_as_it_was(method, model, test_set, state, changed):
    before, mode = state(model), model.module_.training
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    gradients = [p.grad for p in model.module_.parameters()]
    attack(model, *test_set, method=method, n_steps=2)
    assert not changed(before, state(model))
    assert model.module_.training == mode
    after = [p.grad for p in model.module_.parameters()]
    assert all(a is b for a, b in zip(gradients, after, strict=True))
    assert torch.equal(torch.get_rng_state(), states[0])
    np.testing.assert_array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


def test_dropout_does_not_draw(small, digits):
    X, X_test, y, y_test = digits
    model = small(dropout=0.5, max_epochs=2).fit(X, y)
    model.module_.train()
    first, again = (attack(model, X_test, y_test) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert model.module_.training


def test_the_seed_decides_the_start_of_pgd(model, test_set):
    X, y = test_set
    first, again, other = (
        attack(model, X, y, method="pgd", n_steps=2, random_state=seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_in_batches(model, test_set, monkeypatch):
    whole = attack(model, *test_set)
    monkeypatch.setattr(attacks, "_AT_ONCE", 33)
    np.testing.assert_array_equal(whole, attack(model, *test_set))


def test_layouts_and_dtypes(model, test_set):
    X, y = test_set
    flat = attack(model, X, y)
    images = attack(model, X.reshape(-1, 8, 8), y)
    np.testing.assert_array_equal(images.reshape(X.shape), flat)
    assert attack(model, X.astype(np.float64), y).dtype == np.float64
    assert attack(model, X.astype(np.uint8), y).dtype == np.float32
    frame = attack(model, pd.DataFrame(X), y)
    assert isinstance(frame, pd.DataFrame)
    np.testing.assert_array_equal(frame.to_numpy(), flat)


def test_colours_with_channels_last(small, digits):
    X, _, y, _ = digits
    X = np.stack([X, X / 2, 16 - X], axis=-1).reshape(-1, 8, 8, 3)
    model = small(max_epochs=4).fit(X, y)
    last = attack(model, X, y)
    first = attack(model, np.moveaxis(X, -1, 1), y)
    np.testing.assert_array_equal(np.moveaxis(last, -1, 1), first)
    assert model.score(last, y) < model.score(X, y)


def test_no_change(model, test_set):
    X, y = test_set
    for method in ("fgsm", "pgd"):
        np.testing.assert_array_equal(attack(model, X, y, method=method, eps=0), X)
    constant = np.full((2, 64), 3, np.float32)
    np.testing.assert_array_equal(attack(model, constant, y[:2]), constant)


def test_a_pipeline_of_one_step(model, test_set):
    X, y = test_set
    pipeline = make_pipeline(model)
    np.testing.assert_array_equal(attack(pipeline, X, y), attack(model, X, y))


def test_models_without_gradients(model, test_set):
    with pytest.raises(TypeError, match=r"a Pipeline with \['standardscaler'\] before it"):
        attack(make_pipeline(StandardScaler(), model), *test_set)
    with pytest.raises(TypeError, match=r"must be a LeNet5Classifier.*Got SVC"):
        attack(SVC(), *test_set)
    with pytest.raises(NotFittedError):
        attack(LeNet5Classifier(), *test_set)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "cw"}, r"method must be among \('fgsm', 'pgd'\)\. Got 'cw'\."),
        ({"eps": -0.1}, r"eps must be a number from 0 to 1.*Got -0\.1"),
        ({"eps": 8}, "eps=8 / 255"),
        ({"eps": np.nan}, "Got nan"),
        ({"eps": "0.1"}, "Got '0.1'"),
        ({"n_steps": 0}, r"n_steps must be an integer of 1 or more\. Got 0\."),
        ({"n_steps": 2.5}, r"Got 2\.5"),
        ({"X": np.zeros((100, 63), np.float32)}, "63 features"),
        ({"X": np.full((100, 64), np.nan)}, "NaN"),
        ({"y": np.zeros(7)}, "inconsistent numbers of samples"),
        ({"y": np.full(100, 10)}, r"y must hold labels that the model knows.*\[10\]"),
    ],
)
def test_bad_input(options, message, model, test_set):
    given = {"X": test_set[0], "y": test_set[1], **options}
    with pytest.raises(ValueError, match=message):
        attack(model, **given)
