"""Check that pip can install each extra of pyproject.toml with the versions of constraints.txt.

python tools/check_extras.py
python tools/check_extras.py demo search
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(names: list[str]) -> int:
    """Resolve each extra, and return how many cannot be resolved."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    if unknown := sorted(set(names) - set(extras)):
        print(f"unknown extras: {', '.join(unknown)}. Known: {', '.join(extras)}.", file=sys.stderr)
        return len(unknown)
    failed = 0
    for name in names or extras:
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
        command = [*pip, "install", "--dry-run", "-q", "-c", "constraints.txt", f".[{name}]"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        failed += bool(done.returncode)
        print(f"{name}: {'FAILED' if done.returncode else 'can be installed'}", flush=True)
        if done.returncode:
            print(done.stderr.strip(), file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
