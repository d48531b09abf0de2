"""What a search among the models of a benchmark cost, and what it chose."""

from __future__ import annotations

from typing import Any

from sklearn.model_selection._search import BaseSearchCV
from sklearn.pipeline import Pipeline


def is_search(model: Any) -> bool:
    """Say whether a model, fitted or not, is a search or a pipeline that holds one."""
    return bool(_searches(model))


def count_fits(model: Any) -> int:
    """Count the fits of a fitted model; 1 for one that is no search.

    Each row of ``cv_results_`` is a candidate in an iteration. It was fitted once for each split.
    The last fit of a search, on all its data, counts too.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.neighbors import KNeighborsClassifier
    >>> from lenet_sklearn.comparison._searches import count_fits, describe_choice
    >>> search = GridSearchCV(KNeighborsClassifier(), {"n_neighbors": [1, 5, 9]}, cv=4)
    >>> search = search.fit(*load_iris(return_X_y=True))
    >>> count_fits(search), describe_choice(search)
    (13, 'n_neighbors=5')
    """
    searches = _searches(model)
    if not searches:
        return 1
    return sum(
        (len(search.cv_results_["params"]) * search.n_splits_ + 1)
        # The fits of a search within a search: as many as in the one that is left.
        * count_fits(search.best_estimator_)
        for search in searches
    )


def describe_choice(model: Any) -> str:
    """Write the parameters that a fitted search chose, in one line."""
    chosen = {
        name: value for search in _searches(model) for name, value in search.best_params_.items()
    }
    return ", ".join(f"{name}={' '.join(repr(value).split())}" for name, value in chosen.items())


def _searches(model: Any) -> list[Any]:
    if isinstance(model, BaseSearchCV):
        return [model]
    if isinstance(model, Pipeline):
        return [search for _, step in model.steps for search in _searches(step)]
    return []
