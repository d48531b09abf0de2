"""Mirrors on loopback that behave well or badly, and tiny data sets to put on them."""

from __future__ import annotations

import _thread
import gzip
import hashlib
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from lenet_sklearn.datasets._records import Dataset, IdxFile, Split

_DATA = os.environ.get("LENET_SKLEARN_DATA")


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch):
    """No data folder of the user's, and no proxy between the tests and loopback."""
    monkeypatch.delenv("LENET_SKLEARN_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def real_data(monkeypatch) -> Path:
    """The user's folder with the true files, named in the environment as he has it."""
    if not _DATA:
        pytest.skip("set LENET_SKLEARN_DATA to a folder with mnist/ and fashion-mnist/")
    monkeypatch.setenv("LENET_SKLEARN_DATA", _DATA)
    return Path(_DATA)


def _to_idx(array: np.ndarray) -> bytes:
    codes = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
    header = bytes([0, 0, codes[array.dtype.str[1:]], array.ndim])
    dimensions = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return header + dimensions + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.fixture(scope="session")
def to_idx():
    return _to_idx


class Mirror:
    """An HTTP server with one behaviour for each path."""

    def __init__(self) -> None:
        self.paths_asked: list[str] = []
        self.release = threading.Event()  # set at the end: nothing hangs longer than its test
        self._behaviours = {}
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                mirror.paths_asked.append(self.path)
                behave = mirror._behaviours.get(self.path, lambda handler: handler.send_error(404))
                try:
                    behave(self)
                except ConnectionError:
                    self.close_connection = True  # the client has had enough

            def log_message(self, *args) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _set(self, path, behave) -> str:
        self._behaviours[path] = behave
        return self.url + path

    @staticmethod
    def _head(handler, length) -> None:
        handler.send_response(200)
        if length is not None:
            handler.send_header("Content-Length", str(length))
        handler.end_headers()

    def serve(self, path: str, body: bytes, *, barrier: threading.Barrier | None = None) -> str:
        def behave(handler):
            if barrier is not None:
                barrier.wait(timeout=120)
            self._head(handler, len(body))
            handler.wfile.write(body)

        return self._set(path, behave)

    def fail(self, path: str, status: int) -> str:
        return self._set(path, lambda handler: handler.send_error(status))

    def redirect(self, path: str, to: str) -> str:
        def behave(handler):
            handler.send_response(302)
            handler.send_header("Location", to)
            handler.end_headers()

        return self._set(path, behave)

    def hang(self, path: str) -> str:
        return self._set(path, lambda handler: self.release.wait())

    def trickle_headers(self, path: str) -> str:
        def behave(handler):
            handler.wfile.write(b"HTTP/1.0 200 OK\r\nX-Long: ")
            while not self.release.wait(0.01):
                handler.wfile.write(b"a")

        return self._set(path, behave)

    def trickle_body(self, path: str, body: bytes) -> str:
        def behave(handler):
            self._head(handler, len(body))
            for i in range(len(body)):
                if self.release.wait(0.01):
                    return
                handler.wfile.write(body[i : i + 1])

        return self._set(path, behave)

    def stop_half_way(self, path: str, body: bytes) -> str:
        def behave(handler):
            self._head(handler, len(body))
            handler.wfile.write(body[: len(body) // 2])
            self.release.wait()

        return self._set(path, behave)

    def break_off(self, path: str, body: bytes, *, announced: bool) -> str:
        def behave(handler):
            self._head(handler, len(body) if announced else None)
            handler.wfile.write(body[: len(body) // 2])

        return self._set(path, behave)

    def send_endlessly(self, path: str, body: bytes) -> str:
        def behave(handler):
            self._head(handler, None)
            handler.wfile.write(body)
            while not self.release.is_set():
                handler.wfile.write(bytes(2**16))

        return self._set(path, behave)

    def interrupt(self, path: str, body: bytes) -> str:
        """Press Ctrl-C in the test when half of the body has been sent."""

        def behave(handler):
            self._head(handler, len(body))
            handler.wfile.write(body[: len(body) // 2])
            handler.wfile.flush()
            _thread.interrupt_main()
            self.release.wait()

        return self._set(path, behave)


@pytest.fixture
def mirror():
    mirror = Mirror()
    yield mirror
    mirror.close()


class Tiny:
    """A data set of a few images: the arrays, the content of the files, the record."""

    def __init__(self, mirrors: tuple[str, ...]) -> None:
        rng = np.random.default_rng(0)
        self.arrays = {
            "train-images": rng.integers(0, 256, (5, 4, 3), dtype=np.uint8),
            "train-labels": np.array([1, 0, 1, 1, 0], dtype=np.uint8),
            "test-images": rng.integers(0, 256, (2, 4, 3), dtype=np.uint8),
            "test-labels": np.array([0, 1], dtype=np.uint8),
        }
        self.contents = {name: _to_idx(array) for name, array in self.arrays.items()}
        files = {
            name: IdxFile(name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in self.contents.items()
        }
        self.record = Dataset(
            name="tiny",
            title="Tiny",
            train=Split(files["train-images"], files["train-labels"]),
            test=Split(files["test-images"], files["test-labels"]),
            mirrors=mirrors,
            class_names=("nought", "one"),
            description="A few random images.",
            licence="none",
            citation="none",
        )

    def write(self, home: Path, *, compress: bool = True) -> Path:
        """Put the files into the subfolder of `home`, and return it."""
        folder = home / "tiny"
        folder.mkdir(parents=True)
        for name, content in self.contents.items():
            if compress:
                (folder / f"{name}.gz").write_bytes(gzip.compress(content))
            else:
                (folder / name).write_bytes(content)
        return folder


@pytest.fixture
def tiny(mirror) -> Tiny:
    """A data set that the mirror serves under /good/, and not under /gone/."""
    tiny = Tiny((f"{mirror.url}/gone/", f"{mirror.url}/good/"))
    for name, content in tiny.contents.items():
        mirror.serve(f"/good/{name}.gz", gzip.compress(content))
    return tiny
