"""Bad input gets an error that names the argument, the rule, the value and the remedy."""

import re

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.callback import ScoringMonitor
from sklearn.exceptions import NotFittedError

from lenet_sklearn import LeNet5Classifier


@pytest.fixture
def X(digits):  # noqa: N802
    return digits[0][:60].copy()


@pytest.fixture
def y(digits):
    return digits[2][:60].copy()


def refuses(error, *words):
    """Expect an error whose message holds these words, in this order."""
    return pytest.raises(error, match="(?s)" + ".*".join(map(re.escape, words)))


# Pixels


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "infinity")])
@pytest.mark.parametrize("shape", [(60, 64), (60, 8, 8), (60, 1, 8, 8)])
def test_not_finite(value, word, shape, X, y, small):
    X[7, 3] = value
    with refuses(ValueError, "Input X contains", word):
        small().fit(X.reshape(shape), y)


def test_not_finite_in_prediction(X, y, small):
    model = small(max_epochs=1).fit(X, y)
    X[7, 3] = np.nan
    with refuses(ValueError, "Input X contains NaN"):
        model.predict(X)


def test_too_large_for_float32(X, y, small):
    with refuses(ValueError, "X must hold pixels whose squares fit float32", "Got", "Divide X"):
        small().fit(X.astype(np.float64) * 1e30, y)


def test_empty_and_single(X, y, small):
    for nothing in (X[:0], X[:0].reshape(0, 8, 8), []):
        with refuses(ValueError, "Found array with 0 sample(s)", "minimum of 2 is required"):
            small().fit(nothing, y[:0])
    with refuses(ValueError, "Found array with 1 sample(s)", "minimum of 2 is required"):
        small().fit(X[:1], y[:1])
    for nothing in (X[:, :0], X.reshape(60, 8, 8)[:, :, :0]):
        with refuses(ValueError, "0 feature(s)", "minimum of 1 is required"):
            small().fit(nothing, y)
    with refuses(ValueError, "Found array with 0 sample(s)"):
        small(max_epochs=1).fit(X, y).predict(X[:0])


@pytest.mark.parametrize("cut", [(60, 59), (59, 60)])
def test_mismatched_lengths(cut, X, y, small):
    with refuses(ValueError, "inconsistent numbers of samples", str(list(cut))):
        small().fit(X[: cut[0]], y[: cut[1]])


def test_strings_as_pixels(X, y, small):
    with refuses(ValueError, "X must hold numbers. Got text", "np.asarray(X, dtype=float)"):
        small().fit(X.astype(str), y)
    with refuses(ValueError, "X must hold numbers", "'dark'"):
        small().fit(np.full((60, 64), "dark", dtype=object), y)
    table = pd.DataFrame(X).add_prefix("pixel").assign(name="dark")
    with refuses(ValueError, "X must hold numbers", "'dark'"):
        small().fit(table, y)


def test_other_things_as_pixels(X, y, small):
    with refuses(ValueError, "Complex data not supported"):
        small().fit(X.astype(complex), y)
    for kind in ("datetime64[s]", "timedelta64[s]"):
        with refuses(TypeError, "X must hold numbers or booleans", "Got", kind[:-3]):
            small().fit(X.astype(int).astype(kind), y)
    with refuses(TypeError, "Input should have at least 1 dimension", "None"):
        small().fit(None, y)


@pytest.mark.parametrize(
    "kind", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array], ids=lambda kind: kind.__name__
)
def test_sparse_matrix(kind, X, y, small):
    with refuses(TypeError, "Sparse data was passed for X", "Use '.toarray()'"):
        small().fit(kind(X), y)
    with refuses(TypeError, "Sparse data was passed for X", "Use '.toarray()'"):
        small(max_epochs=1).fit(X, y).predict(kind(X))


def test_number_of_dimensions(X, y, small):
    with refuses(ValueError, "got 1D array instead", "array.reshape(1, -1)"):
        small().fit(X[0], y)
    with refuses(ValueError, "X must have 2, 3 or 4 dimensions", "Got 5", "(60, 1, 1, 8, 8)"):
        small().fit(X.reshape(60, 1, 1, 8, 8), y)


@pytest.mark.parametrize("images", [[[1, 2], [3]], [np.zeros((8, 8)), np.zeros((8, 7))]])
def test_ragged_lists(images, small):
    with refuses(ValueError, "X must hold images of one shape"):
        small().fit(images, [0, 1])


