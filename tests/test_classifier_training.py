"""How a fit goes: its length, going on, early stopping, callbacks, Ctrl-C."""

import copy
import gc
import math
import pickle
import re
import weakref

import numpy as np
import pytest
import skorch.callbacks
import torch
from joblib.externals.loky import get_reusable_executor
from sklearn.callback import ScoringMonitor
from sklearn.model_selection import GridSearchCV

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.augmentation import Distortion

# Epochs and batches


def test_automatic_epochs(small):
    """The formula of the docstring is the one that is followed."""
    words = r"(\d+) / sqrt\(n_samples\), at least (\d+) and at most (\d+)"
    scale, least, most = map(int, re.search(words, LeNet5Classifier.__doc__).groups())
    sides = {"few": (scale / most) ** 2, "many": (scale / least) ** 2}
    sizes = [0.9 * sides["few"], 4 * sides["few"], 0.5 * sides["many"], 1.1 * sides["many"]]
    expected = [most, most / 2, math.ceil(least * math.sqrt(2)), least]
    network = {"conv_channels": (), "hidden_layer_sizes": (2,), "input_size": None}
    for n, epochs in zip(map(round, sizes), expected, strict=True):
        X, y = np.random.default_rng(0).random((n, 4), dtype=np.float32), np.arange(n) % 2
        assert small(max_epochs="auto", batch_size=10_000, **network).fit(X, y).n_iter_ == epochs
    augmented = small(max_epochs="auto", augmentation="digits", **network)
    assert augmented.fit(X[:20], y[:20]).n_iter_ == 6 * most  # distorted images last longer


def test_no_cliff_where_the_data_are_one_batch(digits, small):
    """One batch is computed like several: the same dtype, and no more than its arithmetic."""
    X, _, y, _ = digits
    seen = []

    class Types(skorch.callbacks.Callback):
        def on_batch_end(self, net, loss=None, **kwargs):
            seen.append(loss.dtype)

    for n in (31, 32, 33):
        small(callbacks=[Types()], max_epochs=1, batch_size=32).fit(X[:n], y[:n])
    assert set(seen) == {torch.float32}


# Going on


def test_partial_fit_learns_chunk_by_chunk(digits, small):
    X, X_test, y, y_test = digits
    model = small()
    for epoch in range(15):
        for start in range(0, 300, 100):
            rows = slice(start, start + 100)
            classes = range(10) if epoch == start == 0 else None
            model.partial_fit(X[rows], y[rows], classes=classes)
    assert model.n_iter_ == 45
    assert model.score(X_test, y_test) > 0.7


def test_partial_fit_with_a_chunk_that_lacks_classes(digits, small):
    X, _, y, _ = digits
    model = small().partial_fit(X[y < 3], y[y < 3], classes=range(10))
    assert model.predict_proba(X).shape == (300, 10)
    only_one = model.partial_fit(X[y == 9], y[y == 9])
    assert only_one.n_iter_ == 2


def test_partial_fit_takes_weights_and_any_form(digits, small, weights, assert_same_model):
    X, X_test, y, _ = digits
    weight = np.where(y == 1, 0.0, 1.0)
    first = small().partial_fit(X, y, classes=range(10), sample_weight=weight)
    second = small().partial_fit(X, y, classes=range(10))
    assert (weights(first) != weights(second)).any()
    flat, images = copy.deepcopy(first), first
    flat.partial_fit(X, y)
    images.partial_fit(X.reshape(-1, 8, 8), y)
    assert_same_model(flat, images, X_test)


def test_partial_fit_weighs_classes_that_a_chunk_lacks(digits, small, weights):
    X, _, y, _ = digits
    weighted = small(class_weight={9: 5.0, 0: 2.0})
    weighted.partial_fit(X[y < 9], y[y < 9], classes=range(10))
    plain = small().partial_fit(X[y < 9], y[y < 9], classes=range(10))
    assert (weights(weighted) != weights(plain)).any()


