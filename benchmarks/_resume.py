"""Rows that are on disk as soon as they are known: a killed run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from _common import fail

import lenet_sklearn


def code_hash() -> str:
    """Hash of the source that a fit runs: rows of two versions must not be averaged.

    What stands above the classifier (comparisons, pictures, files, the command line) is left out.
    """
    root = Path(lenet_sklearn.__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*root.glob("*.py"), *root.glob("_training/*.py")]):
        if path.parent != root or not path.name.startswith("__"):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def rows_on_disk(path: Path, about: dict[str, Any], fresh: bool) -> list[dict[str, Any]]:
    """Return the rows of an earlier run of the same, or leave with a line that says what to do."""
    if fresh or not path.exists():
        return []
    earlier = json.loads(path.read_text(encoding="utf-8"))
    if earlier.get("about") != about:
        differing = [k for k in about if earlier.get("about", {}).get(k) != about[k]]
        raise fail(
            f"{path} holds rows of another run ({', '.join(differing)} differ). Pass --fresh to "
            "start again, or another --out."
        )
    return earlier["records"]
