import os
import subprocess
import sys

import pytest

# Sends Ctrl-C to itself when a module is about to be imported, or at the very end.
PROGRAM = """
import atexit, os, runpy, signal, sys

moment, *sys.argv[1:] = sys.argv[1:]
signal.signal(signal.SIGINT, signal.default_int_handler)
seen = []

def interrupt(event, args):
    if event == "import" and args[0] == moment and not seen:
        seen.append(moment)
        os.kill(os.getpid(), signal.SIGINT)

sys.addaudithook(interrupt)
if moment == "exit":
    atexit.register(os.kill, os.getpid(), signal.SIGINT)
runpy.run_module("lenet_sklearn", run_name="__main__", alter_sys=True)
"""
QUICK = ["--models", "dummy", "--cv", "2"]


def run(moment, *args):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, moment, *args],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.skipif(os.name != "posix", reason="a process of Windows sends itself no Ctrl-C")
@pytest.mark.parametrize("command", [["benchmark", *QUICK], ["reproduce", "--quick"]])
@pytest.mark.parametrize(
    "moment",
    [
        "lenet_sklearn.cli._app",
        "typer",
        "numpy",
        "sklearn",
        "torch",
        "skorch",
        "lenet_sklearn.networks",
        "lenet_sklearn.comparison.benchmark",
    ],
)
def test_while_it_starts(moment, command):
    result = run(moment, *command)
    assert result.stderr == "Stopped: by Ctrl-C.\n"
    assert (result.returncode, result.stdout) == (130, "")


@pytest.mark.skipif(os.name != "posix", reason="a process of Windows sends itself no Ctrl-C")
def test_when_all_is_said():
    result = run("exit", "--version")
    assert (result.returncode, result.stderr) == (130, "Stopped: by Ctrl-C.\n")
    assert result.stdout.startswith("lenet-sklearn ")


def test_nobody_interrupts():
    result = run("never", "--version")
    assert (result.returncode, result.stderr) == (0, "")


def test_the_package_and_the_entry_point_import_nothing_slow():
    """Ctrl-C while they are imported would be a traceback: there is no time for it."""
    script = (
        "import sys; before = set(sys.modules); import lenet_sklearn.cli\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert out.stdout.split() == ["lenet_sklearn", "lenet_sklearn.cli"]
