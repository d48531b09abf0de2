"""Run all benchmarks that a CPU can, in sizes that fit into 15 minutes on two cores.

Each runs in a process of its own, one after the other; the figures go to benchmarks/results/.
fit_vs_keras takes part once its environment is there: pass --keras to have it made. --long adds
what takes hours: accuracies with augmentation, the SVM of all images, what each ingredient buys.

    python benchmarks/all.py --page docs/performance.md

runs nothing. It adds what benchmarks/results/ holds to docs/measured/, and writes all of that into
the page.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from _arguments import fail, positive
from _page import write_page
from _report import RESULTS, table

HERE = Path(__file__).resolve().parent
KERAS = HERE / ".keras-venv"
# The script and what it is called with; its defaults are for a closer look.
Run = tuple[str, list[str]]
PLAN: dict[str, Run] = {
    "fit_vs_torch_loop": ("fit_vs_torch_loop", ["--repeats", "4", "--epochs", "1"]),
    "fit_vs_skorch": ("fit_vs_skorch", ["--repeats", "3"]),
    "limit": ("limit", ["--repeats", "3"]),
    "recipe_time": ("recipe_time", ["--repeats", "2"]),
    "fit_vs_keras": ("fit_vs_keras", ["--repeats", "1"]),
    "fit_vs_sklearn": ("fit_vs_sklearn", []),
    "time_to_accuracy": ("time_to_accuracy", ["--repeats", "1", "--epochs", "1", "2", "3", "4"]),
    "scaling": ("scaling", ["--repeats", "2"]),
    "memory": ("memory", ["--sizes", "10000", "60000", "--repeats", "1"]),
    "larger_than_memory": ("larger_than_memory", ["--times", "0.5", "2"]),
    "predict": ("predict", ["--repeats", "3", "--svc-limit", "10000"]),
    "choices": ("choices", ["--repeats", "3"]),
    "search": ("search", ["--repeats", "2"]),
    "persistence": ("persistence", []),
    "explanations": ("explanations", ["--repeats", "2"]),
    "read_images": ("read_images", []),
    "drawing": ("drawing", []),
    "demo": ("demo", []),
    "import_time": ("import_time", ["--repeats", "3"]),
    "busy": ("busy", []),
    "accuracy_default": ("accuracy", ["--claim", "default", "--fresh"]),
    "accuracy_default-fashion": ("accuracy", ["--claim", "default-fashion", "--fresh"]),
    "accuracy_default-digits": ("accuracy", ["--claim", "default-digits", "--fresh"]),
}
# Those that measure accuracies go on where they stopped.
LONG: dict[str, Run] = {
    "accuracy_augmented": ("accuracy", ["--claim", "augmented"]),
    "accuracy_fashion": ("accuracy", ["--claim", "fashion"]),
    "accuracy_fashion-wider": ("accuracy", ["--claim", "fashion-wider"]),
    "small_data": ("small_data", ["--data", "all", "--more"]),
    "small_data_mnist": ("small_data", ["--data", "mnist", "--more"]),
    "probabilities": ("probabilities", []),
    "search_optuna": ("search_optuna", []),
    "engines": ("engines", []),
    "faults": ("faults", []),
    "cost_model": ("cost_model", []),
    "robustness": ("robustness", []),
    "stacked": ("stacked", []),
    "predict_whole_svm": ("predict", ["--repeats", "3"]),
    "coming_from": ("coming_from", []),
    "recipe_mnist": ("recipe", ["--seeds", "3"]),
    "recipe_mnist_1000": ("recipe", ["--seeds", "5", "--limit", "1000"]),
    "recipe_fashion-mnist": ("recipe", ["--seeds", "2", "--data", "fashion-mnist"]),
}
EVERYTHING = {**PLAN, **LONG}
NO_DATA = {"demo"}


def options_of(name: str, args: argparse.Namespace) -> list[str]:
    """Return what a script is called with."""
    script, own = EVERYTHING[name]
    options = [] if args.threads is None else ["--threads", str(args.threads)]
    # A tiny run brings its own sizes, which the plan's would override.
    data = [] if script in NO_DATA else ["--data", args.data]
    options += ["--tiny"] if args.tiny else [*data, *own]
    if script == "fit_vs_keras" and args.keras_python:
        options += ["--keras-python", args.keras_python]
    return options


def why_not(name: str, args: argparse.Namespace) -> str | None:
    """Return why a run is left out; None: it is not."""
    if name == "fit_vs_keras" and not (args.keras or args.keras_python or KERAS.exists()):
        return "left out: pass --keras to install TensorFlow for it"
    if args.data != "mnist" and not args.tiny and {"--claim", "--data"} & set(EVERYTHING[name][1]):
        return "left out: it brings data of its own"
    return None


def main(argv: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=EVERYTHING, metavar="NAME",
                        help=f"of {', '.join(EVERYTHING)}")  # fmt: skip
    parser.add_argument("--long", action="store_true", help="what takes hours, too")
    parser.add_argument("--data", choices=["mnist", "digits"], default="mnist")
    parser.add_argument("--threads", type=positive, metavar="N")
    parser.add_argument("--tiny", action="store_true", help="only to see that the scripts run")
    parser.add_argument("--keras", action="store_true", help="make its environment if need be")
    parser.add_argument("--keras-python", metavar="PATH", help="a Python that has TensorFlow")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FOLDER",
                        help="(default: benchmarks/results)")  # fmt: skip
    parser.add_argument("--page", type=Path, metavar="FILE.md",
                        help="write the results into this page; run nothing")  # fmt: skip
    args = parser.parse_args(argv)
    if args.page is not None:
        write_page(args.page, args.results, [*EVERYTHING, "gpu"])
        return
    rows: list[list[str]] = []
    failed, lines = [], []
    begin = time.perf_counter()
    for name in args.only or (EVERYTHING if args.long else PLAN):
        if reason := why_not(name, args):
            rows.append([name, reason, "", ""])
            continue
        out = args.results / f"{name}.json"
        script = HERE / f"{EVERYTHING[name][0]}.py"
        command = [sys.executable, script, *options_of(name, args), "--out", out]
        start = time.perf_counter()
        code = subprocess.run(command, check=False).returncode
        seconds = f"{time.perf_counter() - start:.0f}"
        if code:
            failed.append(name)
            rows.append([name, f"FAILED with code {code}", "", seconds])
            continue
        result = json.loads(out.read_text(encoding="utf-8"))
        figures = result["figures"].items()
        cells = [[key, "–" if value is None else f"{value:,.4g}"] for key, value in figures]
        rows += [[name, *cells[0], seconds], *(["", *pair, ""] for pair in cells[1:])]
        lines += result["targets"]
    print(f"\n{table(['benchmark', 'figure', 'value', 'took s'], rows)}\n")
    print(f"{table(['', 'measured', 'fastest runs', 'target', ''], lines)}\n")
    print(f"{time.perf_counter() - begin:.0f} s in all")
    if failed:
        raise fail(f"{', '.join(failed)} failed: see above.")


if __name__ == "__main__":
    main()
