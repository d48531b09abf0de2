"""Models that are trained already: they predict at once, and are fitted ones in every respect."""

import copy
import importlib.util
import pickle
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

import lenet_sklearn
from lenet_sklearn import (
    LeNet5Classifier,
    export_onnx,
    load_model,
    load_pretrained,
    save_model,
)
from lenet_sklearn._training import shipped_weights
from lenet_sklearn._training.shipped_weights import PRETRAINED, read_shipped
from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist

FOLDER = Path(lenet_sklearn.__file__).with_name("_weights")
FETCHERS = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}
CONVOLUTIONS = {f"convolutional.{c}.{kind}" for c in ("C1", "C3") for kind in ("weight", "bias")}
PIXELS = {"pixel_mean", "pixel_std"}


@pytest.fixture
def other_folder(tmp_path, monkeypatch):
    """A folder in the place of the shipped one, for one test."""
    monkeypatch.setattr(shipped_weights, "_FOLDER", tmp_path)
    read_shipped.cache_clear()
    yield tmp_path
    read_shipped.cache_clear()


# Predicting at once


@pytest.mark.parametrize(("name", "least"), [("mnist", 0.98), ("fashion-mnist", 0.85)])
def test_it_recognises_test_images(name, least):
    try:
        X, y = FETCHERS[name](subset="test", return_X_y=True, download_if_missing=False)
    except FileNotFoundError:
        pytest.skip(f"{name} is not at hand: set LENET_SKLEARN_DATA")
    model = load_pretrained(name, device="cpu")
    assert model.score(X[:2000], y[:2000]) > least
    assert model.classes_.dtype == y.dtype
    assert model.classes_.tolist() == np.unique(y).tolist()
    assert model.n_features_in_ == X.shape[1]


def test_it_recognises_digits_of_other_writers(like_mnist):
    X, y = like_mnist
    assert load_pretrained("mnist", device="cpu").score(X, y) > 0.75


@pytest.mark.parametrize("name", PRETRAINED)
def test_everything_that_a_fitted_model_has_is_there(name, like_mnist):
    X, y = like_mnist
    model = load_pretrained(name, device="cpu")
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


def test_its_parameters_are_the_defaults_and_where_it_came_from():
    model = load_pretrained("fashion-mnist", device="cpu")
    expected = LeNet5Classifier(pretrained="fashion-mnist", device="cpu").get_params()
    assert model.get_params() == expected


def test_it_is_ready_to_predict_and_not_to_train(like_mnist):
    model = load_pretrained("mnist", device="cpu")
    assert not model.module_.training
    assert all(p.requires_grad for p in model.module_.parameters())


def test_predicting_leaves_the_model_as_it_was(like_mnist):
    model = load_pretrained("mnist", device="cpu")
    before = vars(model).copy()
    model.predict(like_mnist[0])
    assert vars(model) == before


def test_each_call_gives_weights_of_its_own(like_mnist):
    X, _ = like_mnist
    one, other = (load_pretrained("mnist", device="cpu") for _ in range(2))
    expected = other.predict_proba(X)
    n_iter = other.n_iter_
    with torch.no_grad():
        one.module_.output.weight.zero_()
    one.classes_[:] = 0
    one.net_.history.clear()
    assert not (one.predict_proba(X) == expected).all()
    for untouched in (other, load_pretrained("mnist", device="cpu")):
        assert (untouched.predict_proba(X) == expected).all()
        assert untouched.classes_.tolist() == list(range(10))
        assert untouched.n_iter_ == n_iter


def test_threads_that_come_at_once_get_a_model_each(like_mnist):
    X, _ = like_mnist
    expected = load_pretrained("mnist", device="cpu").predict_proba(X[:50])
    read_shipped.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        models = list(pool.map(lambda _: load_pretrained("mnist", device="cpu"), range(8)))
        predicted = list(pool.map(lambda model: model.predict_proba(X[:50]), models))
    assert len({id(model.module_) for model in models}) == 8
    assert all((p == expected).all() for p in predicted)


def test_global_random_states_are_left_alone():
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    load_pretrained("mnist", device="cpu")
    assert torch.equal(torch.get_rng_state(), torch_before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_before[1])  # noqa: NPY002


@pytest.mark.parametrize("name", ["emnist", "", None, ["mnist"]])
def test_an_unknown_name_is_refused(name):
    message = rf"^name must be among .*'mnist'.*Got {re.escape(repr(name))}\.$"
    with pytest.raises(ValueError, match=message):
        load_pretrained(name)


@pytest.mark.parametrize("device", ["tpu", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(device):
    with pytest.raises(ValueError, match=rf"device.*{device}"):
        load_pretrained("mnist", device=device)


def test_the_name_alone_makes_no_fitted_model(like_mnist):
    model = LeNet5Classifier(pretrained="mnist")
    for name in ("classes_", "n_features_in_", "image_shape_", "net_", "module_", "n_iter_"):
        assert not hasattr(model, name)
    for call in (check_is_fitted, lambda m: m.predict(like_mnist[0]), lambda m: m.summary()):
        with pytest.raises(NotFittedError, match="This LeNet5Classifier instance is not fitted"):
            call(model)


# Copies and files


def through_pickle(model):
    return pickle.loads(pickle.dumps(model))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, through_pickle])
