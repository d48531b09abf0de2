"""The classifier: what comes in, what it learns, what it says, and what it looks like."""

import copy
import io
import pickle
import subprocess
import sys
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import recall_score
from torch.utils._python_dispatch import TorchDispatchMode

from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn._training.losses import to_proba


@pytest.fixture(scope="module")
def fitted(digits, small):
    """A trained model that no test may change."""
    return small().fit(digits[0], digits[2])


@pytest.fixture(scope="module")
def modern(digits):
    """The default network after one pass, which no test may change."""
    return LeNet5Classifier(max_epochs=1, random_state=0, device="cpu").fit(digits[0], digits[2])


# Learning


def test_learns_with_no_argument_but_a_seed(digits):
    X, X_test, y, y_test = digits
    assert LeNet5Classifier(random_state=0).fit(X, y).score(X_test, y_test) > 0.9


def test_sample_weight_equals_repetition(digits, small):
    X, X_test, y, _ = digits
    X, y = X[:80], y[:80]
    times = np.random.default_rng(0).integers(0, 4, len(y))
    weighted = small(batch_size=1000).fit(X, y, sample_weight=times)
    repeated = small(batch_size=1000).fit(np.repeat(X, times, axis=0), np.repeat(y, times))
    expected = repeated.predict_proba(X_test)
    np.testing.assert_allclose(weighted.predict_proba(X_test), expected, rtol=0, atol=1e-6)
    unweighted = small(batch_size=1000).fit(X, y)
    assert np.abs(unweighted.predict_proba(X_test) - expected).max() > 0.01


def test_a_weight_of_zero_removes_a_sample(digits, small):
    X, X_test, y, _ = digits
    kept = np.arange(len(y)) % 3 > 0
    spoilt = np.where(kept[:, np.newaxis], X, 40 - X)
    weighted = small(batch_size=1000).fit(spoilt, np.where(kept, y, 0), sample_weight=kept)
    removed = small(batch_size=1000).fit(X[kept], y[kept])
    np.testing.assert_allclose(
        weighted.predict_proba(X_test), removed.predict_proba(X_test), rtol=0, atol=1e-6
    )


def test_only_the_ratios_of_weights_count(digits, small):
    X, X_test, y, _ = digits
    weight = np.random.default_rng(0).random(len(y))
    first, second = (small().fit(X, y, sample_weight=w) for w in (weight, 1000 * weight))
    np.testing.assert_allclose(
        first.predict_proba(X_test), second.predict_proba(X_test), rtol=0, atol=1e-4
    )


@pytest.fixture(scope="module")
def unbalanced(digits):
    """Eights among ones, which look alike to a network of a few units: 60 to 4."""
    X, X_test, y, y_test = digits
    rows = np.r_[np.flatnonzero(y != 8)[:200], np.flatnonzero(y == 8)[:4]]
    return X[rows], X_test, y[rows] == 8, y_test == 8


def test_balanced_class_weight_lifts_minority_recall(unbalanced, small):
    X, X_test, y, y_test = unbalanced
    recall = {
        weight: recall_score(y_test, small(class_weight=weight).fit(X, y).predict(X_test))
        for weight in (None, "balanced")
    }
    assert recall["balanced"] > recall[None] + 0.3


def test_class_weight_multiplies_sample_weight(digits, small, assert_same_model):
    X, _, y, _ = digits
    by_class = dict.fromkeys(range(10), 1.0) | {3: 4.0, 8: 0.5}
    weight = np.random.default_rng(0).random(len(y))
    both = small(class_weight=by_class).fit(X, y, sample_weight=weight)
    product = weight * np.array([by_class[label] for label in y])
    assert_same_model(both, small().fit(X, y, sample_weight=product), X)


