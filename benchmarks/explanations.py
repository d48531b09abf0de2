"""Do the maps of `explain` show what the network learned, and what its predictions need?

Deletion: the pixels of a test image are emptied, the most important first, and the probability of
the predicted class is averaged over the way from the whole image to the empty one. This area is
divided by that of random orders. Pixels of the same importance, such as those that Grad-CAM calls
0, are emptied in a random order too.

Randomisation (Adebayo et al., 2018): the rank correlation of the maps with those of the same
network with random weights, for the same classes. Pixels that no map reaches are left out: for
Grad-CAM they are the border, whose zeros would agree in any two maps.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import load
from _report import Target, report
from _timing import interleave
from scipy.stats import spearmanr

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import explain

METHODS = ("gradcam", "integrated_gradients", "occlusion", "saliency")
BOUND_BY_DELETION = METHODS[:3]
RANDOM_ORDERS = 5
STEPS = 28


def deletion_area(model: Any, X: np.ndarray, importance: np.ndarray) -> float:
    """Return the mean probability of the predicted class while pixels become 0."""
    ties = np.random.default_rng(0).random(importance.shape)
    order = np.lexsort((ties, -importance), axis=1)
    predicted = model.predict_proba(X).argmax(axis=1)
    heights = []
    for n_removed in np.linspace(0, X.shape[1], STEPS + 1).astype(int):
        left = X.copy()
        np.put_along_axis(left, order[:, :n_removed], 0, axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # nearly empty images
            proba = model.predict_proba(left)
        heights.append(proba[np.arange(len(X)), predicted].mean())
    return float(np.trapezoid(heights) / STEPS)


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean rank correlation of the maps of each image; 0 where a map is constant."""
    reached = (first != 0).any(axis=0) | (second != 0).any(axis=0)
    pairs = zip(first[:, reached], second[:, reached], strict=True)
    values = [
        spearmanr(a, b).statistic if np.ptp(a) and np.ptp(b) else 0.0 for a, b in pairs
    ]  # fmt: skip
    return float(np.mean(values))


def with_random_weights(model: LeNet5Classifier, seed: int) -> LeNet5Classifier:
    """Return a copy of a fitted model whose weights are drawn anew."""
    other = copy.deepcopy(model)
    other.module_.reset_parameters(torch.Generator().manual_seed(seed))
    return other


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    parser.add_argument("--images", type=positive, default=200, metavar="N",
                        help="test images to explain (default: %(default)s)")  # fmt: skip
    parser.add_argument("--timed", type=positive, default=1000, metavar="N",
                        help="images to time Grad-CAM on (default: %(default)s)")  # fmt: skip
    parser.add_argument("--seeds", type=positive, default=3, metavar="N",
                        help="of random weights (default: %(default)s)")  # fmt: skip
    args = parse(parser, argv, images=20, timed=50, seeds=1)
    data = load(args)
    model = LeNet5Classifier(random_state=0, device="cpu").fit(data.X, data.y)
    X = data.X_test[: args.images]
    target = model.predict(X)

    rng = np.random.default_rng(0)
    by_chance = float(
        np.mean([deletion_area(model, X, rng.random(X.shape)) for _ in range(RANDOM_ORDERS)])
    )
    strangers = [with_random_weights(model, seed) for seed in range(args.seeds)]
    ratios, correlations = {}, {}
    for method in METHODS:
        maps, *others = (
            explain(each, X, method=method, target=target).reshape(len(X), -1)
            for each in (model, *strangers)
        )
        ratios[method] = deletion_area(model, X, maps) / by_chance
        correlations[method] = float(np.mean([rank_correlation(maps, other) for other in others]))
    many = np.resize(data.X_test, (args.timed, data.X_test.shape[1]))
    timings = interleave({"gradcam": lambda: explain(model, many)}, args.repeats)
    seconds = timings.median("gradcam")

    report(
        __file__,
        args,
        f"Maps of {len(X)} test images, {args.data}",
        ["method", "deletion ÷ random", "correlation with random weights"],
        [[m, f"{ratios[m]:.3f}", f"{correlations[m]:.3f}"] for m in METHODS],
        {
            "random_deletion_area": by_chance,
            **{f"{m}_deletion_ratio": ratios[m] for m in METHODS},
            **{f"{m}_correlation": correlations[m] for m in METHODS},
            "gradcam_seconds": seconds,
        },
        targets=[
            *(
                Target(f"{m}: area under the deletion curve ÷ that of random orders", ratios[m],
                       at_most=0.6)
                for m in BOUND_BY_DELETION
            ),
            *(
                Target(f"{m}: rank correlation with maps of random weights", correlations[m],
                       at_most=0.3)
                for m in METHODS
            ),
            Target(f"seconds of Grad-CAM on {len(many):,} images", seconds, at_most=5, unit=" s",
                   fastest=min(timings.seconds["gradcam"])),
        ],
        notes=[f"Area under the deletion curve of random orders: {by_chance:.3f}."],
        seconds=timings.seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
