"""How robust is LeNet-5, plain and with augmentation, beside SVM, random forest and MLP?

All are fitted on the same training images, and see the same corrupted test images: the corruptions
of MNIST-C, five severities each. Then they see the images that FGSM and PGD made for the plain
LeNet-5, whose gradients they follow. Each accuracy is on disk as soon as it is known, in the folder
`robustness` beside the figures; a killed run goes on where it stopped.

    python benchmarks/robustness.py
    python benchmarks/robustness.py --limit 10000 --images 1000
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from _arguments import make_parser, parse, positive
from _data import Data, load
from _report import RESULTS, Target, report

from lenet_sklearn import LeNet5Classifier, make_baselines
from lenet_sklearn.robustness import attack, evaluate_robustness

PLAIN, AUGMENTED = "LeNet-5", "LeNet-5, augmented"
EPS = (0.1, 0.2)


def fit_all(data: Data, epochs: int | str) -> dict[str, Any]:
    """Fit the five models."""
    baselines = make_baselines(random_state=0)
    models: dict[str, Any] = {
        PLAIN: LeNet5Classifier(random_state=0, max_epochs=epochs),
        AUGMENTED: LeNet5Classifier(random_state=0, max_epochs=epochs, augmentation="digits"),
        **{name: baselines[name] for name in ("SVM", "Random forest", "MLP")},
    }
    for name, model in models.items():
        model.fit(data.X, data.y)
        print(f"{name} is fitted", flush=True)
    return models


def under_attack(models: Mapping[str, Any], X: np.ndarray, y: np.ndarray) -> list[list[str]]:
    """Return one row per attack: the accuracy of each model."""
    rows = []
    for method in ("fgsm", "pgd"):
        for eps in EPS:
            changed = attack(models[PLAIN], X, y, method=method, eps=eps, random_state=0)
            scores = [f"{np.mean(model.predict(changed) == y):.3f}" for model in models.values()]
            rows.append([f"{method}, eps {eps:g}", *scores])
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=1)
    parser.add_argument("--images", type=positive, default=2000, metavar="N",
                        help="test images, evenly spaced (default: %(default)s)")  # fmt: skip
    parser.add_argument(
        "--epochs", type=positive, metavar="N", help="of LeNet-5; automatic by default"
    )
    args = parse(parser, argv, images=60, epochs=2)
    data = load(args)
    # The first half of MNIST's test images is easier than the second.
    chosen = np.linspace(0, len(data.X_test) - 1, min(args.images, len(data.X_test))).astype(int)
    X, y = data.X_test[chosen], data.y_test[chosen]
    models = fit_all(data, args.epochs or "auto")
    folder = None if args.tiny else (args.out or RESULTS / "robustness.json").with_suffix("")
    result = evaluate_robustness(models, X, y, random_state=0, out_dir=folder)
    table = result.table()
    names = list(models)
    corruptions = ["clean", "mean", *result.corruptions]
    rows = [
        [what.replace("_", " "), *(f"{table.loc[name, what]:.3f}" for name in names)]
        for what in corruptions
    ]
    gain = float(table.loc[AUGMENTED, "mean"] - table.loc[PLAIN, "mean"])
    report(
        __file__,
        args,
        f"Accuracy on {len(X):,} corrupted test images of {args.data}; {len(data.X):,} to train",
        ["", *names],
        [*rows, *under_attack(models, X, y)],
        {f"{name}: {what}": table.loc[name, what] for name in names for what in ("clean", "mean")}
        | {"gain": gain},
        targets=[Target("mean under corruption, augmented minus plain", gain, at_least=0.05,
                        digits=3)],
        notes=[
            "Means over five severities of each corruption; the attacks follow the gradients of "
            "the plain LeNet-5."
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
