"""From parameters and checked data to what `train` needs."""

import numpy as np
import pytest

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._training.data import Given, Samples
from lenet_sklearn._training.plan import Earlier, plan_fit
from lenet_sklearn._training.train import train

X = np.random.default_rng(0).integers(0, 256, (60, 64), dtype=np.uint8)
Y = np.arange(60) % 3
SMALL = {"conv_channels": (2,), "kernel_size": 3, "hidden_layer_sizes": (4,), "input_size": 8}


def make(earlier=None, validation=None, one_pass=False, **params):
    params = LeNet5Classifier(**{**SMALL, "random_state": 0, **params}).get_params(deep=False)
    samples = Samples(X, infer_layout(X.shape), Y)
    return plan_fit(
        params, Given(X, Y), samples, validation, np.arange(3), earlier=earlier, one_pass=one_pass
    )


def test_the_parameters_become_records():
    plan = make(lr=0.02, max_epochs=7)
    assert (plan.recipe.lr, plan.recipe.n_epochs) == (0.02, 7)
    assert plan.network.architecture.conv_channels == (2,)
    assert plan.network.architecture.n_classes == 3
    assert (len(plan.data.train), plan.data.valid, plan.checkpoint) == (60, None, None)


def test_early_stopping_holds_out_unless_validation_data_are_given():
    held_out = make(early_stopping=True, validation_fraction=0.2)
    assert (len(held_out.data.train), len(held_out.data.valid)) == (48, 12)
    given = make(early_stopping=True, validation=(X[:5], Y[:5]))
    assert (len(given.data.train), len(given.data.valid)) == (60, 5)
    watched = make(early_stopping=True, monitor="train_loss")
    assert (len(watched.data.train), watched.data.valid) == (60, None)


def test_one_pass_keeps_no_checkpoint(tmp_path):
    assert make(checkpoint_dir=tmp_path).checkpoint is not None
    plan = make(checkpoint_dir=tmp_path, one_pass=True, early_stopping=True)
    assert (plan.checkpoint, plan.recipe.n_epochs, plan.recipe.stopping) == (None, 1, None)


def test_an_earlier_fit_goes_on_with_its_network_and_pixels():
    first = make(max_epochs=1)
    net = train(first.network, first.data, first.recipe)
    plan = make(Earlier(net, first.data.pixels))
    assert plan.network is net.module_
    assert plan.data.pixels is first.data.pixels
    with pytest.raises(ValueError, match=r"conv_channels changed from \(2,\) to \(3,\)"):
        make(Earlier(net, first.data.pixels), conv_channels=(3,))