def test_partial_fit_goes_on_after_fit(digits, small):
    X, _, y, _ = digits
    model = small().fit(X, y)
    loss = model.loss_curve_[-1]
    model.partial_fit(X, y)
    assert model.n_iter_ == 11
    assert model.loss_curve_[-1] < loss + 0.1


def test_warm_start_goes_on(digits, small):
    X, _, y, _ = digits
    model = small(warm_start=True, max_epochs=5).fit(X, y)
    early = model.loss_curve_[-1]
    model.set_params(max_epochs=7).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 12
    assert model.loss_curve_[5] < model.loss_curve_[0]
    assert model.loss_curve_[-1] < early
    assert [row["epoch"] for row in model.history_] == list(range(1, 13))
    cold = small(max_epochs=5).fit(X, y)
    cold.fit(X, y)
    assert cold.n_iter_ == 5


def test_warm_start_with_some_of_the_classes(digits, small):
    X, _, y, _ = digits
    model = small(warm_start=True).fit(X, y)
    model.fit(X[y < 5], y[y < 5])
    assert model.classes_.tolist() == list(range(10))


def test_a_fit_that_breaks_off_leaves_a_model_for_use(digits, small):
    X, _, y, _ = digits

    def broken(images):
        raise RuntimeError("no such distortion")

    for batch_size in (32, 1000):
        model = small(warm_start=True, dropout=0.5, batch_size=batch_size).fit(X, y)
        with pytest.raises(RuntimeError, match="no such distortion"):
            model.set_params(augmentation=broken).fit(X, y)
        assert not model.module_.training  # dropout would make predictions random
        assert next(model.module_.parameters()).dtype == torch.float32
        np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))


# Early stopping


def test_all_data_are_trained_on_without_early_stopping(digits, small):
    X, _, y, _ = digits
    model = small(monitor="train_loss", n_iter_no_change=1, tol=100).fit(X, y)
    assert model.n_iter_ == 10
    assert model.validation_scores_ is None
    assert "valid_loss" not in model.history_[0]


class Images(np.ndarray):
    """An array that says whether it is still there."""


def test_a_model_does_not_keep_its_data(digits, small):
    """Nor do the chunks of `partial_fit` wait for a collection of garbage."""
    X, _, y, _ = digits
    model, there = small(max_epochs=1), []

    def images(rows):
        array = X[rows].copy().view(Images)
        there.append(weakref.ref(array))
        return array

    gc.collect()
    gc.disable()
    try:
        for start in (0, 100, 200):
            rows = slice(start, start + 100)
            model.partial_fit(images(rows), y[rows], classes=np.arange(10))
        model.set_callbacks(ScoringMonitor(scoring="accuracy"))
        model.fit(images(slice(None)), y)
        # scikit-learn's own record of the callbacks may hold a cycle.
    finally:
        gc.enable()
    assert [reference() for reference in there[:3]] == [None] * 3
    gc.collect()
    assert there[3]() is None


class Recorder:
    """What skorch's TensorBoard needs of a SummaryWriter."""

    def __init__(self):
        self.scalars, self.closed = [], False

    def add_scalar(self, tag, scalar_value, global_step):
        self.scalars.append((tag, scalar_value, global_step))

    def close(self):
        self.closed = True


def test_tensorboard(digits, small):
    X, X_val, y, y_val = digits
    writer = Recorder()
    board = skorch.callbacks.TensorBoard(writer)
    model = small(max_epochs=3, callbacks=[board]).fit(X, y, X_val=X_val, y_val=y_val)
    tags = {tag for tag, _, _ in writer.scalars}
    assert tags >= {"Loss/train_loss", "Loss/train_acc", "Loss/valid_loss", "Loss/valid_acc", "lr"}
    losses = [(step, value) for tag, value, step in writer.scalars if tag == "Loss/train_loss"]
    assert losses == list(enumerate(model.loss_curve_, start=1))
    assert all(isinstance(value, int | float) for _, value, _ in writer.scalars)
    assert writer.closed


