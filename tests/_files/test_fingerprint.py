"""Equal content is described by the same text in every process, any other by another."""

from __future__ import annotations

import functools
import importlib
import os
import subprocess
import sys
import textwrap
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.svm import SVC

from lenet_sklearn._files.fingerprint import describe, differences, package_versions

SCALE = 3


def scaled(X):
    return X * SCALE


def endless(n):
    return endless(n - 1) if n else 0


class Slotted:
    __slots__ = ("a",)

    def __init__(self, a):
        self.a = a


class Holder:
    def __init__(self, a):
        self.a = a


class Recorder:
    """Has an attribute that a fit learns."""

    def __init__(self, rate):
        self.rate = rate

    def get_params(self, deep=True):
        return {"rate": self.rate}


def test_nested_parameters_are_all_there():
    described = describe(make_pipeline(StandardScaler(), SVC(C=3)))
    assert described[""] == "sklearn.pipeline.Pipeline"
    assert described[".steps[1][1]"] == "sklearn.svm._classes.SVC"
    assert described[".steps[1][1].C"] == "3"
    assert all(isinstance(text, str) for text in described.values())


@pytest.mark.parametrize("model", [SVC(), RandomForestClassifier(), StandardScaler()])
def test_of_scikit_learns_estimators_the_parameters_count_alone(model):
    assert describe(model).keys() == {"", *(f".{name}" for name in model.get_params())}


def holding(value):
    return lambda: value


# Made at each call, so that equal ones are not the same object.
PAIRS = [
    lambda: (SVC(), SVC(C=2)),
    lambda: (SVC(), RandomForestClassifier()),
    lambda: (make_pipeline(SVC()), make_pipeline(SVC(kernel="linear"))),
    lambda: (FunctionTransformer(np.sin), FunctionTransformer(np.cos)),
    lambda: (GridSearchCV(SVC(), {"C": [1]}), GridSearchCV(SVC(), {"C": [2]})),
    lambda: (SVC(class_weight={0: 1}), SVC(class_weight={0: 2})),
    lambda: (np.zeros(2000), np.ones(2000)),
    lambda: (np.array(["a", None]), np.array(["b", None])),
    lambda: (np.float64(1), np.float64(2)),
    lambda: (torch.zeros(2, dtype=torch.bfloat16), torch.ones(2, dtype=torch.bfloat16)),
    lambda: (torch.Generator().manual_seed(1), torch.Generator().manual_seed(2)),
    lambda: (np.random.default_rng(1), np.random.default_rng(2)),
    lambda: (np.random.RandomState(1), np.random.RandomState(2)),
    lambda: (pd.Series([1, 2]), pd.Series([1, 3])),
    lambda: (pd.Series([1, 2], [3, 4]), pd.Series([1, 2], [4, 3])),
    lambda: (pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})),
    lambda: (sparse.csr_array(np.eye(2)), sparse.csr_array(2 * np.eye(2))),
    lambda: (slice(1, 2), slice(1, 3)),
    lambda: (range(2), range(3)),
    lambda: (b"1", b"2"),
    lambda: ({1, 2}, {1, 3}),
    lambda: ({"a": [1]}, {"a": [2]}),
    lambda: (Slotted(1), Slotted(2)),
    lambda: (Holder(1), Holder(2)),
    lambda: (StratifiedKFold(3), StratifiedKFold(4)),
    lambda: ([].append, [1].append),
    lambda: (functools.lru_cache(lambda x: x), functools.lru_cache(lambda x: -x)),
    lambda: (functools.partial(pow, 2), functools.partial(pow, 3)),
    lambda: (holding(1), holding(2)),
    lambda: (lambda x: x in {"a", "b"}, lambda x: x in {"a", "c"}),
    lambda: (lambda x: lambda: x + 1, lambda x: lambda: x + 2),
    # What an estimator has learned counts where a function holds it: no fit makes it again.
    lambda: tuple(holding(GaussianNB().fit([[0], [k]], [0, 1])) for k in (1, 2)),
]


@pytest.mark.parametrize("pair", PAIRS)
def test_another_content_is_another_description(pair):
    one, other = pair()
    assert describe(one) != describe(other)
    assert describe(one) == describe(pair()[0])
    assert differences(describe(one, "x"), describe(pair()[0], "x")) == []
    assert differences(describe(one, "x"), describe(other, "x"))[0].startswith("x")


