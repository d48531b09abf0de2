import pickle
from dataclasses import is_dataclass, replace

import numpy as np
import pytest
import torch
from skorch.callbacks import Callback

from lenet_sklearn import LeNet5
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._training.batches import Batches
from lenet_sklearn._training.callbacks import LearningRate
from lenet_sklearn._training.data import Randomness, TrainingData
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.recipe import Recipe, Stopping
from lenet_sklearn._training.train import train

RECIPE = Recipe(
    optimizer="adamw",
    lr=0.01,
    weight_decay=0.01,
    lr_schedule="constant",
    n_epochs=3,
    n_cycle=3,
    batch_size=16,
    label_smoothing=0.0,
    loss="cross-entropy",
    stopping=None,
    freeze=None,
    augmentation=None,
    device="cpu",
    resumable=True,
)


def small_network(seed=0):
    return LeNet5(
        2,
        (1, 8, 8),
        input_size=8,
        kernel_size=3,
        conv_channels=(4,),
        hidden_layer_sizes=(8,),
        activation="relu",
        generator=torch.Generator().manual_seed(seed),
    )


def make_batches(seed=0, n=64, **kwargs):
    rng = np.random.default_rng(seed)
    y = np.arange(n) % 2
    X = (rng.normal(size=(n, 8, 8)) + 2 * y[:, None, None] * np.eye(8)).astype(np.float32)
    kwargs = {"batch_size": 16, "device": torch.device("cpu"), **kwargs}
    return Batches(X, infer_layout(X.shape), y, **kwargs)


def run(network=None, n_epochs=3, valid=None, batches=None, previous=None, callbacks=(), **changes):
    recipe = replace(RECIPE, n_epochs=n_epochs, n_cycle=n_epochs, **changes)
    random = Randomness.from_seed(0, torch.device("cpu"))
    if batches is None:
        batches = make_batches(shuffle=random.order)
    data = TrainingData(batches, valid, None, random)
    return train(network or small_network(), data, recipe, previous=previous, callbacks=callbacks)


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
def test_the_loss_falls(optimizer):
    net = run(n_epochs=8, optimizer=optimizer)
    losses = [row["train_loss"] for row in net.plain_history()]
    assert losses[-1] < 0.7 * losses[0]
    assert net.plain_history()[-1]["train_acc"] > 0.9


def test_history_is_what_the_network_says():
    """Loss and accuracy on validation data are those of the finished epoch's weights."""
    valid = make_batches(seed=1, n=50)
    net = run(valid=valid)
    images, labels, _ = zip(*valid, strict=True)
    logits, labels = net.module_(torch.cat(images)), torch.cat(labels)
    last = net.plain_history()[-1]
    assert last["epoch"] == 3
    assert last["valid_acc"] == (logits.argmax(1) == labels).double().mean().item()
    loss = torch.nn.functional.cross_entropy(logits, labels).item()
    assert last["valid_loss"] == pytest.approx(loss, rel=1e-5)
    assert set(last) >= {"train_loss", "train_acc", "lr", "dur"}


def test_weights_scale_losses_and_count_in_the_accuracy():
    class Record(Callback):
        def __init__(self):
            self.losses = []

        def on_batch_end(self, net, loss=None, **kwargs):
            self.losses.append(loss.item())

    record = Record()
    weight = np.r_[np.ones(32), np.zeros(32)]
    batches = make_batches(weight=weight, batch_size=64)
    network = small_network()
    images, labels, _ = next(iter(batches))
    expected = torch.nn.functional.cross_entropy(network(images[:32]), labels[:32])
    hits = (network(images[:32]).argmax(1) == labels[:32]).double().mean().item()
    net = run(network, n_epochs=1, batches=batches, callbacks=[record])
    assert record.losses == [pytest.approx(expected.item(), rel=1e-5)]
    assert net.plain_history()[0]["train_acc"] == pytest.approx(hits)
    assert next(net.module_.parameters()).dtype == torch.float32


def test_the_rate_follows_the_schedule():
    class Rates(Callback):
        def __init__(self):
            self.rates = []

        def on_batch_end(self, net, training=None, **kwargs):
            if training:
                self.rates.append(net.optimizer_.param_groups[0]["lr"])

    rates = Rates()
    run(callbacks=[rates], lr_schedule="one-cycle", n_epochs=2, valid=make_batches(seed=1))
    expected = LearningRate(0.01, lambda step, n: 1.0, 8)
    assert len(rates.rates) == expected.n_steps
    assert max(rates.rates) == 0.01
    assert rates.rates[-1] < 0.3 * 0.01


def test_gradients_are_shown_to_who_asks():
    seen = []

    class Gradients(Callback):
        def on_grad_computed(self, net, named_parameters, **kwargs):
            seen.append({name: p.grad.abs().sum().item() for name, p in named_parameters})

    run(n_epochs=1, callbacks=[Gradients()])
    assert len(seen) == 4
    assert any("C1.weight" in name and size > 0 for name, size in seen[0].items())


