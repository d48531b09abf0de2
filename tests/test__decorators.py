"""Each decorator does what scikit-learn's does, around a method of an estimator."""

import pytest
from sklearn.base import BaseEstimator
from sklearn.callback import CallbackSupportMixin

from lenet_sklearn._decorators import checks_parameters, with_callbacks


class Estimator(CallbackSupportMixin, BaseEstimator):
    _parameter_constraints = {"size": [int]}  # noqa: RUF012

    def __init__(self, size=1):
        self.size = size

    @with_callbacks
    @checks_parameters
    def fit(self, X, y=None):
        """Fit nothing."""
        self._init_callback_context()
        self.fitted_ = True
        return self


class Listener:
    """A callback that notes what it hears."""

    def __init__(self):
        self.heard = []

    def setup(self, estimator, context):
        self.heard.append("setup")

    def teardown(self, estimator, context):
        self.heard.append("teardown")

    def on_fit_task_begin(self, estimator, context, **about):
        self.heard.append("begin")

    def on_fit_task_end(self, estimator, context, **about):
        self.heard.append("end")


def test_parameters_are_checked_before_the_fit():
    wrong = Estimator("large")
    with pytest.raises(ValueError, match="The 'size' parameter of Estimator must be an instance"):
        wrong.fit([[1]])
    assert not hasattr(wrong, "fitted_")
    assert Estimator(2).fit([[1]]).size == 2


def test_callbacks_follow_the_fit():
    listener = Listener()
    Estimator().set_callbacks(listener).fit([[1]])
    assert listener.heard == ["setup", "teardown"]


def test_a_method_keeps_its_name_and_its_description():
    assert (Estimator.fit.__name__, Estimator.fit.__doc__) == ("fit", "Fit nothing.")