def test_repetition_equals_weights_to_the_last_bit_in_one_batch(digits, small, weights):
    X, _, y, _ = digits
    X, y = X[:40], y[:40]
    times = np.random.default_rng(0).integers(1, 4, 40)
    order = np.random.default_rng(1).permutation(times.sum())
    weighted = small(batch_size=200).fit(X, y, sample_weight=times)
    repeated = small(batch_size=200).fit(X.repeat(times, 0)[order], y.repeat(times)[order])
    np.testing.assert_array_equal(weights(weighted), weights(repeated))


# Random states


def test_the_same_seed_gives_the_same_weights(digits, small, weights):
    X, _, y, _ = digits
    model = small(dropout=0.2, augmentation="digits", random_state=3)
    first = weights(model.fit(X, y))
    np.testing.assert_array_equal(weights(model.fit(X, y)), first)
    np.testing.assert_array_equal(weights(clone(model).fit(X, y)), first)
    assert np.abs(weights(model.set_params(random_state=4).fit(X, y)) - first).max() > 0.01


def test_a_second_process_gives_the_same_weights(digits, small, tmp_path, assert_same_model):
    X, _, y, _ = digits
    model = small(dropout=0.2)
    joblib.dump((model, X, y), tmp_path / "in")
    script = (
        "import sys, joblib, torch; torch.set_num_threads(1); "
        "model, X, y = joblib.load(sys.argv[1]); "
        "joblib.dump(model.fit(X, y), sys.argv[2])"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "in"), str(tmp_path / "out")]
    subprocess.run(command, check=True, timeout=120)
    assert_same_model(joblib.load(tmp_path / "out"), model.fit(X, y), X)


def test_a_random_state_instance_moves_on(digits, small, weights):
    X, _, y, _ = digits
    runs = []
    for _ in range(2):
        random_state = np.random.RandomState(0)
        model = small(random_state=random_state, max_epochs=2)
        runs.append([weights(model.fit(X, y)) for _ in range(2)])
    np.testing.assert_array_equal(runs[0], runs[1])
    assert (runs[0][0] != runs[0][1]).any()


def test_no_seed_gives_other_weights_each_time(digits, small, weights):
    X, _, y, _ = digits
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    first = weights(small(random_state=None, max_epochs=1).fit(X, y))
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    assert (weights(small(random_state=None, max_epochs=1).fit(X, y)) != first).any()


@pytest.mark.parametrize(
    "use",
    [
        lambda model, X, y: model().fit(X, y),
        lambda model, X, y: model(random_state=None, dropout=0.5).fit(X, y),
        lambda model, X, y: model(early_stopping=True, validation_fraction=0.2).fit(X, y),
        lambda model, X, y: model().partial_fit(X, y, classes=range(10)).predict_proba(X),
        lambda model, X, y: model(output="rbf", pooling="subsample").fit(X, y),
        lambda model, X, y: model(augmentation="digits").fit(X, y),
        lambda model, X, y: LeNet5(generator=torch.Generator().manual_seed(0)),
        lambda model, X, y: copy.deepcopy(model().fit(X, y)),
        lambda model, X, y: pickle.loads(pickle.dumps(model().fit(X, y))),
    ],
    ids=[
        *("fit", "no seed", "hold-out", "partial_fit", "rbf", "augmentation", "LeNet5"),
        *("deepcopy", "pickle"),
    ],
)
def test_global_random_states_are_left_alone(use, digits, small):
    X, _, y, _ = digits
    torch_before, numpy_before = torch.get_rng_state(), np.random.get_state()  # noqa: NPY002
    use(lambda **params: small(max_epochs=1, **params), X, y)
    assert torch.equal(torch.get_rng_state(), torch_before)
    numpy_after = np.random.get_state()  # noqa: NPY002
    np.testing.assert_array_equal(numpy_after[1], numpy_before[1])
    assert numpy_after[2:] == numpy_before[2:]


def test_two_fits_at_once_do_not_disturb_each_other(digits, small, weights):
    X, _, y, _ = digits
    models = [small(random_state=seed, dropout=0.4) for seed in (0, 1, 2, 3)]
    expected = [weights(model.fit(X, y)) for model in models]
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda model: weights(model.fit(X, y)), models))
    np.testing.assert_array_equal(together, expected)


