from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from lenet_sklearn.datasets._download import download

BODY = bytes(range(256)) * 400  # several chunks
REMEDY = "Do this instead."


def _verify(path: Path) -> int:
    content = path.read_bytes()
    if content != BODY:
        raise ValueError(f"{path} has wrong content.")
    return len(content)


def _download(urls, target, **changes):
    settings = {"max_bytes": len(BODY) + 10, "remedy": REMEDY, "stall_timeout": 60.0, **changes}
    return download(urls, target, settings.pop("verify", _verify), **settings)


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "cache" / "some-set" / "file.gz"


def _set_bad(mirror, kind: str) -> str:
    """A mirror that fails in this way."""
    if kind == "refuses":
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
        return f"http://127.0.0.1:{port}/file"
    return {
        "404": lambda path: mirror.fail(path, 404),
        "500": lambda path: mirror.fail(path, 500),
        "redirected in a circle": lambda path: mirror.redirect(path, path),
        "hangs": mirror.hang,
        "trickles headers": mirror.trickle_headers,
        "trickles": lambda path: mirror.trickle_body(path, BODY),
        "stops half way": lambda path: mirror.stop_half_way(path, BODY),
        "breaks off": lambda path: mirror.break_off(path, BODY, announced=True),
        "breaks off, size unknown": lambda path: mirror.break_off(path, BODY, announced=False),
        "wrong content": lambda path: mirror.serve(path, BODY[::-1]),
        "empty": lambda path: mirror.serve(path, b""),
        "endless": lambda path: mirror.send_endlessly(path, BODY),
    }[kind]("/bad")


# These fail by the clock alone.
HANGING = {"hangs", "trickles headers", "trickles", "stops half way"}
REASONS = {
    "refuses": "refused",
    "404": "404 Client Error",
    "500": "500 Server Error",
    "redirected in a circle": "redirects",
    "hangs": "no progress for 0.3 s after 0 bytes|timed out",
    "trickles headers": "no progress for 0.3 s after 0 bytes",
    "trickles": "no progress for 0.3 s after 0 bytes",
    "stops half way": r"no progress for 0.3 s, after \d+ bytes|timed out",
    "breaks off": "IncompleteRead",
    "breaks off, size unknown": "the file it sent has wrong content",
    "wrong content": "the file it sent has wrong content",
    "empty": "the file it sent has wrong content",
    "endless": f"more than {len(BODY) + 10} bytes",
}


def test_first_mirror_is_good(mirror, target):
    first, second = mirror.serve("/first", BODY), mirror.serve("/second", BODY)
    assert _download([first, second], target) == len(BODY)
    assert target.read_bytes() == BODY
    assert os.listdir(target.parent) == ["file.gz"]
    assert mirror.paths_asked == ["/first"]


def test_redirection_is_followed(mirror, target):
    mirror.serve("/there", BODY)
    _download([mirror.redirect("/here", "/there")], target)
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("kind", REASONS)
def test_bad_mirror_then_a_good_one(mirror, target, kind):
    bad = _set_bad(mirror, kind)
    good = mirror.serve("/good", BODY)
    stall_timeout = 1.0 if kind in HANGING else 60.0
    assert _download([bad, good], target, stall_timeout=stall_timeout) == len(BODY)
    assert target.read_bytes() == BODY
    assert os.listdir(target.parent) == ["file.gz"]
    if mirror.url in bad:
        assert mirror.paths_asked[0] == "/bad"
    assert mirror.paths_asked[-1] == "/good"


@pytest.mark.parametrize("kind", REASONS)
def test_bad_mirror_alone(mirror, target, kind):
    bad = _set_bad(mirror, kind)
    with pytest.raises(
        OSError, match=f"file.gz: all mirrors failed.\n  - {bad}: .*{REASONS[kind]}"
    ):
        _download([bad], target, stall_timeout=0.3 if kind in HANGING else 60.0)
    assert os.listdir(target.parent) == []


