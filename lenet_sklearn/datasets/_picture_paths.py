"""Find picture files: in folders, by a glob pattern, or as they are listed."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from typing import Any

from lenet_sklearn._messages import count, parameter
from lenet_sklearn.datasets._decode import FORMAT_NAMES, SUFFIXES

# The same real folder is read once, however many links lead to it.
_Seen = set[tuple[int, int]]


def find_pictures(paths_or_folder: Any, *, by_folder: bool) -> tuple[list[str], list[str] | None]:
    """Return the paths in sorted order (a list: in its own), and the label of each.

    Labels are None unless `by_folder`.
    """
    if isinstance(paths_or_folder, str | os.PathLike):
        path = _to_text(paths_or_folder)
        if os.path.isdir(path):
            return _find_in_folder(path, by_folder)
        if os.path.lexists(path):
            paths = [path]
        elif glob.has_magic(path):
            paths = _find_by_pattern(path)
        else:
            raise FileNotFoundError(
                f"There is no file or folder {path!r}. Give a folder, a list of paths, or a "
                "pattern such as 'digits/*.png'."
            )
    elif isinstance(paths_or_folder, Iterable) and not isinstance(paths_or_folder, bytes):
        paths = [_to_text(path) for path in paths_or_folder]
        if not paths:
            raise ValueError("paths_or_folder must name at least one picture. Got an empty list.")
    else:
        raise _wrong_type(paths_or_folder)
    if not by_folder:
        return paths, None
    return paths, [os.path.basename(os.path.dirname(os.path.abspath(path))) for path in paths]


def _to_text(path: Any) -> str:
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise _wrong_type(path)
    return text


def _wrong_type(value: Any) -> TypeError:
    return TypeError(
        "paths_or_folder must be a folder, a path, a glob pattern or a list of paths (str or "
        f"path-like). Got {type(value).__name__}."
    )


def _is_picture(name: str) -> bool:
    return not name.startswith(".") and os.path.splitext(name)[1].lower() in SUFFIXES


def _find_by_pattern(pattern: str) -> list[str]:
    found = [path for path in glob.glob(pattern, recursive=True) if not os.path.isdir(path)]
    paths = sorted(path for path in found if _is_picture(os.path.basename(path)))
    if not paths:
        others = f" It matches {count(len(found), 'other file')}." if found else ""
        raise ValueError(f"No picture matches the pattern {pattern!r}.{others} {_what_is_read()}")
    return paths


def _find_in_folder(folder: str, by_folder: bool) -> tuple[list[str], list[str] | None]:
    others: list[str] = []
    if not by_folder:
        paths = _walk(folder, set(), others)
        if not paths:
            raise _no_pictures(folder, others)
        return paths, None
    loose, folders = _list(folder, others)
    paths, labels = [], []
    for name in folders:
        inside = _walk(os.path.join(folder, name), {_identity(folder)}, others)
        paths += inside
        labels += [name] * len(inside)
    remedy = f"Pass {parameter('labels')}=None to read the pictures without labels"
    if loose and not paths:
        raise ValueError(
            f"{parameter('labels')}='folder' needs one folder for each class inside {folder!r}. "
            f"Got {count(len(loose), 'picture')} and no class folder with pictures. {remedy}."
        )
    if loose:
        raise ValueError(
            f"{parameter('labels')}='folder' needs each picture in the folder of its class. Got "
            f"{count(len(loose), 'picture')} outside of the class folders, such as {loose[0]!r}. "
            f"Move or remove them. {remedy}."
        )
    if not paths:
        raise _no_pictures(folder, others)
    return paths, labels


def _identity(folder: str) -> tuple[int, int]:
    info = os.stat(folder)
    return info.st_dev, info.st_ino


def _list(folder: str, others: list[str]) -> tuple[list[str], list[str]]:
    """Return the paths of the pictures and the names of the folders, both sorted.

    Hidden ones are left out. Visible files that are no pictures go to `others`.
    """
    pictures, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if _is_dir(entry):
                folders.append(entry.name)
            elif _is_picture(entry.name):
                pictures.append(entry.path)
            else:
                others.append(entry.path)
    return sorted(pictures), sorted(folders)


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _walk(folder: str, seen: _Seen, others: list[str]) -> list[str]:
    """Return all pictures below a folder, sorted; links that form a circle are followed once."""
    paths, waiting = [], [folder]
    while waiting:
        here = waiting.pop()
        identity = _identity(here)
        if identity in seen:
            continue
        seen.add(identity)
        pictures, folders = _list(here, others)
        paths += pictures
        waiting += [os.path.join(here, name) for name in reversed(folders)]
    return sorted(paths)


def _no_pictures(folder: str, others: list[str]) -> ValueError:
    found = ""
    if others:
        found = f" Got {count(len(others), 'other file')}, such as {min(others)!r}."
    return ValueError(f"The folder {folder!r} has no pictures.{found} {_what_is_read()}")


def _what_is_read() -> str:
    return f"Read are {FORMAT_NAMES} files."