# What a model says


def test_probabilities(fitted, digits):
    X_test = digits[1]
    probabilities = fitted.predict_proba(X_test)
    assert probabilities.shape == (300, 10)
    assert probabilities.min() >= 0
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=1e-6)
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X_test)), probabilities, rtol=1e-9)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), fitted.predict(X_test))


def test_decision_function(fitted, digits):
    X_test = digits[1]
    logits = fitted.decision_function(X_test)
    assert logits.shape == (300, 10)
    np.testing.assert_array_equal(fitted.classes_[logits.argmax(axis=1)], fitted.predict(X_test))
    proba = fitted.predict_proba(X_test)
    np.testing.assert_array_equal(proba, to_proba(logits, fitted.label_smoothing))


def test_decision_function_of_two_classes(digits, small):
    X, X_test, y, _ = digits
    model = small(label_smoothing=0.0).fit(X, y > 4)
    logits = model.decision_function(X_test)
    assert logits.shape == (300,)
    np.testing.assert_array_equal(logits > 0, model.predict(X_test))
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), model.predict_proba(X_test)[:, 1])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 64, 129])
def test_predictions_do_not_depend_on_what_comes_along(size, modern, digits):
    X = np.tile(digits[1], (5, 1))  # more than the 1,024 rows that are predicted at once
    expected = modern.predict_proba(X)
    starts = range(0, min(len(X), 20 * size), size)
    for start in (*starts, len(X) - size):
        rows = slice(start, start + size)
        np.testing.assert_allclose(modern.predict_proba(X[rows]), expected[rows], atol=2e-7)


@pytest.mark.parametrize(
    "params", [{"conv_channels": (3,), "hidden_layer_sizes": (7,)}, {"conv_channels": ()}, {}]
)
def test_predictions_of_other_networks_depend_little_on_it(params, digits, small):
    X, X_test, y, _ = digits
    model = small(**{"max_epochs": 1, **params}).fit(X, y)
    one_by_one = np.concatenate([model.predict_proba(x[np.newaxis]) for x in X_test[:40]])
    np.testing.assert_allclose(one_by_one, model.predict_proba(X_test)[:40], rtol=0, atol=1e-6)


def test_transform(modern, digits):
    X_test = digits[1]
    features = modern.transform(X_test)
    assert features.shape == (300, 84)
    assert features.dtype == np.float32
    output = modern.module_.output
    logits = features @ output.weight.detach().numpy().T + output.bias.detach().numpy()
    np.testing.assert_allclose(logits, modern.decision_function(X_test), rtol=0, atol=1e-4)
    names = modern.get_feature_names_out()
    assert names.tolist() == [f"lenet5classifier{i}" for i in range(84)]


def test_transform_into_a_table(digits, small):
    X, X_test, y, _ = digits
    model = small(max_epochs=1).fit(X, y)
    expected = model.transform(X_test)
    table = model.set_output(transform="pandas").transform(
        pd.DataFrame(X_test, index=range(7, 307))
    )
    assert list(table.columns) == list(model.get_feature_names_out())
    assert table.index[0] == 7
    np.testing.assert_array_equal(table, expected)


def test_summary_of_the_modern_network():
    X = np.random.default_rng(0).random((20, 784), dtype=np.float32)
    model = LeNet5Classifier(max_epochs=1, random_state=0).fit(X, np.arange(20) % 10)
    assert model.n_parameters_ == 61_706
    assert sum(p.numel() for p in model.module_.parameters()) == 61_706
    table = model.summary()
    assert table["n_parameters"].to_dict() == {
        **{"C1": 156, "S2": 0, "C3": 2_416, "S4": 0, "F5": 48_120, "F6": 10_164},
        **{"output": 850, "total": 61_706},
    }
    assert table["output_shape"].tolist() == [
        *("6×28×28", "6×14×14", "16×10×10", "16×5×5", "120", "84", "10", ""),
    ]
    # LeCun et al. (1998) count 122,304 connections in C1 (on 32×32 pixels, as padded here).
    assert table.loc["C1", "n_connections"] == 122_304


