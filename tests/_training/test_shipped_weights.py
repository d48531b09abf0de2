"""The shipped weights: they predict at once, and are where a fit starts."""

import copy
import importlib.util
import pickle
import re
import warnings
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import skorch
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.validation import check_is_fitted

import lenet_sklearn
from lenet_sklearn import ImagePreprocessor, LeNet5Classifier, export_onnx, load_model, save_model
from lenet_sklearn._training import shipped_weights as pretrained_module
from lenet_sklearn._training.shipped_weights import PRETRAINED, read_shipped
from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist

FOLDER = Path(lenet_sklearn.__file__).with_name("_weights")
FETCHERS = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}

shipped = partial(LeNet5Classifier, pretrained="mnist", device="cpu", random_state=0)


@pytest.fixture(scope="session")
def like_mnist(digits):
    """The digits of scikit-learn, X and y, drawn as MNIST does: 20 pixels amid 28, from 0 to 255.

    Other writers, another scanner: nothing that the weights were trained on.
    """
    X, _, y, _ = digits
    twenty = ImagePreprocessor(size=20, resize="bilinear").fit_transform(X)
    images = np.pad(twenty.reshape(-1, 20, 20), ((0, 0), (4, 4), (4, 4))) * 255
    return images.reshape(len(X), -1).round().astype(np.uint8), y


@pytest.fixture(scope="session")
def few(digits):
    """Five images of 8×8 pixels per class, flat, and their labels."""
    X, _, y, _ = digits
    rows = np.concatenate([np.flatnonzero(y == label)[:5] for label in range(10)])
    return X[rows], y[rows]


def weights(model):
    return {name: value.numpy().copy() for name, value in model.module_.state_dict().items()}


def changed(before, after):
    return {name for name in before if not np.array_equal(before[name], after[name])}


PIXELS = {"pixel_mean", "pixel_std"}
OUTPUT = {"output.weight", "output.bias"}
CONVOLUTIONS = {f"convolutional.{c}.{kind}" for c in ("C1", "C3") for kind in ("weight", "bias")}


# Predicting at once


@pytest.mark.parametrize(("name", "least"), [("mnist", 0.98), ("fashion-mnist", 0.85)])
def test_it_recognises_test_images(name, least):
    try:
        X, y = FETCHERS[name](subset="test", return_X_y=True, download_if_missing=False)
    except FileNotFoundError:
        pytest.skip(f"{name} is not at hand: set LENET_SKLEARN_DATA")
    model = shipped(pretrained=name)
    assert model.score(X[:2000], y[:2000]) > least
    assert model.classes_.dtype == y.dtype
    assert model.classes_.tolist() == np.unique(y).tolist()
    assert model.n_features_in_ == X.shape[1]


def test_it_recognises_digits_of_other_writers(like_mnist):
    X, y = like_mnist
    assert shipped().score(X, y) > 0.75


@pytest.mark.parametrize("name", PRETRAINED)
def test_everything_that_a_fitted_model_has_is_there(name, like_mnist):
    X, y = like_mnist
    model = shipped(pretrained=name)
    check_is_fitted(model)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == model.decision_function(X).shape == (len(X), 10)
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert np.allclose(np.exp(model.predict_log_proba(X)), probabilities)
    assert (model.predict(X) == model.classes_[probabilities.argmax(axis=1)]).all()
    assert model.predict(X.reshape(-1, 28, 28)).tolist() == model.predict(X).tolist()
    assert model.score(X, y) == (model.predict(X) == y).mean()
    assert model.transform(X).shape == (len(X), 84)
    assert model.set_output(transform="pandas").transform(X).columns[0] == "lenet5classifier0"
    assert model.classes_.dtype == np.int64
    assert model.classes_.tolist() == list(range(10))
    assert model.n_features_in_ == 784
    assert model.image_shape_ == (1, 28, 28)
    assert model.n_parameters_ == 61706
    assert model.n_iter_ == len(model.loss_curve_) == len(model.history_) > 0
    assert model.validation_scores_ is None
    assert model.summary().loc["total", "n_parameters"] == 61706
    assert "n_features_in_" in model._repr_html_()


def test_without_pretrained_there_is_nothing_before_fit(like_mnist):
    model = LeNet5Classifier()
    for name in ("classes_", "n_features_in_", "image_shape_", "net_", "module_", "n_iter_"):
        assert not hasattr(model, name)
    for call in (check_is_fitted, lambda m: m.predict(like_mnist[0]), lambda m: m.summary()):
        with pytest.raises(NotFittedError, match="This LeNet5Classifier instance is not fitted"):
            call(model)


def test_predicting_leaves_the_model_as_it_was(like_mnist):
    model = shipped()
    before = vars(model).copy()
    model.predict(like_mnist[0])
    assert vars(model) == before


