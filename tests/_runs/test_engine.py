import json
import os
import threading

import numpy as np
import pytest
from joblib import parallel_config

from lenet_sklearn._runs import engine
from lenet_sklearn._runs.engine import Plan, Task, run
from lenet_sklearn._runs.storage import RunFolder

COMPUTED = []


def square(number):
    COMPUTED.append(number)
    return {"square": number**2}


@pytest.fixture(autouse=True)
def computed():
    COMPUTED.clear()
    return COMPUTED


def make_plan(numbers=(1, 2, 3), compute=square, settings=None, identity=None, **more):
    tasks = [Task(f"row {n}", lambda n=n: compute(n), settings or {"n": str(n)}) for n in numbers]
    return Plan("squares", tasks, identity or {}, lambda key, row: f"{key}: {row}", **more)


def rows_of(plan, out_dir=None, **options):
    return run(plan, out_dir=out_dir, progress=False, **options)[0]


def test_rows_come_in_the_order_of_the_tasks(tmp_path, computed):
    rows, environment = run(make_plan(), out_dir=None, progress=False)
    assert [row["square"] for row in rows] == [1, 4, 9]
    assert all(row["date"].startswith("20") for row in rows)
    assert environment["versions"]["python"]
    rows_of(make_plan((3, 1)), tmp_path)
    rows = rows_of(make_plan((1, 3)), tmp_path)
    assert [row["square"] for row in rows] == [1, 9]
    assert computed == [1, 2, 3, 3, 1]


def test_two_jobs_compute_the_same_rows_elsewhere(tmp_path, computed):
    plan = make_plan(compute=lambda n: {"square": n**2, "process": os.getpid()})
    rows, environment = run(plan, out_dir=tmp_path, n_jobs=2, progress=False)
    assert [row["square"] for row in rows] == [1, 4, 9]
    assert os.getpid() not in {row["process"] for row in rows}
    assert environment["n_jobs"] == 2
    assert [row["square"] for row in rows_of(make_plan(), tmp_path)] == [1, 4, 9]
    assert computed == []


def test_rows_of_other_settings_are_computed_again(tmp_path, computed):
    rows_of(make_plan(settings={"rate": "1"}), tmp_path)
    rows_of(make_plan(settings={"rate": "2"}), tmp_path)
    assert computed == [1, 2, 3] * 2


def test_rows_of_other_settings_are_refused_where_the_plan_says_so(tmp_path, computed):
    rows_of(make_plan(settings={"rate": "1"}, changed="refuse"), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("rows/*")}
    with pytest.raises(ValueError, match=r"of that name: rate was 1 and is 2\. Give the changed"):
        rows_of(make_plan(settings={"rate": "2"}, changed="refuse"), tmp_path)
    assert computed == [1, 2, 3]
    assert {path: path.read_bytes() for path in tmp_path.glob("rows/*")} == before


def test_other_identities_are_refused(tmp_path):
    rows_of(make_plan(identity={"quick": True}), tmp_path)
    with pytest.raises(ValueError, match="quick was True and is now False"):
        rows_of(make_plan(identity={"quick": False}), tmp_path)


def test_a_failed_task_leaves_the_finished_rows(tmp_path, computed):
    def broken(n):
        return square(n) if n < 3 else 1 / 0

    with pytest.raises(ZeroDivisionError):
        rows_of(make_plan(compute=broken), tmp_path)
    assert len(list(tmp_path.glob("rows/*.json"))) == 2
    rows_of(make_plan(), tmp_path)
    assert computed == [1, 2, 3]


@pytest.mark.parametrize("changed", ["recompute", "refuse"])
def test_a_failed_row_is_computed_again(tmp_path, computed, changed):
    plan = make_plan((1,), compute=lambda n: {"status": "failed"}, changed=changed)
    assert rows_of(plan, tmp_path)[0]["status"] == "failed"
    # A failed row of other settings is nobody's: it is refused by no plan.
    other = make_plan((1,), settings={"n": "other"}, changed=changed)
    assert rows_of(other, tmp_path)[0]["square"] == 1
    assert computed == [1]


def test_the_environment_is_that_of_the_first_run(tmp_path):
    rows_of(make_plan(), tmp_path)
    path = tmp_path / "run.json"
    manifest = json.loads(path.read_text())
    manifest["about"]["platform"] = "elsewhere"
    path.write_text(json.dumps(manifest))
    _, environment = run(make_plan(), out_dir=tmp_path, progress=False)
    assert environment["platform"] == "elsewhere"


def test_benchmarks_of_the_first_format_are_read(tmp_path, computed):
    """They named the settings "model", and rows had no date."""
    rows_of(make_plan((1,)), tmp_path)
    identity = json.loads((tmp_path / "run.json").read_text())["identity"]
    with RunFolder(tmp_path) as folder:
        folder.begin(identity)
        folder.write("row 1", {"model": {"n": "1"}, "row": {"square": 1}})
    assert rows_of(make_plan((1,)), tmp_path) == [{"square": 1}]
    assert computed == [1]


# The backend of joblib; tests/_runs/test_dask_jobs.py has Dask


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_rows_are_computed_where_parallel_config_says(backend):
    def where(n):
        return {"process": os.getpid(), "thread": threading.get_ident()}

    with parallel_config(backend=backend, n_jobs=2):
        rows, environment = run(make_plan(compute=where), out_dir=None, progress=False)
    assert environment["n_jobs"] == 2
    assert all((row["process"] == os.getpid()) == (backend == "threading") for row in rows)
    here = (os.getpid(), threading.get_ident())
    assert here not in {(row["process"], row["thread"]) for row in rows}


def test_the_number_of_the_call_has_priority(computed):
    with parallel_config(backend="loky", n_jobs=2):
        _, environment = run(make_plan(), out_dir=None, n_jobs=1, progress=False)
    assert environment["n_jobs"] == 1
    assert computed == [1, 2, 3]


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_tasks_take_what_the_plan_shares(n_jobs):
    tasks = [Task(f"row {n}", lambda *shared, n=n: {"sum": n + sum(shared)}) for n in range(3)]
    plan = Plan("sums", tasks, {}, lambda key, row: key, shared=(10, 100))
    assert [row["sum"] for row in rows_of(plan, n_jobs=n_jobs)] == [110, 111, 112]


def test_processes_map_large_arrays_from_one_file():
    def look(X):
        return {"mapped": isinstance(X, np.memmap) or isinstance(X.base, np.memmap)}

    tasks = [Task(f"row {n}", look) for n in range(4)]
    plan = Plan("arrays", tasks, {}, lambda key, row: key, shared=(np.zeros((2, 10**6)),))
    assert all(row["mapped"] for row in rows_of(plan, n_jobs=2))


def test_nothing_is_sent_where_nothing_is_missing(tmp_path, monkeypatch):
    rows_of(make_plan(), tmp_path)
    monkeypatch.setattr(engine, "Parallel", None)
    assert [row["square"] for row in rows_of(make_plan(), tmp_path, n_jobs=2)] == [1, 4, 9]
