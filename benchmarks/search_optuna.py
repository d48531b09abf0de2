"""Optuna with pruning against a random search of the same space, each for the same minutes.

Both begin with the default parameters and score the same folds. A validation accuracy is that of
the best of many trials. So the accuracy on test images, of the model fitted on all training
images, stands beside it. Which of the two goes first changes from seed to seed.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from _arguments import make_parser, parse, positive
from _data import load
from _report import Target, report

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.search import SearchResult, search_lenet5

HOW: dict[str, dict[str, Any]] = {
    "optuna": {"sampler": "tpe", "prune": True},
    "random": {"sampler": "random", "prune": False},
}


def minutes(text: str) -> float:
    """Read a number above 0."""
    number = float(text)
    if not 0 < number < math.inf:
        raise ValueError
    return number


def row_of(name: str, seed: int, found: SearchResult, test_accuracy: float) -> list[str]:
    """Cells of one search."""
    counts = found.counts_
    return [
        f"{name}, seed {seed}",
        f"{found.best_score_:.4f}",
        f"{test_accuracy:.4f}",
        f"{len(found.trials)}",
        *(f"{counts.get(state, 0)}" for state in ("complete", "pruned", "stopped", "failed")),
        f"{found.trials['epochs'].sum()}",
    ]


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, limit=5000)
    parser.add_argument(
        "--minutes", type=minutes, default=10.0, help="of each search (default: 10)"
    )
    parser.add_argument("--seeds", type=positive, default=5, help="searches of each (default: 5)")
    parser.add_argument("--cv", type=int, default=3, help="folds (default: 3)")
    parser.add_argument("--trials", type=positive, help="at most (default: what time allows)")
    parser.add_argument("--epochs", type=positive, help="of each fit (default: auto)")
    args = parse(parser, argv, seeds=1, cv=2, trials=2, epochs=1)
    data = load(args)
    estimator = LeNet5Classifier(max_epochs=args.epochs or "auto", device="cpu")
    rows: list[list[str]] = []
    validation: dict[str, list[float]] = {name: [] for name in HOW}
    test: dict[str, list[float]] = {name: [] for name in HOW}
    n_trials: dict[str, list[int]] = {name: [] for name in HOW}
    best: list[dict[str, Any]] = []
    for seed in range(args.seeds):
        for name in sorted(HOW, reverse=bool(seed % 2)):
            found = search_lenet5(
                data.X, data.y, budget_minutes=args.minutes, n_trials=args.trials, cv=args.cv,
                random_state=seed, estimator=estimator, progress=False, **HOW[name],
            )  # fmt: skip
            test[name].append(found.best_estimator_.score(data.X_test, data.y_test))
            validation[name].append(found.best_score_)
            n_trials[name].append(len(found.trials))
            rows.append(row_of(name, seed, found, test[name][-1]))
            best.append({"search": name, "seed": seed, "params": found.best_params_})
            print(*rows[-1], flush=True)
    means = {name: statistics.mean(scores) for name, scores in validation.items()}
    difference = 100 * (means["optuna"] - means["random"])
    figures = {"difference_points": difference}
    for name in HOW:
        figures |= {
            f"{name}_validation_accuracy": means[name],
            f"{name}_test_accuracy": statistics.mean(test[name]),
            f"{name}_trials": statistics.mean(n_trials[name]),
        }
    what = "mean validation accuracy, Optuna with pruning − random search"
    pairs = zip(validation["optuna"], validation["random"], strict=True)
    n_better = sum(mine >= other for mine, other in pairs)
    report(
        __file__,
        args,
        f"Best of a search of {args.minutes:g} minutes, {args.cv} folds of {len(data.X):,} images",
        ["", "validation", "test", "trials", "complete", "pruned", "stopped", "failed", "epochs"],
        rows,
        figures,
        targets=[Target(what, difference, at_least=0.0, unit=" points")],
        notes=[
            f"Optuna is better or equal in {n_better} of {args.seeds} seeds; its test accuracy is "
            f"{figures['optuna_test_accuracy']:.4f}, that of the random search "
            f"{figures['random_test_accuracy']:.4f} (means)."
        ],
        best=best,
    )


if __name__ == "__main__":
    main()
