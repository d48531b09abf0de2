"""Put a file in its place whole, or leave the old one as it was."""

from __future__ import annotations

import errno
import os
import shutil
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
        If `path` is a folder, its folder is missing or cannot be written to, or the disk is full.
        The old file is intact.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from lenet_sklearn._atomic import write_atomically
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "model")
    ...     write_atomically(path, b"new")
    ...     path.read_bytes()
    b'new'
    """
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, "path must name a file, not a folder", str(path))
    if not target.parent.is_dir():
        raise FileNotFoundError(
            errno.ENOENT, "path must be in a folder that exists; make it first", str(path)
        )
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


def _sync_folder(folder: Path) -> None:
    """Make the new directory entry survive a power cut, too."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
