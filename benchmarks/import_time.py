"""Seconds of `from lenet_sklearn import *` beyond `import torch, sklearn, skorch`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from _arguments import make_parser, parse
from _processes import run_json
from _report import report
from _timing import Timings, timing_columns

# Prints the seconds of the three, and those of the library when they are there already.
_BASE = """
import json, time
start = time.perf_counter()
import torch, sklearn, skorch
base = time.perf_counter()
"""
_SHOW = "print(json.dumps([base - start, time.perf_counter() - base]))"
SCRIPTS = {
    "torch, sklearn, skorch": f"{_BASE}{_SHOW}",
    "… and lenet_sklearn": f"{_BASE}from lenet_sklearn import *\n{_SHOW}",
}


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(make_parser(__doc__), argv)
    without, with_it = SCRIPTS
    timings = Timings({without: [], with_it: []})
    after: list[float] = []
    # One run brings all files into the system's cache.
    run_json([sys.executable, "-c", SCRIPTS[with_it]], args.threads)
    for _ in range(args.repeats):
        for name, script in SCRIPTS.items():
            base, own = run_json([sys.executable, "-c", script], args.threads)
            timings.seconds[name].append(base + own)
            after += [own] if name == with_it else []
    timings.seconds["lenet_sklearn alone, after them"] = after
    report(
        __file__,
        args,
        "Seconds of imports",
        timing_columns("with it")[:3],
        [timings.row(name)[:3] for name in timings.seconds],
        {
            "beyond_seconds": timings.median("lenet_sklearn alone, after them"),
            "base_seconds": timings.median(without),
        },
        notes=[
            "Difference of the medians with and without it: "
            f"{timings.median(with_it) - timings.median(without):.3f} s."
        ],
        seconds=timings.seconds,
    )


if __name__ == "__main__":
    main()
