"""A real cluster of two worker processes: the same rows, whatever becomes of workers."""

import os
import signal
import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.naive_bayes import GaussianNB

from lenet_sklearn import run_benchmark, run_reproductions
from lenet_sklearn._runs import dask_jobs
from lenet_sklearn._runs.dask_jobs import active_client, compute_on_dask
from lenet_sklearn._runs.engine import Plan, Task, run
from lenet_sklearn.robustness import evaluate_robustness
from lenet_sklearn.search import search_lenet5

dask = pytest.importorskip("dask", reason="Dask needs the package dask")
distributed = pytest.importorskip("distributed", reason="Dask needs the package distributed")

# The length of a pickle depends on which of its strings are one object.
NOT_SCORES = ["fit_seconds", "predict_microseconds", "size_bytes"]


@pytest.fixture(scope="module")
def cluster():
    # Dask's memory manager drops a copy of X that no job waits for, now and then also between the
    # sending of X and that of the jobs. The worker then fetches X a second time.
    no_manager = {"distributed.scheduler.active-memory-manager.start": False}
    with (
        dask.config.set(no_manager),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
        ) as started,
    ):
        yield started


@pytest.fixture(scope="module")
def client(cluster):
    # Not the default client: what is given to joblib must be enough.
    with distributed.Client(cluster, set_as_default=False) as connected:
        yield connected


@pytest.fixture
def two_workers(client):
    """Wait until the workers that an earlier test has killed are there again."""
    client.wait_for_workers(2, timeout=30)
    return client


@pytest.fixture
def on_dask(two_workers):
    with parallel_config(backend="dask", client=two_workers):
        yield two_workers


def pids(client):
    return client.run(os.getpid)


def make_plan(compute, n_tasks=6, shared=()):
    tasks = [Task(f"row {n}", lambda *s, n=n: compute(n, *s), {}) for n in range(n_tasks)]
    return Plan("rows", tasks, {}, lambda key, row: key, shared=shared)


def waiting(gate):
    """Make a job that ends once the file is there, so that a test can act before."""

    def compute(n, *shared):
        import os
        import time

        if n > 0:
            while not os.path.exists(gate):
                time.sleep(0.01)
        return {"n": n, "process": os.getpid(), "sum": sum(int(np.sum(part)) for part in shared)}

    return compute


def after_the_first_row(monkeypatch, act):
    """Call `act` as soon as a run has its first row."""
    compute, called = dask_jobs.compute_on_dask, []

    def acting(*args, **options):
        for pair in compute(*args, **options):
            yield pair
            if not called:
                called.append(act())

    monkeypatch.setattr("lenet_sklearn._runs.engine.compute_on_dask", acting)


# The same scores


def count_received():
    """Return the bytes that this worker has received since the last call."""
    from distributed.comm import tcp

    if not hasattr(tcp, "received"):
        read, tcp.received = tcp.read_bytes_rw, 0

        async def counting(stream, n):
            tcp.received += n
            return await read(stream, n)

        tcp.read_bytes_rw = counting
    received, tcp.received = tcp.received, 0
    return received


def test_a_benchmark_is_that_of_one_process_and_X_travels_once(on_dask, digits, small, tmp_path):  # noqa: N802
    X, _, y, _ = digits
    X = np.tile(X, (1, 16))  # 64 pixels would be lost among the messages
    models = {"Bayes": GaussianNB(), "LeNet-5": small(max_epochs=2, image_shape=(32, 32))}
    options = {"cv": 4, "random_state": 0, "progress": False}
    on_dask.run(count_received)
    result = run_benchmark(models, X, y, out_dir=tmp_path, **options)
    received = on_dask.run(count_received)
    assert result.environment["n_jobs"] == 2
    assert len(list(tmp_path.glob("rows/*.json"))) == 8
    serial = run_benchmark(models, X, y, n_jobs=1, **options)
    assert serial.environment["n_jobs"] == 1
    pd.testing.assert_frame_equal(
        result.scores.drop(columns=NOT_SCORES), serial.scores.drop(columns=NOT_SCORES)
    )
    assert len(received) == 2
    for n_bytes in received.values():
        assert X.nbytes <= n_bytes <= 1.1 * X.nbytes


