"""Write a file completely, or leave the old file unchanged."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import uuid
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write `data` to `path`; if the process dies, the file is either the old or the new one.

    After ``kill -9`` or a power cut, a hidden file ``.lenet_sklearn-….tmp`` may stay in the folder.
    It can be deleted. An exception leaves no such file. A link is followed. An existing file keeps
    its permissions. Text is written as UTF-8.

    Raises
    ------
    OSError
        If `path` is a folder, a pipe, a socket or a device, if its folder is missing or read-only,
        or if the disk is full. The old file is unchanged.
    """
    target = check_target(path)
    # In the same folder, because os.replace is atomic only within one file system.
    temporary = target.with_name(f".lenet_sklearn-{uuid.uuid4().hex}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(data.encode() if isinstance(data, str) else data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            shutil.copymode(target, temporary)
        os.replace(temporary, target)
        _sync_folder(target.parent)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(
            error.errno, f"cannot write here ({error.strerror}); nothing has changed", str(path)
        ) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_target(path: str | os.PathLike[str]) -> Path:
    """Return the file that `path` leads to, or raise if `write_atomically` could not write it."""
    target = Path(os.path.realpath(path))
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG  # free
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "path must name a file. Got a folder", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(
            errno.EINVAL,
            f"path must be free or name a regular file. Got {_name_kind(mode)}, which would be "
            "replaced. Give another path",
            str(path),
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "path must be in a folder that exists; make it first", str(path)
        )
    return target


def _name_kind(mode: int) -> str:
    kinds = [(stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket")]
    return next((name for is_kind, name in kinds if is_kind(mode)), "a device")


def _sync_folder(folder: Path) -> None:
    """Write the folder's new entry to the disk, so that it survives a power cut."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