class Watcher(skorch.callbacks.Callback):
    """Count batches and images, and keep the weights after each epoch."""

    def __init__(self):
        self.n_images = {True: 0, False: 0}
        self.labels = {True: [], False: []}
        self.weights = []

    def on_batch_end(self, net, batch=None, training=None, **kwargs):
        images, target = batch
        self.n_images[training] += len(images)
        self.labels[training] += target.tolist()

    def on_epoch_end(self, net, **kwargs):
        self.weights.append([p.detach().clone() for p in net.module_.parameters()])


def test_early_stopping_holds_out_a_stratified_part(digits, small):
    X, _, y, _ = digits
    watcher = Watcher()
    model = small(early_stopping=True, validation_fraction=0.2, max_epochs=1, callbacks=[watcher])
    model.fit(X, y)
    assert watcher.n_images == {True: 240, False: 60}
    share = np.bincount(watcher.labels[False], minlength=10) / np.bincount(y, minlength=10)
    np.testing.assert_allclose(share, 0.2, atol=0.03)
    together = np.bincount(watcher.labels[True] + watcher.labels[False])
    np.testing.assert_array_equal(together, np.bincount(y))
    assert len(model.validation_scores_) == 1


def epochs_until(values, patience, tol):
    """Epochs after which `patience` of them in a row have not gained `tol` on the best before."""
    best, waited = -np.inf, 0
    for epoch, value in enumerate(values, 1):
        best, waited = (value, 0) if value > best + tol else (best, waited + 1)
        if waited == patience:
            return epoch
    return math.inf


@pytest.mark.parametrize("monitor", ["valid_acc", "valid_loss", "train_acc", "train_loss"])
def test_early_stopping_stops_and_restores_the_best(monitor, digits, small, weights):
    X, _, y, _ = digits
    watcher = Watcher()
    model = small(
        early_stopping=True,
        monitor=monitor,
        validation_fraction=0.2,
        n_iter_no_change=3,
        tol=0.02,
        max_epochs=60,
        lr=0.02,
        lr_schedule="constant",
        callbacks=[watcher],
    ).fit(X, y)
    assert 4 < model.n_iter_ < 60
    values = np.array([row[monitor] for row in model.history_])
    values = -values if monitor.endswith("loss") else values
    assert model.n_iter_ == len(watcher.weights) == epochs_until(values, patience=3, tol=0.02)
    last_of_the_best = len(values) - 1 - values[::-1].argmax()
    best = torch.cat([p.flatten() for p in watcher.weights[last_of_the_best]]).numpy()
    np.testing.assert_array_equal(weights(model), best)
    held_out = monitor.startswith("valid")
    assert (model.validation_scores_ is not None) == held_out
    assert watcher.n_images[True] == model.n_iter_ * (240 if held_out else 300)


def test_going_on_holds_the_same_part_out(digits, small):
    X, _, y, _ = digits
    held_out = []

    class Keeper(skorch.callbacks.Callback):
        def on_batch_end(self, net, batch=None, training=None, **kwargs):
            if not training:
                held_out.append(batch[0].clone())

    model = small(early_stopping=True, validation_fraction=0.2, max_epochs=1, batch_size=240)
    model.set_params(warm_start=True, callbacks=[Keeper()]).fit(X, y).fit(X, y)
    first, second = held_out  # or images that were trained on would tell how good the model is
    assert torch.equal(first, second)


def test_given_validation_data(digits, small, assert_same_model):
    X, X_test, y, y_test = digits
    watcher = Watcher()
    model = small(dropout=0.3, callbacks=[watcher])
    model.fit(X, y, X_val=X_test.reshape(-1, 8, 8), y_val=y_test)
    assert watcher.n_images == {True: 3000, False: 3000}
    assert len(model.validation_scores_) == 10
    assert model.validation_scores_[-1] == pytest.approx(model.score(X_test, y_test))
    assert model.validation_scores_[-1] > model.validation_scores_[0]
    assert model.history_[-1]["valid_acc"] == model.validation_scores_[-1]
    # Looking on changes nothing.
    assert_same_model(model, small(dropout=0.3).fit(X, y), X_test)


