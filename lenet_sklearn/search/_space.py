"""The parameters to search over, as scikit-learn writes them and as Optuna does."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import loguniform, uniform
from sklearn.base import clone

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn.search._steps import split_pipeline

_PLAIN = (type(None), bool, int, float, str)


def default_search_space() -> dict[str, Any]:
    """Return the parameters of LeNet5Classifier that are worth a search.

    `max_epochs` and `batch_size` are not in it: "auto" follows the number of images. The learning
    rates suit "adamw", the default optimiser. A network with "digits" or "objects" as augmentation
    trains six times as many epochs.

    Returns
    -------
    space : dict
        For each parameter a list of choices or a distribution of :mod:`scipy.stats`, as
        :class:`sklearn.model_selection.RandomizedSearchCV` takes them. It is a new dict, which may
        be changed.

    Examples
    --------
    >>> from lenet_sklearn import default_search_space
    >>> space = default_search_space()
    >>> sorted(space)
    ['activation', 'augmentation', 'conv_channels', 'dropout', 'hidden_layer_sizes',
     'label_smoothing', 'lr', 'pooling', 'weight_decay']
    >>> space["augmentation"] = ["digits"]
    """
    return {
        "conv_channels": [(6, 16), (12, 24), (16, 32)],
        "hidden_layer_sizes": [(84,), (120, 84)],
        "activation": ["silu", "relu", "tanh"],
        "pooling": ["avg", "max"],
        "dropout": uniform(0.0, 0.5),
        "lr": loguniform(3e-3, 5e-2),
        "weight_decay": loguniform(3e-3, 0.3),
        "label_smoothing": uniform(0.0, 0.2),
        "augmentation": [None, "digits", "objects"],
    }


@dataclass(frozen=True)
class SearchSpace:
    """A space in Optuna's words.

    Parameters
    ----------
    distributions : dict of str to optuna.distributions.BaseDistribution
        What Optuna draws.
    choices : dict of str to dict
        For a list of choices, the value that each drawn label stands for. Optuna stores numbers,
        strings and None alone.
    """

    distributions: dict[str, Any]
    choices: dict[str, dict[Any, Any]]

    def decode(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Return the parameters that were drawn."""
        return {k: self.choices[k][v] if k in self.choices else v for k, v in drawn.items()}

    def encode(self, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return what Optuna would have drawn; None if one of the parameters is not in the space.

        `params` may hold further ones.
        """
        drawn = {}
        for name, distribution in self.distributions.items():
            value = params[name]
            if name in self.choices:
                labels = [k for k, v in self.choices[name].items() if _equal(v, value)]
                if not labels:
                    return None
                drawn[name] = labels[0]
            elif not _is_number(value) or not distribution.low <= value <= distribution.high:
                return None
            else:
                drawn[name] = value
        return drawn


def make_space(space: Any, estimator: Any) -> SearchSpace:
    """Check a space against the estimator, and turn it into Optuna's words."""
    _, _, prefix = split_pipeline(estimator)
    if space is None:
        space = {f"{prefix}{name}": values for name, values in default_search_space().items()}
    if not isinstance(space, Mapping):
        raise TypeError(
            "space must be a mapping of parameters to lists or distributions, e.g. "
            f"{{'activation': ['relu', 'tanh']}}. Got {type(space).__name__}."
        )
    if not space:
        raise ValueError("space is empty: give at least one parameter, or None for the default.")
    known = estimator.get_params(deep=True)
    if unknown := [name for name in space if name not in known]:
        owner = type(estimator).__name__
        near = [f"{prefix}{name}" for name in unknown if f"{prefix}{name}" in known]
        hint = f"Did you mean {near}?" if near and prefix else "Look at estimator.get_params()."
        raise ValueError(f"space must hold parameters of {owner}. Got {unknown}. {hint}")
    distributions, choices = {}, {}
    for name, values in space.items():
        distributions[name], labels = _convert(name, values)
        if labels is not None:
            choices[name] = labels
        trial = list(labels.values()) if labels else _ends(distributions[name])
        for value in trial:
            candidate = clone(estimator).set_params(**{name: value})
            split_pipeline(candidate)[1]._validate_params()
    return SearchSpace(distributions, choices)


def _convert(name: str, values: Any) -> tuple[Any, dict[Any, Any] | None]:
    """Return Optuna's distribution, and for a list of choices what the labels stand for."""
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    kinds = optuna.distributions
    if isinstance(values, kinds.CategoricalDistribution):
        values = list(values.choices)
    elif isinstance(values, kinds.BaseDistribution):
        return values, None
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if isinstance(values, list | tuple):
        labels = {_label(place, value): value for place, value in enumerate(values)}
        if not values or len(labels) < len(values):
            raise ValueError(
                f"space[{name!r}] must hold one or more different choices. Got {values!r}."
            )
        return kinds.CategoricalDistribution(list(labels)), labels
    family = getattr(getattr(values, "dist", None), "name", None)
    if family in ("uniform", "loguniform", "reciprocal", "randint"):
        low, high = (end.item() if isinstance(end, np.generic) else end for end in values.support())
        if family == "randint":
            return kinds.IntDistribution(int(low), int(high)), None
        return kinds.FloatDistribution(low, high, log=family != "uniform"), None
    raise TypeError(
        f"space[{name!r}] must be a list of choices, or uniform, loguniform or randint of "
        f"scipy.stats, or a distribution of Optuna. Got {values if family is None else family!r}."
    )


def _label(place: int, value: Any) -> Any:
    """Return what stands for a choice in Optuna's storage."""
    value = value.item() if isinstance(value, np.generic) else value
    if type(value) in _PLAIN:
        return value
    items = value if isinstance(value, list | tuple) else [object()]
    return repr(value) if all(type(item) in _PLAIN for item in items) else f"choice {place}"


def _ends(distribution: Any) -> list[Any]:
    """Return least and greatest value of a range."""
    return [distribution.low, distribution.high]


def _equal(first: Any, second: Any) -> bool:
    if isinstance(first, list | tuple) and isinstance(second, list | tuple):
        return list(first) == list(second)
    return type(first) is type(second) and bool(first == second)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)
