"""Training as a function: a network and data in, a net that holds them out."""

import numpy as np
import pytest
import skorch
import torch

from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._training.data import Randomness, Rows, Samples, TrainingData
from lenet_sklearn._training.recipe import make_recipe
from lenet_sklearn._training.train import frozen, train


@pytest.fixture
def start(digits):
    """Return a network, data and a recipe, each time anew."""
    X, _, y, _ = digits

    def make(n=120, **params):
        params = {"max_epochs": 3, "batch_size": 32, "device": "cpu", **params}
        recipe = make_recipe(LeNet5Classifier(**params).get_params(deep=False), n)
        random = Randomness.from_seed(0, torch.device("cpu"))
        samples = Samples(X[:n], infer_layout(X.shape), y[:n].astype(np.int64))
        held_out = 0.2 if params.get("early_stopping") else 0.0
        rows = Rows.choose(samples, np.arange(10), held_out, 0, merge=False)
        data = TrainingData.make(samples, rows, None, recipe, random, pixels=None)
        choices = {"conv_channels": (4, 8), "kernel_size": 3, "hidden_layer_sizes": (16,)}
        network = LeNet5(10, (1, 8, 8), **choices, input_size=16,
                         dropout=params.get("dropout", 0.0), generator=random.order)  # fmt: skip
        return network, data, recipe

    return make


def copy_of(network):
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def test_it_trains_the_network_in_place(start):
    network, data, recipe = start()
    before = copy_of(network)
    net = train(network, data, recipe)
    assert net.module_ is network
    assert net.n_finished == recipe.n_epochs
    assert not net.interrupted
    losses = [row["train_loss"] for row in net.plain_history()]
    assert losses[-1] < losses[0]
    assert all(not torch.equal(before[name], value) for name, value in copy_of(network).items())


def test_what_comes_out_is_ready_to_predict(start):
    network, data, recipe = start(dropout=0.5)
    net = train(network, data, recipe)
    assert not network.training
    images = torch.rand(3, 1, 8, 8)
    assert torch.equal(network(images), network(images))
    assert net.recipe == recipe.to_keep()


def test_so_is_a_network_whose_training_breaks_off(start):
    def broken(images):
        raise RuntimeError("no such distortion")

    network, data, recipe = start(augmentation=broken, freeze="conv")
    with pytest.raises(RuntimeError, match="no such distortion"):
        train(network, data, recipe)
    assert not network.training
    assert all(p.requires_grad for p in network.parameters())


def test_an_earlier_fit_goes_on(start):
    network, data, recipe = start()
    first = train(network, data, recipe)
    second = train(network, data, recipe, previous=first)
    assert len(second.history) == 2 * recipe.n_epochs
    assert second.n_finished == recipe.n_epochs
    steps = {int(values["step"]) for values in second.optimizer_.state.values()}
    assert steps == {2 * recipe.n_epochs * data.train.n_batches}


@pytest.mark.parametrize("freeze", [None, "conv"])
def test_frozen_layers_are_kept(start, freeze):
    network, data, recipe = start(freeze=freeze)
    before = copy_of(network)
    train(network, data, recipe)
    kept = {name for name, value in copy_of(network).items() if torch.equal(before[name], value)}
    convolutions = {name for name in before if name.startswith("convolutional.")}
    assert kept == (convolutions if freeze else set())


def test_frozen_ends_with_its_block():
    network = LeNet5()
    with frozen(network, "conv"):
        assert not any(p.requires_grad for p in network.convolutional.parameters())
        assert all(p.requires_grad for p in network.hidden.parameters())
    assert all(p.requires_grad for p in network.parameters())


def test_there_must_be_something_to_freeze():
    message = r"freeze='conv' needs convolutions to keep\. Got conv_channels=\(\)"
    with (
        pytest.raises(ValueError, match=message),
        frozen(LeNet5(conv_channels=()), "conv"),
    ):
        raise AssertionError("the block is not entered")


class Note(skorch.callbacks.Callback):
    def __init__(self, notes, name):
        self.notes, self.name = notes, name

    def on_epoch_end(self, net, **kwargs):
        self.notes.append(self.name)


def test_the_watcher_is_told_before_the_users_callbacks(start):
    notes = []
    watcher, users = Note(notes, "watcher"), [Note(notes, "first"), Note(notes, "second")]
    train(*start(max_epochs=2), watcher=watcher, callbacks=users)
    assert notes == ["watcher", "first", "second"] * 2


@pytest.mark.parametrize("callback", [print, "EarlyStopping", None])
def test_what_is_no_callback_is_refused(start, callback):
    with pytest.raises(TypeError, match=r"^callbacks must hold instances of skorch callbacks"):
        train(*start(), callbacks=[callback])


def test_early_stopping_comes_with_its_recipe(start):
    told = {"early_stopping": True, "n_iter_no_change": 1, "tol": 100, "max_epochs": 50}
    net = train(*start(lr_schedule="constant", **told))
    assert net.n_finished == 1 + 1


def test_memory_that_runs_out_is_explained(start, monkeypatch):
    def full(images):
        raise torch.OutOfMemoryError("CUDA out of memory")

    network, data, recipe = start(augmentation=full)
    with pytest.raises(MemoryError, match=r"of 32 images .* Set a smaller batch_size"):
        train(network, data, recipe)