def test_a_copy_predicts_at_once_too(duplicate, like_mnist):
    X, _ = like_mnist
    model = load_pretrained("mnist", device="cpu").set_params(lr=0.005)
    duplicated = duplicate(model)
    assert duplicated.get_params() == model.get_params()
    assert duplicated.history_ == model.history_
    assert (duplicated.predict_proba(X) == model.predict_proba(X)).all()


def test_a_clone_is_not_fitted_and_its_fit_starts_from_the_shipped_weights(few, state, changed):
    model = load_pretrained("mnist", device="cpu")
    cloned = clone(model).set_params(max_epochs=1, freeze="conv", random_state=0)
    with pytest.raises(NotFittedError):
        check_is_fitted(cloned)
    cloned.fit(*few)
    assert cloned.n_iter_ == 1
    assert not changed(state(model), state(cloned)) & CONVOLUTIONS


def test_its_weights_do_not_hang_on_the_name(like_mnist):
    X, _ = like_mnist
    model = load_pretrained("mnist", device="cpu")
    expected = model.predict_proba(X)
    assert (model.set_params(pretrained=None).predict_proba(X) == expected).all()


def test_save_model_writes_the_weights(tmp_path, like_mnist, state, changed):
    X, _ = like_mnist
    model = load_pretrained("mnist", device="cpu")
    save_model(model, tmp_path / "model.safetensors")
    again = load_model(tmp_path / "model.safetensors")
    assert again.get_params() == model.get_params()
    assert changed(state(model), state(again)) == set()
    assert (again.predict_proba(X) == model.predict_proba(X)).all()
    assert again.history_ == model.history_


def test_onnx(tmp_path, like_mnist):
    needs = "the extra onnx is not installed"
    pytest.importorskip("onnx", reason=needs)
    runtime = pytest.importorskip("onnxruntime", reason=needs)
    X, _ = like_mnist
    model = load_pretrained("mnist", device="cpu")
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
    shipped = load_pretrained(name, device="cpu")
    assert (model.predict_proba(X) == shipped.predict_proba(X)).all()
    assert model.history_ == shipped.history_


# Going on


def test_fit_starts_from_the_shipped_weights_again(few, state, changed):
    model = load_pretrained("mnist", device="cpu")
    shipped = state(model)
    with torch.no_grad():
        for parameter in model.module_.parameters():
            parameter.zero_()
    model.set_params(max_epochs=1, freeze="conv", random_state=0).fit(*few)
    assert model.n_iter_ == 1
    assert model.n_features_in_ == 64
    assert not changed(shipped, state(model)) & CONVOLUTIONS


def test_partial_fit_goes_on_with_the_shipped_classes(like_mnist, state, changed):
    X, y = like_mnist
    model = load_pretrained("mnist", device="cpu").set_params(freeze="conv", random_state=0)
    before, n_iter = state(model), model.n_iter_
    model.partial_fit(X[y < 3], y[y < 3])
    assert model.classes_.tolist() == list(range(10))
    assert model.n_iter_ == n_iter + 1
    assert changed(before, state(model)) >= {"output.weight", "output.bias"}
    assert not changed(before, state(model)) & (CONVOLUTIONS | PIXELS)
    with pytest.raises(ValueError, match=r"y must hold labels that the model knows"):
        model.partial_fit(X, y + 5)


def test_warm_start_goes_on_with_its_history(like_mnist, state, changed):
    X, y = like_mnist
    model = load_pretrained("mnist", device="cpu")
    before, history = state(model), model.history_
    model.set_params(warm_start=True, freeze="conv", max_epochs=2, random_state=0).fit(X, y)
    assert model.history_[: len(history)] == history
    assert model.n_iter_ == len(history) + 2
    assert not changed(before, state(model)) & (CONVOLUTIONS | PIXELS)


def test_frozen_it_can_be_calibrated(like_mnist):
    X, y = like_mnist
    model = load_pretrained("mnist", device="cpu")
    calibrated = CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(X, y)
    assert (calibrated.predict(X) == model.predict(X)).all()


# The script that makes the files


def test_the_script_writes_what_is_read(other_folder, monkeypatch, capsys):
    path = Path(__file__).parents[1] / "tools" / "train_weights.py"
    spec = importlib.util.spec_from_file_location("train_weights", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert sorted(script.RECIPES) == sorted(script.FETCHERS) == sorted(PRETRAINED)
    assert script.FOLDER == FOLDER
    X = np.random.default_rng(0).integers(0, 256, (60, 784), dtype=np.uint8)
    data = {"mnist": lambda *, subset="train", return_X_y: (X, np.arange(60) % 10)}
    monkeypatch.setattr(script, "FETCHERS", data)
    argv = ["train_weights", "mnist", "--max-epochs", "1", "--out", str(other_folder)]
    monkeypatch.setattr("sys.argv", argv)
    script.main()
    assert re.fullmatch(r"mnist: test accuracy [01]\.\d{4}\n", capsys.readouterr().out)
    written = load_model(other_folder / "mnist.safetensors")
    read = load_pretrained("mnist", device="cpu")
    assert (read.predict_proba(X) == written.predict_proba(X)).all()
