"""The shipped weights are where a fit starts."""

import re
import warnings
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

import lenet_sklearn
from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn._training import shipped_weights as shipped_weights_module
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.shipped_weights import PRETRAINED, read_shipped

FOLDER = Path(lenet_sklearn.__file__).with_name("_weights")

shipped = partial(LeNet5Classifier, pretrained="mnist", device="cpu", random_state=0)

PIXELS = {"pixel_mean", "pixel_std"}
OUTPUT = {"output.weight", "output.bias"}
CONVOLUTIONS = {f"convolutional.{c}.{kind}" for c in ("C1", "C3") for kind in ("weight", "bias")}


@pytest.fixture
def before():
    """The shipped weights, by name."""
    return read_shipped("mnist").weights


# The files


def test_files_are_read_when_they_are_needed(few):
    read_shipped.cache_clear()
    model = shipped(max_epochs=1).set_params(pretrained="fashion-mnist")
    assert read_shipped.cache_info().misses == 0
    model.fit(*few).fit(*few)
    assert read_shipped.cache_info().misses == 1


def test_a_fit_leaves_what_was_read_as_it_was(few, before):
    copied = {name: value.copy() for name, value in before.items()}
    shipped(max_epochs=1).fit(*few)
    assert all(np.array_equal(copied[name], before[name]) for name in before)


def test_there_is_a_file_for_each_name():
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(
        f"{name}.safetensors" for name in PRETRAINED
    )


@pytest.mark.parametrize("damage", ["missing", "short", "flipped"])
def test_a_damaged_installation_is_explained(damage, tmp_path, monkeypatch):
    content = (FOLDER / "mnist.safetensors").read_bytes()
    if damage == "flipped":
        content = content[:-1] + bytes([content[-1] ^ 1])
    if damage != "missing":
        content = content[:-8] if damage == "short" else content
        (tmp_path / "mnist.safetensors").write_bytes(content)
    monkeypatch.setattr(shipped_weights_module, "_FOLDER", tmp_path)
    read_shipped.cache_clear()
    with pytest.raises(ValueError, match=r"weights of pretrained='mnist' .* Install lenet-sklearn"):
        read_shipped("mnist")


# Fine-tuning


@pytest.mark.parametrize("freeze", [None, "conv"])
def test_few_images_are_enough(freeze, few, digits, before, state, changed):
    _, X_test, _, y_test = digits
    tuned = shipped(freeze=freeze).fit(*few)
    from_scratch = LeNet5Classifier(device="cpu", random_state=0).fit(*few)
    assert tuned.score(X_test, y_test) > max(0.85, from_scratch.score(X_test, y_test) + 0.02)
    kept = CONVOLUTIONS - changed(before, state(tuned))
    assert kept == (set() if freeze is None else CONVOLUTIONS)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_frozen_weights_do_not_decay(optimizer, few, before, state, changed):
    params = {"optimizer": optimizer, "lr": 0.01, "weight_decay": 0.5, "max_epochs": 3}
    tuned = shipped(freeze="conv", **params).fit(*few)
    assert not changed(before, state(tuned)) & CONVOLUTIONS
    assert changed(before, state(tuned)) > OUTPUT
    # What is frozen in a fit is a layer like any other after it.
    assert all(p.requires_grad for p in tuned.module_.parameters())
    assert tuned.n_parameters_ == 61706


def test_outputs_are_kept_where_the_classes_are_the_same(few, before, state, changed):
    X, y = few
    barely = partial(shipped, lr=1e-30, weight_decay=0.0, max_epochs=1)
    same = state(barely().fit(X, y))
    assert changed(before, same) == PIXELS
    names = np.array(list("abcdefghij"))
    assert changed(before, state(barely().fit(X, names[y]))) == PIXELS | OUTPUT
    assert changed(before, state(barely().fit(X, y.astype(float)))) == PIXELS
    two = barely().fit(X[y < 2], y[y < 2])
    assert two.module_.output.weight.shape == (2, 84)
    before = {k: v for k, v in before.items() if k not in OUTPUT}
    assert changed(before, state(two)) == PIXELS