# What comes in


def test_the_range_of_pixels_does_not_matter(digits, small):
    X, X_test, y, _ = digits
    by_range = [small().fit(scale * X, y) for scale in (1, 255 / 16, 1 / 16, 1e-12)]
    expected = by_range[0].predict_proba(X_test)
    for model, scale in zip(by_range[1:], (255 / 16, 1 / 16, 1e-12), strict=True):
        probabilities = model.predict_proba(scale * X_test)
        np.testing.assert_allclose(probabilities, expected, rtol=0, atol=0.01)
        assert np.mean(model.predict(scale * X_test) == by_range[0].predict(X_test)) > 0.99


LAYOUTS = {
    "flat": lambda X: X,
    "n, H, W": lambda X: X.reshape(-1, 8, 8),
    "n, 1, H, W": lambda X: X.reshape(-1, 1, 8, 8),
    "n, H, W, 1": lambda X: X.reshape(-1, 8, 8, 1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout, fitted, digits, small):
    X, X_test, y, _ = digits
    expected = fitted.predict_proba(X_test)
    other = small().fit(LAYOUTS[layout](X), y)
    assert other.image_shape_ == (1, 8, 8)
    assert other.n_features_in_ == 64
    for model in (fitted, other):
        for there in LAYOUTS.values():
            np.testing.assert_array_equal(model.predict_proba(there(X_test)), expected)


@pytest.mark.parametrize(
    "dtype", ["uint8", "int16", "uint16", "int64", "float16", "float32", "float64", ">f4", ">i2"]
)
def test_dtypes(dtype, fitted, digits, small, weights):
    X, X_test, y, _ = digits
    np.testing.assert_array_equal(
        fitted.predict_proba(X_test.astype(dtype)), fitted.predict_proba(X_test)
    )
    np.testing.assert_array_equal(weights(small().fit(X.astype(dtype), y)), weights(fitted))


def test_booleans(digits, small, assert_same_model):
    X, X_test, y, _ = digits
    model = small().fit(X > 7, y)
    assert_same_model(model, small().fit((X > 7).astype(np.float64), y), X_test > 7)
    assert model.score(X > 7, y) > 0.6


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


@pytest.mark.parametrize(
    "container",
    [
        np.asfortranarray,
        read_only,
        lambda X: np.repeat(X, 2, axis=1)[:, ::2],
        lambda X: X[::-1].copy()[::-1],
        lambda X: X.tolist(),
        lambda X: X.reshape(-1, 8, 8).tolist(),
        lambda X: list(X.reshape(-1, 8, 8)),
        lambda X: torch.from_numpy(X),
        pd.DataFrame,
        lambda X: pd.DataFrame(X.astype(np.uint8)),
        lambda X: pd.DataFrame(X, columns=[f"pixel{i}" for i in range(64)]),
    ],
    ids=[
        *("Fortran order", "read-only", "strided", "backwards", "nested list", "list of lists"),
        *("list of images", "torch", "DataFrame", "uint8 DataFrame", "named columns"),
    ],
)
def test_containers(container, fitted, digits, small, weights):
    X, X_test, y, _ = digits
    other = small().fit(container(X), y)
    np.testing.assert_array_equal(weights(other), weights(fitted))
    np.testing.assert_array_equal(
        other.predict_proba(container(X_test)), fitted.predict_proba(X_test)
    )


def test_column_names_are_remembered(digits, small):
    X, _, y, _ = digits
    table = pd.DataFrame(X).add_prefix("pixel")
    model = small(max_epochs=1).fit(table, y)
    assert model.feature_names_in_.tolist() == table.columns.tolist()
    assert not hasattr(small(max_epochs=1).fit(X, y), "feature_names_in_")


def test_memmap(fitted, digits, small, tmp_path, weights):
    X, _, y, _ = digits
    np.save(tmp_path / "X.npy", X.astype(np.uint8))
    on_disk = np.load(tmp_path / "X.npy", mmap_mode="r")
    np.testing.assert_array_equal(weights(small().fit(on_disk, y)), weights(fitted))
    np.testing.assert_array_equal(fitted.predict_proba(on_disk), fitted.predict_proba(X))


class LargestTensor(TorchDispatchMode):
    """Remember how many values the largest tensor has that any operation makes."""

    n_values = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            if isinstance(tensor, torch.Tensor):
                self.n_values = max(self.n_values, tensor.numel())
        return out


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_x_is_never_copied_whole(dtype, small):
    X = np.random.default_rng(0).integers(0, 255, (100_000, 64), dtype=np.uint8).astype(dtype)
    y = np.arange(len(X)) % 2
    model = small(conv_channels=(), hidden_layer_sizes=(4,), max_epochs=1, batch_size=1000)
    with LargestTensor():  # torch imports much for its first dispatch mode
        model.fit(X[:100], y[:100])
    for step in (lambda: model.fit(X, y), lambda: model.predict(X)):
        tracemalloc.start()
        with LargestTensor() as largest:
            step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        # Some numbers a row there must be; X has 64, of one byte or four.
        assert peak < 5 * y.nbytes < 0.7 * X.nbytes
        assert largest.n_values < X.size / 10


def test_the_warning_of_63_features_shows_the_users_line(small):
    X = np.random.default_rng(0).random((20, 63))
    with pytest.warns(UserWarning, match="no square number") as caught:
        small(max_epochs=1).fit(X, np.arange(20) % 2)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("change", [lambda X: X / 16, lambda X: 16 - X], ids=["÷16", "16−X"])
def test_pixels_of_another_range_warn(change, modern, digits):
    with pytest.warns(UserWarning, match=r"The pixels of X .* Give pixels of the same range"):
        modern.predict(change(digits[1]))


def test_pixels_of_another_range_at_prediction_are_warned_of(digits, small):
    X, X_test, y, _ = digits
    for scale in (1 / 255, 255):
        model = small(max_epochs=1).fit(X * scale, y)
        with pytest.warns(UserWarning, match="Give pixels of the same range to fit and to predict"):
            model.predict(X_test)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            model.predict(X_test * scale)
            model.predict(X_test[:1] * scale)
            model.predict(X_test * 0)


# Labels


@pytest.mark.parametrize(
    "names",
    [
        [f"digit {i}" for i in range(10)],
        [10 * i - 30 for i in range(10)],
        [i / 1.0 for i in range(10)],
        [bool(i % 2) for i in range(10)],
        [3 if i < 5 else 7 for i in range(10)],
    ],
    ids=["strings", "integers", "floats", "booleans", "two"],
)
@pytest.mark.parametrize("kind", [np.array, list, pd.Series, pd.Categorical])
def test_labels(names, kind, digits, small):
    X, X_test, y, y_test = digits
    labels = np.array(names)
    model = small().fit(X, kind(labels[y]))
    assert model.classes_.tolist() == sorted(set(names))
    predicted = model.predict(X_test)
    assert set(predicted.tolist()) <= set(names)
    assert np.mean(predicted == labels[y_test]) > 0.6
    assert model.predict_proba(X_test).shape == (300, len(set(names)))


def test_labels_as_objects(digits, small):
    X, X_test, y, y_test = digits
    names = np.array(["odd" if i % 2 else "even" for i in range(10)], dtype=object)
    model = small().fit(X, names[y])
    assert model.classes_.tolist() == ["even", "odd"]
    assert model.score(X_test, names[y_test]) > 0.7


def test_a_column_of_labels_warns(digits, small, assert_same_model):
    X, _, y, _ = digits
    with pytest.warns(DataConversionWarning, match="column-vector y was passed"):
        model = small().fit(X, y[:, np.newaxis])
    assert_same_model(model, small().fit(X, y), X)


# Taking a model along


def by_joblib(model):
    buffer = io.BytesIO()
    joblib.dump(model, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


@pytest.mark.parametrize(
    "round_trip",
    [lambda model: pickle.loads(pickle.dumps(model)), by_joblib, copy.deepcopy],
    ids=["pickle", "joblib", "deepcopy"],
)
@pytest.mark.parametrize(
    "params",
    [{}, {"dropout": 0.3, "optimizer": "sgd"}, {"output": "rbf", "pooling": "subsample"}],
    ids=["linear", "sgd", "rbf"],
)
def test_round_trip(round_trip, params, digits, small, assert_same_model):
    X, X_test, y, _ = digits
    model = small(warm_start=True, max_epochs=3, **params).fit(X, y)
    copied = round_trip(model)
    assert_same_model(copied, model, X_test)
    assert copied.history_ == model.history_
    assert copied.get_params() == model.get_params()
    pd.testing.assert_frame_equal(copied.summary(), model.summary())
    # Training goes on as if nothing had been, with the optimiser's own state.
    assert_same_model(copied.fit(X, y), model.fit(X, y), X_test)
    assert_same_model(copied.partial_fit(X, y), model.partial_fit(X, y), X_test)
    assert copied.n_iter_ == 7


class Spy(pickle.Unpickler):
    """Note the packages whose code a pickle calls for."""

    def __init__(self, file):
        super().__init__(file)
        self.packages = set()

    def find_class(self, module, name):
        self.packages.add(module.split(".")[0])
        return super().find_class(module, name)


@pytest.mark.parametrize("batch_size", [32, 1000])
def test_pickles_hold_no_torch(batch_size, digits, small):
    X, X_test, y, y_test = digits
    model = small(batch_size=batch_size, dropout=0.1).fit(X, y, X_val=X_test, y_val=y_test)
    spy = Spy(io.BytesIO(pickle.dumps(model)))
    spy.load()
    assert "lenet_sklearn" in spy.packages
    assert spy.packages <= {"lenet_sklearn", "numpy", "builtins", "collections", "copyreg"}


def test_pickles_keep_the_optimiser_where_training_may_go_on(digits, small):
    X, _, y, _ = digits
    plain = len(pickle.dumps(small(max_epochs=1).fit(X, y)))
    for model in (small(max_epochs=1, warm_start=True).fit(X, y), small().partial_fit(X, y, y)):
        assert len(pickle.dumps(model)) > 2 * plain - 5_000


def test_pickles_hold_no_data(digits, small):
    X, X_test, y, y_test = digits
    model = small(max_epochs=1).fit(X, y, X_val=X_test, y_val=y_test)
    many = small(max_epochs=1).fit(np.tile(X, (20, 1)), np.tile(y, 20), X_val=X, y_val=y)
    assert len(pickle.dumps(many)) < len(pickle.dumps(model)) + 500


# Architectures


def layers(model):
    return [(row.Index, row.kind, row.output_shape) for row in model.summary().itertuples()][:-1]


def test_input_size_and_resize(digits, small):
    X, X_test, y, y_test = digits
    for size, expected in [(20, (20, 20)), ((16, 20), (16, 20)), (None, (16, 16)), (6, (6, 6))]:
        model = small(input_size=size, padding="same", pooling=("max", "none"), max_epochs=1)
        assert model.fit(X, y).module_.architecture.network_input == expected
        assert model.image_shape_ == (1, 8, 8)
    padded = small(resize="pad").fit(X, y)
    assert padded.score(X_test, y_test) > 0.6
    frame = padded.module_.prepare(torch.from_numpy(X.reshape(-1, 1, 8, 8)))
    assert frame.shape[2:] == (16, 16)
    np.testing.assert_array_equal(frame[:, :, :4], frame[:, :, 12:])  # nothing but border
    stretched = small().fit(X, y).module_.prepare(torch.from_numpy(X.reshape(-1, 1, 8, 8)))
    assert stretched.shape[2:] == (16, 16)
    assert stretched[:, :, :4].std() > 0.1
    # Without convolutions there is nothing to gain from larger images.
    assert small(conv_channels=(), input_size=None).fit(
        X, y
    ).module_.architecture.network_input == (8, 8)


def test_colour_images(digits, small, weights, assert_same_model):
    X, X_test, y, y_test = digits
    # The digit is in one channel; another holds a digit that misleads, in values 10 times larger.
    rng = np.random.default_rng(0)
    noise = [10 * images[rng.permutation(len(images))] for images in (X, X_test)]
    train, test = (
        np.stack([images, other, np.zeros_like(images)], 1).reshape(-1, 3, 8, 8)
        for images, other in zip((X, X_test), noise, strict=True)
    )
    model = small(max_epochs=20).fit(train, y)
    assert model.image_shape_ == (3, 8, 8)
    assert model.n_features_in_ == 192
    assert model.score(test, y_test) > 0.6
    last = small(max_epochs=20).fit(np.moveaxis(train, 1, -1), y)
    assert_same_model(last, model, test)
    np.testing.assert_array_equal(last.predict(np.moveaxis(test, 1, -1)), model.predict(test))
    flat = small(max_epochs=20, image_shape=(3, 8, 8)).fit(train.reshape(300, -1), y)
    assert_same_model(flat, model, test)
    flat = small(max_epochs=20, image_shape=(8, 8, 3))
    flat.fit(np.moveaxis(train, 1, -1).reshape(300, -1), y)
    np.testing.assert_array_equal(weights(flat), weights(model))


def test_rows_that_are_no_square(digits, small):
    X, _, y, _ = digits
    with pytest.warns(UserWarning, match="60 features, which is no square number"):
        model = small().fit(X[:, :60], y)
    assert model.image_shape_ == (1, 8, 8)
    assert model.score(X[:, :60], y) > 0.6
    oblong = small(image_shape=(4, 15)).fit(X[:, :60], y)
    assert oblong.image_shape_ == (1, 4, 15)


ARCHITECTURES = {
    "three convolutions": (
        {"conv_channels": (4, 6, 8)},
        [
            *(("C1", "convolution", "4×16×16"), ("S2", "max pooling", "4×8×8")),
            *(("C3", "convolution", "6×8×8"), ("S4", "max pooling", "6×4×4")),
            *(("C5", "convolution", "8×4×4"), ("F6", "full", "16"), ("output", "full", "10")),
        ],
    ),
    "feed-forward": (
        {"conv_channels": (), "hidden_layer_sizes": (20, 12)},
        [("F1", "full", "20"), ("F2", "full", "12"), ("output", "full", "10")],
    ),
    "linear": (
        {"conv_channels": (), "hidden_layer_sizes": ()},
        [("output", "full", "10")],
    ),
    "ints": (
        {"conv_channels": 4, "hidden_layer_sizes": 12, "pooling": "avg"},
        [
            *(("C1", "convolution", "4×16×16"), ("S2", "avg pooling", "4×8×8")),
            *(("F3", "full", "12"), ("output", "full", "10")),
        ],
    ),
    "kernels, paddings and poolings": (
        {"kernel_size": (7, 3), "padding": ("valid", "same"), "pooling": (None, "subsample")},
        [
            *(("C1", "convolution", "4×10×10"), ("C2", "convolution", "8×10×10")),
            *(("S3", "subsample pooling", "8×5×5"), ("F4", "full", "16")),
            ("output", "full", "10"),
        ],
    ),
}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_layers(name, digits, small):
    X, _, y, _ = digits
    params, expected = ARCHITECTURES[name]
    if name == "three convolutions":
        params = {**params, "pooling": ("max", "max", "none")}
    model = small(**params).fit(X, y)
    assert layers(model) == expected
    assert model.n_parameters_ == sum(p.numel() for p in model.module_.parameters())
    assert model.loss_curve_[-1] < model.loss_curve_[0]


@pytest.mark.parametrize(
    "params",
    [
        *({"activation": name} for name in ("tanh", "scaled_tanh", "sigmoid", "gelu", "silu")),
        {"activation": ("relu", "tanh", "sigmoid")},
        *({"pooling": name} for name in ("avg", "subsample", "none")),
        *({"padding": padding} for padding in ("valid", 2, (2, 0))),
        *({"kernel_size": 5}, {"dropout": 0.5}, {"dropout": (0.5,)}, {"output": "rbf"}),
        *({"optimizer": "adam"}, {"optimizer": "sgd"}, {"weight_decay": 1.0}, {"lr": 0.003}),
        *({"lr_schedule": "cosine"}, {"lr_schedule": "constant"}, {"label_smoothing": 0.5}),
        *({"resize": "pad"}, {"input_size": 20}, {"batch_size": 30}),
        *({"augmentation": "digits"}, {"augmentation": "objects"}),
    ],
    ids=repr,
)
def test_each_parameter_makes_a_difference(params, fitted, digits, small):
    X, X_test, y, _ = digits
    other = small(**params).fit(X, y)
    assert np.abs(other.predict_proba(X_test) - fitted.predict_proba(X_test)).max() > 0.01
    assert np.isfinite(other.loss_curve_).all()
    assert other.loss_curve_[-1] < other.loss_curve_[0]


def test_the_original_of_1998(digits):
    X, X_test, y, y_test = digits
    model = LeNet5Classifier(
        pooling="subsample",
        activation="scaled_tanh",
        connectivity="lecun1998",
        output="rbf",
        input_size=32,
        max_epochs=10,
        batch_size=32,
        random_state=0,
    ).fit(X, y)
    table = model.summary()
    assert model.n_parameters_ == table.loc["total", "n_parameters"] == 60_000
    # LeCun et al. (1998), section II.B, layer by layer.
    assert table["n_parameters"].tolist()[:6] == [156, 12, 1_516, 32, 48_120, 10_164]
    assert table["n_connections"].tolist()[:4] == [122_304, 5_880, 151_600, 2_000]
    assert table.loc["C3", "kind"] == "sparse convolution"
    assert table.loc["output", "kind"] == "RBF"
    assert model.score(X_test, y_test) > 0.8
    assert model.transform(X_test).shape == (300, 84)


def test_pixel_levels_are_what_the_network_sees(digits, small):
    X, _, y, _ = digits
    for scale in (1.0, 255.0):
        model = small(pixel_levels=(-0.1, 1.175), max_epochs=1).fit(X * scale, y)
        images = torch.from_numpy(X[:50] * scale).float().view(-1, *model.image_shape_)
        seen = (images - model.module_.pixel_mean) / model.module_.pixel_std
        np.testing.assert_allclose([seen.min(), seen.max()], [-0.1, 1.175], atol=1e-5)


@pytest.mark.parametrize("levels", [(1, 0), (0, 0), (0,), (0, 1, 2), ("a", "b"), (0, np.nan)])
def test_wrong_pixel_levels(levels, digits, small):
    X, _, y, _ = digits
    with pytest.raises(ValueError, match=r"pixel_levels must be None or two numbers"):
        small(pixel_levels=levels).fit(X, y)


def test_a_network_of_millions_of_parameters_is_warned_of():
    X = np.random.default_rng(0).integers(0, 256, (20, 310, 310), dtype=np.uint8)
    with pytest.warns(UserWarning, match=r"has 10,\d+,\d+ parameters.*Set input_size"):
        LeNet5Classifier(max_epochs=1, random_state=0).fit(X, np.arange(20) % 2)
