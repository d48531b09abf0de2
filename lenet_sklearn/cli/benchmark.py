"""``lenet-sklearn benchmark``: LeNet-5 beside other models, cross-validated on the same folds."""

from __future__ import annotations

import math
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lenet_sklearn._messages import count
from lenet_sklearn.cli._app import app, interruptible
from lenet_sklearn.cli._charts import save_charts
from lenet_sklearn.cli._dask import Dask, on_dask
from lenet_sklearn.cli._data import (
    ImageSource,
    load_images,
    name_data,
    name_shape,
    parse_shape,
    parse_size,
)
from lenet_sklearn.cli._grid import Column, make_console, make_grid
from lenet_sklearn.cli._messages import one_line, say, show_warning, slug, suggest
from lenet_sklearn.cli._options import (
    Colour,
    ImageShape,
    LabelColumn,
    Resize,
    Separator,
    Size,
    data_option,
    results_option,
    seed_option,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from lenet_sklearn.comparison import BenchmarkResult

_REFERENCE = "LeNet-5"
_MODEL_NAMES = "lenet-5, svm, random-forest, mlp, k-nn, logistic-regression, dummy"

# The columns of the table by importance: a narrow terminal shows the first ones.
_COLUMNS = (
    "accuracy",
    "accuracy_corrupted",
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

_EXAMPLES = """\
[bold]Examples[/bold]

[dim]# all models on the digits that come with scikit-learn: no download[/dim]
lenet-sklearn benchmark

[dim]# two of them, kept in a folder: once stopped, the same line goes on[/dim]
lenet-sklearn benchmark --models lenet-5,svm --out results

[dim]# 5,000 images of MNIST, two folds at the same time[/dim]
lenet-sklearn benchmark --data mnist --limit 5000 --jobs 2

[dim]# a folder of pictures with a folder for each class[/dim]
lenet-sklearn benchmark --data pictures --size 28

[dim]# the same on a Dask cluster[/dim]
lenet-sklearn benchmark --data mnist --limit 5000 --dask host:8786

[dim]# your own images, one a row, the label in the column "class"[/dim]
lenet-sklearn benchmark --data images.csv --label-column class --cv 3
"""


def _check_jobs(jobs: int | None) -> int | None:
    if jobs is not None and jobs < 1 and jobs != -1:
        raise typer.BadParameter(f"{jobs} is neither 1 or more, nor -1 for all processors.")
    return jobs


@app.command(epilog=_EXAMPLES)
def benchmark(
    data: Annotated[
        str,
        data_option(
            "the 60,000 training images",
            "MNIST is downloaded once, or taken from the folder that the variable "
            "LENET_SKLEARN_DATA names.",
        ),
    ] = "digits",
    models: Annotated[
        str,
        typer.Option(metavar="LIST", help=f"Separated by commas: {_MODEL_NAMES}, or all."),
    ] = "all",
    cv: Annotated[int, typer.Option(metavar="N", min=2, help="Folds of the cross-validation.")] = 5,
    jobs: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            callback=_check_jobs,
            help="Folds computed at the same time; -1: one for each processor. Sooner done, but "
            "then seconds are measured under load.  [dim]\\[default: 1][/dim]",
        ),
    ] = None,
    dask: Dask = None,
    limit: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Draw this many images at most, each class in its share."
        ),
    ] = None,
    seed: Annotated[int, seed_option("Of the draw, the folds and the models.")] = 0,
    corruptions: Annotated[
        bool,
        typer.Option(
            "--corruptions",
            help="Test on corrupted images too (noise, blur, fog, shear …): a column with the mean "
            "accuracy under all corruptions.",
        ),
    ] = False,
    size: Size = None,
    colour: Colour = False,
    resize: Resize = None,
    label_column: LabelColumn = None,
    image_shape: ImageShape = None,
    separator: Separator = None,
    out: Annotated[Path | None, results_option("fold", "known")] = None,
) -> None:
    """Cross-validate LeNet-5 beside other models, all on the same folds."""
    shape = parse_shape(image_shape)
    sides = parse_size(size)
    estimators = _choose_models(models)
    if dask is not None and jobs is not None:
        raise typer.BadParameter(
            "on Dask the workers say how many folds are computed at the same time. Leave --jobs "
            "or --dask out.",
            param_hint="'--jobs'",
        )
    with interruptible(out, "folds"):
        source = ImageSource(data, label_column, shape, separator, sides, colour, resize)
        X, y = load_images(source, least_classes=2)
        if X.ndim > 2:  # pictures; the other models see rows
            shape, X = X.shape[1:], X.reshape(len(X), -1)
        if limit is not None:
            X, y = _draw(X, y, limit, cv, seed)
        if _REFERENCE in estimators:
            estimators[_REFERENCE].set_params(image_shape=shape)
        if shape is None and (corruptions or _REFERENCE in estimators):
            seen = "LeNet-5 sees them" if _REFERENCE in estimators else "they are corrupted"
            _check_layout(X, data, seen)
        with on_dask(dask):
            result = _run(estimators, X, y, data, cv, jobs, seed, out, shape, corruptions)
        _report(result, data, X, y, cv, shape)
        if out is not None:
            from lenet_sklearn.comparison._charts import draw_charts

            charts = save_charts(out, lambda: draw_charts(result))
            typer.echo(
                f"Written to {out}: table.csv, .md and .html, scores.csv of each fold{charts}"
            )
    if result.table()["n_failed"].all():
        say("Error", "every model failed.")
        raise typer.Exit(1)


# What the command is given