def test_pixels_are_standardised_by_the_new_data(few):
    X, y = few
    model = shipped(max_epochs=2).fit(X, y)
    assert model.module_.pixel_mean.item() == pytest.approx(X.mean(), rel=1e-5)
    assert model.module_.pixel_std.item() == pytest.approx(X.std(), rel=1e-5)
    other_range = shipped(max_epochs=2).fit(X / 16, y)
    assert np.allclose(other_range.predict_proba(X / 16), model.predict_proba(X), atol=1e-4)


def test_the_same_seed_gives_the_same_state(few, state, changed):
    X, y = few
    seeds = (0, 0, 1)  # of new outputs
    fits = [state(shipped(max_epochs=2, random_state=s).fit(X, y + 1)) for s in seeds]
    assert changed(*fits[:2]) == set()
    assert changed(*fits[1:]) > OUTPUT


@pytest.mark.parametrize(
    ("shape", "params"),
    [
        ((28, 28), {}),
        ((28, 20), {}),
        ((8, 8), {"resize": "pad"}),
        ((8, 8), {"input_size": 28}),
        ((32, 32), {"input_size": (28, 28)}),
        ((40, 30), {"input_size": np.array([28, 28])}),
        ((1, 28, 28), {"dropout": 0.2}),
        ((28, 28), {"conv_channels": [6, 16], "hidden_layer_sizes": np.array([120, 84])}),
    ],
    ids=repr,
)
def test_images_and_parameters_that_fit(shape, params, before, state, changed):
    X = np.random.default_rng(0).integers(0, 256, (12, *shape), dtype=np.uint8)
    model = shipped(max_epochs=1, freeze="conv", **params).fit(X, np.arange(12) % 3)
    assert not changed(before, state(model)) & CONVOLUTIONS


@pytest.mark.parametrize(
    ("shape", "params", "message"),
    [
        ((64, 64), {}, r"at most 28×28 pixels .*input_size=None\. Got 64×64\. Set input_size=28"),
        ((28, 30), {}, r"at most 28×28 pixels .* Got 28×30\."),
        ((3, 28, 28), {}, r"grey images with pretrained='mnist'.* Got 3 channels\. Average them"),
        ((28, 28, 4), {}, r"Got 4 channels\."),
    ],
)
def test_images_that_do_not_fit(shape, params, message):
    X = np.random.default_rng(0).integers(0, 256, (12, *shape), dtype=np.uint8)
    with pytest.raises(ValueError, match=rf"^X must hold .*{message}.*pretrained=None\.$"):
        shipped(**params).fit(X, np.arange(12) % 3)


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("conv_channels", (4, 8), "(6, 16)"),
        ("kernel_size", 3, "5"),
        ("padding", "same", "'auto'"),
        ("pooling", "max", "'avg'"),
        ("activation", "tanh", "'silu'"),
        ("hidden_layer_sizes", (84,), "(120, 84)"),
        ("connectivity", "lecun1998", "'full'"),
        ("output", "rbf", "'linear'"),
        ("input_size", 32, "None or 28 or (28, 28)"),
    ],
)
def test_another_architecture_is_refused(name, value, rule, few):
    model = shipped(**{name: value})
    message = re.escape(
        f"{name} must be {rule} with pretrained='mnist', as in the network whose weights are "
        f"shipped. Got {value!r}. Set it so, or pretrained=None."
    )
    with pytest.raises(ValueError, match=message):
        model.fit(*few)
    assert not hasattr(model, "net_")
    assert "LeNet5Classifier" in shipped(**{name: value})._repr_html_()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"pretrained": "emnist"}, r"The 'pretrained' parameter .* Got 'emnist' instead"),
        ({"freeze": "all"}, r"The 'freeze' parameter .* Got 'all' instead"),
        ({"freeze": "conv"}, r"freeze='conv' keeps .* Got pretrained=None and a first fit\. Set"),
    ],
)
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_wrong_parameters(method, params, message, few):
    model = LeNet5Classifier(**params)
    fit = model.fit if method == "fit" else partial(model.partial_fit, classes=range(10))
    with pytest.raises(ValueError, match=message):
        fit(*few)


# Going on


