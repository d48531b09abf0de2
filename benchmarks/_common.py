"""What the benchmarks share: arguments, data, a plain network, interleaved timing, targets, JSON.

Times drift on shared machines, so every claim is a ratio of runs that took turns in one process.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from lenet_sklearn._runs.environment import processor_name

RESULTS = Path(__file__).parent / "results"
_THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_VERSIONS = ("lenet-sklearn", "numpy", "torch", "scikit-learn", "skorch")
# Clothes bear, and need, more passes than the default makes.
FASHION: dict[str, Any] = {
    "augmentation": "objects",
    "activation": "relu",
    "lr": 0.01,
    "weight_decay": 0.03,
    "label_smoothing": 0.02,
    "max_epochs": 40,
}
# The most accurate LeNet below 100,000 parameters that was found: 16 and 32 maps, one full layer.
WIDER: dict[str, Any] = {**FASHION, "conv_channels": (16, 32), "hidden_layer_sizes": (84,),
                         "max_epochs": 30}  # fmt: skip


# Arguments


def fail(message: str) -> SystemExit:
    """Print one line to stderr, and return what to raise to leave with exit code 2."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return SystemExit(2)


def positive(text: str) -> int:
    """Read a whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more. Got {text}.")
    return number


def make_parser(
    description: str | None,
    *,
    repeats: int = 5,
    limit: int | None = None,
    data: Sequence[str] = ("mnist", "digits"),
) -> argparse.ArgumentParser:
    """Make the parser that all scripts start from."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=data, default=data[0],
                        help="default: %(default)s; digits are scikit-learn's, enlarged to 28×28 "
                        "pixels: no download")  # fmt: skip
    parser.add_argument("--limit", type=positive, default=limit, metavar="N",
                        help="training images; all by default" if limit is None
                        else "training images (default: %(default)s)")  # fmt: skip
    parser.add_argument("--repeats", type=positive, default=repeats, metavar="N",
                        help="interleaved runs of each (default: %(default)s)")  # fmt: skip
    parser.add_argument("--threads", type=positive, metavar="N",
                        help="threads of torch and of the BLAS; all cores by default")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE.json",
                        help="where the figures go (default: benchmarks/results/)")  # fmt: skip
    parser.add_argument("--tiny", action="store_true",
                        help="a few hundred digits: only to see that the script runs")  # fmt: skip
    return parser


def parse(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None, **tiny: Any
) -> argparse.Namespace:
    """Parse, with smaller defaults for ``--tiny``, and set the threads."""
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(argv)
    if args.tiny:
        parser.set_defaults(**{"data": "digits", "limit": 300, "repeats": 1, **tiny})
        args = parser.parse_args(argv)
    if args.threads is not None:
        torch.set_num_threads(args.threads)
        threadpool_limits(args.threads)
    args.typed = list(argv)
    return args


# Data


@dataclass
class Data:
    """Training and test images, ``(n, 784)`` uint8, and their labels."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def load(args: argparse.Namespace) -> Data:
    """Load what ``--data`` and ``--limit`` name, or leave with one line that says what to do."""
    if args.data == "digits":
        data = _enlarged_digits()
    else:
        data = Data(*fetch("mnist", "train"), *fetch("mnist", "test"))
    data.X, data.y = data.X[: args.limit], data.y[: args.limit]
    return data


def fetch(name: str, subset: Literal["train", "test"]) -> tuple[np.ndarray, np.ndarray]:
    """Fetch a part of MNIST or Fashion-MNIST, or leave with one line that says what to do."""
    from lenet_sklearn.datasets import fetch_fashion_mnist, fetch_mnist

    fetcher = {"mnist": fetch_mnist, "fashion-mnist": fetch_fashion_mnist}[name]
    try:
        return fetcher(subset=subset, return_X_y=True)
    except (OSError, ValueError) as error:
        raise fail(
            f"{name} could not be loaded: {str(error).splitlines()[0]} Set LENET_SKLEARN_DATA to "
            f"a folder that holds {name}/, or pass --data digits."
        ) from error


def _enlarged_digits() -> Data:
    """Scikit-learn's digits at the size and in the dtype of MNIST: 1,437 and 360 images."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    X, y = load_digits(return_X_y=True)
    small = torch.from_numpy(X.reshape(-1, 1, 8, 8)).float() * (255 / 16)
    large = nn.functional.interpolate(small, (28, 28), mode="bilinear").round().to(torch.uint8)
    X_train, X_test, y_train, y_test = train_test_split(
        large.reshape(len(X), 784).numpy(), y, test_size=0.2, stratify=y, random_state=0
    )
    return Data(X_train, y_train, X_test, y_test)


