"""Keep a fitted model in one safetensors file, from which nothing is ever executed.

The file is a safetensors file like any other: its tensors are those of the network's
``state_dict()``, and its metadata, all of them strings, are

==================  ==============================================================
``format``          ``"lenet_sklearn"``
``format_version``  a number, see below
``versions``        JSON: of this library, Python and the packages it stands on
``model``           JSON: parameters, classes, image shape, network, history
``sha256``          checksum of all the above and of the tensors
==================  ==============================================================

The checksum finds damage, not malice: whoever writes a file can compute it. What a hostile file
may say is bounded by checks of every value, and by tables of what it may name.

Rules for ``FORMAT_VERSION``:

- Raise it when a reader of the older number would refuse a file, or misread it: a key of ``model``
  is added, removed or changes its meaning, a tensor is stored in another way.
- Leave it when a parameter is added to a class whose default does what was done before: files
  that lack a parameter get its default.
- A reader reads every number up to its own, for ever: tests keep a file of each. It refuses higher
  ones, and says which version of the library wrote them.
"""

from __future__ import annotations

import io
import json
import os
import platform
import stat
from importlib.metadata import version
from typing import IO

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._files.json_values import parse
from lenet_sklearn._files.safetensors_container import Container, pack
from lenet_sklearn._messages import warn
from lenet_sklearn.persistence._models import Model, describe_model, restore_model

__all__ = ["FORMAT_VERSION", "load_model", "save_model"]

FORMAT_VERSION = 2  # 2: the pixels of the training data

_FORMAT = "lenet_sklearn"
_PACKAGES = ("numpy", "scikit-learn", "skorch", "torch")
# A file of zeros takes no room on a disk, but all of it in memory.
_MAX_FILE = 1 << 30
_LONG_HISTORY = 10_000


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Save a fitted model as a safetensors file.

    The file holds the parameters, the classes, the layout of the images, the network's weights,
    the history and the versions of the libraries; not the state of the optimiser, so that training
    that goes on starts with a fresh one. It is written beside its place and then moved there:
    whenever the process dies, or the disk fills up, the old file or the new one is there whole.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted. A Pipeline may hold `ImagePreprocessor`, `MassCenterer`, `Deskewer` and
        "passthrough", and ends with the classifier.
    path : str or path-like
        Where to save it. A file that is there is replaced.

    Raises
    ------
    TypeError
        If the model is of another kind, has steps of another kind, or has a parameter that is no
        plain value: a function as `augmentation`, a `RandomState` as `random_state`. The message
        names it and the remedy.
    ValueError
        If the file could not be loaded again: weights that are not finite, or a history of about a
        hundred thousand epochs.
    NotFittedError
        If the model is not fitted.
    OSError
        If the file cannot be written. The old one is intact.

    Warns
    -----
    UserWarning
        If the model has what is not stored and not needed to predict: callbacks, metadata
        requests, attributes of your own.

    See Also
    --------
    load_model : Load it again.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.persistence import load_model, save_model
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X, y)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "digits.safetensors")
    ...     save_model(model, path)
    ...     loaded = load_model(path)
    >>> bool((loaded.predict_proba(X) == model.predict_proba(X)).all())
    True
    """
    state, tensors, left_out = describe_model(model)
    metadata = {
        "format": _FORMAT,
        "format_version": str(FORMAT_VERSION),
        "versions": json.dumps(_versions()),
        "model": json.dumps(state, separators=(",", ":"), allow_nan=False),
    }
    try:
        data = pack(metadata, tensors)
        _read(io.BytesIO(data), len(data))  # what could not be loaded again is refused here
    except ValueError as error:
        n_epochs = len(state["history"]["rows"])
        remedy = (
            f". Its history of {n_epochs:,} epochs takes room: shorten it, for example with "
            "`del model.net_.history[:-1000]`"
        )
        raise ValueError(
            f"model cannot be saved: {error}{remedy if n_epochs > _LONG_HISTORY else ''}."
        ) from error
    if left_out:
        warn(
            f"Not saved, as it is not needed to predict: {', '.join(left_out)}. Set it again after "
            "load_model if you train on.",
        )
    write_atomically(path, data)


def load_model(path: str | os.PathLike[str]) -> Model:
    """Load a model that `save_model` has saved.

    A file may come from anywhere: nothing in it is executed, and nothing is looked up by a name
    that it gives. All its values are checked before memory is taken for them.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    model : LeNet5Classifier or Pipeline
        Fitted; its predictions are those of the saved one, to the last bit on the same machine.

    Raises
    ------
    ValueError
        If the file is none of `save_model`, is damaged, or was written in a format that this
        version does not know. The message names the file and what is wrong.
    OSError
        If there is no such file, or it cannot be read.

    See Also
    --------
    save_model : Save a model.
    """
    if stat.S_ISFIFO(os.stat(path).st_mode):  # which would be waited for
        raise ValueError(f"{os.fspath(path)!r} is no file.")
    with open(path, "rb") as file:
        try:
            return _read(file, os.fstat(file.fileno()).st_size)
        except ValueError as error:
            reason = str(error)
            reason = reason if len(reason) < 600 else f"{reason[:600]} …"
            raise ValueError(f"{os.fspath(path)!r} holds no model: {reason}.") from error


def _read(file: IO[bytes], size: int) -> Model:
    if size > _MAX_FILE:
        raise ValueError(f"it has {size:,} bytes, and models have at most {_MAX_FILE:,}")
    container = Container(file, size)
    metadata = dict(container.metadata)
    if metadata.pop("format", None) != _FORMAT:
        raise ValueError("it is a safetensors file, but not one of lenet_sklearn.save_model")
    number = metadata.pop("format_version", "")
    if not (number.isascii() and number.isdecimal()) or len(number) > 9 or int(number) < 1:
        raise ValueError(f"its format number is {number!r:.20}, and none has ever been that")
    if int(number) > FORMAT_VERSION:
        raise ValueError(
            f"it has the format number {int(number)}, and this version of lenet_sklearn, "
            f"{_versions()[_FORMAT]}, reads numbers up to {FORMAT_VERSION}. It was written by "
            f"version {_writer(metadata)}: install that one or a later one"
        )
    if metadata.keys() != {"versions", "model"}:
        raise ValueError(f"its metadata must be versions and model, not {sorted(metadata)!r:.100}")
    build = restore_model(parse(metadata["model"]), container.shapes)
    return build(container.read())


def _versions() -> dict[str, str]:
    from lenet_sklearn import __version__

    packages = {name: version(name) for name in _PACKAGES}
    return {_FORMAT: __version__, "python": platform.python_version(), **packages}


def _writer(metadata: dict[str, str]) -> str:
    """Return the version of this library that a file names, where it does."""
    try:
        return f"{parse(metadata['versions'])[_FORMAT]:.20}"
    except (ValueError, KeyError, TypeError):
        return "?"
