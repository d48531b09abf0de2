"""Put a file in its place whole, or leave the old one as it was."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import uuid
from pathlib import Path


def write_atomically(path: str | os.PathLike[str], data: bytes | str) -> None:
    """Write `data` to `path`; whenever the process dies, the file is the old or the new one.

    What dies of ``kill -9`` or a power cut may leave a hidden ``.lenet_sklearn-….tmp`` beside the
    file, which can be deleted; what ends with an exception leaves nothing.

    Parameters
    ----------
    path : str or path-like
        Where to write. A link is followed; a file that is there keeps its permissions.
    data : bytes or str
        The whole new content; text is written as UTF-8.

    Raises
    ------
    OSError
        If `path` is a folder, a pipe, a socket or a device, its folder is missing or cannot be
        written to, or the disk is full. What was there is intact.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from lenet_sklearn._files.atomic import write_atomically
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model")
    ...     write_atomically(path, b"new")
    ...     path.read_bytes()
    b'new'
    """
    target = check_target(path)
    # Beside the target, as os.replace is only atomic within one file system.
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
    """Return the file that `path` leads to, where `write_atomically` would write it.

    Parameters
    ----------
    path : str or path-like
        As of `write_atomically`, which may come much later.

    Raises
    ------
    OSError
        If `path` is neither free nor a regular file, or its folder is missing.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG  # free
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "path must name a file, not a folder", str(path))
    if not stat.S_ISREG(mode):
        raise OSError(
            errno.EINVAL,
            f"path must be free or name a regular file, not {_name_kind(mode)}, which a file would "
            "replace; give another path",
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
    """Make the new directory entry survive a power cut, too."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