def test_error_lists_every_mirror_and_the_remedy(mirror, target):
    urls = [mirror.fail("/a", 404), mirror.fail("/b", 503), mirror.serve("/c", b"no")]
    with pytest.raises(OSError, match="all mirrors failed") as caught:
        _download(urls, target)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[0] for line in lines[1:4]] == [f"  - {url}" for url in urls]
    for line, reason in zip(lines[1:4], ["404", "503", "wrong content"], strict=True):
        assert reason in line
    assert lines[4] == REMEDY
    assert ".part" not in str(caught.value)


def test_old_file_stays_until_a_good_one_is_there(mirror, target):
    target.parent.mkdir(parents=True)
    target.write_bytes(b"old")
    with pytest.raises(OSError, match="all mirrors failed"):
        _download([mirror.break_off("/bad", BODY, announced=True)], target)
    assert target.read_bytes() == b"old"
    _download([mirror.serve("/good", BODY)], target)
    assert target.read_bytes() == BODY


def test_body_of_exactly_the_limit_is_taken(mirror, target):
    assert _download([mirror.serve("/good", BODY)], target, max_bytes=len(BODY)) == len(BODY)


def test_file_can_be_read_by_those_who_may_read_any_new_file(mirror, target, tmp_path):
    _download([mirror.serve("/good", BODY)], target)
    (tmp_path / "new").touch()
    assert target.stat().st_mode == (tmp_path / "new").stat().st_mode


def test_interrupt_while_bytes_come(mirror, target):
    urls = [mirror.interrupt("/first", BODY), mirror.serve("/second", BODY)]
    with pytest.raises(KeyboardInterrupt):
        _download(urls, target)
    assert os.listdir(target.parent) == []
    assert mirror.paths_asked == ["/first"]


def test_interrupt_while_verifying(mirror, target):
    def interrupted(path):
        assert path.read_bytes() == BODY
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _download([mirror.serve("/first", BODY)], target, verify=interrupted)
    assert os.listdir(target.parent) == []


def test_a_file_where_the_folder_should_be(mirror, tmp_path):
    (tmp_path / "cache").write_bytes(b"")
    with pytest.raises(OSError, match=r"Cannot write file.gz into the folder .*cache.*Do this"):
        _download([mirror.serve("/good", BODY)], tmp_path / "cache" / "file.gz")
    assert mirror.paths_asked == []


def test_folder_that_cannot_be_written(mirror, target, monkeypatch):
    def read_only(path, mode):
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    url = mirror.serve("/good", BODY)
    monkeypatch.setattr(Path, "open", read_only)
    with pytest.raises(OSError, match=r"Cannot write .* Permission denied.* Make the folder writ"):
        _download([url], target)
    assert mirror.paths_asked == []


def test_disk_full(mirror, target, monkeypatch):
    class FullDisk(io.FileIO):
        def write(self, chunk):
            if self.tell():  # the first chunk still fits
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(chunk)

    urls = [mirror.serve("/first", BODY), mirror.serve("/second", BODY)]
    monkeypatch.setattr(Path, "open", lambda path, mode: FullDisk(path, mode))
    with pytest.raises(OSError, match=r"Cannot write .*No space left.* free space on its disk"):
        _download(urls, target)
    assert os.listdir(target.parent) == []
    assert mirror.paths_asked == ["/first"]  # another mirror would not help


def test_disk_full_when_moving(mirror, target, monkeypatch):
    def full(source, destination):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match=r"Cannot write .*No space left"):
        _download([mirror.serve("/first", BODY)], target)
    assert os.listdir(target.parent) == []


def test_two_processes_at_once(mirror, target):
    # Neither is answered before both have asked.
    url = mirror.serve("/good", BODY, barrier=threading.Barrier(2))
    script = (
        "import sys; from pathlib import Path\n"
        "from lenet_sklearn.datasets._download import download\n"
        "print(download([sys.argv[1]], Path(sys.argv[2]), lambda path: len(path.read_bytes()),\n"
        "               max_bytes=10**6, remedy='', stall_timeout=120.0))"
    )
    command = [sys.executable, "-c", script, url, str(target)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert outputs == [f"{len(BODY)}\n"] * 2
    assert target.read_bytes() == BODY
    assert os.listdir(target.parent) == ["file.gz"]
    assert mirror.paths_asked == ["/good", "/good"]
