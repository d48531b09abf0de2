"""Monte-Carlo dropout: the votes are right, seeded, the same in any batch, and leave no trace."""

import numpy as np
import pytest
import torch
from scipy.special import entr
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, LeNet5
from lenet_sklearn._network.layers import Dropout, dropout_from
from lenet_sklearn._training.losses import to_proba
from lenet_sklearn.inspection import predict_uncertainty


@pytest.fixture(scope="module")
def model(small, digits):
    """A classifier with dropout of 0.3 after its one full layer; tests must not change it."""
    X, _, y, _ = digits
    return small(dropout=0.3).fit(X, y)


@pytest.fixture(scope="module", name="X_test")
def images_to_test_on(digits):
    return digits[1]


def same(first, second):
    for key in ("proba", "entropy", "mutual_information"):
        np.testing.assert_allclose(first[key], second[key], rtol=0, atol=1e-7)


def test_shapes_and_entropies(model, X_test):
    result = predict_uncertainty(model, X_test, random_state=0)
    assert set(result) == {"proba", "entropy", "mutual_information"}
    assert result.proba.shape == (300, 10)
    assert result.entropy.shape == result.mutual_information.shape == (300,)
    np.testing.assert_allclose(result.proba.sum(axis=1), 1)
    np.testing.assert_allclose(result.entropy, entr(result.proba).sum(axis=1))
    assert (result.mutual_information >= 0).all()
    assert (result.mutual_information <= result.entropy + 1e-12).all()
    assert result.entropy.max() <= np.log(10)
    assert result.mutual_information.max() > 0.05


def test_votes_are_those_of_independent_dropout(model, X_test):
    """The mean over 3,000 own samples, each with torch's way through the layers."""
    image, n = X_test[[4]], 3000
    network = model.module_
    result = predict_uncertainty(model, image, n_samples=n, random_state=0)
    many = torch.from_numpy(image.reshape(1, 1, 8, 8)).repeat(n, 1, 1, 1)
    dropouts = [layer for layer in network.modules() if isinstance(layer, Dropout)]
    with torch.no_grad(), dropout_from(torch.Generator().manual_seed(5)):
        try:
            for layer in dropouts:
                layer.train()
            logits = network(many).double().numpy()
        finally:
            network.eval()
    proba = to_proba(logits, model.label_smoothing)
    error = 5 * proba.std(axis=0) / np.sqrt(n / 2)
    assert (np.abs(result.proba[0] - proba.mean(axis=0)) < error + 1e-6).all()
    assert proba.std(axis=0).max() > 0.01
    mutual = entr(proba.mean(axis=0)).sum() - entr(proba).sum(axis=1).mean()
    assert result.mutual_information[0] == pytest.approx(mutual, rel=0.2)


def test_almost_no_dropout_gives_predict_proba(small, digits):
    X, X_test, y, _ = digits
    model = small(dropout=1e-9).fit(X, y)
    result = predict_uncertainty(model, X_test, n_samples=2, random_state=0)
    np.testing.assert_allclose(result.proba, model.predict_proba(X_test), atol=1e-6)
    assert result.mutual_information.max() < 1e-6


def test_one_sample_agrees_with_itself(model, X_test):
    result = predict_uncertainty(model, X_test, n_samples=1, random_state=0)
    assert result.mutual_information.max() < 1e-9
    assert np.abs(result.proba - model.predict_proba(X_test)).max() > 0.05


def test_the_seed_decides(model, X_test):
    first, again, other = (predict_uncertainty(model, X_test, random_state=s) for s in (3, 3, 4))
    for key in first:
        np.testing.assert_array_equal(first[key], again[key])
        assert not np.array_equal(first[key], other[key])
    generator = np.random.RandomState(3)
    same(first, predict_uncertainty(model, X_test, random_state=generator))
    unseeded = [predict_uncertainty(model, X_test[:5]).proba for _ in "ab"]
    assert not np.array_equal(*unseeded)


def test_an_image_does_not_depend_on_the_others(model, X_test):
    every = predict_uncertainty(model, X_test, random_state=0)
    for rows in (slice(7, 8), slice(100, 231), slice(None, None, -1)):
        part = predict_uncertainty(model, X_test[rows], random_state=0)
        same(part, {key: values[rows] for key, values in every.items()})


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_change_nothing(model, X_test, threads):
    wanted = predict_uncertainty(model, X_test, random_state=0)
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        same(predict_uncertainty(model, X_test, random_state=0), wanted)
    finally:
        torch.set_num_threads(before)