def test_a_global_that_a_helper_reads(monkeypatch):
    before = describe(lambda X: scaled(X), "x")
    monkeypatch.setitem(globals(), "SCALE", 4)
    (difference,) = differences(before, describe(lambda X: scaled(X), "x"))
    assert difference.endswith("SCALE] was 3 and is 4")


def test_cycles_end():
    items = [1]
    items.append(items)
    assert describe(items, "x")["x[1]"] == "the same as x"
    assert describe(endless)[""].endswith("endless")
    holder = Holder(None)
    holder.a = holder
    assert describe(holder, "x")["x.a"] == "the same as x"


def test_what_pickle_notes_in_a_class_does_not_count():
    class Fresh(GaussianNB):
        pass

    before = describe(Fresh(), "model")
    Fresh().__reduce_ex__(4)  # copyreg keeps the names of the slots in the class
    assert "__slotnames__" in vars(Fresh)
    assert describe(Fresh(), "model") == before


def test_what_a_fit_learns_does_not_count():
    recorder = Recorder(3)
    before = describe(recorder)
    recorder.losses_ = [1]
    assert describe(recorder) == before
    recorder.rest = 1
    assert describe(recorder) != before


@pytest.mark.parametrize(
    "value",
    [
        threading.Lock(),
        (i for i in ()),
        object(),
        np.frompyfunc(lambda x: x, 1, 1),
    ],
)
def test_what_has_no_content_is_refused(value):
    held = Holder([value])
    with pytest.raises(ValueError, match=r"^x\.a\[0\] must have content.*lenet_sklearn_name"):
        describe(held, "x")
    held.lenet_sklearn_name = "the first"
    assert describe(held, "x") == {"x": "named 'the first'"}


def test_an_open_file_is_refused(tmp_path):
    with (
        open(tmp_path / "file", "w") as file,
        pytest.raises(ValueError, match=r"^x must have content.*_io\.TextIOWrapper"),
    ):
        describe(file, "x")


def test_too_deep_is_refused():
    deep: list = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="x must have content"):
        describe(deep, "x")


def test_parts_of_what_differs_are_not_named():
    before, after = describe(Holder([1, 2]), "x"), describe(Slotted([1, 2]), "x")
    (difference,) = differences(before, after)
    assert "Holder and is" in difference
    assert differences({"a": "1"}, {"b": "2"}) == [
        "a was 1 and is no longer there",
        "b was not there and is 2",
    ]


SCRIPT = """
    import functools, json
    import numpy as np
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer
    from lenet_sklearn._files.fingerprint import describe

    LIMITS = {"low", "high", "middle"}

    class Callback:
        def __call__(self, X):
            return super().__class__, LIMITS

    def outer(b):
        return lambda X: X in {"x", "y", "z"} or b or LIMITS

    values = [np.sin, print, {"x", "y", "z"}, outer(2), outer, Callback(), Callback().__call__,
              functools.partial(outer, b=1), make_pipeline(FunctionTransformer(outer(3))),
              {outer: 1, Callback: 2}, {outer, Callback, print}]
    print(json.dumps(describe(values)))
"""


def test_the_same_in_another_process(tmp_path):
    outputs = {
        subprocess.run(
            [sys.executable, "-c", textwrap.dedent(SCRIPT)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    (output,) = outputs
    assert "numpy.sin" in output
    assert " at 0x" not in output


helpers_ = None  # a module of the user


def test_a_changed_module_of_the_user(tmp_path, monkeypatch):
    (tmp_path / "helpers_of_mine.py").write_text("def f(X): return X\n")
    monkeypatch.syspath_prepend(tmp_path)
    helpers = importlib.import_module("helpers_of_mine")
    monkeypatch.setitem(globals(), "helpers_", helpers)
    before = describe(lambda X: helpers_.f(X), "x")
    exec("def f(X): return -X", vars(helpers))
    (difference,) = differences(before, describe(lambda X: helpers_.f(X), "x"))
    assert "helpers_.f].code was" in difference


def test_versions():
    assert {"python", "numpy", "scikit-learn", "torch", "lenet-sklearn"} <= set(package_versions())
