import errno
import json
import os
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open
from scipy.special import softmax
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

import lenet_sklearn
from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer
from lenet_sklearn.augmentation import Degradation, Distortion
from lenet_sklearn.datasets import load_digits_images
from lenet_sklearn.persistence import export_onnx, load_model, save_model
from lenet_sklearn.persistence.safetensors_file import FORMAT_VERSION


def round_trip(model, tmp_path):
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    return load_model(path)


def classifier_of(model):
    return model[-1] if isinstance(model, Pipeline) else model


def attributes(estimator):
    return vars(estimator).keys() - {"_sklearn_output_config"}


def output_of(estimator):
    return getattr(estimator, "_sklearn_output_config", {}).get("transform", "default")


def assert_same(loaded, model, X):
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    labels = model.predict(X)
    np.testing.assert_array_equal(loaded.predict(X), labels)
    assert loaded.predict(X).dtype == labels.dtype
    if isinstance(model, Pipeline):
        assert [name for name, _ in loaded.steps] == [name for name, _ in model.steps]
        assert repr(loaded.get_params()) == repr(model.get_params())
        pairs = zip(loaded.named_steps.values(), model.named_steps.values(), strict=True)
    else:
        pairs = [(loaded, model)]
    for copy, original in pairs:
        assert type(copy) is type(original)
        if original is None or isinstance(original, str):
            continue
        assert copy.get_params() == original.get_params()
        assert attributes(copy) == attributes(original)
        assert output_of(copy) == output_of(original)
    copy, original = classifier_of(loaded), classifier_of(model)
    assert copy.history_ == original.history_
    assert copy.loss_curve_ == original.loss_curve_
    assert copy.validation_scores_ == original.validation_scores_
    assert copy.n_iter_ == original.n_iter_
    assert copy.image_shape_ == original.image_shape_
    assert copy.n_features_in_ == original.n_features_in_


# What comes back


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"conv_channels": (2, 3, 4), "kernel_size": [3, 2, 1], "padding": ("same", 1, "valid")},
        {"conv_channels": (2, 3), "pooling": ("avg", None), "activation": ("gelu", "silu", "tanh")},
        {"conv_channels": (), "hidden_layer_sizes": 7, "dropout": 0.25},
        {"conv_channels": 3, "hidden_layer_sizes": (5, 4), "dropout": (0.0, 0.5)},
        {"hidden_layer_sizes": ()},
        {"conv_channels": np.array([2, 3]), "lr": np.float64(0.02), "max_epochs": np.int32(3)},
        {
            "conv_channels": (6, 16),
            "pooling": "subsample",
            "activation": "scaled_tanh",
            "hidden_layer_sizes": (84,),
            "connectivity": "lecun1998",
            "output": "rbf",
            "input_size": (20, 18),
            "padding": 0,
            "resize": "pad",
        },
        {"early_stopping": True, "n_iter_no_change": np.inf, "validation_fraction": 0.2},
        {"augmentation": Distortion(degrees=10, flip=True), "optimizer": "sgd", "warm_start": True},
        {"augmentation": Degradation(light=0.5, noise=0.1)},
        {"class_weight": {0: 1, 1: 2.5, 2: 1}},
        {"class_weight": "balanced", "random_state": None, "verbose": 0, "image_shape": [8, 8]},
    ],
    ids=lambda params: ",".join(params) or "defaults",
)
def test_every_architecture_and_parameter_comes_back(params, tiny, X, y, tmp_path):
    model = LeNet5Classifier(**{**tiny, **params}).fit(X, y)
    loaded = round_trip(model, tmp_path)
    if "conv_channels" in params and isinstance(params["conv_channels"], np.ndarray):
        np.testing.assert_array_equal(loaded.conv_channels, model.conv_channels)
        assert type(loaded.lr) is float
        loaded.conv_channels = model.conv_channels  # arrays cannot be compared with ==
    assert_same(loaded, model, X)
    assert {type(v) for v in loaded.get_params().values()} <= {
        *(type(v) for v in model.get_params().values()), float, int,
    }  # fmt: skip