def test_robustness_is_that_of_one_process(on_dask, digits):
    X, X_test, y, y_test = digits
    model = GaussianNB().fit(X, y)
    options = {"corruptions": ["fog", "rotate"], "severities": [1, 5], "random_state": 0}
    there = evaluate_robustness(model, X_test, y_test, progress=False, **options)
    with parallel_config(backend="threading", n_jobs=1):
        here = evaluate_robustness(model, X_test, y_test, progress=False, **options)
    pd.testing.assert_frame_equal(there.rows, here.rows)
    assert (there.environment["n_jobs"], here.environment["n_jobs"]) == (2, 1)


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """Name a small MNIST in a folder where workers find it."""
    import gzip
    import struct

    rng = np.random.default_rng(0)
    (tmp_path / "mnist").mkdir()
    for name, n in (("train", 300), ("t10k", 200)):
        images = rng.integers(0, 256, (n, 28, 28), dtype=np.uint8)
        labels = (np.arange(n) % 10).astype(np.uint8)
        for kind, array in (("images-idx3", images), ("labels-idx1", labels)):
            head = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(
                f">{array.ndim}I", *array.shape
            )
            path = tmp_path / "mnist" / f"{name}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(head + array.tobytes()))
    return tmp_path


def test_reproductions_are_those_of_one_process(on_dask, mnist):
    def measure():
        result = run_reproductions(
            "feedforward", seeds=[0, 1], data_home=mnist, quick=True, progress=False
        )
        return result.runs.drop(columns=["fit_seconds", "date"], errors="ignore")

    there = measure()
    with parallel_config(backend="threading", n_jobs=1):
        pd.testing.assert_frame_equal(there, measure())


def test_scikit_learn_finds_the_same_scores(on_dask, digits, small):
    X, _, y, _ = digits
    model = small(max_epochs=2)

    def measure():
        search = GridSearchCV(model, {"lr": [0.003, 0.01]}, cv=2, refit=False).fit(X, y)
        validated = cross_validate(model, X, y, cv=2)
        return search.cv_results_["mean_test_score"], validated["test_score"]

    there = measure()
    with parallel_config(backend="threading", n_jobs=1):
        np.testing.assert_array_equal(there, measure())


def test_a_search_stays_on_its_machine(on_dask, digits):
    X, _, y, _ = digits
    pytest.importorskip("optuna", reason="the search needs the package optuna")
    with pytest.raises(ValueError, match=r"processes of this machine.*Got the backend of Dask"):
        search_lenet5(X, y, budget_minutes=1)


# The active backend


def test_the_client_is_that_of_the_active_backend(two_workers):
    assert active_client() is None
    with parallel_config(backend="dask", client=two_workers):
        assert active_client() is two_workers
        with parallel_config(backend="loky"):
            assert active_client() is None


def test_one_job_is_computed_here(on_dask):
    plan = make_plan(lambda n: {"process": os.getpid()}, 2)
    rows, environment = run(plan, out_dir=None, n_jobs=1, progress=False)
    assert {row["process"] for row in rows} == {os.getpid()}
    assert environment["n_jobs"] == 1


def test_jobs_have_numbers_and_one_thread_each(on_dask):
    def look(n):
        import torch

        from lenet_sklearn._runs.jobs import job_number

        return {"number": job_number(), "threads": torch.get_num_threads()}

    rows, _ = run(make_plan(look, 4), out_dir=None, progress=False)
    assert [(row["number"], row["threads"]) for row in rows] == [(n, 1) for n in range(4)]


def test_an_error_of_a_job_is_raised_and_the_others_are_given_up(on_dask, tmp_path):
    def broken(n):
        if n == 0:
            raise OSError("broken")
        time.sleep(0.05)
        return {}

    with pytest.raises(OSError, match=r"^broken$"):
        run(make_plan(broken, 100), out_dir=tmp_path, progress=False)
    assert len(list(tmp_path.glob("rows/*.json"))) < 50


def test_workers_with_other_packages_are_refused(two_workers, monkeypatch):
    monkeypatch.setattr(dask_jobs, "package_versions", lambda: {"numpy": "0.1"})
    with pytest.raises(RuntimeError, match=r"The worker tcp://.* numpy was 0.1 and is \d"):
        list(compute_on_dask(two_workers, {"a": lambda: 1}, ()))


# Faults


