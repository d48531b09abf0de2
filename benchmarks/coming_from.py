"""The same task by LeNet5Classifier, MLPClassifier, skorch, PyTorch and Keras: lines and seconds.

The code is that of docs/coming_from.md, as it stands there. A library that is not installed is left
out. Lines are those that are not blank. Each gets pixels from 0 to 255 and words as labels, and its
seconds are those from these arrays to the predicted words; imports are done before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from _arguments import make_parser, parse
from _data import Data, load
from _report import report
from _timing import interleave

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coming_from.md"
OURS = "LeNet5Classifier"
PACKAGES = {OURS: "lenet_sklearn", "MLPClassifier": "sklearn", "skorch": "skorch",
            "PyTorch": "torch", "Keras": "keras"}  # fmt: skip
NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])
TASK = re.compile(r"^<!-- task: (\S+) -->\n+```py(?:thon)?\n(.*?)^```$", re.M | re.S)


def read_tasks(page: Path = PAGE) -> dict[str, str]:
    """Return the code of each library, as the page shows it."""
    return dict(TASK.findall(page.read_text(encoding="utf-8")))


def count_lines(code: str) -> int:
    """Count the lines that are not blank."""
    return sum(bool(line.strip()) for line in code.splitlines())


def run(code: Any, data: Data) -> float:
    """Run the code of a library; return the share of test images that it gets right."""
    words, truth = NAMES[data.y], NAMES[data.y_test]
    variables: dict[str, Any] = {
        "__name__": "task", "X_train": data.X, "y_train": words, "X_test": data.X_test
    }  # fmt: skip
    exec(code, variables)
    return float((np.asarray(variables["predicted"]) == truth).mean())


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(make_parser(__doc__, repeats=3, limit=10_000), argv)
    data = load(args)
    few = Data(data.X[:200], data.y[:200], data.X_test[:200], data.y_test[:200])
    tasks = read_tasks()
    missing = [name for name in tasks if find_spec(PACKAGES[name]) is None]
    codes = {n: compile(tasks[n], n, "exec") for n in tasks if n not in missing}
    timings = interleave(
        {name: partial(run, code, data) for name, code in codes.items()},
        args.repeats,
        warm_up={name: partial(run, code, few) for name, code in codes.items()},
    )
    rows, figures = [], {}
    for name, code in tasks.items():
        lines = count_lines(code)
        figures[f"{name}_lines"] = float(lines)
        if name in missing:
            rows.append([name, str(lines), "–", "–", "–"])
            continue
        score, seconds = timings.results[name][-1], timings.median(name)
        figures |= {f"{name}_accuracy": score, f"{name}_seconds": seconds}
        ratio = timings.ratio(name, OURS)
        rows.append([name, str(lines), f"{score:.4f}", f"{seconds:.4g}", f"{ratio:.3g}"])
    report(
        __file__,
        args,
        f"From arrays to predicted labels: {len(data.X):,} images to fit, "
        f"{len(data.X_test):,} to predict",
        ["", "lines", "test accuracy", "median s", "÷ LeNet5Classifier"],
        rows,
        figures,
        notes=[f"{name} is not installed: not run." for name in missing],
        seconds=timings.seconds,
    )


if __name__ == "__main__":
    main()
