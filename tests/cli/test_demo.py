"""The command, from its start to Ctrl-C."""

import re
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from typer.testing import CliRunner

from lenet_sklearn import cli, save_model

pytest.importorskip("starlette", reason="the page is served by starlette")
pytest.importorskip("uvicorn", reason="the page is served by uvicorn")
pytest.importorskip("PIL", reason="pictures are read by Pillow")


def run(*args, columns=None):
    env = {"COLUMNS": columns and str(columns), "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["demo", *map(str, args)], env=env)


def assert_error(result, *parts):
    """One line on stderr, nothing on stdout, exit code 2."""
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1), result.stderr
    assert result.stderr.startswith("Error: ")
    for part in parts:
        assert part in result.stderr


@pytest.fixture
def served(monkeypatch):
    """What would be served: the application and the socket; nothing is."""
    from lenet_sklearn.demo import server

    seen = []

    def serve(app, listener, on_ready):
        seen.append((app, listener.getsockname()))
        on_ready()

    monkeypatch.setattr(server, "serve", serve)
    return seen


def test_it_prints_its_address(served):
    result = run("--port", 0)
    ((_, (host, port)),) = served
    assert (result.exit_code, result.stderr, host) == (0, "", "127.0.0.1")
    assert result.stdout == f"Open http://127.0.0.1:{port} in a browser. Ctrl-C stops it.\n"


def test_it_warns_where_others_can_reach_it(served):
    result = run("--port", 0, "--host", "0.0.0.0")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: --host 0.0.0.0 shows the page to every machine")
    assert result.stderr.count("\n") == 1


def test_a_model_of_ones_own(served, small, digits, tmp_path):
    path = tmp_path / "mine.safetensors"
    save_model(small(max_epochs=1).fit(digits[0], digits[2]), path)
    assert run("--port", 0, "--model", path).exit_code == 0
    from starlette.testclient import TestClient

    app = served[0][0]
    models = TestClient(app, base_url="http://localhost").get("/models").json()["models"]
    assert models[0]["title"] == "mine.safetensors"
    assert len(models) == 3


def test_errors(tmp_path, taken_port):
    assert_error(
        run("--model", tmp_path / "absent"), "'--model'", "is no file", "lenet-sklearn train"
    )
    assert_error(run("--model", tmp_path), "'--model'", "is a folder")
    text = tmp_path / "text.safetensors"
    text.write_text("no model")
    assert_error(run("--model", text, "--port", 0), str(text), "holds no model")
    assert_error(run("--port", 70_000), "'--port'")
    assert_error(run("--host", "192.0.2.1"), "Error: --host must be a name", "Got '192.0.2.1'")
    remedy = f"with --port, such as {taken_port + 1}, or 0"
    assert_error(run("--port", taken_port), f"port {taken_port}", "in use", remedy)


@pytest.mark.parametrize("package", ["starlette", "uvicorn", "PIL.Image"])
def test_a_missing_extra_is_named(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    assert_error(run("--port", 0), package.partition(".")[0], 'pip install "lenet-sklearn[demo]"')


def test_the_examples(served, tmp_path, monkeypatch, small, digits):
    monkeypatch.chdir(tmp_path)
    save_model(small(max_epochs=1).fit(digits[0], digits[2]), "digits.safetensors")
    lines = run("--help", columns=80).stdout.splitlines()
    examples = [line.strip() for line in lines if line.startswith(" lenet-sklearn ")]
    assert len(examples) == 2
    for example in examples:
        assert run(*shlex.split(example)[2:], "--port", 0).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_with_open_connections():
    command = [sys.executable, "-m", "lenet_sklearn", "demo", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        address = re.search(r"http://\S+", process.stdout.readline()).group()
        port = int(address.rpartition(":")[2])
        assert urllib.request.urlopen(f"{address}/models", timeout=10).status == 200
        idle, waiting, half = (socket.create_connection(("127.0.0.1", port)) for _ in range(3))
        waiting.sendall(b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n"
                        b"Content-Type: image/png\r\n\r\nabc")  # fmt: skip
        half.sendall(b"GET / HTT")
        time.sleep(0.3)
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=10)
        seconds = time.monotonic() - start
    finally:
        process.kill()
    assert (process.returncode, out, error) == (130, "", "Stopped: by Ctrl-C.\n")
    assert seconds < 3  # two, on a machine that does nothing else
    for connection in (idle, waiting, half):
        connection.close()