def test_warm_start_begins_with_the_shipped_weights_and_goes_on_from_the_fit(few, state, changed):
    X, y = few
    model = shipped(freeze="conv", warm_start=True, max_epochs=2)
    model.fit(X, y)
    assert model.n_iter_ == 2
    once = state(model)
    assert changed(once, state(shipped(freeze="conv", max_epochs=2).fit(X, y))) == set()
    model.fit(X, y)
    assert model.n_iter_ == 4
    assert changed(once, state(model)) > OUTPUT
    assert not changed(once, state(model)) & CONVOLUTIONS
    twice = state(model)
    model.set_params(freeze=None).fit(X, y)
    assert changed(twice, state(model)) > CONVOLUTIONS


def test_layers_of_a_first_fit_are_kept_in_the_next(few, small, state, changed):
    X, y = few
    model = small(warm_start=True, max_epochs=2).fit(X, y)
    before = state(model)
    model.set_params(freeze="conv").fit(X, y)
    after = changed(before, state(model))
    assert after
    assert not [name for name in after if name.startswith("convolutional")]
    with pytest.raises(ValueError, match=r"freeze='conv' needs convolutions .* Got conv_channels"):
        small(conv_channels=(), warm_start=True).fit(X, y).set_params(freeze="conv").fit(X, y)


def test_partial_fit_starts_from_the_shipped_weights_and_goes_on(few, before, state, changed):
    X, y = few
    model = shipped(freeze="conv")
    model.partial_fit(X[y < 3], y[y < 3], classes=range(10))
    assert model.classes_.tolist() == list(range(10))
    first = state(model)
    assert not changed(before, first) & CONVOLUTIONS
    model.partial_fit(X, y)
    assert changed(first, state(model)) > OUTPUT
    assert not changed(first, state(model)) & (CONVOLUTIONS | PIXELS)
    with pytest.raises(ValueError, match=r"y must hold labels that the model knows"):
        model.partial_fit(X, y + 5)


def test_partial_fit_takes_other_classes(few):
    X, y = few
    model = shipped().partial_fit(X[y < 3], y[y < 3], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (len(X), 3)
    with pytest.raises(ValueError, match="'lr' parameter"):
        shipped(lr=-1.0).partial_fit(X, y)


def test_the_first_partial_fit_needs_classes_as_everywhere(few):
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        shipped().partial_fit(*few)


def test_a_killed_fit_goes_on(few, tmp_path, state, changed):
    params = {"freeze": "conv", "max_epochs": 4}
    folder = tmp_path / "checkpoints"
    train_on = TrainingNet._train_on

    def die(net, *batch, **about):
        if len(net.history) > 2:
            raise ZeroDivisionError("killed")
        return train_on(net, *batch, **about)

    with patch.object(TrainingNet, "_train_on", die), pytest.raises(ZeroDivisionError):
        shipped(**params, checkpoint_dir=folder).fit(*few)
    for name, other in {"freeze": None, "pretrained": "fashion-mnist"}.items():
        with pytest.raises(ValueError, match=f"the checkpoint of another fit: {name} was"):
            shipped(**{**params, name: other}, checkpoint_dir=folder).fit(*few)
    resumed = shipped(**params, checkpoint_dir=folder).fit(*few)
    assert changed(state(resumed), state(shipped(**params).fit(*few))) == set()


# With the rest of scikit-learn


def test_grid_search_over_a_pipeline(digits):
    X, _, y, _ = digits
    model = make_pipeline(ImagePreprocessor(size=28, resize="bilinear"), shipped(max_epochs=1))
    grid = {
        "lenet5classifier__pretrained": [None, *PRETRAINED],
        "lenet5classifier__dropout": [0.0, 0.1],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X[:100], y[:100])
    assert search.best_params_["lenet5classifier__pretrained"] == "mnist"
    assert search.predict(X).shape == y.shape


def test_it_is_an_estimator_like_any_other():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the checks' data are no square images
        results = check_estimator(shipped(max_epochs=5), on_skip=None, on_fail=None)
    assert [r["check_name"] for r in results if r["status"] == "failed"] == []
    assert sum(r["status"] == "passed" for r in results) > 50