def test_files_are_read_when_they_are_needed():
    read_shipped.cache_clear()
    clone(shipped()).set_params(pretrained="fashion-mnist")
    assert read_shipped.cache_info().misses == 0
    assert hasattr(shipped(), "classes_")
    assert read_shipped.cache_info().misses == 1


def test_each_model_has_weights_of_its_own(like_mnist):
    X, _ = like_mnist
    one, other = shipped(), shipped()
    expected = other.predict_proba(X)
    with torch.no_grad():
        one.module_.output.weight.zero_()
    one.classes_[:] = 0
    assert not (one.predict_proba(X) == expected).all()
    for untouched in (other, shipped(), clone(one)):
        assert (untouched.predict_proba(X) == expected).all()
        assert untouched.classes_.tolist() == list(range(10))


def test_threads_that_come_at_once_get_one_model(like_mnist):
    X, _ = like_mnist
    expected = shipped().predict_proba(X[:50])
    read_shipped.cache_clear()
    model = shipped()
    with ThreadPoolExecutor(8) as pool:
        modules = list(pool.map(lambda _: model.module_, range(8)))
        predicted = list(pool.map(lambda _: model.predict_proba(X[:50]), range(8)))
    assert len(set(map(id, modules))) == 1
    assert all((p == expected).all() for p in predicted)


def test_parameters_are_read_anew(like_mnist):
    X, _ = like_mnist
    model = shipped()
    digits = model.predict_proba(X)
    clothes = model.set_params(pretrained="fashion-mnist").predict_proba(X)
    assert (clothes == shipped(pretrained="fashion-mnist").predict_proba(X)).all()
    assert not (clothes == digits).all()
    with pytest.raises(NotFittedError):
        model.set_params(pretrained=None).predict(X)


# Copies and files


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("duplicate", [clone, copy.deepcopy, through_pickle])
def test_a_copy_predicts_at_once_too(duplicate, like_mnist):
    X, _ = like_mnist
    model = shipped(lr=0.005)
    expected = model.predict_proba(X)
    duplicated = duplicate(model)
    assert duplicated.get_params() == model.get_params()
    assert (duplicated.predict_proba(X) == expected).all()


def test_a_pickle_before_fit_holds_parameters_alone_and_after_it_the_weights(like_mnist, few):
    model = shipped(max_epochs=1)
    model.predict(like_mnist[0])
    assert len(pickle.dumps(model)) < 2000
    model.fit(*few)
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict_proba(few[0]) == model.predict_proba(few[0])).all()


@pytest.mark.parametrize("fitted", [False, True])
def test_save_model_writes_the_weights(fitted, tmp_path, like_mnist, few):
    model = shipped(max_epochs=2, freeze="conv")
    X = like_mnist[0]
    if fitted:
        X = few[0]
        model.fit(*few)
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.get_params() == model.get_params()
    assert changed(weights(model), weights(again)) == set()
    assert (again.predict_proba(X) == model.predict_proba(X)).all()
    assert again.history_ == model.history_
    # Its own weights, not the shipped ones under its name.
    again.set_params(pretrained=None)
    assert (again.predict_proba(X) == model.predict_proba(X)).all()


