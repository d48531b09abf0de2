"""``--dask``: the same table from a cluster, and one line for each thing that can be wrong."""

import socket
import subprocess
import sys
import threading
import time

import pandas as pd
import pytest
from typer.testing import CliRunner

from lenet_sklearn import cli, reproductions
from lenet_sklearn._runs.dask_jobs import active_client
from lenet_sklearn.cli import _dask

distributed = pytest.importorskip("distributed", reason="Dask needs the package distributed")

BENCHMARK = ("benchmark", "--limit", "150", "--cv", "3")


def run(*args):
    env = {"COLUMNS": None, "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, args, env=env, prog_name="lenet-sklearn")


def assert_error(result, *parts):
    """One line on stderr, nothing on stdout, exit code 2."""
    code = result.exit_code if hasattr(result, "exit_code") else result.returncode
    assert (code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert result.stderr.startswith("Error: ")
    for part in parts:
        assert part in result.stderr


@pytest.fixture(scope="module")
def address():
    """A cluster in threads of this process: tests/_runs/test_dask_jobs.py has one of processes."""
    with distributed.LocalCluster(
        n_workers=1,
        threads_per_worker=2,
        processes=False,
        protocol="tcp",
        dashboard_address=":0",
        silence_logs=50,
    ) as cluster:
        yield cluster.scheduler_address


def test_a_benchmark_on_dask_is_the_same(address, tmp_path):
    args = (*BENCHMARK, "--models", "dummy,k-nn,mlp")
    result = run(*args, "--dask", address, "--out", str(tmp_path / "there"))
    assert (result.exit_code, result.stderr) == (0, "")
    assert run(*args, "--out", str(tmp_path / "here")).exit_code == 0
    there, here = (pd.read_csv(tmp_path / name / "scores.csv") for name in ("there", "here"))
    scores = ["model", "fold", "status", "accuracy", "log_loss", "f1_macro"]
    pd.testing.assert_frame_equal(there[scores], here[scores])
    assert '"n_jobs": 2' in (tmp_path / "there" / "run.json").read_text()
    assert active_client() is None


@pytest.mark.parametrize("args", [["feedforward"], ["--study", "transfer"]])
def test_reproductions_run_on_dask(address, monkeypatch, args):
    seen = []

    def record(*names, **options):
        seen.append(active_client().scheduler.address)
        raise ValueError("recorded")

    monkeypatch.setattr(reproductions, "run_reproductions", record)
    monkeypatch.setattr(reproductions, "run_study", record)
    assert_error(run("reproduce", *args, "--dask", address), "recorded")
    assert seen == [address]


def test_nobody_answers(monkeypatch, tmp_path):
    monkeypatch.setattr(_dask, "_SECONDS", 0.2)
    with socket.socket() as taken:  # it is bound, but it does not listen
        taken.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        result = run(*BENCHMARK, "--dask", place, "--out", str(tmp_path))
    assert_error(result, "'--dask'", f"no Dask scheduler answers at '{place}'", "'dask scheduler'")


def test_an_address_needs_a_port():
    assert_error(run(*BENCHMARK, "--dask", "nowhere"), "'--dask'", "missing port number")


def test_there_are_no_workers(address, monkeypatch):
    monkeypatch.setattr(distributed.Client, "scheduler_info", lambda *a, **k: {"workers": {}})
    result = run(*BENCHMARK, "--dask", address)
    assert_error(result, "has no workers", f"'dask worker {address}'")


def test_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    result = run(*BENCHMARK, "--dask", "localhost:8786")
    assert_error(result, "--dask needs the package 'distributed'", '"lenet-sklearn[scale]"')


def test_jobs_are_said_by_the_workers():
    result = run(*BENCHMARK, "--dask", "localhost:8786", "--jobs", "2")
    assert_error(result, "'--jobs'", "Leave --jobs or --dask out")


CLUSTER = """
from distributed import LocalCluster
cluster = LocalCluster(n_workers=1, threads_per_worker=1, processes=False, protocol="tcp",
                       dashboard_address=":0", silence_logs=50)
print(cluster.scheduler_address, flush=True)
input()
"""


def test_a_scheduler_that_goes_away_is_one_line(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", CLUSTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    ended = threading.Event()

    def kill():
        while not ended.is_set() and not list(tmp_path.glob("rows/*.json")):
            time.sleep(0.002)
        process.kill()

    thread = threading.Thread(target=kill)
    try:
        address = process.stdout.readline().strip()
        thread.start()
        command = (*BENCHMARK, "--models", "dummy,mlp", "--out", str(tmp_path))
        result = subprocess.run(  # in a process: nothing else is to be on its stderr
            [sys.executable, "-m", "lenet_sklearn", *command, "--dask", address],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        ended.set()
        process.kill()
        process.communicate()
    thread.join()
    assert_error(result, f"scheduler at {address} went away", f"in --out='{tmp_path}'")
    rows = {path: path.read_bytes() for path in tmp_path.glob("rows/*.json")}
    assert 1 <= len(rows) < 6
    assert run(*command).exit_code == 0
    assert {path: path.read_bytes() for path in rows} == rows
