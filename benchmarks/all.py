"""Run all benchmarks that a CPU can, in sizes that fit into 15 minutes on two cores.

Each runs in a process of its own, one after the other; the figures go to benchmarks/results/.
fit_vs_keras takes part once its environment is there: pass --keras to have it made.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from _common import RESULTS, fail, positive, table

HERE = Path(__file__).resolve().parent
KERAS = HERE / ".keras-venv"
# What each is called with; the defaults of a script alone are for a closer look.
PLAN: dict[str, list[str]] = {
    "fit_vs_torch_loop": ["--repeats", "3"],
    "fit_vs_skorch": ["--repeats", "3"],
    "limit": ["--repeats", "3"],
    "recipe": ["--repeats", "2"],
    "fit_vs_keras": ["--repeats", "1"],
    "fit_vs_sklearn": [],
    "time_to_accuracy": ["--repeats", "1", "--epochs", "1", "2", "3", "4"],
    "scaling": ["--repeats", "2"],
    "memory": ["--sizes", "10000", "60000", "--repeats", "1"],
    "predict": ["--repeats", "3"],
    "search": ["--repeats", "2"],
    "persistence": [],
    "import_time": ["--repeats", "3"],
    "accuracy": ["--seeds", "2"],
}


def options_of(name: str, args: argparse.Namespace) -> list[str]:
    """Return what a script is called with."""
    options = [] if args.threads is None else ["--threads", str(args.threads)]
    # A tiny run brings its own sizes, which the plan's would override.
    options += ["--tiny"] if args.tiny else ["--data", args.data, *PLAN[name]]
    if name == "accuracy":  # the other ones do not go on where they stopped either
        options += ["--fresh"]
    if name == "fit_vs_keras" and args.keras_python:
        options += ["--keras-python", args.keras_python]
    return options


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PLAN, metavar="NAME", default=list(PLAN),
                        help=f"of {', '.join(PLAN)}")  # fmt: skip
    parser.add_argument("--data", choices=["mnist", "digits"], default="mnist")
    parser.add_argument("--threads", type=positive, metavar="N")
    parser.add_argument("--tiny", action="store_true", help="only to see that the scripts run")
    parser.add_argument("--keras", action="store_true", help="make its environment if need be")
    parser.add_argument("--keras-python", metavar="PATH", help="a Python that has TensorFlow")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER",
                        help="(default: benchmarks/results)")  # fmt: skip
    args = parser.parse_args(argv)
    rows: list[list[str]] = []
    failed = []
    begin = time.perf_counter()
    for name in args.only:
        if name == "fit_vs_keras" and not (args.keras or args.keras_python or KERAS.exists()):
            rows.append([name, "left out: pass --keras to install TensorFlow for it", "", ""])
            continue
        out = args.results / f"{name}.json"
        command = [sys.executable, HERE / f"{name}.py", *options_of(name, args), "--out", out]
        start = time.perf_counter()
        code = subprocess.run(command, check=False).returncode
        seconds = f"{time.perf_counter() - start:.0f}"
        if code:
            failed.append(name)
            rows.append([name, f"FAILED with code {code}", "", seconds])
            continue
        figures = json.loads(out.read_text(encoding="utf-8"))["figures"].items()
        cells = [[key, "–" if value is None else f"{value:,.4g}"] for key, value in figures]
        rows += [[name, *cells[0], seconds], *(["", *pair, ""] for pair in cells[1:])]
    print(f"\n{table(['benchmark', 'figure', 'value', 'took s'], rows)}\n")
    print(f"{time.perf_counter() - begin:.0f} s in all")
    if failed:
        raise fail(f"{', '.join(failed)} failed: see above.")


if __name__ == "__main__":
    main()
