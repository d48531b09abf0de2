import errno
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn.persistence import save_model


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model"
    path.write_bytes(b"old")
    return path


def fail_with(error):
    def fail(*args, **kwargs):
        raise error

    return fail


def assert_old(path):
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_written_and_replaced(tmp_path):
    path = tmp_path / "model"
    for content in (b"first", b"", b"\0" * 100_000):
        write_atomically(path, content)
        assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_an_error_of_the_system_leaves_the_old_file(function, number, path, monkeypatch):
    monkeypatch.setattr(os, function, fail_with(OSError(number, os.strerror(number))))
    with pytest.raises(OSError, match=r"cannot write here .* nothing has changed") as caught:
        write_atomically(path, b"new")
    assert caught.value.errno == number
    assert caught.value.filename == str(path)
    assert_old(path)


def test_an_interrupt_leaves_the_old_file(path, monkeypatch):
    monkeypatch.setattr(os, "fsync", fail_with(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, b"new")
    assert_old(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit of file sizes")
def test_a_disk_that_fills_up_leaves_the_old_file(path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))  # the kernel writes no more
    try:
        with pytest.raises(OSError, match="cannot write here") as caught:
            write_atomically(path, bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno == errno.EFBIG
    assert_old(path)


def test_a_missing_folder_and_a_folder_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="a folder that exists; make it first"):
        write_atomically(tmp_path / "missing" / "model", b"new")
    with pytest.raises(IsADirectoryError, match=r"name a file\. Got a folder"):
        write_atomically(tmp_path, b"new")
    assert not any(tmp_path.iterdir())


def make_pipe(path):
    os.mkfifo(path)


def make_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def make_device(path):
    try:
        os.mknod(path, stat.S_IFCHR | 0o600, os.makedev(1, 3))  # as /dev/null
    except PermissionError:
        pytest.skip("only the superuser may make a device")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
@pytest.mark.parametrize(
    ("make", "kind"),
    [(make_pipe, "a pipe"), (make_socket, "a socket"), (make_device, "a device")],
)
@pytest.mark.parametrize("linked", [False, True], ids=["itself", "a link to it"])
def test_what_is_no_regular_file_is_not_replaced(make, kind, linked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    make(Path("special"))
    path = tmp_path / "special"
    mode = path.stat().st_mode
    if linked:
        path = tmp_path / "link"
        path.symlink_to("special")
    with pytest.raises(OSError, match=f"Got {kind}, which would be replaced") as caught:
        write_atomically(path, b"new")
    assert caught.value.filename == str(path)
    assert Path("special").stat().st_mode == mode
    assert sorted(os.listdir()) == (["link", "special"] if linked else ["special"])


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such files")
def test_a_model_is_not_saved_over_a_pipe(digits, small, tmp_path):
    X, _, y, _ = digits
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"regular file\. Got a pipe"):
        save_model(small(max_epochs=1).fit(X[:50], y[:50]), tmp_path / "pipe")
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.skipif(os.name != "posix", reason="Windows needs a privilege for links")
def test_a_link_to_nothing_gets_its_file(tmp_path):
    (tmp_path / "link").symlink_to("new")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "new").read_bytes() == b"new"


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() == 0, reason="the superuser may write to any folder"
)
def test_a_folder_that_is_read_only_is_named(path):
    path.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match="cannot write here"):
            write_atomically(path, b"new")
    finally:
        path.parent.chmod(0o700)
    assert_old(path)


def test_no_permission_to_make_a_file_is_named(path, monkeypatch):
    denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    monkeypatch.setattr("builtins.open", fail_with(denied))
    with pytest.raises(PermissionError, match=r"cannot write here .Permission denied"):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert_old(path)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions and links")
def test_permissions_and_links_stay(path):
    path.chmod(0o640)
    link = path.parent / "link"
    link.symlink_to(path)
    write_atomically(link, b"new")
    assert path.read_bytes() == b"new"
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(os.name != "posix", reason="Windows cannot fork")
def test_a_process_that_is_killed_leaves_the_old_file_or_the_new():
    script = Path(__file__).with_name("kill_while_saving.py")
    out = subprocess.run(
        [sys.executable, script, "50"], capture_output=True, text=True, check=True, timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    counts = json.loads(out.stdout)
    assert counts["old or new"] == 50
    assert counts["damaged"] == 0
    assert counts["killed in the middle"] > 0
