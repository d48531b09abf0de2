"""The SQLite file of a search: locked, resumable, and never that of another search."""

from __future__ import annotations

import functools
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._messages import parameter
from lenet_sklearn._runs.storage import identity_differences, join_differences, lock_file

STUDY = "search_lenet5"
_SECONDS_TO_WAIT = 60  # for another process that is writing


@contextmanager
def locked_file(storage: str | os.PathLike[str]) -> Iterator[Path]:
    """Lock the file of a search for this call, and yield its path."""
    if not isinstance(storage, str | os.PathLike):
        raise TypeError(
            f"{parameter('storage')} must be the path of an SQLite file, or None. Got "
            f"{type(storage).__name__}."
        )
    label = _label(storage)
    if "://" in os.fspath(storage):
        raise ValueError(
            f"{parameter('storage')} must be the path of an SQLite file. Got the address "
            f"{os.fspath(storage)!r}. Give the path alone, e.g. 'search.db'."
        )
    path = Path(storage).absolute()
    if path.is_dir():
        raise ValueError(
            f"{label} is a folder. Give the path of a file, e.g. {os.fspath(path / 'search.db')!r}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    _check_content(path, label)
    in_use = (
        f"{label} is in use by another search. Wait until it ends, or give another "
        f"{parameter('storage')}."
    )
    with closing(lock_file(path.with_name(f".{path.name}.lock"), in_use)):
        yield path


def _check_content(path: Path, label: str) -> None:
    """Refuse a file that no search has written."""
    if not path.exists() or path.stat().st_size == 0:
        return
    names: set[str] = set()
    ours = False
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
            if "studies" in names:
                found = {row[0] for row in connection.execute("SELECT study_name FROM studies")}
                ours = found <= {STUDY}
    except sqlite3.DatabaseError:  # no SQLite file
        names = {"?"}
    if names and not ours:
        raise ValueError(
            f"{label} is a file of something else, not of search_lenet5. Give another "
            f"{parameter('storage')}."
        )


@functools.lru_cache(maxsize=1)
def connect(path: str, call: float = 0.0) -> Any:
    """Return Optuna's storage of a file; a process that runs many trials connects once.

    `call` is another one for each search: the file may have been deleted and made again.
    """
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    options = {"connect_args": {"timeout": _SECONDS_TO_WAIT}}
    return optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs=options)


def disconnect() -> None:
    """Close the connections of this process."""
    connect.cache_clear()


def open_study(path: str | None, call: float = 0.0) -> Any:
    """Return the study of a file, or a new one in memory."""
    optuna = import_optional("optuna", extra="search", purpose="search_lenet5")
    return optuna.create_study(
        study_name=STUDY,
        storage=None if path is None else connect(path, call),
        direction="maximize",
        load_if_exists=True,
    )


def recorded_identity(study: Any) -> dict[str, Any] | None:
    """Return what the study says of its search, in the form of a manifest; None for a new one."""
    text = study.user_attrs.get("identity")
    return None if text is None else {"identity": json.loads(text)}


def claim(study: Any, identity: Mapping[str, Any], storage: str | os.PathLike[str]) -> None:
    """Give a new study its identity, or check that of an old one; end the trials of dead runs."""
    current = json.loads(json.dumps(identity))
    recorded = recorded_identity(study)
    if recorded is None:
        study.set_user_attr("identity", json.dumps(current))
        return
    if differences := identity_differences(recorded["identity"], current):
        raise ValueError(
            f"{_label(storage)} holds the trials of another search: "
            f"{join_differences(differences)}. Give another {parameter('storage')}, or repeat the "
            "call that began this one."
        )


def end_dead_trials(study: Any) -> None:
    """Mark the trials that a killed process has left open."""
    states = import_optional("optuna", extra="search", purpose="search_lenet5").trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        study.tell(trial.number, state=states.FAIL)


def _label(storage: str | os.PathLike[str]) -> str:
    return f"{parameter('storage')}={os.fspath(storage)!r}"