def as_tensor(X: np.ndarray, like: np.ndarray | None = None) -> Tensor:
    """Standardise once, by the pixels of `like`: float32 ``(n, 1, 28, 28)``."""
    like = X if like is None else like
    images = torch.from_numpy(X.astype(np.float32)).view(-1, 1, 28, 28)
    return (images - float(like.mean())) / float(like.std())


# The network that the peers train


def plain_network(*, pool_first: bool = False, smooth: bool = False) -> nn.Sequential:
    """LeNet-5 as people write it: 61,706 parameters on 28×28 pixels and 10 classes.

    With ReLU and max pooling, which torch computes much faster than the SiLU and average pooling
    of `smooth`, the default of LeNet5Classifier.
    """
    squash: type[nn.Module] = nn.SiLU if smooth else nn.ReLU
    squash_and_pool = (squash(), nn.AvgPool2d(2) if smooth else nn.MaxPool2d(2))
    halve = squash_and_pool[::-1] if pool_first else squash_and_pool
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        *halve,
        nn.Conv2d(6, 16, kernel_size=5),
        *halve,
        nn.Flatten(),
        nn.Linear(400, 120),
        squash(),
        nn.Linear(120, 84),
        squash(),
        nn.Linear(84, 10),
    )


@torch.inference_mode()
def accuracy(network: nn.Module, images: Tensor, y: np.ndarray) -> float:
    """Share of `images` that the network puts into their class."""
    network.eval()
    hits = [network(chunk).argmax(1).numpy() for chunk in images.split(1000)]
    return float((np.concatenate(hits) == y).mean())


# Timing


@dataclass
class Timings:
    """Seconds and results of runs that took turns: the i-th of each name are of one round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    results: dict[str, list[Any]] = field(default_factory=dict)

    def median(self, name: str) -> float:
        """Median seconds of one run."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, reference: str) -> float:
        """Median seconds of `name` ÷ those of `reference`."""
        return self.median(name) / self.median(reference)

    def paired_ratio(self, name: str, reference: str) -> float:
        """Median, over the rounds, of the ratio within one round."""
        pairs = zip(self.seconds[name], self.seconds[reference], strict=True)
        return statistics.median(mine / its for mine, its in pairs)

    def fastest_ratio(self, name: str, reference: str) -> float:
        """Fastest run of `name` ÷ that of `reference`: what a busy machine disturbs least."""
        return min(self.seconds[name]) / min(self.seconds[reference])

    def ratios(self, name: str, reference: str) -> dict[str, float]:
        """Return `ratio` and `fastest_ratio`, as a target takes them."""
        return {
            "value": self.ratio(name, reference),
            "fastest": self.fastest_ratio(name, reference),
        }

    def row(self, name: str, *, against: str | None = None, scale: float = 1.0) -> list[str]:
        """Cells for `TIMING_COLUMNS`; `against` is who is divided by `name`."""
        times = [scale * second for second in self.seconds[name]]
        cells = [name, f"{statistics.median(times):.4g}", f"{min(times):.4g}–{max(times):.4g}"]
        if against is None or against == name:
            return [*cells, "", "", ""]
        how = self.ratio, self.paired_ratio, self.fastest_ratio
        return [*cells, *(f"{ratio(against, name):.3f}" for ratio in how)]


def timing_columns(who: str, unit: str = "s") -> list[str]:
    """Head of a table of `Timings.row`."""
    return ["", f"median {unit}", "min–max", f"{who} ÷ it (medians)", "(pairs)", "(fastest)"]


def interleave(
    runs: Mapping[str, Callable[[], Any]],
    repeats: int,
    warm_up: Mapping[str, Callable[[], Any]] | None = None,
) -> Timings:
    """Run each once to warm up, then A B C, A B C …, timed.

    `warm_up` may give something shorter that takes the same paths.
    """
    timings = Timings({name: [] for name in runs}, {name: [] for name in runs})
    for name, run in runs.items():
        (run if warm_up is None else warm_up[name])()
    for _ in range(repeats):
        gc.collect()  # what earlier runs left behind is not the next one's to clear up
        for name, run in runs.items():
            start = time.perf_counter()
            result = run()
            timings.seconds[name].append(time.perf_counter() - start)
            timings.results[name].append(result)
    return timings


def growth_exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """Slope of log(seconds) over log(size), by least squares."""
    slope, _ = np.polyfit(np.log(sizes), np.log(seconds), 1)
    return float(slope)


# Other processes


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


# Targets


