"""A fit that is killed goes on to the same weights; a folder of another fit is refused."""

import os
import random
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import skorch
from sklearn.datasets import load_digits

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._training import checkpoint as checkpoint_module

PARAMS = {
    "conv_channels": (4, 8),
    "kernel_size": 3,
    "input_size": 16,
    "hidden_layer_sizes": (16,),
    "dropout": 0.2,
    "augmentation": "digits",
    "early_stopping": True,
    "validation_fraction": 0.2,
    "max_epochs": 8,
    "batch_size": 32,
    "device": "cpu",
    "random_state": 0,
}
# How often the suite kills a fit; set it to 20 for the figure in the documentation.
N_KILLS = int(os.environ.get("LENET_SKLEARN_KILLS", "3"))


@pytest.fixture
def data():
    X, y = load_digits(return_X_y=True)
    return X[:400], y[:400]


def weights(model):
    return np.concatenate([p.detach().numpy().ravel() for p in model.module_.parameters()])


class StopAfter(skorch.callbacks.Callback):
    """Die like a killed process, as far as one can in the same one."""

    def __init__(self, n_epochs):
        self.n_epochs = n_epochs

    def on_batch_begin(self, net, training=None, **kwargs):
        if training and len(net.history) > self.n_epochs:
            raise ZeroDivisionError("killed")


def killed(after, data, **params):
    model = LeNet5Classifier(**{**PARAMS, **params}, callbacks=[StopAfter(after)])
    with pytest.raises(ZeroDivisionError):
        model.fit(*data)


@pytest.mark.parametrize("after", [0, 1, 3, 7])
@pytest.mark.parametrize(
    "params",
    [{}, {"optimizer": "sgd", "early_stopping": False}, {"batch_size": 1000, "dropout": 0.0}],
    ids=["adamw", "sgd", "one batch"],
)
def test_it_goes_on_where_it_was(after, params, data, tmp_path):
    params = {**PARAMS, **params}
    whole = LeNet5Classifier(**params).fit(*data)
    params["checkpoint_dir"] = tmp_path
    killed(after, data, **params)
    model = LeNet5Classifier(**params).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))
    for name in ("train_loss", "valid_loss", "lr"):
        assert [r.get(name) for r in model.history_] == [r.get(name) for r in whole.history_]
    assert len(list(tmp_path.glob("epoch-*"))) <= 2


def test_a_finished_fit_is_not_run_again(data, tmp_path):
    first = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    again = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path, callbacks=[StopAfter(0)]).fit(*data)
    np.testing.assert_array_equal(weights(again), weights(first))
    assert again.history_ == first.history_


def test_without_a_seed_the_recorded_one_is_taken(data, tmp_path):
    params = {"random_state": None, "checkpoint_dir": tmp_path}
    killed(2, data, **params)
    model = LeNet5Classifier(**{**PARAMS, **params}).fit(*data)
    again = LeNet5Classifier(**{**PARAMS, **params}).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(again))
    assert model.n_iter_ == 8


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lr": 0.02}, "lr was 0.01 and is 0.02"),
        ({"conv_channels": (4, 9)}, r"conv_channels was \[4, 8\] and is \[4, 9\]"),
        ({"random_state": 1}, "random_state was 0 and is 1"),
        ({"max_epochs": 9}, "max_epochs was 8 and is 9"),
    ],
)
def test_another_configuration_is_refused(change, message, data, tmp_path):
    killed(1, data, checkpoint_dir=tmp_path)
    with pytest.raises(ValueError, match=rf"checkpoint of another fit: {message}.*Choose another"):
        LeNet5Classifier(**{**PARAMS, **change}, checkpoint_dir=tmp_path).fit(*data)


def test_other_data_are_refused(data, tmp_path):
    X, y = data
    killed(1, data, checkpoint_dir=tmp_path)
    changed = X.copy()
    changed[7, 3] += 1
    for other in ((changed, y), (X, np.roll(y, 1)), (X[:300], y[:300])):
        with pytest.raises(ValueError, match=r"holds the checkpoint of another fit: .* was"):
            LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*other)


@pytest.mark.parametrize("damage", ["cut", "flip", "empty", "noise"])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(damage, data, tmp_path):
    whole = LeNet5Classifier(**PARAMS).fit(*data)
    killed(4, data, checkpoint_dir=tmp_path)
    _, newest = sorted(tmp_path.glob("epoch-*"))
    content = newest.read_bytes()
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    newest.write_bytes(
        {"cut": content[:-9], "flip": bytes(flipped), "empty": b"", "noise": bytes(range(99))}[
            damage
        ]
    )
    with pytest.warns(
        UserWarning, match=r"epoch-000004\.checkpoint is damaged .*checksum is wrong"
    ):
        model = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))


def test_where_all_are_damaged_training_starts_afresh(data, tmp_path):
    whole = LeNet5Classifier(**PARAMS).fit(*data)
    killed(2, data, checkpoint_dir=tmp_path)
    for path in tmp_path.glob("epoch-*"):
        path.write_bytes(b"")
    with pytest.warns(UserWarning, match="damaged"):
        model = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))


def test_a_folder_that_cannot_be_is_refused_before_training(data, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match=r"checkpoint_dir=.* must be a folder that can be written to"):
        LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path / "file" / "folder").fit(*data)


def test_a_full_disk_costs_the_checkpoint_and_not_the_fit(data, tmp_path, monkeypatch):
    def full(path, content):
        if path.name.startswith("epoch"):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint_module, "write_atomically", full)
    whole = LeNet5Classifier(**PARAMS).fit(*data)
    with pytest.warns(UserWarning, match="No checkpoint of epoch 1 could be written"):
        model = LeNet5Classifier(**PARAMS, checkpoint_dir=tmp_path).fit(*data)
    np.testing.assert_array_equal(weights(model), weights(whole))


SCRIPT = """
    import hashlib, sys
    import torch
    from sklearn.datasets import load_digits
    from lenet_sklearn import LeNet5Classifier

    torch.set_num_threads(1)
    X, y = load_digits(return_X_y=True)
    params = {params!r}
    print("begin", flush=True)
    model = LeNet5Classifier(**params, checkpoint_dir=sys.argv[1] if sys.argv[1:] else None)
    model.fit(X[:400], y[:400])
    state = b"".join(p.detach().numpy().tobytes() for p in model.module_.parameters())
    print(hashlib.sha256(state).hexdigest(), flush=True)
"""


def test_kill_9_at_any_moment(tmp_path):
    """The process is killed again and again, at random moments, until it comes to its end."""
    script = tmp_path / "fit.py"
    script.write_text(textwrap.dedent(SCRIPT).format(params={**PARAMS, "max_epochs": 40}))
    run = [sys.executable, str(script)]
    expected = subprocess.run(run, check=True, capture_output=True, text=True).stdout.split()[-1]
    rng = random.Random(0)
    n_killed = 0
    for case in range(N_KILLS):
        folder = tmp_path / f"fit-{case}"
        process = subprocess.Popen([*run, str(folder)], stdout=subprocess.PIPE, text=True)
        process.stdout.readline()
        try:
            process.wait(rng.uniform(0.0, 3.0))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            n_killed += 1
        process.communicate()
        resumed = subprocess.run([*run, str(folder)], check=True, capture_output=True, text=True)
        assert resumed.stdout.split()[-1] == expected
    assert n_killed > 0
