"""Show below each block of a page what it prints.

    python tools/docs_outputs.py README.md docs/quickstart.md

runs the blocks of each page in one process, as tests/test_readme.py does, and writes what a block
prints into a block "```text output" below it, in place of the one that is there. A block that
prints nothing gets none. Afterwards write "..." by hand for what differs from run to run, such as
seconds. An output that the page shows already, and that the test would accept, stays as it is.
"""

import argparse
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def _load_test() -> Any:
    """Return the module of the test: it knows what a block is, and what counts as shown."""
    spec = importlib.util.spec_from_file_location("test_readme", ROOT / "tests" / "test_readme.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(script: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a page as the test does: figures need no screen."""
    command, env = [sys.executable, script], {**os.environ, "MPLBACKEND": "agg"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def show_outputs(text: str, printed: list[str], test: Any) -> str:
    """Return the text of a page with what each of its blocks prints."""
    outputs = iter(printed)

    def write(block: re.Match[str]) -> str:
        code, near, shown = block.groups()
        got = "\n".join(line.rstrip() for line in next(outputs).strip("\n").splitlines())
        if shown and test.is_shown(shown, got, float(near or test.NEAR)):
            return block[0]
        within = f" within {near}" if near else ""
        below = f"\n\n```text output{within}\n{got}\n```" if got else ""
        # The end of the line belongs to what was found only where no output was shown.
        return f"```python\n{code}```{below}" + ("" if shown else "\n")

    return str(test.BLOCK.sub(write, text))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pages", nargs="+", type=Path, metavar="page")
    pages = parser.parse_args().pages
    if missing := [str(page) for page in pages if not page.is_file()]:
        parser.error(f"there is no {', '.join(missing)}")
    test = _load_test()
    for page in pages:
        text = page.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            blocks = [code for code, _ in test.shown_blocks(text)]
            printed = test.run_blocks(blocks, Path(folder), _run)
        page.write_text(show_outputs(text, printed, test), encoding="utf-8")
        print(page, flush=True)


if __name__ == "__main__":
    main()