def test_arrays_in_cells(X, y, small):
    table = pd.DataFrame({"image": list(X.reshape(-1, 8, 8))})
    with refuses(ValueError, "X must hold one number in each cell", "np.stack"):
        small().fit(table, y)


@pytest.mark.parametrize(
    "names", ["scans", ["a.png", "b.png"], np.array([["a.png"], ["b.png"]]), [b"a.png", b"b.png"]]
)
def test_names_of_files(names, small):
    with refuses(ValueError, "X must hold numbers. Got text", "read_images(folder, size=28)"):
        small().fit(names, [0, 1])


def test_scikit_learns_callbacks_in_the_wrong_place(X, y, small):
    with refuses(TypeError, "callbacks must hold", "set_callbacks()"):
        small(callbacks=[ScoringMonitor(scoring="accuracy")]).fit(X, y)


def test_label_column_left_in(small):
    X = np.random.default_rng(0).random((10, 785))
    with refuses(ValueError, "785 columns", "28×28", "label column still in X?", "X[:, 1:]"):
        small().fit(X, np.arange(10) % 2)


def test_number_of_features_at_prediction(X, y, small):
    model = small(max_epochs=1).fit(X, y)
    for method in ("predict", "predict_proba", "decision_function", "transform"):
        with refuses(ValueError, "X has 63 features", "is expecting 64 features"):
            getattr(model, method)(X[:, 1:])
    with refuses(ValueError, "X has 81 features", "is expecting 64 features"):
        model.predict(np.zeros((2, 9, 9)))
    with refuses(ValueError, "images of the shape that the model was fitted on", "(1, 4, 16)"):
        model.predict(np.zeros((2, 4, 16)))
    with refuses(ValueError, "got 1D array instead", "array.reshape(1, -1)"):
        model.predict(X[0])


def test_one_image_instead_of_a_stack(X, y, small):
    model = small(max_epochs=1).fit(X.reshape(-1, 8, 8), y)
    with refuses(ValueError, "is expecting 64 features", "X[np.newaxis]"):
        model.predict(X[0].reshape(8, 8))


def test_column_names_at_prediction(X, y, small):
    table = pd.DataFrame(X).add_prefix("pixel")
    model = small(max_epochs=1).fit(table, y)
    with refuses(ValueError, "feature names should match", "same order"):
        model.predict(table[table.columns[::-1]])


@pytest.mark.parametrize(
    ("image_shape", "words"),
    [
        ((4, 4), ["image_shape=(4, 4)", "16 values per sample", "Got 64"]),
        ((8,), ["image_shape must be (H, W)", "Got (8,)"]),
        ((8, -8), ["image_shape must be (H, W)", "positive integers", "Got (8, -8)"]),
        ((8.0, 8.0), ["image_shape must be (H, W)", "Got (8.0, 8.0)"]),
        (64, ["'image_shape' parameter", "Got 64"]),
        ("8x8", ["'image_shape' parameter", "Got '8x8'"]),
    ],
)
def test_image_shape(image_shape, words, X, y, small):
    with refuses(ValueError, *words):
        small(image_shape=image_shape).fit(X, y)


def test_image_shape_against_the_shape_of_images(X, y, small):
    with refuses(ValueError, "image_shape=(4, 16) does not agree with", "(60, 8, 8)"):
        small(image_shape=(4, 16)).fit(X.reshape(60, 8, 8), y)


@pytest.mark.parametrize(("shape", "reason"), [((3, 5, 3), "both could"), ((5, 6, 7), "neither")])
def test_ambiguous_colours(shape, reason, small):
    words = ["colour layout of X is ambiguous", reason, f"Set image_shape={shape}"]
    with refuses(ValueError, *words):
        small().fit(np.zeros((10, *shape)), np.arange(10) % 2)


# Labels


@pytest.mark.parametrize("dtype", [int, float, bool])
def test_one_hot(dtype, X, y, small):
    with refuses(ValueError, "y must be a 1-D array", "Got", "(60, 10)", "y.argmax(axis=1)"):
        small().fit(X, np.eye(10, dtype=dtype)[y])


