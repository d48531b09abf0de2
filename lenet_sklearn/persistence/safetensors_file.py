"""Save a fitted model in one safetensors file. Loading executes nothing from the file.

The tensors are those of the network's ``state_dict()``. The metadata are strings:

==================  ==============================================================
``format``          ``"lenet_sklearn"``
``format_version``  a number, see below
``versions``        JSON: of this library, Python and the packages that it uses
``model``           JSON: parameters, classes, image shape, network, history
``sha256``          checksum of all of these and of the tensors
==================  ==============================================================

The checksum finds damage, not attacks: whoever writes a file can compute it. Against attacks,
every value is checked, and a file can only name entries of fixed tables.

Rules for ``FORMAT_VERSION``:

- Raise it when a reader of the old version would refuse or misread a file: a key of ``model`` is
  added, removed or changes its meaning, or a tensor is stored in another way.
- Keep it when a class gets a new parameter whose default gives the old behaviour. Files without
  the parameter get its default.
- A reader reads every version up to its own, for ever. Tests keep a file of each version. It
  refuses higher versions, and says which version of the library wrote them.
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
from lenet_sklearn.persistence._models import Model, bring_up_to_date, describe_model, restore_model

__all__ = ["FORMAT_VERSION", "load_model", "save_model"]

# 2: the pixels of the training data. 3: the share of the targets that was smoothed; images of up to
# 8×8 pixels are enlarged to 16×16, not to 28×28; padding="auto" pads all convolutions of a network
# with an input below 28 pixels.
FORMAT_VERSION = 3

_FORMAT = "lenet_sklearn"
_PACKAGES = ("numpy", "scikit-learn", "skorch", "torch")
# A sparse file of zeros is small on the disk, but large in memory.
_MAX_FILE = 1 << 30
_LONG_HISTORY = 10_000


def save_model(model: Model, path: str | os.PathLike[str]) -> None:
    """Save a fitted model as a safetensors file.

    The file holds the parameters, the classes, the layout of the images, the network's weights,
    the history and the versions of the libraries. It does not hold the state of the optimiser:
    further training starts with a new one. If the process dies or the disk is full, the file is
    completely the old one or completely the new one.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted. A Pipeline may hold `ImagePreprocessor`, `MassCenterer`, `Deskewer` and
        "passthrough", and ends with the classifier.
    path : str or path-like
        Where to save the model. An existing file is replaced.

    Raises
    ------
    TypeError
        If the model or a step is of another class, or if a parameter is not a plain value, such
        as a function as `augmentation` or a `RandomState` as `random_state`. The message names it
        and says what to do.
    ValueError
        If the file could not be loaded again, because of weights that are not finite or a history
        of about a hundred thousand epochs.
    NotFittedError
        If the model is not fitted.
    OSError
        If the file cannot be written. The old file is unchanged.

    Warns
    -----
    UserWarning
        If the model has parts that are not stored, because they are not needed to predict:
        callbacks, metadata requests, your own attributes.

    See Also
    --------
    load_model : Load a saved model.

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
        _read(io.BytesIO(data), len(data))  # refuses a file that could not be loaded
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

    A file may come from anywhere. Nothing in it is executed, and it can only name the classes of
    a fixed list. All its values are checked before memory is taken for them.

    Parameters
    ----------
    path : str or path-like
        The file.

    Returns
    -------
    model : LeNet5Classifier or Pipeline
        Fitted. On the same machine, its predictions equal those of the saved model exactly.

    Raises
    ------
    ValueError
        If the file is not from `save_model`, is damaged, or has a format that this version does
        not know. The message names the file and says what is wrong.
    OSError
        If there is no such file, or it cannot be read.

    See Also
    --------
    save_model : Save a model.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from lenet_sklearn import load_model, load_pretrained, save_model
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "digits.safetensors")
    ...     save_model(load_pretrained("mnist"), path)
    ...     loaded = load_model(path)
    >>> loaded.image_shape_
    (1, 28, 28)
    """
    if stat.S_ISFIFO(os.stat(path).st_mode):  # reading it would wait
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
    state = parse(metadata["model"])
    if int(number) < FORMAT_VERSION:
        bring_up_to_date(state)
    build = restore_model(state, container.shapes)
    return build(container.read())


def _versions() -> dict[str, str]:
    from lenet_sklearn import __version__

    packages = {name: version(name) for name in _PACKAGES}
    return {_FORMAT: __version__, "python": platform.python_version(), **packages}


def _writer(metadata: dict[str, str]) -> str:
    """Return the version of this library that the file names, if it names one."""
    try:
        return f"{parse(metadata['versions'])[_FORMAT]:.20}"
    except (ValueError, KeyError, TypeError):
        return "?"
