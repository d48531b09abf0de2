"""Draw the pictures of docs/index.md, docs/pictures.md and docs/inside.md from MNIST.

    python tools/docs_pictures.py [landing] [samples] [mistakes] [robustness] ...

draws all, or those named, into docs/pictures; write to another folder with --out. It takes
some minutes on one core and needs the extras plots, explain and conformal. The models are small on
purpose: few images and many mistakes make a picture that shows something. So the figures are no
benchmark.
"""

import argparse
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("agg")

import matplotlib.pyplot as plt
import numpy as np
from PIL import Image
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from lenet_sklearn import LeNet5Classifier, load_pretrained, make_baselines, run_benchmark
from lenet_sklearn.comparison import BenchmarkResult
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import (
    AuditDisplay,
    BenchmarkDisplay,
    CoverageDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
    plot_embedding,
    plot_explanation,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
    predict_uncertainty,
)
from lenet_sklearn.inspection._image_grid import ImageGridDisplay, ImageRow
from lenet_sklearn.robustness import (
    CORRUPTIONS,
    RobustnessDisplay,
    attack,
    corrupt,
    evaluate_robustness,
)

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
DPI = 100
LARGEST = 120_000  # bytes of a file
N_TRAIN, N_HELD_OUT = 3_000, 2_000
IN_ROW = 8  # images
BESIDE = ("LeNet-5", "SVM", "Random forest", "MLP", "Logistic regression")


@cache
def data() -> tuple[np.ndarray, ...]:
    """Return training images, images kept aside and test images, each with their labels."""
    X, y = fetch_mnist(return_X_y=True)
    X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
    end = N_TRAIN + N_HELD_OUT
    return X[:N_TRAIN], y[:N_TRAIN], X[N_TRAIN:end], y[N_TRAIN:end], X_test, y_test


@cache
def shipped() -> LeNet5Classifier:
    """Return the model that was trained on all of MNIST."""
    return load_pretrained("mnist")


@cache
def fitted(name: str = "LeNet-5") -> Any:
    """Return a model, fitted on 3,000 images. It knows the accuracy on other images."""
    X, y, X_val, y_val, _, _ = data()
    if name in (baselines := make_baselines(random_state=0)):
        return baselines[name].fit(X, y)
    params: dict[str, Any] = {"random_state": 0}
    if name == "with dropout":
        params["dropout"] = 0.2
    elif name == "with distortions":
        params["augmentation"] = "digits"
    elif name == "too sure":  # without what keeps the default honest
        params |= {"label_smoothing": 0.0, "weight_decay": 0.0, "max_epochs": 30}
    return LeNet5Classifier(**params).fit(X, y, X_val=X_val, y_val=y_val)


def landing() -> Any:
    """Draw the most confident mistakes, and the accuracy of 3,000 images beside other models."""
    X, y, _, _, X_test, y_test = data()
    models = {"LeNet-5": LeNet5Classifier(random_state=0), **make_baselines(random_state=0)}
    models = {name: models[name] for name in BESIDE}
    result = run_benchmark(models, X, y, cv=5, random_state=0, progress=False)
    print(result.table()[["accuracy", "accuracy_sd", "difference", "p_value_holm"]].to_string())
    figure, axes = plt.subplots(
        1, 2, figsize=(9.6, 4.0), width_ratios=(1.25, 1), layout="constrained"
    )
    plot_mistakes(fitted(), X_test, y_test, n=10, ax=axes[0])
    BenchmarkDisplay.from_result(result, ax=axes[1], name=f"{N_TRAIN:,} images of MNIST")
    for ax in axes:
        ax.title.set_fontsize("medium")
    return figure


def samples() -> Any:
    """Draw rows of digits, and their ink."""
    X, y = data()[:2]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 5.4), layout="constrained")
    plot_samples(X, y, per_class=10, random_state=0, ax=left)
    plot_samples(X, y, per_class=10, kind="mask", random_state=0, ax=right)
    return figure


def training() -> Any:
    """Draw loss and accuracy of each epoch."""
    return TrainingCurveDisplay.from_estimator(fitted(), name="LeNet-5").figure_


def mistakes() -> Any:
    """Draw the most confident mistakes."""
    X_test, y_test = data()[4:]
    return plot_mistakes(fitted(), X_test, y_test, n=20).figure_


def filters_c1() -> Any:
    """Draw the kernels of the first convolution."""
    return plot_filters(shipped(), layer="C1").figure_


def filters_c3() -> Any:
    """Draw the kernels of the second convolution."""
    return plot_filters(shipped(), layer="C3").figure_


def feature_maps() -> Any:
    """Draw the maps of one image."""
    return plot_feature_maps(shipped(), data()[4][0]).figure_


