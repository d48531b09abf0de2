"""Read JSON from files that are not trusted, and turn it into Python values.

JSON's own values stay as they are. Every other value has one key that names its kind:

====================================================  ===========================
``{"tuple": [...]}``                                  tuple
``{"dict": [[key, value], ...]}``                     dict, with keys of any type
``{"float": "inf"}``, also ``"-inf"`` and ``"nan"``   float
``{"array": {"dtype": "<i8", "values": [...]}}``      1-D ndarray
``{"Distortion": {"degrees": 10.0, ...}}``            a record, by its class's name
====================================================  ===========================

This table is complete: the code never looks up a name that a file gives. A record is a dataclass
with a default for each field. The caller of `encode` and `decode` says which ones are allowed.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

MAX_BYTES = 8 << 20
# Limits for the memory of the parsed values (estimated, rather too high) and for the depth.
# Models have a depth of about ten.
_MAX_MEMORY, _MAX_DEPTH = 96 << 20, 40
_PER_CONTAINER, _PER_VALUE, _PER_ESCAPE = 256, 72, 96
# NumPy pads all strings to the longest one, so a dtype could ask for gigabytes.
_MAX_CHARACTERS = 1 << 22

_DTYPE = re.compile(r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]U[0-9]{1,7}|\|O")
_SPECIAL_FLOATS = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}
_TYPES_OF_KIND: dict[str, tuple[type, ...]] = {
    "b": (bool,), "i": (int,), "u": (int,), "f": (float,), "U": (str,),
    "O": (str, int, float, bool),
}  # fmt: skip


def parse(text: str) -> Any:
    """Parse JSON strictly, and check its size and depth first.

    Raises
    ------
    ValueError
        If it is not JSON, is nested too deeply, would take too much memory, or holds a key twice,
        NaN, infinity or an integer of more than 64 bits.

    Examples
    --------
    >>> from lenet_sklearn._files.json_values import parse
    >>> parse('{"lr": 0.01, "lr": 9}')
    Traceback (most recent call last):
    ...
    ValueError: the key 'lr' is there twice
    """
    if len(text) > MAX_BYTES or not text.isascii():
        raise ValueError(f"JSON must be ASCII of at most {MAX_BYTES >> 20} MiB")
    bare = _outside_strings(text)
    n_containers = np.count_nonzero(_is_in(bare, b"[{:"))
    n_values = np.count_nonzero(bare == ord(","))
    memory = n_containers * _PER_CONTAINER + n_values * _PER_VALUE
    if memory + text.count("\\u") * _PER_ESCAPE > _MAX_MEMORY:
        raise ValueError("the JSON holds too many values")
    brackets = bare[_is_in(bare, b"[]{}")]
    steps = np.where(_is_in(brackets, b"[{"), 1, -1).astype(np.int8)
    if steps.cumsum(dtype=np.int32).max(initial=0) > _MAX_DEPTH:
        raise ValueError(f"JSON must not nest deeper than {_MAX_DEPTH} levels")
    return json.loads(
        text, object_pairs_hook=_no_doubles, parse_int=_integer, parse_constant=_no_constant
    )


def _outside_strings(text: str) -> np.ndarray:
    """Return the characters outside of strings, in linear time and memory."""
    unescaped = text.replace("\\\\", "").replace('\\"', "")
    characters = np.frombuffer(unescaped.encode("ascii"), np.uint8)
    n_quotes = np.cumsum(characters == ord('"'), dtype=np.uint8)  # may overflow: only odd counts
    return characters[n_quotes % 2 == 0]


def _is_in(text: np.ndarray, characters: bytes) -> np.ndarray:
    table = np.zeros(256, bool)
    table[list(characters)] = True
    return table[text]


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:60]!r} is there twice")
        found[key] = value
    return found


def _integer(digits: str) -> int:
    value = int(digits) if len(digits) <= 20 else None
    if value is None or not -(1 << 63) <= value < 1 << 64:
        raise ValueError("integers must be of 64 bits")
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def members(value: Any, name: str, *keys: str) -> list[Any]:
    """Return the members of an object that must have exactly these keys."""
    if not isinstance(value, dict) or value.keys() != set(keys):
        found = f"the keys {sorted(value)}" if isinstance(value, dict) else type(value).__name__
        raise ValueError(f"{name} must be an object with the keys {sorted(keys)}. Got {found:.200}")
    return [value[key] for key in keys]


def items(value: Any, name: str, *types: type) -> list[Any]:
    """Return a list whose items must have exactly these types; True is not an int here."""
    if not isinstance(value, list) or not set(map(type, value)) <= set(types):
        raise ValueError(f"{name} must be a list of {' or '.join(t.__name__ for t in types)}")
    return value


def encode(value: Any, records: Sequence[type] = ()) -> Any:
    """Turn a value into JSON, so that `decode` returns an equal one.

    NumPy scalars become Python numbers. `records` are the dataclasses that are allowed.

    Raises
    ------
    TypeError
        If the value is not in the table at the top of this module.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._files.json_values import decode, encode
    >>> encode({3: (1, float("inf"))})
    {'dict': [[3, {'tuple': [1, {'float': 'inf'}]}]]}
    >>> decode(encode(np.array(["cat", "dog"])))
    array(['cat', 'dog'], dtype='<U3')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int) and -(1 << 63) <= value < 1 << 64:
        return int(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else {"float": repr(float(value))}
    if type(value) is list:
        return [encode(item, records) for item in value]
    if type(value) is tuple:
        return {"tuple": [encode(item, records) for item in value]}
    if type(value) is dict:
        pairs = [[encode(key), encode(item, records)] for key, item in value.items()]
        return {"dict": pairs}
    if type(value) is np.ndarray and value.ndim == 1 and _DTYPE.fullmatch(value.dtype.str):
        return {"array": {"dtype": value.dtype.str, "values": [encode(v) for v in value]}}
    if type(value) in records:
        fields = {name: encode(item) for name, item in dataclasses.asdict(value).items()}
        return {type(value).__name__: fields}
    raise TypeError(f"the file cannot hold a value of type {type(value).__name__}")


def decode(value: Any, records: Sequence[type] = ()) -> Any:
    """Turn parsed JSON back into the value; raise ValueError if it is not in the table."""
    if isinstance(value, list):
        return [decode(item, records) for item in value]
    if not isinstance(value, dict):
        if isinstance(value, float) and not math.isfinite(value):  # 1e999
            raise ValueError("numbers must be finite")
        return value
    kind, content = next(iter(value.items()), (None, None))
    record = next((cls for cls in records if cls.__name__ == kind), None)
    if len(value) == 1 and record is not None:
        return _record(content, record)
    if len(value) != 1 or kind not in ("tuple", "dict", "float", "array"):
        raise ValueError(f"an object must have a known key. Got the keys {sorted(value)!r:.200}")
    if kind == "tuple":
        return tuple(decode(items(content, "a tuple", *_JSON_TYPES), records))
    if kind == "dict":
        return _dict(content, records)
    return _special_float(content) if kind == "float" else _array(content)


def _dict(content: Any, records: Sequence[type]) -> dict[Any, Any]:
    pairs = [items(pair, "a pair", *_JSON_TYPES) for pair in items(content, "a dict", list)]
    if not all(len(pair) == 2 and isinstance(pair[0], str | int | float) for pair in pairs):
        raise ValueError("a dict must be pairs of a string, number or boolean and a value")
    found = {key: decode(item, records) for key, item in pairs}
    if len(found) < len(pairs):
        raise ValueError("a dict must not hold a key twice")
    return found


def _special_float(content: Any) -> float:
    if not isinstance(content, str) or content not in _SPECIAL_FLOATS:
        raise ValueError(f"a float must be among {list(_SPECIAL_FLOATS)}. Got {content!r:.60}")
    return _SPECIAL_FLOATS[content]


def _array(content: Any) -> np.ndarray:
    name, values = members(content, "an array", "dtype", "values")
    dtype = read_dtype(name)
    values = items(values, f"an array of dtype {name!r}", *_TYPES_OF_KIND[dtype.kind])
    if math.inf in values or -math.inf in values:  # 1e999
        raise ValueError("numbers must be finite")
    if dtype.kind == "U" and dtype.itemsize // 4 * len(values) > _MAX_CHARACTERS:
        raise ValueError(
            f"an array of {len(values)} strings of dtype {name!r} is too wide. Narrow it with "
            "np.asarray(array.tolist())"
        )
    try:
        with np.errstate(over="ignore"):  # an overflow is found below
            array = np.array(values, dtype)
    except OverflowError:
        array = np.array([])
    if array.tolist() != values:
        raise ValueError(f"the values of an array do not fit its dtype, {name!r}")
    return array


def read_dtype(name: Any) -> np.dtype:
    """Return the dtype that a file names: booleans, integers, floats, strings or objects."""
    if not isinstance(name, str) or not _DTYPE.fullmatch(name):
        raise ValueError(f"an array must have an allowed dtype. Got {name!r:.60}")
    return np.dtype(name)


def _record(content: Any, cls: Any) -> Any:
    fields = {field.name: field.default for field in dataclasses.fields(cls)}
    values = [decode(v) for v in members(content, f"a {cls.__name__}", *fields)]
    for (name, default), value in zip(fields.items(), values, strict=True):
        numeric = isinstance(default, float) and type(value) is int
        if type(value) is not type(default) and not numeric:
            raise ValueError(f"{name} of a {cls.__name__} must be {type(default).__name__}")
    return cls(**dict(zip(fields, values, strict=True)))


_JSON_TYPES = (type(None), bool, int, float, str, list, dict)
