"""Find the device that a user names."""

from __future__ import annotations

import torch

from lenet_sklearn._runs.jobs import job_number


def resolve_device(device: str, *, fall_back: bool = False) -> torch.device:
    """Find the device of a name; `fall_back` takes the best there is where this one is missing."""
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    best = next((name for name, there in available.items() if there), "cpu")
    if device == "auto":
        return torch.device(_gpu_of_the_job() if best == "cuda" else best)
    kind, _, index = device.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (index and not index.isdigit()):
        raise ValueError(
            f"device must be 'auto', 'cpu', 'cuda', 'cuda:N' or 'mps'. Got {device!r}."
        )
    if not available.get(kind, True) or (
        kind == "cuda" and index and int(index) >= torch.cuda.device_count()
    ):
        if fall_back:
            return torch.device(best)
        raise ValueError(
            f"device={device!r} is not available on this machine. Set device='auto' to take the "
            f"best there is, here {best!r}."
        )
    return torch.device(device)


def _gpu_of_the_job() -> str:
    """Let jobs at the same time go round the GPUs, if there are several."""
    number, n_gpus = job_number(), torch.cuda.device_count()
    return "cuda" if number is None or n_gpus < 2 else f"cuda:{number % n_gpus}"
