"""The command line, ``lenet-sklearn``; the only file that prints.

A command is a function under ``@app.command()``. It raises ValueError, OSError or Typer's
BadParameter for what the user can put right, and `_App` makes one line of it. Libraries that are
slow to import are imported inside the functions that need them.
"""

from __future__ import annotations

import difflib
import functools
import math
import os
import re
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from lenet_sklearn import __version__

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from rich.table import Table

    from lenet_sklearn.comparison import BenchmarkResult

_INTERRUPTED = 130  # 128 + SIGINT, as shells count

_REFERENCE = "LeNet-5"
_MODEL_NAMES = "lenet-5, svm, random-forest, mlp, k-nn, logistic-regression, dummy"
_DATA_NAMES = "digits, mnist, fashion-mnist"

# The columns of the table by importance: a narrow terminal shows the first ones.
_COLUMNS = (
    "accuracy",
    "difference",
    "p_value_holm",
    "log_loss",
    "fit_seconds",
    "predict_microseconds",
    "parameters",
    "f1_macro",
    "expected_calibration_error",
    "size_bytes",
    "balanced_accuracy",
    "precision_macro",
    "recall_macro",
)

# Parameters of the library that its errors name, and the options that stand for them here.
_OPTIONS = {
    "out_dir": "--out",
    "label_column": "--label-column",
    "random_state": "--seed",
    "cv": "--cv",
}
# Not inside a path or a longer name; "cv", which can be anything, only in "cv=5".
_PARAMETERS = re.compile(
    r"(?<![\w./\\-])(?:out_dir|label_column|random_state|cv(?==))(?![\w/\\-]|\.\w)"
)

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# all models on the digits that come with scikit-learn: no download[/dim]
lenet-sklearn benchmark

[dim]# two of them, kept in a folder: once stopped, the same line goes on[/dim]
lenet-sklearn benchmark --models lenet-5,svm --out results

[dim]# 5,000 images of MNIST, two folds at the same time[/dim]
lenet-sklearn benchmark --data mnist --limit 5000 --jobs 2

[dim]# your own images, one a row, the label in the column "class"[/dim]
lenet-sklearn benchmark --data images.csv --label-column class --cv 3
"""


class _App(TyperGroup):
    """Ends with one line and an exit code, where Typer draws boxes and Python shows tracebacks."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except typer.Abort:
            code = _INTERRUPTED
        except Exception as error:
            message = _describe_error(error)
            if message is None:
                raise
            if message:
                _say("Error", message)
            code = 2
        sys.exit(code)