def test_multilabel_and_multioutput(X, y, small):
    two_labels = np.column_stack([y % 2, y % 3 == 0])
    with refuses(ValueError, "several labels for one image are not supported"):
        small().fit(X, two_labels)
    with refuses(ValueError, "y should be a 1d array", "(60, 2)"):
        small().fit(X, np.column_stack([y, y]))
    with refuses(ValueError, "multi-label"):
        small().fit(X, [[1, 2], [1]] * 30)


def test_continuous(X, y, small):
    with refuses(ValueError, "Unknown label type: continuous", "discrete classes"):
        small().fit(X, y + 0.5)


def test_no_labels(X, small):
    with refuses(ValueError, "requires y to be passed, but the target y is None"):
        small().fit(X, None)
    with refuses(TypeError, "missing 1 required positional argument: 'y'"):
        small().fit(X)


@pytest.mark.parametrize("pair", [("a", 1), (1, "a"), ("a", None), (None, 1), ("a", np.nan)])
def test_mixed_types(pair, X, small):
    kinds = sorted(type(label).__name__ for label in pair)
    with refuses(ValueError, "y must hold labels of one type", *kinds, "np.asarray(y, dtype=str)"):
        small().fit(X, np.array(pair * 30, dtype=object))


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
def test_missing_labels(X, y, small):
    with refuses(ValueError, "Input y contains NaN"):
        small().fit(X, np.where(y > 4, np.nan, y))
    with refuses(ValueError, "Input y contains NaN"):
        small().fit(X, pd.Series([1, pd.NA] * 30, dtype="Int64"))


@pytest.mark.parametrize(("label", "shown"), [(1.0, "1.0"), ("cat", "'cat'")])
def test_one_class(label, shown, X, small):
    with refuses(ValueError, "y must hold at least 2 classes", f"Got 1 class, {shown}."):
        small().fit(X, [label] * 60)
    with refuses(ValueError, "y must hold at least 2 classes", f"Got 1 class, {shown}."):
        small().partial_fit(X, [label] * 60, classes=[label])


# Weights


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        (np.r_[-1.0, np.ones(59)], ["Negative values", "sample_weight"]),
        (np.r_[np.nan, np.ones(59)], ["Input sample_weight contains NaN"]),
        (np.zeros(60), ["Sample weights", "at least one non-zero"]),
        (np.ones(59), ["sample_weight.shape == (59,), expected (60,)"]),
        (np.ones((60, 2)), ["Sample weights must be 1D"]),
    ],
    ids=["negative", "NaN", "all zero", "too few", "2-D"],
)
def test_sample_weight(weight, words, X, y, small):
    with refuses(ValueError, *words):
        small().fit(X, y, sample_weight=weight)


@pytest.mark.parametrize(
    ("class_weight", "words"),
    [
        ("auto", ["'class_weight' parameter", "'balanced'", "Got 'auto'"]),
        ([1.0] * 10, ["'class_weight' parameter", "'dict'", "Got [1.0"]),
        ({0: 1.0, 99: 2.0}, ["class_weight must name labels that are classes", "[99]"]),
        (dict.fromkeys(range(10), 0.0), ["class_weight=", "no sample a positive weight", "Give"]),
        ({0: -1.0}, ["class_weight must hold", "Got {0: -1.0}"]),
        ({0: np.nan}, ["class_weight must hold", "Got {0: nan}"]),
        ({0: np.inf}, ["class_weight must hold", "Got {0: inf}"]),
    ],
)
def test_class_weight(class_weight, words, X, y, small):
    with refuses(ValueError, *words):
        small(class_weight=class_weight).fit(X, y)


def test_weights_that_leave_nothing(X, y, small):
    with refuses(ValueError, "class_weight={0: 0.0}", "no sample a positive weight"):
        small(class_weight={0: 0.0}).fit(X, y, sample_weight=(y == 0).astype(float))


@pytest.mark.filterwarnings("ignore:invalid value encountered in divide:RuntimeWarning")
def test_weights_that_leave_nothing_on_one_side(X, y, small):
    model = small(early_stopping=True, validation_fraction=0.5)
    with refuses(ValueError, "early_stopping=True", "weigh 0", "X_val and y_val"):
        model.fit(X, y % 2, sample_weight=np.arange(60) == 0)


# Validation data


