"""Figures from a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from _arguments import fail

_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def run_json(command: Sequence[str | os.PathLike[str]], threads: int | None = None) -> Any:
    """Run a command in a process of its own and read the last line that it prints as JSON."""
    environment = dict(os.environ)
    if threads is not None:
        environment.update(dict.fromkeys(_THREAD_VARIABLES, str(threads)))
        environment["TF_NUM_INTRAOP_THREADS"] = str(threads)
    done = subprocess.run([*command], capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise fail(f"{Path(command[0]).name} left with code {done.returncode}: {last}")
    return json.loads(done.stdout.strip().splitlines()[-1])
