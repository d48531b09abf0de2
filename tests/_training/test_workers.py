"""Workers compute every item once, in any number of threads, and stop on errors."""

import threading

import joblib
import numpy as np
import pytest
import torch
from sklearn.base import clone

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn._training import workers
from lenet_sklearn._training.workers import PART, Workers, n_parts, workers_for

CPU = torch.device("cpu")


@pytest.fixture
def four_cores(monkeypatch):
    """Pretend that this process may use four cores, with four threads of torch."""
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
    before = torch.get_num_threads()
    torch.set_num_threads(4)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("n_threads", [1, 2, 5])
@pytest.mark.parametrize("n_items", [0, 1, 2, 50])
def test_results_come_in_order(n_threads, n_items):
    pool = Workers(n_threads)
    assert pool.map(lambda i: i * i, range(n_items)) == [i * i for i in range(n_items)]
    pool.close()


def test_helpers_take_part_and_use_one_thread_of_torch(four_cores):
    meet = threading.Barrier(4)

    def arrive(i):
        meet.wait(timeout=30)  # only four threads at once get past this
        return threading.get_ident(), torch.get_num_threads()

    with workers_for(CPU, 4) as pool:
        seen = pool.map(arrive, range(4))
        assert torch.get_num_threads() == 1
    assert len({ident for ident, _ in seen}) == 4
    assert {threads for _, threads in seen} == {1}
    assert torch.get_num_threads() == 4


def test_a_late_helper_holds_nobody_up():
    pool = Workers(2)
    busy, go = threading.Event(), threading.Event()
    pool._jobs[0].put(lambda: (busy.set(), go.wait(30)))  # a helper that does not come
    busy.wait(30)
    caller = threading.get_ident()
    assert set(pool.map(lambda i: threading.get_ident(), range(10))) == {caller}
    go.set()
    pool.close()


def test_an_error_of_any_thread_is_raised_and_the_rest_is_dropped():
    pool, done = Workers(3), []

    def fail_at_5(i):
        if i == 5:
            raise ValueError("five")
        done.append(i)

    with pytest.raises(ValueError, match="five"):
        pool.map(fail_at_5, range(10))
    assert pool.map(lambda i: i, range(10)) == list(range(10))  # still usable
    pool.close()


def fail_with_helpers(helpers):
    before = set(threading.enumerate())
    with workers_for(CPU, 9):
        helpers |= set(threading.enumerate()) - before
        raise RuntimeError("a fit that fails")


def test_helpers_end_with_the_fit(four_cores):
    helpers = set()
    with pytest.raises(RuntimeError, match="fails"):
        fail_with_helpers(helpers)
    assert len(helpers) == 3
    for helper in helpers:
        helper.join(timeout=30)
        assert not helper.is_alive()
    assert torch.get_num_threads() == 4


def test_no_more_threads_than_cores_that_the_process_may_use(monkeypatch, four_cores):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 1)
    before = set(threading.enumerate())
    with workers_for(CPU, 9):
        assert set(threading.enumerate()) <= before


def test_one_item_needs_no_helper(four_cores):
    before = set(threading.enumerate())
    with workers_for(CPU, 1):
        assert set(threading.enumerate()) <= before


def test_an_accelerator_gets_whole_batches_and_no_helpers():
    threads, before = torch.get_num_threads(), set(threading.enumerate())
    assert n_parts(1000, torch.device("cuda")) == 1
    with workers_for(torch.device("cuda"), 9):
        assert torch.get_num_threads() == threads
        assert set(threading.enumerate()) <= before
    assert n_parts(1000, CPU) == -(-1000 // PART)


def helpers_of(pool):
    return len(pool._threads)


def test_fits_in_threads_at_the_same_time_divide_the_cores(four_cores):
    """As under joblib's backend "threading", or in a worker of Dask with several threads."""
    barrier, seen = threading.Barrier(2), []

    def second_fit():
        with workers_for(CPU, 9) as pool:
            seen.append(helpers_of(pool))
            with workers_for(CPU, 9) as inner:  # a prediction in a fit
                seen.append(helpers_of(inner))
            barrier.wait(timeout=30)

    with workers_for(CPU, 9) as pool:
        assert helpers_of(pool) == 3
        other = threading.Thread(target=second_fit)
        other.start()
        barrier.wait(timeout=30)
        other.join()
    assert seen == [1, 0]
    with workers_for(CPU, 9) as pool:
        assert helpers_of(pool) == 3
    late = []
    thread = threading.Thread(target=lambda: late.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert late == [4]  # a thread that starts afterwards finds what the user has set


def test_two_models_fitted_in_threads_are_those_of_one(four_cores, digits):
    X, X_test, y, _ = digits
    model = LeNet5Classifier(max_epochs=2, random_state=0, batch_size=150)

    def fit(_):
        return clone(model).fit(X, y).predict_proba(X_test)

    expected = fit(0)
    with joblib.parallel_config(backend="threading", n_jobs=3):
        for proba in joblib.Parallel()(joblib.delayed(fit)(i) for i in range(3)):
            np.testing.assert_array_equal(proba, expected)


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"dropout": 0.3, "batch_size": 150},
        {"augmentation": "digits", "batch_size": 100},
        {"activation": "silu", "pooling": "avg", "batch_size": 1000, "early_stopping": True},
        {"kernel_size": 4, "batch_size": 128},
        {"activation": "relu", "pooling": "max", "batch_size": 128},
    ],
    ids=["default", "dropout", "distortions", "one batch", "plain layers", "relu"],
)
def test_weights_and_predictions_do_not_depend_on_threads(digits, monkeypatch, params):
    X, X_test, y, _ = digits
    monkeypatch.setattr(workers.joblib, "cpu_count", lambda: 4)
    before, found = torch.get_num_threads(), []
    try:
        for n_threads in (1, 2, 4):
            torch.set_num_threads(n_threads)
            model = LeNet5Classifier(max_epochs=2, random_state=0, **params).fit(X[:400], y[:400])
            weights = [p.detach().numpy().copy() for p in model.module_.parameters()]
            found.append((weights, model.predict_proba(X_test), model.loss_curve_))
    finally:
        torch.set_num_threads(before)
    for weights, proba, losses in found[1:]:
        for one, other in zip(weights, found[0][0], strict=True):
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(proba, found[0][1])
        assert losses == found[0][2]
