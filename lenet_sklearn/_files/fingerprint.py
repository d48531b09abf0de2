"""Describe any value by its content, so that a resumed run can compare it."""

from __future__ import annotations

import contextlib
import copyreg
import dis
import enum
import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any, NoReturn

import numpy as np

from lenet_sklearn._files.hashing import hash_data

_PACKAGES = ("lenet-sklearn", "numpy", "scikit-learn", "scipy", "torch", "skorch")
_PLAIN = (type(None), bool, int, float, complex, str, range, type(Ellipsis), type(NotImplemented))
_C_FUNCTIONS = (
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    types.MethodWrapperType,
    np.ufunc,
)
# Attributes that Python adds to a class. They do not affect what the class does.
_NOTES = {
    *("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__", "__annotations__"),
    *("__firstlineno__", "__static_attributes__", "__abstractmethods__", "_abc_impl"),
    *("__dataclass_fields__", "__dataclass_params__", "__match_args__", "__parameters__"),
    *("__annotate_func__", "__annotations_cache__", "__classdictcell__", "__slotnames__"),
}


def describe(value: Any, name: str = "") -> dict[str, str]:
    """Describe a value and all its parts as flat text.

    Two values of equal content have equal descriptions, in any process. ``repr`` is not enough:
    scikit-learn shortens it, and functions show their address in memory.

    - Arrays and tensors are described by a hash. Sets and dictionaries are described without their
      order.
    - Estimators and skorch's callbacks are described by their parameters and by the attributes that
      the user set. Attributes that end in an underscore are left out, because fits learn them. If a
      function or another object holds an estimator, what the estimator has learned counts.
    - Functions are described by their code, their default values and the variables that they close
      over. The user's own functions are also described by the global names that they read.
      Installed functions count by name and code: `package_versions` covers the rest.
    - Other objects are described by their class and by what pickle would store.
    - An object with an attribute ``lenet_sklearn_name``, a string, is described by that name alone.

    Parameters
    ----------
    value : object
        Any value of a parameter.
    name : str, default=""
        Name of the value. Every key begins with it.

    Returns
    -------
    description : dict of str to str
        One entry for each part at any depth.

    Raises
    ------
    ValueError
        If a part has no readable content and no name, such as a lock, an open file or a generator.
        The message names it.

    Examples
    --------
    >>> from sklearn.dummy import DummyClassifier
    >>> from lenet_sklearn._files.fingerprint import describe
    >>> describe(DummyClassifier(random_state=0), "model")
    {'model': 'sklearn.dummy.DummyClassifier', 'model.constant': 'None',
     'model.random_state': '0', 'model.strategy': "'prior'"}
    """
    description = _Description(name)
    try:
        description.add(name, value)
    except RecursionError:
        description.refuse(name, value)
    return description.lines


def differences(recorded: Mapping[str, str], current: Mapping[str, str]) -> list[str]:
    """Name each part that differs between two descriptions, but not the parts inside it.

    Examples
    --------
    >>> from lenet_sklearn._files.fingerprint import describe, differences
    >>> differences(describe((1, 2), "size"), describe((1, 3), "size"))
    ['size[1] was 2 and is 3']
    """
    found: dict[str, str] = {}
    for name in sorted(recorded.keys() | current.keys()):
        before, after = recorded.get(name), current.get(name)
        inside = any(name.startswith((f"{part}.", f"{part}[", f"{part}(")) for part in found)
        if before != after and not inside:
            was = "was not there" if before is None else f"was {before}"
            now = "is no longer there" if after is None else f"is {after}"
            found[name] = f"{name} {was} and {now}"
    return list(found.values())


