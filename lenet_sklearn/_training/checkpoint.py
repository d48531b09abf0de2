"""Write a fit to disk after each epoch, and go on from there after a kill.

A checkpoint is a SHA-256 followed by a safetensors file, whose header holds the rest as JSON. It
is written to a temporary file and moved, and the one before is kept until the next is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._files.fingerprint import describe, differences, package_versions
from lenet_sklearn._files.hashing import hash_data
from lenet_sklearn._messages import warn
from lenet_sklearn._network.architecture import plain

# Raise it when an older reader would misread a checkpoint; such checkpoints are then refused.
FORMAT = 2
_NAME = re.compile(r"epoch-(\d{6})\.checkpoint")
_KEPT = 2
_MAX_DIFFERENCES = 5
_DIGEST_BYTES = 32


@dataclass(frozen=True)
class FitState:
    """All that a fit needs to go on after an epoch.

    Parameters
    ----------
    tensors : dict of str to Tensor
        Weights, those of the optimiser, best weights, and states of generators.
    values : dict, as JSON
        Of the callbacks, the history, and "n_finished", the number of finished epochs.
    """

    tensors: dict[str, Tensor]
    values: dict[str, Any]


class Checkpoint:
    """Go on from the last epoch that a folder holds, and add each further one to it."""

    # `identity`, made by `describe_fit`, says what the fit is; another fit's checkpoint is refused.
    # The seed that the folder records comes before `seed`: a fit without a seed of its own goes on
    # with the one that was drawn for it.

    def __init__(self, folder: Any, identity: Mapping[str, str], seed: int) -> None:
        if not os.fspath(folder):
            raise ValueError(
                "checkpoint_dir must be None or the path of a folder. Got ''. Set None to keep no "
                "checkpoints, or '.' for the current folder."
            )
        self.folder = Path(folder).expanduser()
        self.identity = dict(identity)
        self._open_folder()
        self.found = self._read_newest()
        self.seed = seed
        if self.found is not None:
            self._check_identity(self.found[1])
            self.seed = int(self.found[1]["seed"])

    def _open_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for leftover in self.folder.glob(".lenet_sklearn-*.tmp"):
                leftover.unlink(missing_ok=True)
            write_atomically(self.folder / ".writable", b"")
        except OSError as error:
            raise OSError(
                f"checkpoint_dir={str(self.folder)!r} must be a folder that can be written to. "
                f"Got: {error}. Choose another folder, or checkpoint_dir=None."
            ) from error

    def _paths(self) -> list[Path]:
        """Checkpoints in the folder, the newest first."""
        return sorted((p for p in self.folder.iterdir() if _NAME.fullmatch(p.name)), reverse=True)

    def _read_newest(self) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
        """Read the newest checkpoint that is whole; warn of those that are not."""
        for path in self._paths():
            try:
                return _parse(path.read_bytes())
            except (OSError, ValueError) as error:
                warn(
                    f"The checkpoint {path} is damaged ({error}); the one before it is used, or "
                    "training starts afresh.",
                )
        return None

    def _check_identity(self, about: dict[str, Any]) -> None:
        if found := differences(about["identity"], self.identity):
            listed = "; ".join(found[:_MAX_DIFFERENCES])
            if len(found) > _MAX_DIFFERENCES:
                listed += f"; and {len(found) - _MAX_DIFFERENCES} more"
            raise ValueError(
                f"checkpoint_dir={str(self.folder)!r} holds the checkpoint of another fit: "
                f"{listed}. Choose another folder, or delete this one to start afresh."
            )

    def take(self) -> FitState | None:
        """Return the state of the last finished epoch, if there is one, and let go of it."""
        found, self.found = self.found, None
        if found is None:
            return None
        tensors, about = found
        return FitState(tensors, about["values"])

    def write(self, state: FitState) -> None:
        """Write the state of an epoch, and drop the one before the last."""
        n_finished, tensors = state.values["n_finished"], state.tensors
        about = {
            "format": FORMAT,
            "identity": self.identity,
            "seed": self.seed,
            "values": state.values,
        }
        plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        data = save(plain, {"about": json.dumps(about, default=_plain)})
        path = self.folder / f"epoch-{n_finished:06d}.checkpoint"
        try:
            write_atomically(path, hashlib.sha256(data).digest() + data)
            for old in self._paths()[_KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:  # a full disk must not end the fit
            warn(
                f"No checkpoint of epoch {n_finished} could be written ({error}). Training goes "
                "on; a kill now loses what came since the last one.",
            )


def _parse(content: bytes) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Check a checkpoint's digest and read it, or raise ValueError."""
    digest, data = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(data).digest() != digest:
        raise ValueError("its checksum is wrong")
    try:
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        about = json.loads(header["__metadata__"]["about"])
        if about["format"] != FORMAT:
            raise ValueError(f"its format is {about['format']}, and this version reads {FORMAT}")
        return load(data), about
    except (SafetensorError, KeyError, TypeError) as error:
        raise ValueError(f"it is no checkpoint: {error}") from error


def _plain(value: Any) -> Any:
    """Turn what a callback has written into the history into JSON."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def describe_fit(
    params: Mapping[str, Any], data: Mapping[str, Any], start: Iterable[Tensor] | None
) -> dict[str, str]:
    """Return the identity of a fit: parameters, data, versions, and the weights it starts from."""
    identity = describe(package_versions(), "versions")
    known = dict(params) | {"callbacks": params["callbacks"] or ()}
    if not isinstance(params["random_state"], Integral):
        known["random_state"] = None
    for name in known.keys() - {"checkpoint_dir", "verbose", "device"}:
        identity |= describe(plain(known[name]), name)
    for name, value in data.items():
        identity[name] = "None" if value is None else hash_data(value)
    weights = [] if start is None else [p.detach().cpu().numpy().ravel() for p in start]
    identity["start"] = hash_data(np.concatenate(weights)) if weights else "None"
    return identity