def test_onnx(tmp_path, like_mnist):
    needs = "the extra onnx is not installed"
    pytest.importorskip("onnx", reason=needs)
    runtime = pytest.importorskip("onnxruntime", reason=needs)
    X, _ = like_mnist
    model = shipped()
    export_onnx(model, tmp_path / "model.onnx")
    session = runtime.InferenceSession(tmp_path / "model.onnx")
    feed = {session.get_inputs()[0].name: X.astype(np.float32)}
    labels, probabilities = session.run(["label", "probabilities"], feed)
    assert (labels == model.predict(X)).all()
    assert np.allclose(probabilities, model.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("name", PRETRAINED)
def test_the_files_are_those_of_save_model(name, like_mnist):
    path = FOLDER / f"{name}.safetensors"
    assert path.stat().st_size < 300_000
    model = load_model(path)
    assert model.pretrained is None
    assert isinstance(model, LeNet5Classifier)
    X, _ = like_mnist
    assert (model.predict_proba(X) == shipped(pretrained=name).predict_proba(X)).all()
    assert model.history_ == shipped(pretrained=name).history_


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
    monkeypatch.setattr(pretrained_module, "_FOLDER", tmp_path)
    read_shipped.cache_clear()
    with pytest.raises(ValueError, match=r"weights of pretrained='mnist' .* Install lenet-sklearn"):
        read_shipped("mnist")


# Fine-tuning


@pytest.mark.parametrize("freeze", [None, "conv"])
def test_few_images_are_enough(freeze, few, digits):
    _, X_test, _, y_test = digits
    tuned = shipped(freeze=freeze).fit(*few)
    from_scratch = LeNet5Classifier(device="cpu", random_state=0).fit(*few)
    assert tuned.score(X_test, y_test) > max(0.85, from_scratch.score(X_test, y_test) + 0.02)
    kept = CONVOLUTIONS - changed(weights(shipped()), weights(tuned))
    assert kept == (set() if freeze is None else CONVOLUTIONS)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_frozen_weights_do_not_decay(optimizer, few):
    params = {"optimizer": optimizer, "lr": 0.01, "weight_decay": 0.5, "max_epochs": 3}
    tuned = shipped(freeze="conv", **params).fit(*few)
    assert not changed(weights(shipped()), weights(tuned)) & CONVOLUTIONS
    assert changed(weights(shipped()), weights(tuned)) > OUTPUT
    # What is frozen in a fit is a layer like any other after it.
    assert all(p.requires_grad for p in tuned.module_.parameters())
    assert tuned.n_parameters_ == 61706


def test_outputs_are_kept_where_the_classes_are_the_same(few):
    X, y = few
    barely = partial(shipped, lr=1e-30, weight_decay=0.0, max_epochs=1)
    before = weights(shipped())
    same = weights(barely().fit(X, y))
    assert changed(before, same) == PIXELS
    names = np.array(list("abcdefghij"))
    assert changed(before, weights(barely().fit(X, names[y]))) == PIXELS | OUTPUT
    assert changed(before, weights(barely().fit(X, y.astype(float)))) == PIXELS
    two = barely().fit(X[y < 2], y[y < 2])
    assert two.module_.output.weight.shape == (2, 84)
    before = {k: v for k, v in before.items() if k not in OUTPUT}
    assert changed(before, weights(two)) == PIXELS


def test_pixels_are_standardised_by_the_new_data(few):
    X, y = few
    model = shipped(max_epochs=2).fit(X, y)
    assert model.module_.pixel_mean.item() == pytest.approx(X.mean(), rel=1e-5)
    assert model.module_.pixel_std.item() == pytest.approx(X.std(), rel=1e-5)
    other_range = shipped(max_epochs=2).fit(X / 16, y)
    assert np.allclose(other_range.predict_proba(X / 16), model.predict_proba(X), atol=1e-4)


def test_the_same_seed_gives_the_same_weights(few):
    X, y = few
    seeds = (0, 0, 1)  # of new outputs
    fits = [weights(shipped(max_epochs=2, random_state=s).fit(X, y + 1)) for s in seeds]
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
def test_images_and_parameters_that_fit(shape, params):
    X = np.random.default_rng(0).integers(0, 256, (12, *shape), dtype=np.uint8)
    model = shipped(max_epochs=1, freeze="conv", **params).fit(X, np.arange(12) % 3)
    assert not changed(weights(shipped()), weights_but_output(model)) & CONVOLUTIONS


def weights_but_output(model):
    return {**weights(shipped()), **{k: v for k, v in weights(model).items() if k not in OUTPUT}}


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
        ("pooling", "avg", "'max'"),
        ("activation", "tanh", "'relu'"),
        ("hidden_layer_sizes", (84,), "(120, 84)"),
        ("connectivity", "lecun1998", "'full'"),
        ("output", "rbf", "'linear'"),
        ("input_size", 32, "None or 28 or (28, 28)"),
    ],
)
def test_another_architecture_is_refused(name, value, rule, few, like_mnist):
    model = shipped(**{name: value})
    message = re.escape(
        f"{name} must be {rule} with pretrained='mnist', as in the network whose weights are "
        f"shipped. Got {value!r}. Set it so, or pretrained=None."
    )
    with pytest.raises(ValueError, match=message):
        model.fit(*few)
    with pytest.raises(NotFittedError, match=message):
        shipped(**{name: value}).predict(like_mnist[0])
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


def test_an_unknown_name_is_refused_by_predict_too(like_mnist):
    with pytest.raises(NotFittedError, match=r"pretrained must be None or among .* Got 'emnist'"):
        LeNet5Classifier(pretrained="emnist").predict(like_mnist[0])


# Going on


def test_warm_start_begins_with_the_shipped_weights_and_goes_on_from_the_fit(few):
    X, y = few
    model = shipped(freeze="conv", warm_start=True, max_epochs=2)
    assert hasattr(model, "net_")  # which does not make it a fitted one
    model.fit(X, y)
    assert model.n_iter_ == 2
    once = weights(model)
    assert changed(once, weights(shipped(freeze="conv", max_epochs=2).fit(X, y))) == set()
    model.fit(X, y)
    assert model.n_iter_ == 4
    assert changed(once, weights(model)) > OUTPUT
    assert not changed(once, weights(model)) & CONVOLUTIONS
    twice = weights(model)
    model.set_params(freeze=None).fit(X, y)
    assert changed(twice, weights(model)) > CONVOLUTIONS


