"""Rows that are on disk as soon as they are known: a killed run goes on where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from _arguments import fail

import lenet_sklearn

# What no fit enters: changes there change no row.
_ABOVE = {"__init__.py", "__main__.py"}
_ABOVE |= {"cli", "comparison", "inspection", "persistence", "reproductions"}


def sources_of_a_fit() -> list[Path]:
    """Return each source file of the library that a fit may run."""
    root = Path(lenet_sklearn.__file__).parent
    return sorted(p for p in root.rglob("*.py") if p.relative_to(root).parts[0] not in _ABOVE)


def code_hash() -> str:
    """Hash of the source that a fit runs: rows of two versions must not be averaged."""
    root = Path(lenet_sklearn.__file__).parent
    digest = hashlib.sha256()
    for path in sources_of_a_fit():
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
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
