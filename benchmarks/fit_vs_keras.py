"""Wall time of the `keras-relu-avg` project's fit ÷ ours to at least its test accuracy.

The project trains for 5 epochs of 64 images, with Adam and a tenth of the data held out: see
_keras_relu_avg.py. TensorFlow stands in an environment of its own, which is made (and TensorFlow
downloaded) when it is not there yet, or is named by --keras-python.

Our number of epochs is chosen without the test images: the fewest with which a fit on the first
nine tenths of the data does at least as well on the last tenth, the one that Keras holds out, as
Keras does. Then both fit in fresh processes that take turns, on the same images; imports are not
timed. "first" is the first fit of a process, with all that a framework sets up by then; "second"
is another one after it, of a new model.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from _arguments import fail, make_parser, parse, positive
from _data import Data, load
from _processes import run_json
from _report import Target, report
from _timing import Timings

from lenet_sklearn import LeNet5Classifier

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE / ".keras-venv"
OURS, KERAS = "LeNet5Classifier", "keras-relu-avg"
FITS = ("first", "second")


def python_of(folder: Path) -> Path:
    """Path of the interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def find_keras(given: Path | None) -> Path:
    """Return a Python that has TensorFlow; make an environment if none is given."""
    python = python_of(ENVIRONMENT) if given is None else given
    if given is None and not python.exists():
        print(f"making {ENVIRONMENT} and installing TensorFlow …", flush=True)
        venv.create(ENVIRONMENT, with_pip=True)
    if not python.exists():
        raise fail(f"--keras-python: there is no {python}.")
    if _has_tensorflow(python):
        return python
    if given is not None:
        raise fail(
            f"--keras-python: {python} cannot import tensorflow. Install it there, or leave the "
            "option out and have an environment made."
        )
    for package in ("tensorflow-cpu", "tensorflow"):  # the first is not built for every system
        install = [str(python), "-m", "pip", "install", "--quiet", package]
        if subprocess.run(install, check=False).returncode == 0:
            return python
    raise fail(
        f"TensorFlow could not be installed into {ENVIRONMENT}. Install it into an environment of "
        "your own, and name its Python by --keras-python."
    )


def _has_tensorflow(python: Path) -> bool:
    find = "import importlib.util as u, sys; sys.exit(u.find_spec('tensorflow') is None)"
    try:
        return subprocess.run([python, "-c", find], check=False).returncode == 0
    except OSError:
        return False


def choose_epochs(data: Data, target: float, most: int) -> int:
    """Return the fewest epochs that reach `target` on the last tenth of the training images."""
    n_train = int(len(data.X) * 0.9)  # as validation_split=0.1 cuts
    for epochs in range(1, most + 1):
        model = LeNet5Classifier(max_epochs=epochs, random_state=0, device="cpu")
        model.fit(data.X[:n_train], data.y[:n_train])
        score = model.score(data.X[n_train:], data.y[n_train:])
        print(f"  {epochs} epochs: validation accuracy {score:.4f}, wanted {target:.4f}")
        if score >= target:
            return epochs
    raise fail(
        f"{most} epochs do not reach the validation accuracy of Keras, {target:.4f}. Raise "
        "--most-epochs."
    )


def worker(path: str, epochs: int, seed: int, threads: int | None) -> dict[str, Any]:
    """Fit twice in this process: the counterpart of _keras_relu_avg.py."""
    if threads is not None:
        torch.set_num_threads(threads)
    with np.load(path) as arrays:
        data = Data(**arrays)
    fits = []
    for _ in FITS:
        model = LeNet5Classifier(max_epochs=epochs, random_state=seed, device="cpu")
        start = time.perf_counter()
        model.fit(data.X, data.y)
        seconds = time.perf_counter() - start
        score = float(model.score(data.X_test, data.y_test))
        fits.append({"seconds": seconds, "test_accuracy": score})
    return {"fits": fits}


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    parser.add_argument("--keras-python", type=Path, metavar="PATH",
                        help="a Python that has TensorFlow (default: benchmarks/.keras-venv, made "
                        "when it is missing)")  # fmt: skip
    parser.add_argument("--most-epochs", type=positive, default=5,
                        help="that we may need (default: 5)")  # fmt: skip
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parse(parser, argv, most_epochs=60)
    if args.worker:
        print(json.dumps(worker(**json.loads(args.worker))))
        return
    python = find_keras(args.keras_python)
    data = load(args)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder, "data.npz"))
        np.savez(path, **vars(data))
        keras = [str(python), str(HERE / "_keras_relu_avg.py"), path]
        threads = [] if args.threads is None else [str(args.threads)]
        print("Keras, one fit to warm up and for its validation accuracy …", flush=True)
        warm_up = run_json([*keras, "1", *threads], args.threads)
        epochs = choose_epochs(data, warm_up["fits"][0]["valid_accuracy"], args.most_epochs)
        runs: dict[str, list[Any]] = {KERAS: [], OURS: []}
        for seed in range(args.repeats):
            task = {"path": path, "epochs": epochs, "seed": seed, "threads": args.threads}
            ours = [sys.executable, __file__, "--worker", json.dumps(task)]
            runs[KERAS].append(run_json([*keras, str(len(FITS)), *threads], args.threads)["fits"])
            runs[OURS].append(run_json(ours, args.threads)["fits"])

    timings = Timings({f"{who}, {which}": [run[i]["seconds"] for run in runs[who]]
                       for i, which in enumerate(FITS) for who in runs})  # fmt: skip
    test = {who: [fit["test_accuracy"] for run in runs[who] for fit in run] for who in runs}
    mean = {who: statistics.mean(test[who]) for who in runs}
    rows = []
    for which in FITS:
        for who, n_epochs in ((KERAS, 5), (OURS, epochs)):
            row = timings.row(f"{who}, {which}", against=f"{KERAS}, {which}")
            rows.append([*row[:1], str(n_epochs), *row[1:], f"{mean[who]:.4f}"])
    figures = {
        "our_epochs": epochs,
        "test_accuracy": mean[OURS],
        "keras_test_accuracy": mean[KERAS],
    }
    for which in FITS:
        names = f"{KERAS}, {which}", f"{OURS}, {which}"
        figures[f"times_faster_{which}_fit"] = timings.ratio(*names)
        figures[f"paired_times_faster_{which}_fit"] = timings.paired_ratio(*names)
    versions = ", ".join(f"{name} {number}" for name, number in warm_up["versions"].items())
    report(
        __file__,
        args,
        f"Seconds of fit on {len(data.X):,} images; ours to at least the accuracy of Keras",
        ["", "epochs", "median s", "min–max", "Keras ÷ it (medians)", "(pairs)", "(fastest)",
         "test accuracy"],
        rows,
        figures,
        targets=[
            Target(f"the Keras project's fit ÷ ours, {which} fit of a process",
                   **timings.ratios(f"{KERAS}, {which}", f"{OURS}, {which}"), at_least=8, digits=1)
            for which in FITS
        ]
        + [
            Target("our test accuracy − that of the Keras project", mean[OURS] - mean[KERAS],
                   at_least=0, digits=4)
        ],
        notes=[
            f"Keras runs on {versions}.",
            f"Our {epochs} epochs were chosen on validation images.",
        ],
        seconds=timings.seconds,
        accuracy=test,
        keras_versions=warm_up["versions"],
    )  # fmt: skip


if __name__ == "__main__":
    main()