LABELS = {
    "int64": np.array([3, 7, 11]),
    "int8": np.array([-3, 0, 11], np.int8),
    "uint8": np.array([0, 1, 255], np.uint8),
    "uint64": np.array([0, 1, 2**64 - 1], np.uint64),
    "big-endian": np.array([1, 2, 300], ">i4"),
    "float64": np.array([-1.0, 0.0, 2.0]),
    "float16": np.array([1.0, 2.0, 3.0], np.float16),
    "str": np.array(["cat", "dog", "ünïcode ☃ 𝒳"]),
    "wide str": np.array(["a", "b", "c"], "<U40"),
    "object": np.array(["a", "", "\x00\ud800"], object),
    "bool": np.array([False, True, True]),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels_of_every_type_come_back(name, tiny, X, y, tmp_path):
    model = LeNet5Classifier(**tiny).fit(X, LABELS[name][y])
    loaded = round_trip(model, tmp_path)
    assert_same(loaded, model, X)
    assert loaded.classes_.dtype == model.classes_.dtype
    assert list(map(type, loaded.classes_)) == list(map(type, model.classes_))


@pytest.mark.parametrize("weights", [{"a": 1, "b": 2}, {True: 1, False: 3.5}, {1.0: 1, -2.0: 2}])
def test_keys_of_class_weight_keep_their_type(weights, tiny, X, y, tmp_path):
    classes = np.array(list(weights))
    model = LeNet5Classifier(**tiny, class_weight=weights).fit(X, classes[y % 2])
    loaded = round_trip(model, tmp_path)
    assert loaded.class_weight == weights
    assert list(map(type, loaded.class_weight)) == list(map(type, weights))


@pytest.mark.parametrize(
    "shape", [(60, 8, 8), (60, 1, 8, 8), (60, 8, 8, 1), (60, 4, 4, 4), (60, 3, 4, 5), (60, 50)]
)
@pytest.mark.filterwarnings("ignore:X has 50 features:UserWarning")
def test_every_layout_of_images_comes_back(shape, tiny, y, tmp_path):
    images = np.random.default_rng(1).integers(0, 255, shape, dtype=np.uint8)
    model = LeNet5Classifier(**tiny, image_shape=(4, 4, 4) if shape[1:] == (4, 4, 4) else None)
    model.fit(images, y)
    loaded = round_trip(model, tmp_path)
    assert_same(loaded, model, images)
    assert loaded._layout == model._layout


def test_names_of_features_come_back(tiny, X, y, tmp_path):
    frame = pd.DataFrame(X, columns=[f"pixel {i}" for i in range(64)])
    model = LeNet5Classifier(**tiny).fit(frame, y)
    loaded = round_trip(model, tmp_path)
    assert_same(loaded, model, frame)
    np.testing.assert_array_equal(loaded.feature_names_in_, model.feature_names_in_)
    with pytest.raises(ValueError, match="feature names"):
        loaded.predict(frame.rename(columns=str.upper))


@pytest.mark.parametrize("scale", ["unit", "standard", "lecun1998", None])
@pytest.mark.parametrize("container", ["default", "pandas"])
def test_a_pipeline_comes_back(scale, container, tiny, X, y, tmp_path):
    model = make_pipeline(
        MassCenterer(),
        "passthrough",
        ImagePreprocessor(size=(12, 10), resize="bilinear", scale=scale),
        Deskewer(image_shape=(12, 10)),
        None,
        LeNet5Classifier(**tiny, image_shape=(12, 10)),
        verbose=False,
    )
    model.set_output(transform=container).fit(X, y)
    loaded = round_trip(model, tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the steps go on handing tables to one another
        assert_same(loaded, model, X)
    step, original = loaded.named_steps["imagepreprocessor"], model.named_steps["imagepreprocessor"]
    for name in ("offset_", "scale_", "input_dtype_", "size_", "image_shape_"):
        np.testing.assert_array_equal(getattr(step, name), getattr(original, name))


def test_steps_that_were_never_fitted_come_back_so(tiny, X, y, tmp_path):
    model = Pipeline([("centre", MassCenterer()), ("net", LeNet5Classifier(**tiny))])
    model.named_steps["net"].fit(X, y)
    loaded = round_trip(model, tmp_path)
    assert_same(loaded, model, X)


def test_training_goes_on(classifier, X, y, saved):
    first, second = load_model(saved), load_model(saved)
    for model in (first, second):
        model.partial_fit(X, y)
        model.set_params(warm_start=True).fit(X, y)
        assert model.n_iter_ == classifier.n_iter_ + 3
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert not (first.predict_proba(X) == classifier.predict_proba(X)).all()


def test_a_loaded_model_can_be_saved_and_pickled(classifier, X, saved, tmp_path):
    loaded = load_model(saved)
    again = tmp_path / "again.safetensors"
    save_model(loaded, again)
    assert again.read_bytes() == saved.read_bytes()
    assert_same(pickle.loads(pickle.dumps(loaded)), classifier, X)


def test_global_random_state_is_left_alone(saved):
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    load_model(saved)
    assert torch.equal(torch.get_rng_state(), before[0])
    np.testing.assert_array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002


def test_columns_of_history_come_back(tiny, X, y, tmp_path):
    model = LeNet5Classifier(**tiny).fit(X, y)
    model.net_.history[0]["note"] = "only here"
    model.net_.history[1]["score"] = float("nan")
    loaded = round_trip(model, tmp_path)
    assert str(loaded.history_) == str(model.history_)


# The file


def test_the_file_is_a_safetensors_file_like_any_other(classifier, saved):
    with safe_open(saved, framework="np") as file:
        metadata = file.metadata()
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    weights = classifier.module_.state_dict()
    assert tensors.keys() == weights.keys()
    for name, array in tensors.items():
        np.testing.assert_array_equal(array, weights[name].numpy())
    assert metadata["format"] == "lenet_sklearn"
    assert metadata["format_version"] == str(FORMAT_VERSION)
    assert json.loads(metadata["versions"])["lenet_sklearn"] == lenet_sklearn.__version__
    assert json.loads(metadata["model"])["estimator"]["class"] == "LeNet5Classifier"


def test_a_file_that_another_tool_rewrote_loads(classifier, X, fuzz, saved):
    file = fuzz.SavedFile(saved.read_bytes())
    text = json.dumps(dict(reversed(file.header.items())), indent=3).encode()
    saved.write_bytes(file.with_header(text))
    assert_same(load_model(saved), classifier, X)


def test_files_of_format_1_still_load(X):
    # Made by the version that had this number, of the Pipeline in conftest.py with other labels.
    path = os.path.join(os.path.dirname(__file__), "data", "format_1.safetensors")
    loaded = load_model(path)
    assert loaded[-1].classes_.tolist() == ["a", "b", "c"]
    assert loaded[-1].n_iter_ == 2
    expected = [[0.3266, 0.2728, 0.4007]]  # without its smoothing, which that version kept
    np.testing.assert_allclose(loaded.predict_proba(X[:1]), expected, atol=1e-3)


def test_files_of_format_2_still_load_and_train_on():
    # Made by the version that had this number, of 600 digits, which it enlarged to 28×28 pixels.
    loaded = load_model(os.path.join(os.path.dirname(__file__), "data", "format_2.safetensors"))
    X, y = load_digits_images(return_X_y=True)
    logits = [[0.815, 0.0408, -1.0074, 0.9342, -1.4793, 0.2946, -0.2169, 1.4443, -0.0902, 0.6035]]
    np.testing.assert_allclose(loaded.decision_function(X[:1]), logits, atol=1e-3)
    assert loaded.module_.architecture.network_input == (28, 28)
    smoothed = softmax(logits, axis=1)
    assert np.abs(loaded.predict_proba(X[:1]) - smoothed).max() > 1e-3  # smoothing is undone
    assert loaded.set_params(warm_start=True, max_epochs=1).fit(X, y).n_iter_ == 3


def test_small_inputs_of_format_2_padded_the_first_convolution_alone(X, y, fuzz, tiny, tmp_path):
    path, small = tmp_path / "model.safetensors", {"input_size": 20, "conv_channels": (2, 3)}
    model = LeNet5Classifier(**{**tiny, **small}, padding=("auto", "valid")).fit(X, y)
    save_model(model, path)
    file = fuzz.SavedFile(path.read_bytes())
    file.metadata["format_version"] = "2"
    for choices in (file.model["network"], file.model["estimator"]["params"]):
        choices["padding"] = "auto"
    path.write_bytes(file.pack())
    np.testing.assert_array_equal(load_model(path).predict(X), model.predict(X))


def test_a_newer_format_is_refused(fuzz, saved):
    file = fuzz.SavedFile(saved.read_bytes())
    file.metadata["format_version"] = str(FORMAT_VERSION + 1)
    file.metadata["versions"] = json.dumps({"lenet_sklearn": "9.1"})
    file.metadata["something"] = "new"
    saved.write_bytes(file.pack())
    with pytest.raises(ValueError, match=r"format number 4, .*up to 3.*version 9\.1: install"):
        load_model(saved)


def test_a_parameter_that_an_older_version_did_not_have_gets_its_default(fuzz, saved):
    file = fuzz.SavedFile(saved.read_bytes())
    del file.model["estimator"]["params"]["label_smoothing"]
    saved.write_bytes(file.pack())
    assert load_model(saved).label_smoothing == LeNet5Classifier().label_smoothing


# What cannot be saved


def test_only_fitted_models_are_saved(tmp_path):
    for model in (LeNet5Classifier(), make_pipeline(ImagePreprocessor(), LeNet5Classifier())):
        with pytest.raises(NotFittedError):
            save_model(model, tmp_path / "model.safetensors")
    assert not any(tmp_path.iterdir())


def test_models_of_other_kinds_are_refused(classifier, tiny, X, y, tmp_path):
    class Mine(LeNet5Classifier):
        pass

    search = GridSearchCV(LeNet5Classifier(**tiny), {"lr": [0.01]}, cv=2).fit(X, y)
    scaled = make_pipeline(StandardScaler(), classifier)
    cases = [
        (search, "best_estimator_"),
        (LogisticRegression(), "Got LogisticRegression.*joblib"),
        (Mine(**tiny).fit(X, y), "Got Mine"),
        (scaled, "step 'standardscaler' must be ImagePreprocessor.*Got StandardScaler"),
        (make_pipeline(classifier, LogisticRegression()), "last step must be LeNet5Classifier"),
        (make_pipeline(classifier, classifier), "the step 'lenet5classifier-1'"),
        (make_pipeline(make_pipeline(MassCenterer()), classifier), "Got Pipeline"),
        (None, "Got NoneType"),
    ]
    for model, message in cases:
        with pytest.raises(TypeError, match=message):
            save_model(model, tmp_path / "model.safetensors")
    assert not any(tmp_path.iterdir())
    save_model(search.best_estimator_, tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("augmentation", lambda images: images, r"set_params\(augmentation=None\)"),
        ("random_state", np.random.RandomState(0), r"set_params\(random_state=0\)"),
        ("class_weight", {(1, 2): 3, 0: object()}, "numbers, strings"),
        ("image_shape", np.array([[8, 8]]), "numbers, strings"),
    ],
)
def test_parameters_that_are_no_plain_values_are_refused(
    name, value, remedy, classifier, saved, tmp_path
):
    model = load_model(saved).set_params(**{name: value})
    with pytest.raises(TypeError, match=f"{name}=.*LeNet5Classifier cannot be stored.*{remedy}"):
        save_model(model, saved)
    load_model(saved)  # the old file is there


def test_the_cache_of_a_pipeline_is_refused(classifier, tmp_path):
    from joblib import Memory

    for memory in (str(tmp_path), Memory(None)):
        model = make_pipeline(MassCenterer(), classifier, memory=memory)
        with pytest.raises((TypeError, ValueError), match="memory"):
            save_model(model, tmp_path / "model.safetensors")


def test_callbacks_and_the_like_are_left_out_with_a_warning(saved, X, tmp_path):
    from skorch.callbacks import EpochTimer

    model = load_model(saved).set_params(callbacks=[EpochTimer()])
    model.note = "mine"
    model.net_.history[0]["figure"] = object()
    with pytest.warns(UserWarning, match=r"note, callbacks, history_.*'figure'.*load_model"):
        save_model(model, tmp_path / "other.safetensors")
    loaded = load_model(tmp_path / "other.safetensors")
    assert loaded.callbacks is None
    assert "figure" not in loaded.history_[0]
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))