def test_validation_data_come_in_pairs(X, y, small):
    with refuses(ValueError, "X_val and y_val go together", "Got X_val without y_val"):
        small().fit(X, y, X_val=X)
    with refuses(ValueError, "X_val and y_val go together", "Got y_val without X_val"):
        small().fit(X, y, y_val=y)


def test_validation_labels(X, y, small):
    with refuses(ValueError, "y_val must hold labels that the model knows", "Got also [77]"):
        small().fit(X, y, X_val=X[:2], y_val=[1, 77])
    with refuses(ValueError, "y_val must hold labels that the model knows", "Got also ['1', '2']"):
        small().fit(X, y, X_val=X[:2], y_val=["1", "2"])
    with refuses(ValueError, "y_val must be a 1-D array", "y_val.argmax(axis=1)"):
        small().fit(X, y, X_val=X, y_val=np.eye(10)[y])


def test_validation_images(X, y, small):
    with refuses(ValueError, "X_val", "61 features", "expecting 64"):
        small().fit(X, y, X_val=X[:, 3:], y_val=y)
    with refuses(ValueError, "X_val", "inconsistent numbers of samples", "[60, 59]"):
        small().fit(X, y, X_val=X, y_val=y[1:])
    broken = X.copy()
    broken[0, 0] = np.nan
    with refuses(ValueError, "X_val", "contains NaN"):
        small().fit(X, y, X_val=broken, y_val=y)


def test_too_few_to_hold_out(X, y, small):
    y[:] = np.arange(60) % 2
    y[0] = 77
    with refuses(
        ValueError, "early_stopping=True", "at least 2 of each class", "class 77", "X_val"
    ):
        small(early_stopping=True).fit(X, y)
    y[:] = np.arange(60) % 10
    for fraction, sides in ((0.1, "6 to validate and 54"), (0.9, "54 to validate and 6")):
        words = [f"validation_fraction={fraction}", sides, "10 classes", "X_val and y_val"]
        with refuses(ValueError, *words):
            small(early_stopping=True, validation_fraction=fraction).fit(X, y)


# Parameters: what each must be, and what it got