@dataclass(frozen=True)
class Target:
    """A figure, the bound that it is to keep, and whether it does.

    Parameters
    ----------
    what : str
        What was measured.
    value : float or None
        The figure, from medians where it is one of times; None: not measured.
    at_most, at_least : float, default=None
        The bound: one of the two.
    goal : float, default=None
        A harder bound, for information.
    fastest : float, default=None
        The same from the fastest runs, for information.
    unit : str, default=""
        Written behind the figure and the bound.
    digits : int, default=2
        Decimal places.
    """

    what: str
    value: float | None
    at_most: float | None = None
    at_least: float | None = None
    goal: float | None = None
    fastest: float | None = None
    unit: str = ""
    digits: int = 2

    @property
    def met(self) -> bool | None:
        """Whether the figure keeps the bound; None where there is no figure."""
        if self.value is None:
            return None
        if self.at_most is not None:
            return self.value <= self.at_most
        assert self.at_least is not None
        return self.value >= self.at_least

    def number(self, value: float | None) -> str:
        """Write a figure as the target does."""
        return "–" if value is None else f"{value:,.{self.digits}f}{self.unit}"

    def cells(self) -> list[str]:
        """What, the figure, that of the fastest runs, the bound, and the verdict."""
        sign, bound = ("≤", self.at_most) if self.at_least is None else ("≥", self.at_least)
        goal = "" if self.goal is None else f", goal {self.goal:g}"
        verdict = {True: "met", False: "MISSED", None: "not measured"}[self.met]
        fastest = "" if self.fastest is None else self.number(self.fastest)
        return [self.what, self.number(self.value), fastest, f"{sign} {bound:g}{self.unit}{goal}",
                verdict]  # fmt: skip

    def __str__(self) -> str:
        what, value, fastest, bound, verdict = self.cells()
        fastest = f"; fastest runs {fastest}" if fastest else ""
        return f"{what}: {value} (target {bound}: {verdict}{fastest})"


# Report


def machine() -> dict[str, Any]:
    """Describe what the figures were taken on."""
    return {
        "cpu": processor_name(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: version(name) for name in _VERSIONS},
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def machine_line(about: Mapping[str, Any]) -> str:
    """Describe the machine in one line."""
    versions = ", ".join(f"{name} {about[name]}" for name in _VERSIONS)
    return (
        f"{about['cpu']}, {about['cores']} cores, {about['threads']} torch threads, "
        f"load {about['load']}; Python {about['python']}, {versions}; {about['date']}"
    )


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Lay cells out in columns, the first to the left and the others to the right."""
    lines = [list(columns), *([str(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["─" * width for width in widths])
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def command(name: str, typed: Sequence[str]) -> str:
    """Return what was typed to run a script, without the places of one machine."""
    kept, words = [], iter(typed)
    for word in words:
        if word in ("--out", "--keras-python"):
            next(words, None)
        else:
            kept.append(word)
    return shlex.join(["python", f"benchmarks/{name}.py", *kept])


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write to a temporary file, then move: a killed run leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.part")
    text = json.dumps(content, indent=1, ensure_ascii=False, default=str)
    temporary.write_text(f"{text}\n", encoding="utf-8")
    temporary.replace(path)


def report(
    script: str,
    args: argparse.Namespace,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[Any]],
    figures: Mapping[str, Any],
    *,
    targets: Sequence[Target] = (),
    notes: Sequence[str] = (),
    seconds: Mapping[str, Sequence[float]] | None = None,
    **more: Any,
) -> None:
    """Print the table, and write it with the figures and each single time to ``--out``.

    Parameters
    ----------
    script : str
        ``__file__`` of the benchmark.
    figures : mapping of str to number
        What the run shows, by name; None where it could not be measured.
    targets : sequence of Target
        What it is to show.
    seconds : mapping of str to list of float
        Each timed run.
    more
        Further entries of the JSON file.
    """
    name = Path(script).stem
    about = machine()
    out = args.out or RESULTS / f"{name}.json"
    settings = {key: value for key, value in vars(args).items() if key not in ("out", "typed")}
    content = {
        "benchmark": name,
        "command": command(name, args.typed),
        "title": title,
        "machine": about,
        "settings": settings,
        "figures": {key: _plain(value) for key, value in figures.items()},
        "columns": list(columns),
        "rows": [list(row) for row in rows],
        "targets": [target.cells() for target in targets],
        "notes": list(notes),
        "seconds": {key: list(values) for key, values in (seconds or {}).items()},
        **more,
    }
    write_json(out, content)
    print(f"\n{title}\n{machine_line(about)}\n\n{table(columns, rows)}\n")
    for line in (*targets, *notes):
        print(line)
    print(f"written to {out}", flush=True)


def _plain(value: Any) -> Any:
    """Turn NumPy's numbers into Python's, and NaN into None, which JSON has."""
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value