def test_early_stopping_on_given_validation_data(digits, small):
    X, X_test, y, y_test = digits
    watcher = Watcher()
    model = small(
        early_stopping=True, n_iter_no_change=2, tol=0.5, max_epochs=20, callbacks=[watcher]
    ).fit(X, y, X_val=X_test, y_val=y_test)
    assert model.n_iter_ < 20
    assert watcher.n_images[True] == 300 * model.n_iter_  # nothing more is held out
    assert model.score(X_test, y_test) == pytest.approx(max(model.validation_scores_))


def test_history(digits, small):
    X, X_test, y, y_test = digits
    model = small(max_epochs=3).fit(X, y, X_val=X_test, y_val=y_test)
    assert [row["epoch"] for row in model.history_] == [1, 2, 3]
    expected = {"epoch", "train_loss", "train_acc", "valid_loss", "valid_acc", "lr", "dur"}
    for row in model.history_:
        assert expected <= set(row)
        assert all(type(value) in (int, float) for value in row.values())
    assert model.loss_curve_ == [row["train_loss"] for row in model.history_]
    assert model.n_iter_ == 3
    assert 0 < model.history_[-1]["valid_loss"] < model.history_[0]["valid_loss"]


def test_verbose(digits, small, capsys):
    X, _, y, _ = digits
    small(max_epochs=3).fit(X, y)
    assert capsys.readouterr().out == ""
    model = small(max_epochs=3, verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines if re.match(r"\s+\d", line)] == ["1", "2", "3"]
    assert f"{model.loss_curve_[-1]:.4f}" in lines[-1]


def test_many_epochs_and_patience_reach_what_auto_reaches(digits):
    """A rate that still rises when training stops leaves an underfitted model."""
    X, X_test, y, y_test = digits
    auto, many = (
        LeNet5Classifier(early_stopping=True, max_epochs=n, random_state=0).fit(X, y)
        for n in ("auto", 1000)
    )
    assert many.score(X_test, y_test) >= auto.score(X_test, y_test) - 0.01
    rates = [[row["lr"] for row in model.history_[:40]] for model in (auto, many)]
    assert rates[0] == rates[1]


# Callbacks and augmentation


def test_a_callback_sees_epochs_and_batches(digits, small, weights):
    X, _, y, _ = digits
    watcher = Watcher()
    model = small(callbacks=[watcher], max_epochs=4).fit(X, y)
    assert watcher.n_images == {True: 4 * 300, False: 0}
    assert len(watcher.weights) == 4
    last = torch.cat([p.flatten() for p in watcher.weights[-1]]).numpy()
    np.testing.assert_array_equal(weights(model), last)
    for epoch in range(4):
        seen = watcher.labels[True][300 * epoch : 300 * (epoch + 1)]
        assert sorted(seen) == sorted(y)
        assert epoch == 0 or seen != watcher.labels[True][:300]  # each in an order of its own


def test_early_stopping_of_skorch(digits, small):
    X, _, y, _ = digits
    stop = skorch.callbacks.EarlyStopping("train_loss", patience=2, threshold=0.9)
    model = small(callbacks=[stop], max_epochs=9).fit(X, y)
    assert model.n_iter_ == 3
    assert model.predict(X).shape == y.shape


def test_gradient_clipping_of_skorch(digits, small):
    X, _, y, _ = digits
    params = {"optimizer": "sgd", "weight_decay": 0.0, "max_epochs": 5}
    free = small(**params).fit(X, y)
    assert free.loss_curve_[-1] < free.loss_curve_[0] - 0.01
    clip = skorch.callbacks.GradientNormClipping(gradient_clip_value=1e-9)
    clipped = small(callbacks=[clip], **params).fit(X, y)
    np.testing.assert_allclose(clipped.loss_curve_, clipped.loss_curve_[0], rtol=1e-4)