@pytest.mark.parametrize(
    ("name", "values", "rule"),
    [
        ("batch_size", [0, -1, 1.5, "128"], "an int in the range [1, inf)"),
        ("max_epochs", [0, -3, 1.5, "all"], "'auto'} or an int in the range [1, inf)"),
        ("lr", [0, -0.1, np.nan, "high"], "a float in the range (0.0, inf)"),
        ("weight_decay", [-1], "a float in the range [0.0, inf)"),
        ("label_smoothing", [-0.1, 1], "a float in the range [0.0, 1.0)"),
        ("validation_fraction", [0, 1, 5], "a float in the range (0.0, 1.0)"),
        ("n_iter_no_change", [0, 1.5, np.nan], "an int in the range [1, inf)"),
        ("tol", [-1, None], "a float in the range [0.0, inf)"),
        ("activation", ["RELU", 3], "'relu'"),
        ("pooling", ["mean", 2], "'avg'"),
        ("optimizer", ["rmsprop"], "'adamw'"),
        ("lr_schedule", ["step"], "'one-cycle'"),
        ("monitor", ["val_acc"], "'valid_acc'"),
        ("connectivity", ["sparse"], "'lecun1998'"),
        ("output", ["softmax"], "'rbf'"),
        ("resize", ["crop"], "'bilinear'"),
        ("padding", [-1, "zero"], "'same'"),
        ("kernel_size", [0, -1, 2.5, "5"], "an int in the range [1, inf)"),
        ("conv_channels", [0, 6.5, "6"], "an int in the range [1, inf)"),
        ("hidden_layer_sizes", [0, 1.5], "an int in the range [1, inf)"),
        ("input_size", [0, 2.5, "28"], "an int in the range [1, inf)"),
        ("dropout", [1.5, 1, -0.1, "half"], "a float in the range [0.0, 1.0)"),
        ("augmentation", ["flip", 3], "'objects'"),
        ("early_stopping", ["yes"], "'bool'"),
        ("warm_start", ["yes"], "'bool'"),
        ("callbacks", ["stop", 3], "'list'"),
        ("device", [0, None], "'str'"),
        ("random_state", ["seed", -1, 1.5, torch.Generator()], "an int in the range [0, "),
        ("verbose", [-1, "loud"], "an int in the range [0, inf)"),
    ],
)
def test_scalar_parameters(name, values, rule, X, y, small):
    for value in values:
        start = f"The '{name}' parameter of LeNet5Classifier must be"
        with refuses(ValueError, start, rule, f"Got {value!r} instead."):
            small(**{name: value}).fit(X, y)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"conv_channels": (6, -1)}, ["conv_channels", "positive integers", "(6, -1)"]),
        ({"conv_channels": (6.0, 16)}, ["conv_channels", "positive integers", "(6.0, 16)"]),
        ({"hidden_layer_sizes": (0,)}, ["hidden_layer_sizes", "positive integers", "(0,)"]),
        ({"kernel_size": (3, "5")}, ["kernel_size", "positive integers", "(3, '5')"]),
        ({"input_size": (16, 0)}, ["input_size", "positive integers", "(16, 0)"]),
        ({"input_size": (16,)}, ["input_size", "(height, width)", "(16,)"]),
        ({"input_size": (16, 16, 3)}, ["input_size", "(height, width)", "(16, 16, 3)"]),
        ({"padding": (0, -2)}, ["padding", "0 or more", "Got -2"]),
        ({"padding": (0, "zero")}, ["padding", "'same'", "Got 'zero'"]),
        ({"activation": ("relu", "relu", "step")}, ["activation", "'gelu'", "Got 'step'"]),
        ({"pooling": ("max", "mean")}, ["pooling", "'avg'", "Got 'mean'"]),
        ({"dropout": (2.0,)}, ["dropout", "Got", "2.0"]),
        ({"dropout": ("half",)}, ["dropout", "Got", "half"]),
        ({"kernel_size": (3, 3, 3)}, ["kernel_size", "each of the 2", "Got 3 values: (3, 3, 3)"]),
        ({"padding": (1,)}, ["padding", "each of the 2", "Got 1"]),
        ({"pooling": ("max",)}, ["pooling", "each of the 2", "Got 1"]),
        ({"activation": ("relu",)}, ["activation", "each of the 3", "Got 1"]),
        ({"dropout": (0.1, 0.2)}, ["dropout", "each of the 1", "Got 2 values: (0.1, 0.2)"]),
    ],
    ids=repr,
)
def test_values_per_layer(params, words, X, y, small):
    with refuses(ValueError, *words):
        small(**params).fit(X, y)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"kernel_size": 20}, ["kernel_size=20 is larger than the input of C1", "16×16", "Choose"]),
        (
            {"kernel_size": (3, 9)},
            ["kernel_size=9 is larger than the input of C3", "8×8", "Choose"],
        ),
        (
            {"conv_channels": (4,) * 5, "kernel_size": 1},
            ["pooling='max' does not fit", "1×1", "Set", "input_size"],
        ),
        ({"connectivity": "lecun1998"}, ["connectivity='lecun1998'", "(6, 16)", "Got 4 and 8"]),
        (
            {"input_size": 6, "resize": "pad"},
            ["input_size", "at least", "8×8", "Got 6", "resize='bilinear'"],
        ),
    ],
    ids=repr,
)
def test_networks_that_cannot_be(params, words, X, y, small):
    with refuses(ValueError, *words):
        small(**params).fit(X, y)


def test_device(X, y, small):
    for name in ("gpu", "tpu:0", "cuda:x"):
        with refuses(ValueError, "device must be 'auto', 'cpu', 'cuda'", f"Got '{name}'"):
            small(device=name).fit(X, y)
    absent = f"cuda:{torch.cuda.device_count()}"  # one more than there are
    with refuses(ValueError, f"device='{absent}' is not available", "Set device='auto'"):
        small(device=absent).fit(X, y)