def test_an_ordinary_model_is_saved_without_a_warning(classifier, pipeline, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for model in (classifier, pipeline):
            save_model(model, tmp_path / "model.safetensors")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_diverged_model_is_refused(value, saved):
    model, before = load_model(saved), saved.read_bytes()
    with torch.no_grad():
        next(model.module_.parameters()).view(-1)[0] = value
    with pytest.raises(ValueError, match=r"cannot be saved: .*NaN or infinity"):
        save_model(model, saved)
    assert saved.read_bytes() == before


def test_a_history_that_is_too_long_names_the_remedy(saved, tmp_path):
    model = load_model(saved)
    model.net_.history.extend([dict(model.net_.history[-1])] * 300_000)
    with pytest.raises(ValueError, match=r"history of 300,002 epochs.*del model.net_.history"):
        save_model(model, tmp_path / "long.safetensors")
    del model.net_.history[:-20_000]
    save_model(model, tmp_path / "long.safetensors")
    assert load_model(tmp_path / "long.safetensors").n_iter_ == 20_000


# Paths


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_model(tmp_path / "nothing.safetensors")
    with pytest.raises(IsADirectoryError):
        load_model(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValueError, match="is no file"):
        load_model(tmp_path / "pipe")


def test_paths_may_be_strings(classifier, X, tmp_path):
    path = str(tmp_path / "any name")
    save_model(classifier, path)
    assert_same(load_model(path), classifier, X)


def test_a_full_disk_leaves_the_old_file(classifier, tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "model"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_model(classifier, path)
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    with pytest.raises(OSError, match="No space left"):
        export_onnx(classifier, path)
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