def test_layers_of_a_first_fit_are_kept_in_the_next(few, small):
    X, y = few
    model = small(warm_start=True, max_epochs=2).fit(X, y)
    before = weights(model)
    model.set_params(freeze="conv").fit(X, y)
    after = changed(before, weights(model))
    assert after
    assert not [name for name in after if name.startswith("convolutional")]
    with pytest.raises(ValueError, match=r"freeze='conv' needs convolutions .* Got conv_channels"):
        small(conv_channels=(), warm_start=True).fit(X, y).set_params(freeze="conv").fit(X, y)


def test_partial_fit_goes_on_with_the_shipped_classes(few):
    X, y = few
    model = shipped(freeze="conv")
    model.partial_fit(X[y < 3], y[y < 3])
    assert model.classes_.tolist() == list(range(10))
    first = weights(model)
    assert not changed(weights(shipped()), first) & CONVOLUTIONS
    model.partial_fit(X, y)
    assert changed(first, weights(model)) > OUTPUT
    assert not changed(first, weights(model)) & (CONVOLUTIONS | PIXELS)
    with pytest.raises(ValueError, match=r"y must hold labels that the model knows"):
        shipped().partial_fit(X, y + 5)


def test_partial_fit_takes_other_classes(few):
    X, y = few
    model = shipped().partial_fit(X[y < 3], y[y < 3], classes=[0, 1, 2])
    assert model.predict_proba(X).shape == (len(X), 3)
    with pytest.raises(ValueError, match="'lr' parameter"):
        shipped(lr=-1.0).partial_fit(X, y)


class Killed(skorch.callbacks.Callback):
    def on_batch_begin(self, net, training=None, **kwargs):
        if len(net.history) > 2:
            raise ZeroDivisionError


def test_a_killed_fit_goes_on(few, tmp_path):
    params = {"freeze": "conv", "max_epochs": 4}
    folder = tmp_path / "checkpoints"
    with pytest.raises(ZeroDivisionError):
        shipped(**params, checkpoint_dir=folder, callbacks=[Killed()]).fit(*few)
    for name, other in {"freeze": None, "pretrained": "fashion-mnist"}.items():
        with pytest.raises(ValueError, match=f"the checkpoint of another fit: {name} was"):
            shipped(**{**params, name: other}, checkpoint_dir=folder).fit(*few)
    resumed = shipped(**params, checkpoint_dir=folder).fit(*few)
    assert changed(weights(resumed), weights(shipped(**params).fit(*few))) == set()


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


def test_frozen_it_can_be_calibrated(like_mnist):
    X, y = like_mnist
    calibrated = CalibratedClassifierCV(FrozenEstimator(shipped()), method="temperature").fit(X, y)
    assert (calibrated.predict(X) == shipped().predict(X)).all()


@pytest.mark.slow
def test_all_but_being_fitted_before_fit_is_as_scikit_learn_wants_it():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the checks' data are no square images
        results = check_estimator(shipped(max_epochs=5), on_skip=None, on_fail=None)
    assert {r["check_name"] for r in results if r["status"] == "failed"} == {
        "check_estimators_unfitted",
        "check_fit_check_is_fitted",
        "check_n_features_in",
    }


# The script


def test_the_script_writes_what_is_read(tmp_path, monkeypatch, capsys):
    path = Path(__file__).parents[1] / "tools" / "train_weights.py"
    spec = importlib.util.spec_from_file_location("train_weights", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert sorted(script.RECIPES) == sorted(script.FETCHERS) == sorted(PRETRAINED)
    assert script.FOLDER == FOLDER
    X = np.random.default_rng(0).integers(0, 256, (60, 784), dtype=np.uint8)
    data = {"mnist": lambda *, subset="train", return_X_y: (X, np.arange(60) % 10)}
    monkeypatch.setattr(script, "FETCHERS", data)
    argv = ["train_weights", "mnist", "--max-epochs", "1", "--out", str(tmp_path)]
    monkeypatch.setattr("sys.argv", argv)
    script.main()
    assert re.fullmatch(r"mnist: test accuracy [01]\.\d{4}\n", capsys.readouterr().out)
    monkeypatch.setattr(pretrained_module, "_FOLDER", tmp_path)
    read_shipped.cache_clear()
    written = load_model(tmp_path / "mnist.safetensors")
    assert (shipped().predict_proba(X) == written.predict_proba(X)).all()
    read_shipped.cache_clear()