def _choose_models(models: str) -> dict[str, Any]:
    from lenet_sklearn import LeNet5Classifier
    from lenet_sklearn.comparison import make_baselines

    available = {_REFERENCE: LeNet5Classifier(), **make_baselines()}
    known = {slug(name): [name] for name in available} | {"all": list(available)}
    chosen: list[str] = []
    for name in filter(None, map(str.strip, models.split(","))):
        if slug(name) not in known:
            hint = suggest(name, [*_MODEL_NAMES.split(", "), "all"])
            raise typer.BadParameter(
                f"there is no model {name!r}.{hint} Give any of {_MODEL_NAMES}, or all.",
                param_hint="'--models'",
            )
        chosen += known[slug(name)]
    if not chosen:
        raise typer.BadParameter(
            f"it is empty. Give any of {_MODEL_NAMES}, or all.", param_hint="'--models'"
        )
    return {name: available[name] for name in chosen}


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
            f"{count(limit, 'image')} are too few for {cv} folds with each of the {len(counts)} "
            f"classes in its share. Give at least {needed}, or fewer folds.",
            param_hint="'--limit'",
        )
    shuffled = np.random.default_rng(seed).permutation(len(y))
    by_class = shuffled[np.argsort(codes[shuffled], kind="stable")]
    # Steps of equal length through the sorted classes take from each its share, one up or down.
    drawn = np.sort(by_class[np.arange(limit) * len(y) // limit])
    return X[drawn], y[drawn]


def _check_layout(X: np.ndarray, data: str, seen: str) -> None:
    """Say before the run what LeNet-5 would say in each fold, in a worker that nobody hears."""
    from lenet_sklearn._images.layout import infer_layout

    try:
        layout = infer_layout(X.shape, may_warn=False)
    except ValueError:
        side = math.isqrt(X.shape[1])
        raise ValueError(
            f"{data} has {X.shape[1]} columns beside the label, one more than {side}×{side} "
            "pixels. Remove what is no pixel, or name the label with --label-column."
        ) from None
    if missing := layout.n_pixels - layout.n_features:
        say(
            "Warning",
            f"{layout.n_features} pixels are no square: {seen} as {layout.height}×"
            f"{layout.width}, the last {missing} of them zero. --image-shape says what they are.",
        )


# The run


def _run(
    estimators: dict[str, Any],
    X: np.ndarray,
    y: np.ndarray,
    data: str,
    cv: int,
    jobs: int | None,
    seed: int,
    out: Path | None,
    shape: tuple[int, ...] | None,
    corruptions: bool,
) -> BenchmarkResult:
    from sklearn.exceptions import FitFailedWarning

    from lenet_sklearn.comparison import run_benchmark

    with warnings.catch_warnings():
        warnings.showwarning = show_warning
        warnings.simplefilter("ignore", FitFailedWarning)  # the report says it
        # Of workers that it replaces as their memory grows: nothing is lost, nothing to be done.
        warnings.filterwarnings("ignore", module=r"joblib\.")
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
                corruptions="all" if corruptions else None,
                image_shape=shape,
                name=name_data(data),
            )
        except OSError as error:
            if out is None or isinstance(error, ConnectionError | TimeoutError):  # of Dask
                raise
            raise OSError(
                f"Cannot write to --out {out} ({error.strerror or error}). Give another folder; or "
                "make it writable and repeat the command, which keeps the finished folds."
            ) from error


# What the command says


def _report(
    result: BenchmarkResult,
    data: str,
    X: np.ndarray,
    y: np.ndarray,
    cv: int,
    shape: tuple[int, ...] | None,
) -> None:
    from lenet_sklearn.comparison._corrupted import describe_corruptions
    from lenet_sklearn.comparison._result import explain_missing

    console = make_console()
    table = result.table()
    reference = result.reference or str(table.index[0])
    side = math.isqrt(X.shape[1])
    if shape is None and side * side == X.shape[1]:
        shape = (side, side)
    pixels = f"{X.shape[1]:,}" if shape is None else name_shape(shape)
    console.print(
        f"{data}: {len(X):,} images of {pixels} pixels, {len(set(y.tolist()))} classes; "
        f"mean ± sd of {cv} folds, seed {result.random_state}\n"
    )
    comparing = {"difference", "p_value_holm"} if len(table) > 1 else set()
    names = [name for name in _COLUMNS if name in {*comparing, *result.metrics}]
    columns = [("model", [str(model) for model in table.index])]
    columns += [_make_column(name, result, table, reference) for name in names]
    failed = table["n_failed"] > 0
    styles = ["red" if bad else "bold" if i == 0 else "" for i, bad in enumerate(failed)]
    console.print(make_grid(columns, console.width, styles))
    if len(table) > 1:
        best = "" if result.reference else ", the best"
        console.print(
            f"\nvs. {reference}{best}: difference in accuracy. p: how often folds would differ so "
            "much, or more, if the two models were equally good (corrected t-test)."
            f"{explain_missing(table, reference)}"
        )
    if result.corruptions:
        console.print(f"\ncorrupted: {describe_corruptions(result.corruptions)}.")
    for model, row in table[failed].iterrows():
        console.print(
            f"{model} failed in {row['n_failed']} of {count(row['n_folds'], 'fold')}: "
            f"{one_line(row['error'])}"
        )


def _make_column(name: str, result: BenchmarkResult, table: pd.DataFrame, reference: str) -> Column:
    from lenet_sklearn._runs.tables import format_difference, format_mean, format_p_value

    if name == "difference":
        return f"vs. {reference}", [format_difference(x, "score") for x in table[name]]
    if name == "p_value_holm":
        return "p (Holm)", [format_p_value(x) for x in table[name]]
    metric = result.metrics[name]
    deviations = table["accuracy_sd"] if name == "accuracy" else [math.nan] * len(table)
    pairs = zip(table[name], deviations, strict=True)
    return metric.label, [format_mean(*pair, metric.style) for pair in pairs]