app = typer.Typer(
    cls=_App,
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> None:
    """Run the command line on the arguments of the process, and exit.

    Exit codes: 0 success; 1 every model failed; 2 wrong usage or input; 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a console without ± shall not stop the report
            stream.reconfigure(errors="replace")
    # Of the workers' warnings each would come with its place in the source, from each fold.
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    app()


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lenet-sklearn {__version__}")
        raise typer.Exit


@app.callback(epilog=_EXAMPLES)
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""


def _check_jobs(jobs: int) -> int:
    if jobs < 1 and jobs != -1:
        raise typer.BadParameter(f"{jobs} is neither 1 or more, nor -1 for all processors.")
    return jobs


@app.command(epilog=_EXAMPLES)
def benchmark(
    data: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE",
            help=f"{_DATA_NAMES} (the 60,000 training images), or a CSV file with an image a row, "
            "plain or gzip. MNIST is downloaded once, or taken from the folder that the variable "
            "LENET_SKLEARN_DATA names.",
        ),
    ] = "digits",
    models: Annotated[
        str,
        typer.Option(metavar="LIST", help=f"Separated by commas: {_MODEL_NAMES}, or all."),
    ] = "all",
    cv: Annotated[int, typer.Option(metavar="N", min=2, help="Folds of the cross-validation.")] = 5,
    jobs: Annotated[
        int,
        typer.Option(
            metavar="N",
            callback=_check_jobs,
            help="Folds computed at the same time; -1: one for each processor. Sooner done, but "
            "then seconds are measured under load.",
        ),
    ] = 1,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Draw this many images at most, each class in its share."
        ),
    ] = None,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, help="Of the draw, the folds and the models.")
    ] = 0,
    label_column: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Where a CSV file has the label: a position (0 is the first, -1 the last) or a "
            "name in its first line.  [dim]\\[default: 0][/dim]",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            writable=True,
            help="Folder for the results as CSV, Markdown and HTML. Each fold is kept there as "
            "soon as it is known, so that the same command goes on where it was stopped.",
        ),
    ] = None,
) -> None:
    """Cross-validate LeNet-5 beside other models, all on the same folds."""
    try:
        estimators = _choose_models(models)
        X, y = _load(data, label_column)
        if limit is not None:
            X, y = _draw(X, y, limit, cv, seed)
        if _REFERENCE in estimators:
            _check_layout(X, data)
        result = _run(estimators, X, y, cv, jobs, seed, out)
    except KeyboardInterrupt:
        kept = "" if out is None else f" Finished folds are in {out}: the same command goes on."
        _say("Stopped", f"by Ctrl-C.{kept}")
        raise typer.Exit(_INTERRUPTED) from None
    _report(result, data, X, y, cv)
    if out is not None:
        typer.echo(f"Written to {out}: table.csv, .md and .html, and scores.csv of each fold")
    if result.table()["n_failed"].all():
        _say("Error", "every model failed.")
        raise typer.Exit(1)


# What the command is given


def _slug(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()


def _suggest(name: str, known: Iterable[str]) -> str:
    """Make a question of the nearest known name, if there is one."""
    slugs = {_slug(option): option for option in known}
    near = difflib.get_close_matches(_slug(name), slugs, n=1)
    return f" Did you mean {slugs[near[0]]}?" if near else ""


def _choose_models(models: str) -> dict[str, Any]:
    from lenet_sklearn import LeNet5Classifier
    from lenet_sklearn.comparison import make_baselines

    available = {_REFERENCE: LeNet5Classifier(), **make_baselines()}
    known = {_slug(name): [name] for name in available} | {"all": list(available)}
    chosen: list[str] = []
    for name in filter(None, map(str.strip, models.split(","))):
        if _slug(name) not in known:
            hint = _suggest(name, [*_MODEL_NAMES.split(", "), "all"])
            raise typer.BadParameter(
                f"there is no model {name!r}.{hint} Give any of {_MODEL_NAMES}, or all.",
                param_hint="'--models'",
            )
        chosen += known[_slug(name)]
    if not chosen:
        raise typer.BadParameter(
            f"it is empty. Give any of {_MODEL_NAMES}, or all.", param_hint="'--models'"
        )
    return {name: available[name] for name in chosen}


def _load(data: str, label_column: str | None) -> tuple[np.ndarray, np.ndarray]:
    from rich.console import Console

    from lenet_sklearn import datasets

    loaders = {
        "digits": datasets.load_digits_images,
        "mnist": datasets.fetch_mnist,
        "fashionmnist": datasets.fetch_fashion_mnist,
    }
    # A download can take minutes. The line vanishes, and is not shown where nobody watches.
    with Console(stderr=True).status("Loading the images"):
        if loader := loaders.get(_slug(data)):
            if label_column is not None:
                raise typer.BadParameter(
                    f"it is for CSV files, and --data is {data}. Leave it out.",
                    param_hint="'--label-column'",
                )
            return loader(return_X_y=True)
        path = Path(data).expanduser()
        if not path.exists():
            raise typer.BadParameter(
                f"there is no file {data!r}.{_suggest(data, _DATA_NAMES.split(', '))} Give any of "
                f"{_DATA_NAMES}, or the path of a CSV file.",
                param_hint="'--data'",
            )
        column: int | str = 0 if label_column is None else label_column
        if isinstance(column, str) and re.fullmatch(r"-?\d+", column):
            column = int(column)
        X, y = datasets.read_csv_images(path, column, return_X_y=True)
    if y.dtype.kind == "f":
        raise typer.BadParameter(
            f"column {column} of {data} holds measures such as {y[0]}, not classes. Name the "
            "column of the labels.",
            param_hint="'--label-column'",
        )
    return X, y


def _draw(
    X: np.ndarray, y: np.ndarray, limit: int, cv: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Draw images at random, each class in its share, and keep their order."""
    import numpy as np

    _, codes, counts = np.unique(y, return_inverse=True, return_counts=True)
    if limit >= len(y) or counts.min() < cv:  # too few of a class even in all: run_benchmark says
        return X, y
    needed = math.ceil(cv * len(y) / counts.min())
    if limit < needed:
        raise typer.BadParameter(
            f"{limit} images are too few for {cv} folds with each of the {len(counts)} classes in "
            f"its share. Give at least {needed}, or fewer folds.",
            param_hint="'--limit'",
        )
    shuffled = np.random.default_rng(seed).permutation(len(y))
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    # Steps of equal length through the sorted classes take from each its share, one up or down.
    drawn = np.sort(by_class[np.arange(limit) * len(y) // limit])
    return X[drawn], y[drawn]


def _check_layout(X: np.ndarray, data: str) -> None:
    """Say before the run what LeNet-5 would say in each fold, in a worker that nobody hears."""
    from lenet_sklearn._images import infer_layout

    try:
        layout = infer_layout(X.shape, warn=False)
    except ValueError:
        side = math.isqrt(X.shape[1])
        raise ValueError(
            f"{data} has {X.shape[1]} columns beside the label, one more than {side}×{side} "
            "pixels. Remove what is no pixel, or name the label with --label-column."
        ) from None
    if missing := layout.n_pixels - layout.n_features:
        _say(
            "Warning",
            f"{layout.n_features} pixels are no square: LeNet-5 sees them as {layout.height}×"
            f"{layout.width}, the last {missing} of them zero. In Python, "
            "LeNet5Classifier(image_shape=(H, W)) takes other shapes.",
        )


# The run


def _run(
    estimators: dict[str, Any],
    X: np.ndarray,
    y: np.ndarray,
    cv: int,
    jobs: int,
    seed: int,
    out: Path | None,
) -> BenchmarkResult:
    from sklearn.exceptions import FitFailedWarning

    from lenet_sklearn.comparison import run_benchmark

    with warnings.catch_warnings():
        warnings.showwarning = _show_warning
        warnings.simplefilter("ignore", FitFailedWarning)  # the report says it
        warnings.filterwarnings("ignore", "X has .* no square number")  # _check_layout said it
        try:
            return run_benchmark(
                estimators,
                X,
                y,
                cv=cv,
                n_jobs=jobs,
                random_state=seed,
                reference=_REFERENCE if _REFERENCE in estimators else None,
                out_dir=out,
            )
        except OSError as error:
            if out is None:
                raise
            raise OSError(
                f"Cannot write to --out {out} ({error.strerror or error}). Give another folder; or "
                "make it writable and repeat the command, which keeps the finished folds."
            ) from error


# What the command says


def _report(result: BenchmarkResult, data: str, X: np.ndarray, y: np.ndarray, cv: int) -> None:
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = 1000  # a file or a pipe has no edge: all columns, each line whole
    table = result.table()
    reference = result.reference or str(table.index[0])
    side = math.isqrt(X.shape[1])
    pixels = f"{side}×{side}" if side * side == X.shape[1] else f"{X.shape[1]:,}"
    console.print(
        f"{data}: {len(X):,} images of {pixels} pixels, {len(set(y.tolist()))} classes; "
        f"mean ± sd of {cv} folds, seed {result.random_state}\n"
    )
    console.print(_make_grid(result, table, reference, console.width))
    if len(table) > 1:
        best = "" if result.reference else ", the best"
        console.print(
            f"\nvs. {reference}{best}: difference in accuracy; p < 0.05: hardly chance (corrected "
            "t-test)"
        )
    for model, row in table[table["n_failed"] > 0].iterrows():
        console.print(
            f"{model} failed in {row['n_failed']} of {row['n_folds']} folds: "
            f"{_one_line(row['error'])}"
        )


def _make_grid(result: BenchmarkResult, table: pd.DataFrame, reference: str, width: int) -> Table:
    """Lay the table out, with as many columns as the width allows, two at least."""
    from rich import box
    from rich.table import Table

    columns = [("model", [str(model) for model in table.index])]
    names = [name for name in _COLUMNS if len(table) > 1 or name in result.metrics]
    columns += [_make_column(name, result, table, reference) for name in names]
    grid = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    needed = 0
    for heading, texts in columns:
        needed += max(map(len, [*heading.split("\n"), *texts]))
        if needed > width and len(grid.columns) >= 2:
            break
        grid.add_column(
            heading,
            justify="right" if grid.columns else "left",
            vertical="bottom",
            overflow="fold",
        )
        needed += 2  # the gap
    shown = [texts for _, texts in columns[: len(grid.columns)]]
    for i, cells in enumerate(zip(*shown, strict=True)):
        failed = table["n_failed"].iloc[i] > 0
        grid.add_row(*cells, style="red" if failed else "bold" if i == 0 else "")
    return grid


def _make_column(
    name: str, result: BenchmarkResult, table: pd.DataFrame, reference: str
) -> tuple[str, list[str]]:
    """Return the heading, one word a line so that the numbers decide the width, and the cells."""
    from lenet_sklearn.comparison._format import format_difference, format_mean, format_p_value

    if name == "difference":
        heading, cells = f"vs. {reference}", [format_difference(x, "score") for x in table[name]]
    elif name == "p_value_holm":
        heading, cells = "p (Holm)", [format_p_value(x) for x in table[name]]
    else:
        metric = result.metrics[name]
        deviations = table["accuracy_sd"] if name == "accuracy" else [math.nan] * len(table)
        heading = metric.label
        cells = [
            format_mean(*pair, metric.style) for pair in zip(table[name], deviations, strict=True)
        ]
    return heading.translate({ord("("): "", ord(")"): "", ord(" "): "\n"}), cells


def _describe_error(error: Exception) -> str | None:
    """Make one line of an error that the user can put right; None for any other."""
    if hasattr(error, "format_message"):  # Typer's own, whatever Click it stands on
        message = error.format_message()
        context = getattr(error, "ctx", None)
        if message and context is not None and not isinstance(error, typer.BadParameter):
            stop = "" if message.endswith((".", "?")) else "."
            message += f"{stop} See '{context.command_path} --help'."
    elif isinstance(error, ValueError | OSError):
        message = _PARAMETERS.sub(lambda match: _OPTIONS[match[0]], str(error))
    else:
        return None
    return _one_line(message)


def _one_line(text: str) -> str:
    """Join the lines of a message; details that it lists are left out."""
    lines = [line for line in text.splitlines() if not line.startswith("  - ")]
    return " ".join(" ".join(lines).split())


def _show_warning(message: Warning | str, *place: Any, **more: Any) -> None:
    _warn_once(_one_line(str(message)))


@functools.cache  # the same warning comes from each fold
def _warn_once(line: str) -> None:
    _say("Warning", line)


def _say(kind: str, message: str) -> None:
    """Print one line on standard error."""
    colour = {"Error": typer.colors.RED, "Warning": typer.colors.YELLOW}.get(kind)
    # Not err=True: a progress bar that is on the screen has put itself into sys.stderr.
    typer.echo(typer.style(f"{kind}:", fg=colour, bold=True) + f" {message}", file=sys.stderr)