def test_no_gpu(X, y, small, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    for name in ("cuda", "mps"):
        words = [f"device='{name}' is not available", "Set device='auto'", "here 'cpu'"]
        with refuses(ValueError, *words):
            small(device=name).fit(X, y)


@pytest.mark.parametrize("callback", [3, object(), "stop"])
def test_callbacks_that_are_none(callback, X, y, small):
    with refuses(TypeError, "callbacks must", "skorch", f"Got {callback!r}"):
        small(callbacks=[callback]).fit(X, y)


@pytest.mark.parametrize("wrong", [lambda images: None, lambda images: images[:2]])
def test_augmentation_that_loses_the_images(wrong, X, y, small):
    with refuses((TypeError, ValueError), "augmentation must return", "Got"):
        small(augmentation=wrong).fit(X, y)


def test_training_that_diverges(X, y, small):
    with refuses(ValueError, "Training diverged", "lr=1e+06", "Set a lower lr"):
        small(lr=1e6, optimizer="sgd").fit(X, y)


# The order of calls


@pytest.mark.parametrize(
    "method",
    ["predict", "predict_proba", "predict_log_proba", "decision_function", "transform"],
)
def test_prediction_before_fit(method, X, small):
    with refuses(NotFittedError, "LeNet5Classifier instance is not fitted yet"):
        getattr(small(), method)(X)


def test_looking_before_fit(X, y, small):
    for look in (small().summary, small().get_feature_names_out, lambda: small().score(X, y)):
        with refuses(NotFittedError, "LeNet5Classifier instance is not fitted yet"):
            look()
    for name in ("classes_", "n_iter_", "loss_curve_", "history_", "module_", "n_parameters_"):
        assert not hasattr(small(), name)


def test_partial_fit_and_classes(X, y, small):
    with refuses(ValueError, "classes must be passed on the first call to partial_fit"):
        small().partial_fit(X, y)
    with refuses(ValueError, "y must hold labels that the model knows", "Got also [2, 3"):
        small().partial_fit(X, y, classes=[0, 1])
    model = small().partial_fit(X, y, classes=range(10))
    with refuses(ValueError, "is not the same as on last call to partial_fit"):
        model.partial_fit(X, y, classes=range(9))
    with refuses(ValueError, "y must hold labels that the model knows", "Got also [10]"):
        model.partial_fit(X, y + 1)


def test_warm_start_with_other_data(X, y, small):
    model = small(max_epochs=1, warm_start=True).fit(X, y)
    with refuses(ValueError, "y must hold labels that the model knows", "Got also [10]"):
        model.fit(X, y + 1)
    with refuses(ValueError, "X has 63 features", "expecting 64"):
        model.fit(X[:, 1:], y)


def test_bad_input_leaves_a_fitted_model_alone(X, y, small):
    model = small(max_epochs=3).fit(X, y)
    before = model.predict_proba(X)
    for bad_X, bad_y in ((X[:, 1:], y[1:]), (X, np.ones(60)), (np.full((60, 49), np.nan), y)):
        with pytest.raises(ValueError, match=r"inconsistent|2 classes|NaN"):
            model.fit(bad_X, bad_y)
    model.n_features_in_ = 64  # scikit-learn sets it before anything else is checked
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_parameters_are_named(small):
    with refuses(TypeError, "unexpected keyword argument 'epochs'"):
        LeNet5Classifier(epochs=3)
    with refuses(ValueError, "Invalid parameter 'epochs'", "max_epochs"):
        small().set_params(epochs=3)
    with refuses(TypeError, "positional argument"):
        LeNet5Classifier((6, 16))


def test_another_network_where_training_goes_on(X, y, small):
    model = small(warm_start=True, max_epochs=1).fit(X, y)
    for change in ({"conv_channels": (5, 9)}, {"dropout": 0.5}):
        before = {name: model.get_params()[name] for name in change}
        model.set_params(**change)
        for go_on in (model.fit, model.partial_fit):
            with refuses(ValueError, f"{next(iter(change))} changed from", "warm_start=False"):
                go_on(X, y)
        model.set_params(**before)
    model.fit(X, y)
    assert model.n_iter_ == 2


@pytest.mark.parametrize("factor", [1e-100, 1e100])
def test_pixels_beyond_float32(factor, X, y, small):
    with refuses(ValueError, "pixels whose squares fit float32", "Divide X by its maximum"):
        small().fit(X.astype(float) * factor, y)


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_predicting_on_pixels_beyond_float32(X, y, small):
    model = small(max_epochs=1).fit(X, y)
    with refuses(ValueError, "X must hold pixels like those", "1.6e+61"):
        model.predict(X.astype(float) * 1e60)


@pytest.mark.parametrize("cell", [pd.NA, ..., 1j, 10**400])
def test_cells_that_are_no_numbers(cell, X, y, small):
    table = X.astype(object)
    table[3, 4] = cell
    with refuses((TypeError, ValueError), "X"):
        small().fit(table, y)