@pytest.mark.parametrize("n_killed", [1, 2])
def test_killed_workers_cost_no_row(on_dask, monkeypatch, tmp_path, n_killed):
    """With both of them the images are lost too, and sent again."""
    gate = tmp_path / "gate"

    def act():
        for process in list(pids(on_dask).values())[:n_killed]:
            os.kill(process, signal.SIGKILL)
        gate.touch()

    after_the_first_row(monkeypatch, act)
    X = np.arange(1000)
    plan = make_plan(waiting(str(gate)), shared=(X, X))
    rows, _ = run(plan, out_dir=tmp_path / "out", progress=False)
    assert [(row["n"], row["sum"]) for row in rows] == [(n, 2 * X.sum()) for n in range(6)]
    assert len(list(tmp_path.glob("out/rows/*.json"))) == 6


def test_a_job_that_ends_its_worker_each_time_is_named(on_dask, cluster, monkeypatch, tmp_path):
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)

    def compute(n):
        import os

        return os._exit(1) if n == 1 else {}

    with pytest.raises(RuntimeError, match=r"^row 1: each worker of Dask that computed it ended"):
        run(make_plan(compute, 2), out_dir=tmp_path, progress=False)


def test_a_worker_that_joins_late_takes_part(on_dask, cluster, monkeypatch, tmp_path):
    """The others wait for it: without its part the run would not end."""
    gate, before = str(tmp_path / "gate"), list(pids(on_dask).values())

    def compute(n, X):
        import os
        import time

        if os.getpid() not in before:
            open(gate, "w").close()
        deadline = time.monotonic() + 30
        while n > 0 and not os.path.exists(gate) and time.monotonic() < deadline:
            time.sleep(0.01)
        return {"in_time": time.monotonic() < deadline, "sum": int(X.sum())}

    after_the_first_row(monkeypatch, lambda: cluster.scale(3))
    try:
        plan = make_plan(compute, 12, shared=(np.ones(1000),))
        rows, _ = run(plan, out_dir=None, progress=False)
    finally:
        cluster.scale(2)
    assert {row["sum"] for row in rows} == {1000}
    assert all(row["in_time"] for row in rows)


SCHEDULER = """
from distributed import LocalCluster
cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp",
                       dashboard_address=":0")
print(cluster.scheduler_address, flush=True)
input()
"""


def test_a_scheduler_that_ends_while_it_sends_a_result_is_lost(two_workers, monkeypatch):
    def broken_off(self, timeout=None):
        raise distributed.comm.CommClosedError("in <TCP (closed)>: Connection reset by peer")

    monkeypatch.setattr(distributed.Future, "result", broken_off)
    with pytest.raises(ConnectionError, match=r"scheduler at .* went away when 1 job of 1"):
        list(compute_on_dask(two_workers, {"a": lambda: 1}, ()))


def test_without_its_scheduler_a_run_ends_with_one_error(tmp_path, monkeypatch):
    scheduler = subprocess.Popen(
        [sys.executable, "-c", SCHEDULER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    gate, out = tmp_path / "gate", tmp_path / "out"
    plan = make_plan(waiting(str(gate)), shared=(np.ones(10),))
    try:
        address = scheduler.stdout.readline().strip()
        client = distributed.Client(address, set_as_default=False, timeout=10)
        with parallel_config(backend="dask", client=client), monkeypatch.context() as patch:
            after_the_first_row(patch, scheduler.kill)
            with pytest.raises(ConnectionError) as error:
                run(plan, out_dir=out, progress=False)
        client.close(timeout=1)
    finally:
        scheduler.kill()
        scheduler.communicate()
    assert str(error.value) == (
        f"The Dask scheduler at {address} went away when 5 jobs of 6 were not finished. Finished "
        f"rows are in out_dir={str(out)!r}: the same call, with or without Dask, goes on there."
    )
    assert [path.name[:5] for path in out.glob("rows/*.json")] == ["row-0"]
    gate.touch()
    rows, _ = run(plan, out_dir=out, progress=False)
    assert [row["n"] for row in rows] == list(range(6))
    assert rows[0]["process"] == scheduler.pid
    assert {row["process"] for row in rows[1:]} == {os.getpid()}


def test_nothing_is_left_running(two_workers):
    """The tests above leave no jobs behind, nor threads that wait."""
    deadline = time.monotonic() + 30
    while two_workers.processing() and any(two_workers.processing().values()):
        assert time.monotonic() < deadline
    assert joblib.effective_n_jobs(None) == 1
    assert threading.main_thread() is threading.current_thread()