def test_early_stopping_restores_the_best_weights():
    class Spoil(Callback):
        """After two epochs the network forgets everything."""

        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) > 2:
                torch.nn.init.zeros_(net.module_.output.weight)
                net.optimizer_.param_groups[0]["lr"] = 0.0

    valid = make_batches(seed=1)
    stop = Stopping("valid_loss", patience=2, tol=0.0)
    net = run(n_epochs=20, valid=valid, stopping=stop, callbacks=[Spoil()], lr_schedule="one-cycle")
    losses = [row["valid_loss"] for row in net.plain_history()]
    assert len(losses) < 20
    images, labels, _ = zip(*valid, strict=True)
    loss = torch.nn.functional.cross_entropy(net.module_(torch.cat(images)), torch.cat(labels))
    assert loss.item() == pytest.approx(min(losses), rel=1e-5)


def test_pickles_hold_numpy_arrays_and_go_on_training():
    net = run()
    state = net.__getstate__()
    leaves = [state]
    while leaves:
        leaf = leaves.pop()
        leaf = vars(leaf) if is_dataclass(leaf) else leaf
        if isinstance(leaf, dict | list | tuple):
            leaves.extend(leaf.values() if isinstance(leaf, dict) else leaf)
        else:
            kinds = (np.ndarray, np.generic, int, float, str, type(None))
            assert isinstance(leaf, kinds), type(leaf)
    again = pickle.loads(pickle.dumps(net))
    assert again.plain_history() == net.plain_history()
    for a, b in zip(net.module_.parameters(), again.module_.parameters(), strict=True):
        assert torch.equal(a, b)
    one, two = run(net.module_, previous=net), run(again.module_, previous=again)
    assert len(one.history) == len(two.history) == 6
    for a, b in zip(one.module_.parameters(), two.module_.parameters(), strict=True):
        assert torch.equal(a, b)


def test_an_interrupt_keeps_the_finished_epochs():
    class Interrupt(Callback):
        def on_batch_end(self, net, **kwargs):
            self.n_batches = getattr(self, "n_batches", 0) + 1
            if self.n_batches == 2 * 4 + 3:  # amid the third epoch
                raise KeyboardInterrupt

    net = run(n_epochs=5, callbacks=[Interrupt()])
    assert net.interrupted
    two = run(n_epochs=2)
    for a, b in zip(net.module_.parameters(), two.module_.parameters(), strict=True):
        assert torch.equal(a, b)
    assert [row["epoch"] for row in net.plain_history()] == [1, 2]
    assert not net.module_.training


def test_a_callback_that_ends_the_training_is_no_interrupt():
    class Stop(Callback):  # as skorch's EarlyStopping
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 2:
                raise KeyboardInterrupt

    class Pressed(Stop):  # Ctrl-C in what a callback calls
        def on_epoch_end(self, net, **kwargs):
            super().on_epoch_end(net)

    stopped, pressed = run(callbacks=[Stop()]), run(callbacks=[Pressed()])
    assert (stopped.n_finished, stopped.interrupted) == (2, False)
    assert (pressed.n_finished, pressed.interrupted) == (2, True)


def test_the_data_is_not_kept():
    net = run(valid=make_batches(seed=1))
    assert not [value for value in vars(net).values() if isinstance(value, Batches | TrainingData)]


def test_the_net_is_skorchs():
    import skorch

    assert isinstance(run(n_epochs=1), skorch.NeuralNet)
    assert isinstance(run(n_epochs=1), TrainingNet)


def test_divergence_is_an_error_that_names_epoch_and_rate():
    class Explode(Callback):
        def on_epoch_begin(self, net, **kwargs):
            if len(net.history) == 2:
                net.module_.output.weight.data.fill_(float("nan"))

    with pytest.raises(ValueError, match=r"diverged in epoch 2: the loss is nan with lr=0.01"):
        run(callbacks=[Explode()])


def test_out_of_memory_says_what_helps():
    class Full(Callback):
        def on_batch_end(self, net, **kwargs):
            raise torch.OutOfMemoryError("tried to allocate 2 GiB")

    with pytest.raises(MemoryError, match=r"batches of 16 images.*smaller batch_size.*2 GiB"):
        run(callbacks=[Full()])


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "mps"])
def test_a_pickle_from_an_accelerator_opens_where_there_is_none(device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    net = run()
    state = {**net.__getstate__(), "recipe": replace(RECIPE, device=device)}
    opened = TrainingNet.__new__(TrainingNet)
    opened.__setstate__(pickle.loads(pickle.dumps(state)))
    assert opened.module_.pixel_mean.device.type == "cpu"
    images = torch.rand(5, 1, 8, 8)
    assert torch.equal(opened.module_(images), net.module_(images))


def test_a_checkpoint_keeps_no_ctrl_c():
    class Pressed(Callback):  # Ctrl-C in what a callback calls
        def on_epoch_end(self, net, **kwargs):
            if len(net.history) == 2:
                self.press()

        def press(self):
            raise KeyboardInterrupt

    net = run(callbacks=[Pressed()])
    assert net.interrupted
    assert not net.stop_training  # what a checkpoint keeps
