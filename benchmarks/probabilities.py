"""Are the probabilities honest? Calibration, conformal sets and Monte-Carlo dropout.

One default model is fitted without the last 10,000 training images, which calibrate it: by
temperature scaling, and by conformal sets of 95 % (package mapie). Another one, with dropout=0.2,
says how unsure it is of the test images, and of those of Fashion-MNIST, which it never saw.

    python benchmarks/probabilities.py
    python benchmarks/probabilities.py --limit 5000
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from _arguments import fail, make_parser, parse
from _data import Data, fetch, load
from _report import Target, report
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import expected_calibration_error, predict_uncertainty

LEVEL = 0.95
MEASURES = ("entropy", "mutual_information")


def hold_out(data: Data, n_held_out: int) -> tuple[Data, np.ndarray, np.ndarray]:
    """Keep the last training images aside: at most a third where there are few."""
    n = min(n_held_out, len(data.X) // 3)
    return Data(data.X[:-n], data.y[:-n], data.X_test, data.y_test), data.X[-n:], data.y[-n:]


def strange_images(args: Any, X_test: np.ndarray) -> tuple[str, np.ndarray]:
    """Return images of no class of the model, and their name."""
    if args.data == "mnist":
        return "Fashion-MNIST", fetch("fashion-mnist", "test")[0]
    return "shuffled pixels", np.random.default_rng(0).permuted(X_test, axis=1)


def calibration(model: Any, held_out: tuple[np.ndarray, np.ndarray], data: Data) -> dict[str, Any]:
    """Measure the calibration error before and after temperature scaling."""
    scaled = CalibratedClassifierCV(FrozenEstimator(model), method="temperature").fit(*held_out)
    before, after = (
        expected_calibration_error(data.y_test, m.predict_proba(data.X_test), classes=m.classes_)
        for m in (model, scaled)
    )
    (calibrated,) = scaled.calibrated_classifiers_
    return {
        "calibration_error": before,
        "calibration_error_scaled": after,
        "temperature": float(1 / calibrated.calibrators[0].beta_),
    }


def conformal(model: Any, held_out: tuple[np.ndarray, np.ndarray], data: Data) -> dict[str, Any]:
    """Measure how often the set holds the true class, and how many classes it holds."""
    try:
        from mapie.classification import SplitConformalClassifier
    except ImportError as error:
        message = 'mapie is not installed. Install it with: pip install "lenet-sklearn[conformal]"'
        raise fail(message) from error
    sets_of = SplitConformalClassifier(model, confidence_level=LEVEL).conformalize(*held_out)
    sets = sets_of.predict_set(data.X_test)[1][:, :, 0]
    place = np.searchsorted(model.classes_, data.y_test)
    return {
        "conformal_coverage": float(sets[np.arange(len(sets)), place].mean()),
        "conformal_set_size": float(sets.sum(axis=1).mean()),
    }


def uncertainty(model: Any, data: Data, strange: np.ndarray, n_samples: int) -> dict[str, Any]:
    """Measure how well the uncertainty tells mistakes, and images of another kind."""
    known, unknown = (
        predict_uncertainty(model, X, n_samples=n_samples, random_state=0)
        for X in (data.X_test, strange)
    )
    wrong = model.classes_[known.proba.argmax(axis=1)] != data.y_test
    is_strange = np.repeat([0, 1], [len(data.X_test), len(strange)])
    figures: dict[str, Any] = {"dropout_accuracy": float(1 - wrong.mean())}
    for name in MEASURES:
        values = known[name]
        mistakes = roc_auc_score(wrong, values) if wrong.any() else None  # no mistake to tell
        figures[f"auroc_mistakes_{name}"] = mistakes
        figures[f"auroc_strange_{name}"] = float(
            roc_auc_score(is_strange, np.append(values, unknown[name]))
        )
    return figures


def targets_of(figures: dict[str, Any], strange: str) -> list[Target]:
    """Return what the figures are to show."""
    share = f"{100 * LEVEL:g} % conformal sets"
    auroc = "AUROC of the entropy, Monte-Carlo dropout"
    return [
        Target("calibration error after temperature scaling",
               figures["calibration_error_scaled"], at_most=0.01, digits=4),
        Target(f"distance of the coverage of {share} from {LEVEL}",
               abs(figures["conformal_coverage"] - LEVEL), at_most=0.01, digits=4),
        Target(f"classes in {share}", figures["conformal_set_size"], at_most=1.02, digits=4),
        Target(f"{auroc}, mistakes", figures["auroc_mistakes_entropy"], at_least=0.95, digits=4),
        Target(f"{auroc}, {strange}", figures["auroc_strange_entropy"], at_least=0.95, digits=4),
    ]  # fmt: skip


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1)
    parser.add_argument("--samples", type=int, default=30, metavar="N",
                        help="samples of Monte-Carlo dropout (default: %(default)s)")  # fmt: skip
    parser.add_argument("--held-out", type=int, default=10_000, metavar="N",
                        help="training images for calibration (default: %(default)s)")  # fmt: skip
    parser.add_argument("--epochs", type=int, metavar="N", help="of each fit; automatic by default")
    args = parse(parser, argv, samples=5, epochs=8)
    data = load(args)
    strange, X_strange = strange_images(args, data.X_test)
    train, *held_out = hold_out(data, args.held_out)
    common = {"random_state": 0, "max_epochs": args.epochs or "auto"}

    model = LeNet5Classifier(**common).fit(train.X, train.y)
    figures = {"accuracy": float(model.score(data.X_test, data.y_test))}
    figures |= calibration(model, tuple(held_out), data)
    figures |= conformal(model, tuple(held_out), data)
    with_dropout = LeNet5Classifier(**common, dropout=0.2).fit(train.X, train.y)
    figures |= uncertainty(with_dropout, data, X_strange, args.samples)
    report(
        __file__,
        args,
        f"Honest probabilities: {len(train.X):,} images to fit, {len(held_out[0]):,} to calibrate, "
        f"{len(data.X_test):,} to test; strange images: {strange}",
        ["", "value"],
        [[name.replace("_", " "), "–" if value is None else f"{value:.4f}"]
         for name, value in figures.items()],
        figures,
        targets=targets_of(figures, strange),
    )  # fmt: skip


if __name__ == "__main__":
    main()
