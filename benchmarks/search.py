"""Wall time of a GridSearchCV with n_jobs=1 ÷ that with n_jobs=2.

With one job each fit may use all cores; with two, each has one. The warm-up has started the
workers; what starting them costs is in the table too.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from _arguments import make_parser, parse, positive
from _data import load
from _report import report
from _timing import interleave, timing_columns
from sklearn.model_selection import GridSearchCV, ParameterGrid

from lenet_sklearn import LeNet5Classifier

GRID: dict[str, list[Any]] = {"activation": ["tanh", "relu"], "lr": [0.003, 0.01]}


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3, limit=10_000)
    parser.add_argument("--epochs", type=positive, default=3, help="of each fit (default: 3)")
    parser.add_argument("--cv", type=int, default=3, help="folds (default: 3)")
    args = parse(parser, argv, epochs=1, cv=2)
    data = load(args)
    model = LeNet5Classifier(max_epochs=args.epochs, random_state=0, device="cpu")
    first: dict[str, float] = {}

    def search(n_jobs: int) -> GridSearchCV:
        start = time.perf_counter()
        found = GridSearchCV(model, GRID, cv=args.cv, n_jobs=n_jobs, refit=False)
        found.fit(data.X, data.y)
        first.setdefault(f"n_jobs={n_jobs}", time.perf_counter() - start)
        return found

    timings = interleave({f"n_jobs={n}": partial(search, n) for n in (1, 2)}, args.repeats)
    one, two = "n_jobs=1", "n_jobs=2"
    n_fits = args.cv * len(ParameterGrid(GRID))
    report(
        __file__,
        args,
        f"Seconds of a search: {n_fits} fits of {args.epochs} epochs, {len(data.X):,} images",
        [*timing_columns(two), "first s", "best score"],
        [
            [
                *timings.row(name, against=two),
                f"{first[name]:.4g}",
                f"{timings.results[name][-1].best_score_:.4f}",
            ]
            for name in (one, two)
        ],
        {
            "speedup": timings.ratio(one, two),
            "paired_speedup": timings.paired_ratio(one, two),
            "first_search_speedup": first[one] / first[two],
        },
        seconds=timings.seconds,
        first=first,
    )


if __name__ == "__main__":
    main()
