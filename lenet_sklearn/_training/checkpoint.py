"""Write a fit to disk after each epoch, and go on from there after a kill.

A checkpoint is a SHA-256 followed by a safetensors file, whose header holds the rest as JSON. It
is written to a temporary file and moved, and the one before is kept until the next is whole.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from lenet_sklearn._files.atomic import write_atomically
from lenet_sklearn._files.fingerprint import differences
from lenet_sklearn._messages import warn
from lenet_sklearn._training.callbacks import EarlyStopping, LearningRate
from lenet_sklearn._training.net import TrainingNet

# Raise it when an older reader would misread a checkpoint; such checkpoints are then refused.
FORMAT = 1
_NAME = re.compile(r"epoch-(\d{6})\.checkpoint")
_KEPT = 2
_MAX_DIFFERENCES = 5
_DIGEST_BYTES = 32


class Checkpoint:
    """Go on from the last epoch that a folder holds, and add each further one to it.

    Parameters
    ----------
    folder : str or path-like
        Where checkpoints are; it is made if it is missing.
    identity : dict of str to str
        What the fit is: parameters, callbacks, data, versions, as `describe` tells them. A
        checkpoint of another fit is refused.
    seed : int
        Seed of the fit, unless the folder records one: a fit without a seed of its own goes on
        with the one that was drawn for it.

    Raises
    ------
    ValueError
        If the folder holds a checkpoint of another fit; the message names the difference.
    OSError
        If the folder cannot be made or written to.
    """

    def __init__(self, folder: Any, identity: Mapping[str, str], seed: int) -> None:
        self.folder = Path(folder).expanduser()
        self.identity = dict(identity)
        self._open_folder()
        self.found = self._read_newest()
        self.seed = seed
        if self.found is not None:
            self._check_identity(self.found[1])
            self.seed = int(self.found[1]["seed"])
        self.generators: dict[str, torch.Generator] = {}
        self.rates: LearningRate | None = None
        self.early_stopping: EarlyStopping | None = None

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

    def restore(self, net: TrainingNet) -> None:
        """Give a net the state of the last finished epoch, if there is one."""
        if self.found is None:
            return
        tensors, about = self.found
        self.found = None  # not to be kept for as long as the fit takes
        net.module_.load_state_dict(_under("module.", tensors))
        net.restore_optimizer_tensors(_under("optimizer.", tensors))
        for name, generator in self.generators.items():
            generator.set_state(tensors[f"generator.{name}"])
        net.history.extend({**row, "batches": []} for row in about["history"])
        net.n_resumed = about["n_finished"]
        net.stop_training = about["stop"]
        if self.rates is not None:
            self.rates.step_ = about["step"]
        if self.early_stopping is not None:
            for name, value in about["early_stopping"].items():
                setattr(self.early_stopping, name, value)
            device = net.module_.pixel_mean.device
            best = _under("best.", tensors)
            self.early_stopping.best_weights_ = {k: v.to(device) for k, v in best.items()}

    def write(self, net: TrainingNet) -> None:
        """Write the state of this epoch, and drop the one before the last."""
        n_finished = net.n_finished
        tensors = {f"module.{k}": v for k, v in net.module_.state_dict().items()}
        tensors |= {f"optimizer.{k}": v for k, v in net.optimizer_tensors().items()}
        tensors |= {f"generator.{k}": g.get_state() for k, g in self.generators.items()}
        stopping = {}
        if self.early_stopping is not None:
            tensors |= {f"best.{k}": v for k, v in self.early_stopping.best_weights_.items()}
            stopping = {
                k: getattr(self.early_stopping, k) for k in ("best_", "threshold_", "waited_")
            }
        about = {
            "format": FORMAT,
            "identity": self.identity,
            "seed": self.seed,
            "n_finished": n_finished,
            "step": self.rates.step_ if self.rates is not None else 0,
            "stop": bool(net.stop_training),
            "early_stopping": stopping,
            "history": net.plain_history()[net.n_before :],
        }
        plain = {k: v.detach().cpu().contiguous().clone() for k, v in tensors.items()}
        data = save(plain, {"about": json.dumps(about, default=_plain)})
        path = self.folder / f"epoch-{n_finished:06d}.checkpoint"
        try:
            write_atomically(path, hashlib.sha256(data).digest() + data)
            for old in self._paths()[_KEPT:]:
                old.unlink(missing_ok=True)
        except OSError as error:  # the fit is worth more than its checkpoint
            warn(
                f"No checkpoint of epoch {n_finished} could be written ({error}). Training goes "
                "on; a kill now loses what came since the last one.",
            )


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


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
