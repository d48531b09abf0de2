"""scikit-learn's decorators of `fit`. A type checker still sees the signature of the method."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sklearn.base import _fit_context

Method = TypeVar("Method", bound=Callable[..., Any])


def checks_parameters(method: Method) -> Method:
    """Check the parameters of the estimator before its `fit` or `partial_fit` runs."""
    return cast(Method, _fit_context(prefer_skip_nested_validation=True)(method))


def with_callbacks(method: Method) -> Method:
    """Let the callbacks of scikit-learn follow `fit` or `partial_fit`."""
    from sklearn.callback import with_callbacks

    return cast(Method, with_callbacks(method))