def test_images_come_in_batches(model, X_test, monkeypatch):
    seen = []
    flat_maps = LeNet5.flat_maps

    def count(network, images):
        seen.append(len(images))
        return flat_maps(network, images)

    monkeypatch.setattr(LeNet5, "flat_maps", count)
    predict_uncertainty(model, X_test, n_samples=50, random_state=0)
    assert max(seen) <= 128
    assert sum(seen) == 300  # convolved once, whatever the number of samples


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
@pytest.mark.parametrize("bad", [False, True])
def test_nothing_is_left_behind(model, X_test, state, changed, bad):
    network = model.module_
    weights, modes = state(model), [layer.training for layer in network.modules()]
    torch_state = torch.get_rng_state()
    numpy_state = np.random.get_state()[1].copy()  # noqa: NPY002
    proba = model.predict_proba(X_test)
    if bad:
        with pytest.raises(ValueError, match=r"pixels like those .* numbers overflow"):
            predict_uncertainty(model, X_test.astype(float) * 1e60)
    else:
        predict_uncertainty(model, X_test)
    assert not changed(weights, state(model))
    assert [layer.training for layer in network.modules()] == modes
    assert not any(modes)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert np.array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    np.testing.assert_array_equal(model.predict_proba(X_test), proba)


def test_forms_of_images(model, X_test):
    wanted = predict_uncertainty(model, X_test, random_state=0)
    for X in (X_test.reshape(-1, 8, 8), X_test.reshape(-1, 8, 8, 1), X_test.tolist()):
        same(predict_uncertainty(model, X, random_state=0), wanted)
    with pytest.raises(ValueError, match="X has 60 features"):
        predict_uncertainty(model, X_test[:, :60])
    with pytest.warns(UserWarning, match="pixels of X") as caught:
        predict_uncertainty(model, X_test / 16)
    assert caught[0].filename == __file__


def test_a_pipeline_transforms(model, digits):
    X, X_test, y, _ = digits
    pipeline = make_pipeline(ImagePreprocessor(size=12), clone(model)).fit(X, y)
    wanted = predict_uncertainty(pipeline[-1], pipeline[:-1].transform(X_test), random_state=0)
    same(predict_uncertainty(pipeline, X_test, random_state=0), wanted)
    same(
        predict_uncertainty(make_pipeline(model), X_test, random_state=0),
        predict_uncertainty(model, X_test, random_state=0),
    )


@pytest.mark.parametrize(
    "choices",
    [
        {"hidden_layer_sizes": (16, 12), "dropout": (0.0, 0.4)},
        {"hidden_layer_sizes": (16, 12), "dropout": (0.4, 0.0)},
        {"hidden_layer_sizes": (16, 12), "dropout": 0.4},
        {"activation": "silu", "dropout": 0.4, "label_smoothing": 0.0},
        {"activation": "scaled_tanh", "output": "rbf", "dropout": 0.4},
        {"conv_channels": (), "kernel_size": 5, "dropout": 0.4},
    ],
)
def test_networks(small, digits, choices):
    X, X_test, y, _ = digits
    model = small(**{**choices, "max_epochs": 2}).fit(X, y)
    result = predict_uncertainty(model, X_test, random_state=0)
    np.testing.assert_allclose(result.proba.sum(axis=1), 1)
    assert result.mutual_information.max() > 1e-3


def test_two_classes_with_names(small, digits):
    X, X_test, y, _ = digits
    model = small(dropout=0.3).fit(X, np.where(y < 5, "low", "high"))
    proba = predict_uncertainty(model, X_test, random_state=0).proba
    assert proba.shape == (300, 2)
    assert (model.classes_[proba.argmax(axis=1)] == model.predict(X_test)).mean() > 0.9


def test_uncertainty_finds_mistakes_and_strange_images(small, digits):
    X, X_test, y, y_test = digits
    model = small(dropout=0.3, hidden_layer_sizes=(64,)).fit(X, y)
    result = predict_uncertainty(model, X_test, random_state=0)
    wrong = result.proba.argmax(axis=1) != y_test
    assert wrong.any()
    assert roc_auc_score(wrong, result.entropy) > 0.8
    shuffled = np.random.default_rng(0).permuted(X_test, axis=1)
    strange = predict_uncertainty(model, shuffled, random_state=0)
    for key in ("entropy", "mutual_information"):
        assert roc_auc_score([0] * 300 + [1] * 300, [*result[key], *strange[key]]) > 0.75


def test_bad_input(model, small, digits):
    X, X_test, y, _ = digits
    plain = small(max_epochs=1).fit(X, y)
    with pytest.raises(ValueError, match=r"dropout above 0.* Got dropout=0\.0\. Set dropout=0\.2"):
        predict_uncertainty(plain, X_test)
    for n_samples in (0, 2.5, True, None):
        with pytest.raises(ValueError, match="n_samples must be an integer of 1 or more"):
            predict_uncertainty(model, X_test, n_samples=n_samples)
    search = GridSearchCV(small(dropout=0.3, max_epochs=1), {"lr": [0.01]}, cv=2).fit(X, y)
    with pytest.raises(TypeError, match=r"Pass its best_estimator_\."):
        predict_uncertainty(search, X_test)