def embedding() -> Any:
    """Draw the last hidden layer in two dimensions."""
    X_test, y_test = data()[4:]
    figure, axes = plt.subplots(1, 2, figsize=(12, 5.4), layout="constrained")
    for method, ax in zip(("pca", "tsne"), axes, strict=True):
        plot_embedding(fitted(), X_test[:800], y_test[:800], method=method, random_state=0, ax=ax)
    axes[0].get_legend().remove()
    return figure


def explanations() -> Any:
    """Draw the pixels that matter, by all four methods."""
    X_test = data()[4]
    methods = ("gradcam", "integrated_gradients", "occlusion", "saliency")
    return plot_explanation(shipped(), X_test, methods=methods, n=5).figure_


def explained_mistakes() -> Any:
    """Draw what speaks for the wrong class, and what for the right one."""
    X_test, y_test = data()[4:]
    model = fitted()
    rows = np.flatnonzero(model.predict(X_test[:2000]) != y_test[:2000])[:3]
    twice = rows.repeat(2)
    target = y_test[twice].copy()
    target[::2] = model.predict(X_test[rows])
    methods = ("gradcam", "integrated_gradients", "occlusion")
    return plot_explanation(model, X_test[twice], methods=methods, target=target).figure_


def reliability() -> Any:
    """Draw accuracy against confidence, before and after temperature scaling."""
    X_held_out, y_held_out, X_test, y_test = data()[2:]
    model = fitted("too sure")
    scaled = CalibratedClassifierCV(FrozenEstimator(model), method="temperature")
    scaled.fit(X_held_out, y_held_out)
    figure, axes = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
    for ax, title, drawn in (
        (axes[0], "LeNet-5, temperature scaling", {"before": model, "after": scaled}),
        (axes[1], "Two models, 3,000 images", {
            "LeNet-5": fitted(), "Random forest": fitted("Random forest"),
        }),
    ):  # fmt: skip
        for name, each in drawn.items():
            ReliabilityDisplay.from_estimator(each, X_test, y_test, n_bins=10, name=name, ax=ax)
        ax.set_title(title)
    return figure


def coverage() -> Any:
    """Draw the accuracy on the images answered."""
    X_test, y_test = data()[4:]
    ax = None
    for name in ("LeNet-5", "Random forest", "Logistic regression"):
        ax = CoverageDisplay.from_estimator(fitted(name), X_test, y_test, name=name, ax=ax).ax_
    return ax.figure


def grid(images: np.ndarray, captions: list[str], title: str, **texts: Any) -> Any:
    """Draw images with captions, in rows."""
    pictures = list(np.reshape(images, (-1, 28, 28)))
    rows = [
        ImageRow(pictures[i : i + IN_ROW], captions=captions[i : i + IN_ROW], limits=(0, 255))
        for i in range(0, len(pictures), IN_ROW)
    ]
    return ImageGridDisplay(rows=rows, title=title, cell_width=0.95, **texts).plot().figure_


def uncertainty() -> Any:
    """Draw the images of which Monte-Carlo dropout is least sure."""
    X_test, y_test = data()[4:]
    found = predict_uncertainty(fitted("with dropout"), X_test[:3000], random_state=0)
    least = np.argsort(-found.entropy)[: 2 * IN_ROW]
    captions = []
    for i in least:
        first, second = np.argsort(-found.proba[i])[:2]
        votes = f"{first}: {100 * found.proba[i, first]:.0f} %\n"
        votes += f"{second}: {100 * found.proba[i, second]:.0f} %"
        captions.append(f"{votes}\ntrue {y_test[i]}")
    title = "Least sure of 3,000 images, by the entropy of 30 votes"
    return grid(
        X_test[least], captions, title, xlabel="the two likeliest classes, and the true one"
    )


def conformal() -> Any:
    """Draw images whose conformal set has more than one class."""
    from mapie.classification import SplitConformalClassifier

    X_held_out, y_held_out, X_test, y_test = data()[2:]
    found = SplitConformalClassifier(fitted(), confidence_level=0.99, prefit=True)
    sets = found.conformalize(X_held_out, y_held_out).predict_set(X_test)[1][:, :, 0]
    covered = sets[np.arange(len(y_test)), y_test].mean()
    several = np.flatnonzero(sets.sum(axis=1) > 1)
    print(f"conformal: coverage {covered:.4f}, {sets.sum(axis=1).mean():.3f} classes per set")
    captions = [
        f"{{{', '.join(map(str, np.flatnonzero(sets[i])))}}}\ntrue {y_test[i]}"
        for i in several[: 2 * IN_ROW]
    ]
    title = f"Conformal sets of 99 %: {len(several)} of {len(X_test):,} have several classes"
    return grid(X_test[several[: 2 * IN_ROW]], captions, title)