def package_versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that affect results."""
    versions = {"python": platform.python_version()}
    for package in _PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[package] = importlib.metadata.version(package)
    return versions


class _Description:
    """A description while it is being written."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.lines: dict[str, str] = {}
        self.open: dict[int, str] = {}  # ids of the values around this one, to end cycles
        self.used: set[str] = set()  # global names
        self.depth = 0  # number of functions and objects around this value

    def refuse(self, name: str, value: Any) -> NoReturn:
        raise ValueError(
            f"{name or 'The value'} must have content that can be compared between runs. Got an "
            f"object of type {_path(type(value))}, whose content cannot be read. Set the "
            "attribute lenet_sklearn_name of that object, or of the function or object that holds "
            "it, to a string. Change the string whenever the content changes."
        )

    def add(self, name: str, value: Any) -> None:
        """Describe a value under a name."""
        if type(value) in _PLAIN:
            self.lines[name] = repr(value)
        elif (given := _given_name(value)) is not None:
            self.lines[name] = f"named {given!r}"
        elif id(value) in self.open:
            self.lines[name] = f"the same as {self.open[id(value)]}"
        else:
            self.open[id(value)] = name
            try:
                self._add_object(name, value)
            finally:
                del self.open[id(value)]

    def _add_all(self, parts: Iterable[tuple[str, Any]]) -> None:
        for name, value in parts:
            self.add(name, value)

    @contextlib.contextmanager
    def _inside(self) -> Iterator[None]:
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1

    def _add_object(self, name: str, value: Any) -> None:
        """Find out what kind of object the value is, and describe it."""
        torch = sys.modules.get("torch")  # without it there are no tensors
        if isinstance(value, type):
            self._add_class(name, value)
        elif isinstance(value, enum.Enum):
            self.lines[name] = f"{_path(type(value))}.{value.name}"
            self.add(f"{name}.value", value.value)
        elif isinstance(value, np.ndarray | np.generic) or hasattr(value, "iloc"):
            self._add_array(name, value)
        elif torch is not None and isinstance(value, torch.Tensor | torch.Generator):
            self._add_tensor(name, value, torch)
        elif isinstance(value, bytes | bytearray | memoryview):
            self.lines[name] = hash_data(np.frombuffer(value, np.uint8))
        elif isinstance(value, os.PathLike):
            self.lines[name] = f"{_path(type(value))} {os.fspath(value)!r}"
        elif isinstance(value, Mapping | list | tuple | Set):
            self._add_container(name, value)
        elif isinstance(value, types.CodeType):
            self.lines[name] = _hash_code(value)
        elif isinstance(value, types.ModuleType):
            self.lines[name] = f"module {value.__name__}"
        elif not self._add_callable(name, value):
            if hasattr(value, "get_params") and not self.depth and not _is_frozen(value):
                self._add_estimator(name, value)
            else:
                self._add_state(name, value)

    def _add_array(self, name: str, value: Any) -> None:
        if isinstance(value, np.generic) and value.dtype.kind in "biufcSU":
            self.lines[name] = repr(value.item())
        elif hasattr(value, "columns"):
            self.lines[name] = hash_data(value)
        elif hasattr(value, "iloc"):
            self.lines[name] = type(value).__name__
            self._add_all([(f"{name}.values", value.values), (f"{name}.index", value.index.values)])
        elif value.dtype.hasobject:  # the bytes of such an array are addresses
            self.lines[name] = f"{value.shape} {value.dtype}"
            self.add(f"{name}.values", value.tolist())
        else:
            self.lines[name] = hash_data(value)

    def _add_tensor(self, name: str, value: Any, torch: Any) -> None:
        if isinstance(value, torch.Generator):
            self.lines[name] = f"torch.Generator on {value.device}"
            self.add(f"{name}.state", value.get_state())
            return
        try:
            flat = value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        except Exception:  # sparse, quantised or on another backend
            self.refuse(name, value)
        self.lines[name] = f"{tuple(value.shape)} {value.dtype} {hash_data(flat).split()[-1]}"

    def _add_container(self, name: str, value: Any) -> None:
        if type(value).__module__ in ("builtins", "collections"):
            self.lines[name] = type(value).__name__
        else:
            self._add_class(name, type(value))
        if isinstance(value, Mapping):
            self._add_all((f"{name}[{_sort_key(key)}]", value[key]) for key in value)
            if hasattr(value, "default_factory"):
                self.add(f"{name}.default_factory", value.default_factory)
        else:  # the order of a set differs between processes
            items = sorted(value, key=_sort_key) if isinstance(value, Set) else value
            self._add_all((f"{name}[{i}]", item) for i, item in enumerate(items))
        self._add_all(
            (f"{name}.{key}", part) for key, part in getattr(value, "__dict__", {}).items()
        )

    def _add_callable(self, name: str, value: Any) -> bool:
        """Describe a function of any kind; return False if the value is not one."""
        with self._inside():
            if isinstance(value, types.FunctionType):
                self._add_function(name, value)
            elif isinstance(value, types.MethodType):
                self.lines[name] = _path(value.__func__)
                self.add(f"{name}.__func__", value.__func__)
                self.add(f"{name}.__self__", value.__self__)
            elif isinstance(value, functools.partial):
                self._add_class(name, type(value))
                self.add(f"{name}.func", value.func)
                self._add_all((f"{name}({i})", item) for i, item in enumerate(value.args))
                self._add_all((f"{name}.{key}", item) for key, item in value.keywords.items())
            elif isinstance(value, functools._lru_cache_wrapper):
                self.lines[name] = "functools.lru_cache"
                self.add(f"{name}.func", value.__wrapped__)
            elif isinstance(value, property):
                self.lines[name] = "property"
                self._add_all((f"{name}.{key}", getattr(value, key)) for key in ("fget", "fset"))
            elif isinstance(value, staticmethod | classmethod):
                self.lines[name] = type(value).__name__
                self.add(f"{name}.func", value.__func__)
            elif isinstance(value, functools.cached_property):
                self.lines[name] = "functools.cached_property"
                self.add(f"{name}.func", value.func)
            elif isinstance(value, _C_FUNCTIONS):
                self._add_c_function(name, value)
            else:
                return False
        return True

    def _add_function(self, name: str, function: types.FunctionType) -> None:
        code = function.__code__
        self.lines[name] = _path(function)
        self.lines[f"{name}.code"] = _hash_code(code)
        defaults = function.__defaults__ or ()
        arguments = code.co_varnames[: code.co_argcount][code.co_argcount - len(defaults) :]
        self._add_all((f"{name}.{k}", v) for k, v in zip(arguments, defaults, strict=True))
        self._add_all((f"{name}.{k}", v) for k, v in (function.__kwdefaults__ or {}).items())
        for variable, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            try:
                self.add(f"{name}.{variable}", cell.cell_contents)
            except ValueError as error:
                if str(error) != "Cell is empty":
                    raise
                self.lines[f"{name}.{variable}"] = "not set"
        own = {k: v for k, v in vars(function).items() if k != "__wrapped__"}
        self._add_all((f"{name}.__dict__[{k!r}]", v) for k, v in own.items())
        if not _is_installed(function.__module__):
            for variable, value in _globals_read(code, function.__globals__):
                key = f"{function.__module__}.{variable}"
                if key not in self.used:
                    self.used.add(key)
                    self.add(f"{self.root}.uses[{key}]", value)

    def _add_c_function(self, name: str, value: Any) -> None:
        owner = getattr(value, "__self__", None)
        if value.__name__.endswith(" (vectorized)"):  # np.frompyfunc hides what it calls
            self.refuse(name, value)
        if owner is None or isinstance(owner, types.ModuleType):
            self.lines[name] = _path(value)
        else:
            self.lines[name] = value.__qualname__
            self.add(f"{name}.__self__", owner)

    def _add_class(self, name: str, cls: type) -> None:
        """Describe an installed class by its name, and the user's own class also by its members."""
        self.lines[name] = _path(cls)
        own = [base for base in cls.__mro__ if not _is_installed(base.__module__)]
        if not own:
            return
        members = _Description(self.root)
        members.open, members.used, members.depth = {**self.open, id(cls): name}, self.used, 1
        for base in own:
            for key in sorted(vars(base).keys() - _NOTES):
                place = f"{name}.{base.__qualname__}.{key}"
                try:
                    members.add(place, vars(base)[key])
                except ValueError:  # shared by all instances, so its type is enough
                    members.lines[place] = _path(type(vars(base)[key]))
        self.lines[f"{name}.__class__"] = _digest(members.lines)

    def _add_estimator(self, name: str, estimator: Any) -> None:
        """Describe an estimator or a callback as it is before a fit."""
        self._add_class(name, type(estimator))
        try:
            params = estimator.get_params(deep=False)
        except Exception:  # a callback that breaks scikit-learn's rules
            params = {}
        state = {k: v for k, v in getattr(estimator, "__dict__", {}).items()
                 if not k.endswith("_") and not k.startswith("_sk")}  # fmt: skip
        if type(estimator).__module__.startswith("sklearn."):  # only parameters count
            state = {}
        state |= params
        self._add_all((f"{name}.{key}", state[key]) for key in sorted(state))

    def _add_state(self, name: str, value: Any) -> None:
        """Describe an object by what pickle would store."""
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:  # the object's own code may raise anything
            self.refuse(name, value)
        if type(value) is object or (isinstance(reduced, str) and "<locals>" in reduced):
            self.refuse(name, value)
        if isinstance(reduced, str):
            self.lines[name] = f"{_path(type(value))} {reduced}"
            return
        make, args, state, items, pairs = (*reduced, *(None,) * 5)[:5]
        with self._inside():
            self._add_class(name, type(value))
            if make in (copyreg.__newobj__, copyreg.__newobj_ex__):  # type: ignore[attr-defined]
                args = args[1:]
            elif make is not type(value):
                self.add(f"{name}.__reduce__", make)
            self._add_all((f"{name}({i})", part) for i, part in enumerate(args))
            for part in state if isinstance(state, tuple) and _is_split(state) else (state,):
                if isinstance(part, dict):
                    self._add_all((f"{name}.{key}", item) for key, item in part.items())
                elif part is not None:
                    self.add(f"{name}.__getstate__", part)
            if items is not None:
                self.add(f"{name}.items", list(items))
            if pairs is not None:
                self.add(f"{name}.pairs", list(pairs))


