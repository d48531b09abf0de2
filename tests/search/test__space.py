"""Spaces, as scikit-learn writes them, in Optuna's words."""

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from scipy.stats import loguniform, norm, randint, uniform
from sklearn.model_selection import ParameterSampler
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier, default_search_space
from lenet_sklearn.search._space import make_space


def test_the_default_space_suits_scikit_learn_too():
    for params in ParameterSampler(default_search_space(), 20, random_state=0):
        LeNet5Classifier(**params)._validate_params()
    assert "max_epochs" not in default_search_space()


def test_the_default_space_is_a_new_dict_each_time():
    default_search_space()["lr"] = None
    default_search_space()["activation"].append("gelu")
    assert default_search_space()["lr"] is not None
    assert "gelu" not in default_search_space()["activation"]


def test_the_default_parameters_are_in_the_default_space():
    space = make_space(None, LeNet5Classifier())
    drawn = space.encode(LeNet5Classifier().get_params())
    assert space.decode(drawn) == {
        name: LeNet5Classifier().get_params()[name] for name in default_search_space()
    }


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("lr", uniform(0.1, 0.4), FloatDistribution(0.1, 0.5)),
        ("lr", loguniform(0.1, 0.5), FloatDistribution(0.1, 0.5, log=True)),
        ("lr", FloatDistribution(0.1, 0.5), FloatDistribution(0.1, 0.5)),
        ("max_epochs", randint(2, 9), IntDistribution(2, 8)),
        ("lr", np.array([0.1, 0.2]), CategoricalDistribution([0.1, 0.2])),
        ("pooling", ("avg", None), CategoricalDistribution(["avg", None])),
        ("pooling", CategoricalDistribution(["avg"]), CategoricalDistribution(["avg"])),
        ("conv_channels", [(6, 16), 4], CategoricalDistribution(["(6, 16)", 4])),
        ("augmentation", [None, np.flip], CategoricalDistribution([None, "choice 1"])),
    ],
)
def test_conversion(name, values, expected):
    assert make_space({name: values}, LeNet5Classifier()).distributions == {name: expected}


def test_labels_stand_for_the_values_themselves():
    space = make_space({"conv_channels": [(6, 16), [4]]}, LeNet5Classifier())
    assert space.decode({"conv_channels": "[4]"}) == {"conv_channels": [4]}
    assert space.encode({"conv_channels": [6, 16], "lr": 1}) == {"conv_channels": "(6, 16)"}


@pytest.mark.parametrize("value", [0.05, 0.6, None, "0.2"])
def test_parameters_outside_of_the_space(value):
    space = make_space({"lr": uniform(0.1, 0.4)}, LeNet5Classifier())
    assert space.encode({"lr": value}) is None
    assert make_space({"lr": [0.2]}, LeNet5Classifier()).encode({"lr": value}) is None


def test_a_pipeline_has_prefixes():
    pipe = make_pipeline(ImagePreprocessor(), LeNet5Classifier())
    space = make_space(None, pipe)
    assert set(space.distributions) == {f"lenet5classifier__{n}" for n in default_search_space()}
    make_space({"imagepreprocessor__size": [16, 28]}, pipe)
    with pytest.raises(ValueError, match=r"Did you mean \['lenet5classifier__lr'\]\?"):
        make_space({"lr": [0.1]}, pipe)


@pytest.mark.parametrize(
    ("space", "error", "message"),
    [
        ({}, ValueError, "space is empty: give at least one parameter"),
        (["lr"], TypeError, "space must be a mapping .* Got list"),
        ({"rate": [1]}, ValueError, r"space must hold parameters of LeNet5Class.*\['rate'\]"),
        (
            {"lr": []},
            ValueError,
            r"space\['lr'\] must hold one or more different choices. Got \[\]",
        ),
        ({"lr": [1, 1]}, ValueError, "different choices"),
        ({"lr": 0.1}, TypeError, r"space\['lr'\] must be a list of choices, or uniform.* Got 0.1"),
        ({"lr": norm(0, 1)}, TypeError, "Got 'norm'"),
        ({"lr": [-1.0]}, ValueError, "The 'lr' parameter of LeNet5Classifier must be a float"),
        ({"dropout": uniform(0, 2)}, ValueError, "The 'dropout' parameter"),
        ({"activation": ["rellu"]}, ValueError, "The 'activation' parameter"),
    ],
)
def test_bad_spaces(space, error, message):
    with pytest.raises(error, match=message):
        make_space(space, LeNet5Classifier())


def test_optuna_is_named_if_it_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    with pytest.raises(ImportError, match=r'lenet-sklearn\[search\]"'):
        make_space(None, LeNet5Classifier())
    assert optuna is not None
