"""A folder of finished rows, so that a killed run goes on where it stopped.

A run that takes hours is a set of rows, one per unit of work. :class:`RunFolder` keeps each row in
a file of its own, beside a manifest that says which run the rows belong to::

    out_dir/
      run.json                 what is being run, written before the first row
      rows/svm-fold-3-1f0c….json    one finished row
      .lock                    held by the process that is writing here
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._messages import parameter

logger = logging.getLogger(__name__)

FORMAT = 1  # raise it when an older reader would misread a folder; such folders are then refused
_MAX_DIFFERENCES = 5


class RunFolder:
    """The rows of one run in one folder: locked, resumable, and never mixed with another run's.

    Use it as a context manager, call `begin` once, then `write` for each row. `recorded` is the
    manifest that the folder holds on entering, None for a new folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.recorded: dict[str, Any] | None = None
        self._rows = self.path / "rows"
        self._lock: IO[str] | None = None
        self._run_id = ""
        self.label = _label(self.path)

    def __enter__(self) -> RunFolder:
        self._rows.mkdir(parents=True, exist_ok=True)
        self._lock = lock_file(
            self.path / ".lock",
            f"{self.label} is in use by another run. Wait until it ends, or give another "
            f"{parameter('out_dir')}.",
        )
        try:
            for folder in (self.path, self._rows):
                for leftover in folder.glob(".*.tmp"):  # of a writer that was killed
                    leftover.unlink()
            self.recorded = read_manifest(self.path)
        except BaseException:
            self._release()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._release()

    def begin(
        self, identity: Mapping[str, Any], *, about: Mapping[str, Any] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Claim the folder for a run, and return the rows that are finished already."""
        identity = json.loads(json.dumps(identity))  # tuples become lists, as in the file
        self._run_id = _digest(FORMAT, identity)
        if self.recorded is None:
            if any(self._rows.iterdir()):
                raise ValueError(
                    f"{self.label} holds rows but no run.json that says what they "
                    f"belong to. Give another {parameter('out_dir')}."
                )
            self.recorded = {"format": FORMAT, "identity": identity, "about": dict(about or {})}
            write_atomically(self.path / "run.json", json.dumps(self.recorded, indent=1) + "\n")
            return {}
        if differences := identity_differences(self.recorded["identity"], identity):
            raise ValueError(
                f"{self.label} holds the rows of another run: {join_differences(differences)}. "
                f"Give another {parameter('out_dir')}, or repeat the call that began this one."
            )
        return dict(filter(None, map(self._read_row, sorted(self._rows.glob("*.json")))))

    def write(self, key: str, row: Mapping[str, Any]) -> None:
        """Put a finished row on disk; after this returns, no crash loses it."""
        content = {"key": key, "row": dict(row), "sha256": _digest(self._run_id, key, dict(row))}
        write_atomically(self._row_path(key), json.dumps(content, indent=1) + "\n")

    def _row_path(self, key: str) -> Path:
        # The slug is for human eyes; the digest keeps keys apart that differ in other characters.
        slug = re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-")[:60]
        return self._rows / f"{slug}-{_digest(key)[:12]}.json"

    def _read_row(self, path: Path) -> tuple[str, dict[str, Any]] | None:
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            key, row = content["key"], content["row"]
            # The digest also covers the run, so that a row copied from elsewhere does not count.
            if content["sha256"] == _digest(self._run_id, key, row):
                return key, row
        except (ValueError, KeyError, TypeError, RecursionError):
            pass
        logger.warning("%s is damaged; its row will be computed again", path)
        path.unlink()
        return None

    def _release(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def read_manifest(folder: str | os.PathLike[str]) -> dict[str, Any] | None:
    """Return what a folder's run.json says of its run; None where there is no run."""
    path = Path(folder) / "run.json"
    if not path.exists():
        return None
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        readable = manifest["format"] == FORMAT and isinstance(manifest["identity"], dict)
    except (ValueError, KeyError, TypeError, RecursionError):
        readable = False
    if not readable:
        raise ValueError(
            f"{_label(folder)}: its run.json is damaged, or of another version of lenet_sklearn. "
            f"Give another {parameter('out_dir')}."
        )
    return manifest


def _label(folder: str | os.PathLike[str]) -> str:
    """Name the folder as the argument that it is."""
    return f"{parameter('out_dir')}={os.fspath(folder)!r}"


def lock_file(path: Path, in_use: str) -> IO[str]:
    """Lock a file for this process, or raise a ValueError that says `in_use`.

    The system drops the lock when the process dies.
    """
    file = open(path, "a", encoding="utf-8")  # noqa: SIM115  (stays open: it is the lock)
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            # flock, not lockf: it also keeps two threads of one process apart.
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        file.close()
        raise ValueError(in_use) from None
    except BaseException:
        file.close()
        raise
    return file


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def join_differences(differences: Sequence[str]) -> str:
    """Make one text of the first few differences."""
    shown = [*differences[:_MAX_DIFFERENCES]]
    if len(differences) > _MAX_DIFFERENCES:
        shown.append(f"and {len(differences) - _MAX_DIFFERENCES} more")
    return "; ".join(shown)


def identity_differences(recorded: Any, current: Any, where: str = "") -> list[str]:
    """Name each leaf that differs, as ``models.SVM.C was 1.0 and is now 10.0``."""
    if isinstance(recorded, dict) and isinstance(current, dict):
        found: list[str] = []
        for key in [*recorded, *(key for key in current if key not in recorded)]:
            name = f"{where}.{key}" if where else parameter(key)
            if key not in current:
                found.append(f"{name} is no longer there")
            elif key not in recorded:
                found.append(f"{name} was not there")
            else:
                found += identity_differences(recorded[key], current[key], name)
        return found
    return [] if recorded == current else [f"{where} was {recorded!r} and is now {current!r}"]
