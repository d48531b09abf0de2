"""Search for the best parameters within a budget of time, with Optuna."""

from lenet_sklearn.search._result import SearchResult
from lenet_sklearn.search._space import default_search_space
from lenet_sklearn.search.search import search_lenet5

__all__ = ["SearchResult", "default_search_space", "search_lenet5"]