def test_a_callback_without_its_column_is_told_of_validation_data(digits, small):
    X, _, y, _ = digits
    stop = skorch.callbacks.EarlyStopping()
    with pytest.raises(ValueError, match=r"EarlyStopping in callbacks needs 'valid_loss'.*X_val"):
        small(callbacks=[stop]).fit(X, y)


def test_a_distortion_as_an_object_draws_from_the_fits_generator(digits, small, weights):
    X, _, y, _ = digits
    before = torch.get_rng_state()
    one, two = (small(augmentation=Distortion(degrees=20)).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(weights(one), weights(two))
    assert torch.equal(torch.get_rng_state(), before)
    assert (weights(one) != weights(small().fit(X, y))).any()


def test_augmentation_meets_training_batches_alone(digits, small):
    X, X_test, y, y_test = digits
    shapes, training_values = [], set()

    def darken(images):
        shapes.append(tuple(images.shape))
        training_values.update(images.unique().tolist())
        return torch.zeros_like(images)

    model = small(augmentation=darken, max_epochs=3).fit(X, y, X_val=X_test + 100, y_val=y_test)
    assert sum(shape[0] for shape in shapes) == 3 * 300
    assert {shape[1:] for shape in shapes} == {(1, 8, 8)}
    assert max(training_values) <= 16
    model.predict(X)
    assert sum(shape[0] for shape in shapes) == 3 * 300
    # Nothing can be learnt from black images.
    assert model.history_[-1]["train_acc"] < 0.2
    assert model.loss_curve_[-1] > 2


# Ctrl-C


class Interrupt(skorch.callbacks.Callback):
    """Press Ctrl-C in the middle of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch_begin(self, net, **kwargs):
        self.batch = 0

    def on_batch_end(self, net, **kwargs):
        self.batch += 1
        if self.batch == 4 and len(net.history) == self.epoch:
            raise KeyboardInterrupt


def test_an_interrupted_fit_leaves_a_model(digits, small):
    X, X_test, y, y_test = digits
    model = small(callbacks=[Interrupt(7)], max_epochs=20, lr_schedule="constant")
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 6
    assert not model.module_.training
    assert model.score(X_test, y_test) > 0.5
    assert pickle.loads(pickle.dumps(model)).n_iter_ == 6


def test_an_interruption_before_anything_is_learnt_is_passed_on(digits, small):
    X, _, y, _ = digits
    model = small(callbacks=[Interrupt(1)])
    with pytest.raises(KeyboardInterrupt):
        model.fit(X, y)
    assert not hasattr(model, "net_")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_interrupt_ends_a_search(n_jobs, digits, small):
    X, _, y, _ = digits
    seen = []
    search = GridSearchCV(small(callbacks=[Interrupt(3)]), {"lr": [0.01, 0.02]}, cv=2)
    search.set_params(n_jobs=n_jobs, scoring=lambda *args: seen.append(args) or 0.0)
    with pytest.raises(KeyboardInterrupt):
        search.fit(X, y)
    assert seen == []
    get_reusable_executor().shutdown(wait=True)  # later tests want workers of their own


# Checkpoints


def fit_from(checkpoints, digits, small, **params):
    X, _, y, _ = digits
    return small(checkpoint_dir=checkpoints, max_epochs=10, **params).fit(X, y)


def test_a_fit_that_a_callback_ended_is_finished(digits, small, tmp_path, weights):
    stop = skorch.callbacks.EarlyStopping("train_loss", patience=2, threshold=0.9)
    first = fit_from(tmp_path, digits, small, callbacks=[stop])
    again = fit_from(tmp_path, digits, small, callbacks=[stop])
    assert 1 < first.n_iter_ < 10
    assert again.n_iter_ == first.n_iter_
    np.testing.assert_array_equal(weights(again), weights(first))


def test_an_empty_checkpoint_dir_is_refused(digits, small):
    with pytest.raises(ValueError, match=r"checkpoint_dir must be None or.*Got ''. Set None"):
        fit_from("", digits, small)
