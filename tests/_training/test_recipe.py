"""What the parameters of the classifier say of a fit, as one value."""

import pickle
from dataclasses import FrozenInstanceError
from functools import partial

import pytest

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._training.recipe import Stopping, make_recipe
from lenet_sklearn._training.schedule import auto_epochs


@pytest.fixture
def make():
    """Make the recipe of a classifier with these parameters, for 1,000 images."""

    def recipe(n_samples=1000, one_pass=False, **params):
        return make_recipe(LeNet5Classifier(**params).get_params(deep=False), n_samples,
                           one_pass=one_pass)  # fmt: skip

    return recipe


def test_what_is_given_is_what_is_kept(make):
    params = {
        "optimizer": "sgd",
        "lr": 0.1,
        "weight_decay": 0.2,
        "lr_schedule": "cosine",
        "batch_size": 7,
        "label_smoothing": 0.3,
        "freeze": "conv",
        "augmentation": "objects",
        "device": "cpu",
    }
    recipe = make(**params)
    assert {name: getattr(recipe, name) for name in params} == params


def test_trained_weights_get_lower_rates(make):
    assert make(lr=0.1, pretrained="mnist").lr == pytest.approx(0.05)
    assert make(lr=0.1, one_pass=True).lr == pytest.approx(0.01)
    assert make(lr=0.1, pretrained="mnist", one_pass=True).lr == pytest.approx(0.01)


def test_it_is_one_frozen_value(make):
    assert make() == make()
    assert make() != make(lr=0.03)
    with pytest.raises(FrozenInstanceError):
        make().lr = 1.0


@pytest.mark.parametrize("augmentation", [None, "digits"])
def test_automatic_epochs_are_those_of_the_schedule(make, augmentation):
    for n in (10, 2_000, 100_000):
        recipe = make(n_samples=n, augmentation=augmentation)
        expected = auto_epochs(n, augmented=augmentation is not None)
        assert recipe.n_epochs == recipe.n_cycle == expected


def test_a_callable_does_not_lengthen_training(make):
    assert make(augmentation=abs).n_epochs == make().n_epochs < make(augmentation="digits").n_epochs


def test_epochs_that_are_given_are_taken(make):
    recipe = make(max_epochs=500)
    assert recipe.n_epochs == recipe.n_cycle == 500


@pytest.mark.parametrize(("max_epochs", "shorter"), [(10_000, True), (2, False), ("auto", False)])
def test_with_early_stopping_the_rate_falls_in_time(make, max_epochs, shorter):
    recipe = make(max_epochs=max_epochs, early_stopping=True)
    assert recipe.n_cycle == min(recipe.n_epochs, make().n_epochs)
    assert (recipe.n_cycle < recipe.n_epochs) == shorter


def test_stopping_is_what_early_stopping_was_told(make):
    assert make(monitor="train_loss", n_iter_no_change=3).stopping is None
    told = {"monitor": "train_loss", "n_iter_no_change": 3, "tol": 0.5}
    assert make(early_stopping=True, **told).stopping == Stopping("train_loss", 3, 0.5)


@pytest.mark.parametrize(("schedule", "rises"), [("one-cycle", True), ("cosine", False)])
def test_epochs_in_which_the_rate_rises(make, schedule, rises):
    recipe = make(max_epochs=8, lr_schedule=schedule)
    assert (0 < recipe.n_warm_up < 8) == rises
    assert (recipe.n_warm_up > 0) == rises


def test_one_pass_is_short_constant_and_slow(make):
    whole = make(max_epochs=9, early_stopping=True)
    once = make(max_epochs=9, early_stopping=True, one_pass=True)
    assert once.n_epochs == once.n_cycle == 1
    assert once.lr < whole.lr
    assert once.lr_schedule == "constant"
    assert once.stopping is None
    assert once.n_warm_up == 0


@pytest.mark.parametrize(
    ("params", "kept"), [({}, False), ({"warm_start": True}, True), ({"one_pass": True}, True)]
)
def test_the_optimiser_is_kept_where_training_may_go_on(make, params, kept):
    assert make(**params).resumable is kept


def test_the_loss_follows_the_output(make):
    assert make(output="linear").loss != make(output="rbf").loss


def test_what_is_kept_holds_no_function_of_the_user(make):
    recipe = make(augmentation=lambda images: images)
    kept = recipe.to_keep()
    assert pickle.loads(pickle.dumps(kept)) == kept
    assert recipe.augmentation is not None
    assert kept == make(augmentation=partial(max)).to_keep()
