"""The history of training, one list for each epoch under the names of its columns."""

from __future__ import annotations

from typing import Any

from lenet_sklearn._files.json_values import decode, encode, items, members

# Columns that every epoch has; validation data adds two.
_NEEDED = ("epoch", "train_loss", "train_acc")
_NUMBERS = {*_NEEDED, "valid_loss", "valid_acc"}
# Marks a missing value. No value is encoded like this.
_ABSENT: dict[str, Any] = {}


def pack_history(history: list[dict[str, Any]]) -> tuple[dict[str, Any], list[str]]:
    """Return a history as JSON, and the columns that have no place there."""
    columns = list(dict.fromkeys(name for row in history for name in row))
    packed: dict[str, list[Any]] = {}
    left_out = []
    for name in columns:
        try:
            packed[name] = [encode(row[name]) if name in row else _ABSENT for row in history]
        except TypeError:
            left_out.append(str(name))
    rows = [list(row) for row in zip(*packed.values(), strict=True)]
    return {"columns": list(packed), "rows": rows}, left_out


def unpack_history(state: Any) -> list[dict[str, Any]]:
    """Return the history that JSON from a file holds, or raise ValueError if it holds none."""
    columns, rows = members(state, "history", "columns", "rows")
    if len(set(items(columns, "the columns of history", str))) < len(columns):
        raise ValueError("the columns of history must differ")
    if rows and not set(_NEEDED) <= set(columns):
        raise ValueError(f"the columns of history must hold {_NEEDED}")
    history = []
    for row in items(rows, "the rows of history", list):
        if len(row) != len(columns):
            raise ValueError("a row of history must have a value for each column")
        epoch = {k: decode(v) for k, v in zip(columns, row, strict=True) if v != _ABSENT}
        for name in _NUMBERS & epoch.keys():
            if type(epoch[name]) not in (int, float):
                raise ValueError(f"{name} of history must be a number. Got {epoch[name]!r:.60}")
        if not epoch.keys() >= set(_NEEDED):
            raise ValueError(f"each row of history must hold {_NEEDED}")
        history.append(epoch)
    return history
