"""Say what a run consists of, in strings that are the same in every process."""

from __future__ import annotations

import datetime as dt
import platform
from pathlib import Path
from typing import Any

import joblib

from lenet_sklearn._files.fingerprint import describe, package_versions


def describe_used(estimator: Any) -> dict[str, str]:
    """Describe an estimator as `describe` does, without the parameters that are None."""
    # These are not used: a row that was stored before the library had them stays valid.
    described = describe(estimator)
    return {name: value for name, value in described.items() if value != "None"}


def describe_environment(n_jobs: int | None) -> dict[str, Any]:
    """Describe what timings depend on: machine, processor, parallel jobs, versions, date."""
    return {
        "date": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processor": processor_name(),
        "cpu_count": joblib.cpu_count(),
        "n_jobs": joblib.effective_n_jobs(n_jobs),
        "versions": package_versions(),
    }


def processor_name() -> str:
    """Return the name of the processor, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
