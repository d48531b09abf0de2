"""Rates and early stopping, on the numbers of a net that is only pretended."""

from types import SimpleNamespace

import pytest
import torch

from lenet_sklearn._files.fingerprint import describe
from lenet_sklearn._training.callbacks import (
    EachEpoch,
    EarlyStopping,
    EpochScores,
    LearningRate,
)
from lenet_sklearn._training.recipe import Stopping


class Net:
    """What the callbacks see of a net: its history, its weights, its optimiser."""

    def __init__(self):
        self.values, self.loaded, self.stop_training = [], None, False
        self.history = self
        self.optimizer_ = SimpleNamespace(param_groups=[{"lr": None}, {"lr": None}])
        self.module_ = SimpleNamespace(load_state_dict=lambda state: setattr(self, "loaded", state))

    def __getitem__(self, key):
        return self.values[key[0]]

    @property
    def n_finished(self):
        return len(self.values)

    def copy_weights(self):
        return {"epoch": torch.tensor(len(self.values))}


def epochs(callback, values, net=None):
    """Show the callback these values, one an epoch, and return the net where it stopped."""
    if net is None:
        net = Net()
        callback.on_train_begin(net)
    for value in values:
        net.values.append(value)
        callback.on_epoch_end(net)
        if net.stop_training:
            break
    return net


def best_epoch(callback, net):
    callback.on_train_end(net)
    return int(net.loaded["epoch"])


@pytest.mark.parametrize(
    ("monitor", "values", "n_epochs", "best"),
    [
        ("valid_acc", [0.5, 0.6, 0.6, 0.5, 0.9], 4, 3),  # of equal epochs the last
        ("valid_acc", [0.5, 0.6, 0.55, 0.7, 0.6, 0.6], 6, 4),
        ("valid_loss", [0.5, 0.4, 0.45, 0.41, 0.1], 4, 2),
        ("train_loss", [0.5, 0.4, 0.3, 0.2], 4, 4),
    ],
)
def test_it_stops_after_two_epochs_without_improvement(monitor, values, n_epochs, best):
    callback = EarlyStopping(Stopping(monitor, 2, 0.0))
    net = epochs(callback, values)
    assert len(net.values) == n_epochs
    assert best_epoch(callback, net) == best


def test_less_than_tol_is_no_improvement_and_yet_the_best():
    callback = EarlyStopping(Stopping("valid_acc", 2, 0.1))
    net = epochs(callback, [0.5, 0.55, 0.58, 0.9])
    assert len(net.values) == 3
    assert best_epoch(callback, net) == 3


def test_patience_counts_from_the_end_of_the_warm_up():
    stopping = Stopping("valid_acc", 2, 0.0)
    values = [0.9, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    assert len(epochs(EarlyStopping(stopping), values).values) == 3
    assert len(epochs(EarlyStopping(stopping, n_warm_up=3), values).values) == 5


def test_endless_patience_never_stops():
    callback = EarlyStopping(Stopping("valid_acc", float("inf"), 0.0))
    net = epochs(callback, [0.9, *[0.1] * 200])
    assert len(net.values) == 201
    assert best_epoch(callback, net) == 1


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_a_state_goes_on_as_if_nothing_had_been(after):
    values = [0.5, 0.7, 0.6, 0.65, 0.6, 0.9]
    stopping = Stopping("valid_acc", 3, 0.0)
    whole = EarlyStopping(stopping)
    expected = epochs(whole, values)
    first, second = EarlyStopping(stopping), EarlyStopping(stopping)
    net = epochs(first, values[:after])
    second.on_train_begin(net)
    second.set_state(first.get_state())
    epochs(second, values[after:], net)
    assert net.values == expected.values == values[:5]
    assert best_epoch(second, net) == best_epoch(whole, expected) == 2


def test_a_new_fit_forgets_the_last_one():
    callback = EarlyStopping(Stopping("valid_acc", 2, 0.0))
    epochs(callback, [0.9, 0.8])
    net = epochs(callback, [0.1, 0.2, 0.3])
    assert not net.stop_training
    assert best_epoch(callback, net) == 3


def rates(callback, n, training=True):
    net, seen = Net(), []
    for _ in range(n):
        callback.on_batch_begin(net, training=training)
        seen.append([group["lr"] for group in net.optimizer_.param_groups])
    return seen


def test_each_step_has_the_rate_of_the_schedule_and_stays_at_the_last():
    callback = LearningRate(10.0, lambda step, n: (n - step) / n, 4)
    callback.on_train_begin(None)
    assert rates(callback, 6) == [[r, r] for r in (10.0, 7.5, 5.0, 2.5, 2.5, 2.5)]


def test_validation_takes_no_step():
    callback = LearningRate(10.0, lambda step, n: step, 4)
    callback.on_train_begin(None)
    assert rates(callback, 3, training=False) == [[None, None]] * 3
    assert rates(callback, 2) == [[0.0, 0.0], [10.0, 10.0]]


def test_steps_go_on_from_a_state():
    callbacks = [LearningRate(1.0, lambda step, n: step, 9) for _ in range(2)]
    for callback in callbacks:
        callback.on_train_begin(None)
    rates(callbacks[0], 3)
    callbacks[1].set_state(callbacks[0].get_state())
    assert rates(callbacks[1], 2) == [[3.0, 3.0], [4.0, 4.0]]
    callbacks[1].on_train_begin(None)
    assert rates(callbacks[1], 1) == [[0.0, 0.0]]


def test_scores_of_epochs_are_reported_until_the_report_raises():
    reported = []

    def report(epoch, n_epochs, accuracy):
        reported.append((epoch, n_epochs, accuracy))
        if epoch == 2:
            raise RuntimeError

    net = Net()
    net.max_epochs = 5
    with pytest.raises(RuntimeError):
        epochs(EpochScores(report), [0.5, 0.75, 0.8], net)
    assert reported == [(1, 5, 0.5), (2, 5, 0.75)]


def test_each_epoch_is_told_once(small, digits):
    told = []
    callback = EachEpoch(lambda *news: told.append(news))
    model = small(max_epochs=3, callbacks=[callback]).fit(digits[0], digits[2])
    assert told == [(row, i + 1, 3) for i, row in enumerate(model.history_)]


def test_who_listens_is_no_part_of_a_fit():
    assert describe(EachEpoch(print), "callback") == describe(EachEpoch(repr), "callback")