def _is_split(state: tuple) -> bool:
    """Return whether a state is pickle's pair of ``__dict__`` and ``__slots__``."""
    return len(state) == 2 and all(part is None or isinstance(part, dict) for part in state)


def _given_name(value: Any) -> str | None:
    try:
        name = value.lenet_sklearn_name
    except Exception:  # a __getattr__ may raise anything
        return None
    return name if isinstance(name, str) else None


def _path(value: Any) -> str:
    """Return the name of a class or function, with its module."""
    name = getattr(value, "__qualname__", None) or value.__name__
    return f"{getattr(value, '__module__', None) or type(value).__module__}.{name}"


def _is_frozen(value: Any) -> bool:
    """Return whether clones of an estimator keep what it has learned."""
    return any(cls.__name__ == "FrozenEstimator" for cls in type(value).__mro__)


@functools.cache
def _is_installed(module: str | None) -> bool:
    """Return whether a module comes with Python or a package, and not from the user."""
    top = (module or "__main__").partition(".")[0]
    if top in ("__main__", "__mp_main__"):
        return False
    if top in sys.stdlib_module_names or top == "lenet_sklearn":
        return True
    path = getattr(sys.modules.get(top), "__file__", None) or ""
    return "site-packages" in path or "dist-packages" in path


def _digest(lines: Any) -> str:
    text = json.dumps(lines, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _sort_key(value: Any) -> str:
    """Return text for a key of a dictionary or an item of a set."""
    value = value.item() if isinstance(value, np.generic) else value
    return repr(value) if type(value) in _PLAIN else _digest(describe(value))


def _hash_code(code: types.CodeType) -> str:
    """Hash what a function does, not its place in the source; constants hold inner functions."""
    facts = (
        *(code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, code.co_flags),
        *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        getattr(code, "co_exceptiontable", b"").hex(),
    )
    return _digest([facts, describe(code.co_consts)])


def _globals_read(code: types.CodeType, namespace: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the global names that code reads, with values; for the user's modules, members."""
    module, dotted = None, ""
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME") and step.argval in namespace:
            dotted, value = step.argval, namespace[step.argval]
        elif (
            module is not None
            and step.opname in ("LOAD_ATTR", "LOAD_METHOD")
            and hasattr(module, step.argval)
        ):
            dotted, value = f"{dotted}.{step.argval}", getattr(module, step.argval)
        else:
            module = None
            continue
        own = isinstance(value, types.ModuleType) and not _is_installed(value.__name__)
        module = value if own else None  # the next step may read a member of it
        if not own:
            yield dotted, value
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _globals_read(constant, namespace)