def audit() -> Any:
    """Draw the accuracy by class and by style."""
    X_test, y_test = data()[4:]
    return AuditDisplay.from_estimator(fitted(), X_test, y_test).figure_


def corruptions() -> Any:
    """Draw one image under all corruptions."""
    image = data()[4][:1]
    images = [image, *(corrupt(image, name, severity=3, random_state=0) for name in CORRUPTIONS)]
    captions = ["clean", *(name.replace("_", "\n", 1) for name in CORRUPTIONS)]
    return grid(np.concatenate(images), captions, "The 15 corruptions at severity 3")


def robustness() -> Any:
    """Draw the accuracy of the models under all corruptions."""
    X_test, y_test = data()[4:]
    names = ("LeNet-5", "LeNet-5, distortions", "SVM", "Random forest", "MLP")
    models = {name: fitted(name.replace("LeNet-5, ", "with ")) for name in names}
    result = evaluate_robustness(models, X_test[:500], y_test[:500], random_state=0, progress=False)
    return RobustnessDisplay.from_result(result, name="MNIST").figure_


def attacks() -> Any:
    """Draw images before and after attacks, with the classes that two models see."""
    X_test, y_test = data()[4:]
    rows = [int(np.flatnonzero(y_test == label)[0]) for label in range(IN_ROW)]
    X, y = X_test[rows], y_test[rows]
    shown = {"clean": X}
    for method in ("fgsm", "pgd"):
        shown[method.upper()] = attack(fitted(), X, y, method=method, eps=0.15, random_state=0)
    grid_rows = []
    for name, images in shown.items():
        network, svm = fitted().predict(images), fitted("SVM").predict(images)
        captions = [f"LeNet-5: {a}\nSVM: {b}" for a, b in zip(network, svm, strict=True)]
        pictures = list(images.reshape(-1, 28, 28))
        grid_rows.append(ImageRow(pictures, label=name, captions=captions, limits=(0, 255)))
    title = "Attacks on LeNet-5 that change each pixel by at most 15 % of the range"
    return ImageGridDisplay(rows=grid_rows, title=title, cell_width=0.95).plot().figure_


@cache
def compared() -> BenchmarkResult:
    """Return a benchmark of 5 folds of 1,500 images."""
    X, y = data()[:2]
    baselines = make_baselines(random_state=0)
    models = {
        "LeNet-5": LeNet5Classifier(random_state=0),
        **{name: baselines[name] for name in ("SVM", "Random forest", "MLP")},
    }
    return run_benchmark(models, X[:1500], y[:1500], cv=5, random_state=0, progress=False)


def benchmark() -> Any:
    """Draw a benchmark: the models with their intervals."""
    return BenchmarkDisplay.from_result(compared(), name="1,500 digits").figure_


def benchmark_costs() -> Any:
    """Draw a benchmark: accuracy against time and against parameters."""
    figure, axes = plt.subplots(1, 2, figsize=(11.5, 4.6), layout="constrained")
    for kind, ax in zip(("fit_seconds", "parameters"), axes, strict=True):
        BenchmarkDisplay.from_result(compared(), kind=kind, ax=ax, name="1,500 digits")
    return figure


PICTURES: dict[str, Callable[[], Any]] = {
    draw.__name__: draw
    for draw in (
        landing, samples, training, mistakes, filters_c1, filters_c3, feature_maps, embedding,
        benchmark, benchmark_costs,
        explanations, explained_mistakes, reliability, coverage, uncertainty, conformal,
        corruptions, robustness, attacks, audit,
    )
}  # fmt: skip


def save(figure: Any, path: Path) -> int:
    """Write a figure, with 256 colours if the file is too large; return its bytes."""
    figure.savefig(path, dpi=DPI)
    plt.close(figure)
    if path.stat().st_size > LARGEST:
        with Image.open(path) as image:
            few = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
        few.save(path, optimize=True)
    return path.stat().st_size


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"among {', '.join(PICTURES)}")
    parser.add_argument("--out", type=Path, default=FOLDER, help="folder of the files")
    args = parser.parse_args()
    if unknown := set(args.names) - set(PICTURES):
        parser.error(f"no picture named {', '.join(sorted(unknown))}")
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.names or PICTURES:
        size = save(PICTURES[name](), args.out / f"{name}.png")
        print(f"{name}.png: {size / 1000:.0f} kB", flush=True)
        if size > LARGEST:
            raise SystemExit(f"{name}.png must have at most {LARGEST:,} bytes. Got {size:,}.")


if __name__ == "__main__":
    main()
