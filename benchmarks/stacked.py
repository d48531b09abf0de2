"""Many small fits at once in one process, against one after another and two processes.

The fits are those of a cross-validation of the digits: 5 folds × 4 seeds of the default recipe. At
once, their parameters are stacked: by torch.func (vmap over the network), and by batched matrix
products of tiles, with hand-written gradients as in lenet_sklearn/_training/blocks.py. Weights and
batches are those of the estimator, so that the models differ by rounding alone; of a fold with one
image more than the others, one drawn image sits out each epoch.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _report import report
from _stacked_products import Differentiate, Parameters, by_products
from _timing import interleave, timing_columns
from joblib import Parallel, delayed, parallel_config
from sklearn.model_selection import StratifiedKFold
from torch import Tensor
from torch.func import functional_call, grad, vmap
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn._training.optimizers import AdamW
from lenet_sklearn._training.recipe import make_recipe
from lenet_sklearn._training.schedule import one_cycle
from lenet_sklearn._training.workers import Workers, one_thread
from lenet_sklearn.datasets import load_digits_images


class Fit(NamedTuple):
    """One fit: its seed, and the rows that it trains on and is scored on."""

    seed: int
    train: np.ndarray
    test: np.ndarray


# Fits at once


def by_vmap(network: LeNet5, models: int) -> Differentiate:
    """Let torch.func stack and differentiate the network."""

    def loss(parameters: Parameters, images: Tensor, wanted: Tensor) -> Tensor:
        log_proba = F.log_softmax(functional_call(network, parameters, (images,)), 1)
        return -(log_proba * wanted).sum(1).mean()

    return vmap(grad(loss))


FORMS = {"vmap": by_vmap, "products": by_products}


def train_at_once(
    fits: Sequence[Fit], X: np.ndarray, y: np.ndarray, form: str, epochs: int | str
) -> list[LeNet5]:
    """Return the trained networks of some fits; the shortest fold decides the batches."""
    n, models = min(len(fit.train) for fit in fits), torch.arange(len(fits)).unsqueeze(1)
    networks, images, targets = [], [], []
    orders = [torch.Generator().manual_seed(draw_seed(fit.seed)) for fit in fits]
    for fit, order in zip(fits, orders, strict=True):
        networks.append(LeNet5(10, (1, 8, 8), generator=order))
        pixels = torch.from_numpy(X[fit.train]).float().view(-1, 1, 8, 8)
        networks[-1].pixel_mean.fill_(float(X[fit.train].mean()))
        networks[-1].pixel_std.fill_(float(X[fit.train].std()))
        images.append(networks[-1].prepare(pixels)[:n])
        targets.append(torch.from_numpy(y[fit.train])[:n])
    share = networks[0].architecture.share_of_epochs
    defaults = LeNet5Classifier(max_epochs=epochs).get_params()
    recipe = make_recipe(defaults, n, share_of_epochs=share)
    stacked, smoothing = torch.stack(images), recipe.label_smoothing
    wanted = F.one_hot(torch.stack(targets), 10) * (1 - smoothing) + smoothing / 10
    names = [name for name, _ in networks[0].named_parameters()]
    states = [dict(network.named_parameters()) for network in networks]
    parameters = {name: torch.stack([own[name].detach() for own in states]) for name in names}
    optimizer = AdamW([*parameters.values()], weight_decay=recipe.weight_decay, fused=True)
    differentiate = FORMS[form](LeNet5(10, (1, 8, 8)), len(fits))
    step, n_steps = 0, recipe.n_epochs * -(-n // recipe.batch_size)
    for _ in range(recipe.n_epochs):
        passes = torch.stack([torch.randperm(n, generator=order) for order in orders])
        for at in passes.split(recipe.batch_size, 1):
            gradients = differentiate(parameters, stacked[models, at], wanted[models, at])
            for name, parameter in parameters.items():
                parameter.grad = gradients[name].contiguous()
            optimizer.param_groups[0]["lr"] = recipe.lr * one_cycle(step, n_steps)
            optimizer.step()
            step += 1
    for i, own in enumerate(states):
        for name, parameter in own.items():
            parameter.data.copy_(parameters[name][i])
    return networks


def fit_group(
    fits: Sequence[Fit], X: np.ndarray, y: np.ndarray, form: str, epochs: int | str
) -> list[float]:
    """Return the accuracies of models that are trained at once."""
    scores = []
    for fit, network in zip(fits, train_at_once(fits, X, y, form, epochs), strict=True):
        pixels = torch.from_numpy(X[fit.test]).float().view(-1, 1, 8, 8)
        with torch.inference_mode():
            found = network.eval()(pixels).argmax(1).numpy()
        scores.append(float((found == y[fit.test]).mean()))
    return scores


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    parser.add_argument("--fits", type=positive, default=20, help="(default: 20)")
    parser.add_argument("--epochs", type=positive, help="of each fit; the default recipe's if not")
    parser.add_argument("--at-once", type=positive, default=5, metavar="N",
                        help="models in a stack; each thread takes one (default: 5)")  # fmt: skip
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=list(FORMS),
                        help="of those at once (default: all)")  # fmt: skip
    args = parse(parser, argv, fits=2, epochs=1, at_once=1)
    X, y = load_digits_images(return_X_y=True)
    X, y = X[: args.limit], y[: args.limit]
    folds = list(StratifiedKFold(5, shuffle=True, random_state=0).split(X, y))
    fits = [Fit(seed, *fold) for seed, fold in product(range(-(-args.fits // 5)), folds)]
    fits = fits[: args.fits]
    cpu: dict[str, list[float]] = {}

    # Not above: loky would have to import this script by its name.
    def fit_alone(
        seed: int, train: np.ndarray, test: np.ndarray, epochs: int | str
    ) -> tuple[float, float]:
        """Return the accuracy of the estimator, and the CPU seconds of this process."""
        start = time.process_time()
        model = LeNet5Classifier(max_epochs=epochs, random_state=seed, device="cpu")
        score = model.fit(X[train], y[train]).score(X[test], y[test])
        return score, time.process_time() - start

    def one_by_one(some: list[Fit], epochs: int | str) -> tuple[list[float], float]:
        before = torch.get_num_threads()
        torch.set_num_threads(2)
        scores = [fit_alone(*fit, epochs)[0] for fit in some]
        torch.set_num_threads(before)
        return scores, 0.0

    def processes(some: list[Fit], epochs: int | str) -> tuple[list[float], float]:
        with parallel_config(backend="loky", inner_max_num_threads=1):
            done = Parallel(n_jobs=2)(delayed(fit_alone)(*fit, epochs) for fit in some)
        scores, seconds = zip(*done, strict=True)
        return list(scores), sum(seconds)

    def at_once(some: list[Fit], epochs: int | str, form: str) -> tuple[list[float], float]:
        groups = [some[i : i + args.at_once] for i in range(0, len(some), args.at_once)]
        workers = Workers(2)
        with one_thread():
            done = workers.map(partial(fit_group, X=X, y=y, form=form, epochs=epochs), groups)
        workers.close()
        return [score for scores in done for score in scores], 0.0

    def count(name: str) -> list[float]:
        start = time.process_time()
        scores, elsewhere = runs[name](fits, args.epochs or "auto")
        cpu.setdefault(name, []).append(time.process_time() - start + elsewhere)
        return scores

    one, two = "one after another, 2 threads", "2 processes, 1 thread each"
    names = {form: f"at once, {form}, 2 threads" for form in args.forms}
    runs = {one: one_by_one, two: processes}
    runs |= {names[form]: partial(at_once, form=form) for form in args.forms}
    timings = interleave(
        {name: partial(count, name) for name in runs}, args.repeats,
        warm_up={name: partial(run, fits[:4], 1) for name, run in runs.items()},
    )  # fmt: skip
    figures, rows = {}, []
    for name in runs:
        seconds, scores = cpu[name], timings.results[name][-1]
        rows.append([*timings.row(name, against=two), f"{np.median(seconds):.4g}",
                     f"{np.mean(scores):.4f}"])  # fmt: skip
    for form, name in names.items():
        pairs = zip(cpu[name], cpu[two], strict=True)
        figures |= {
            f"{form}_ratio_processes": timings.ratio(name, two),
            f"{form}_paired_ratio_processes": timings.paired_ratio(name, two),
            f"{form}_ratio_one_by_one": timings.ratio(name, one),
            f"{form}_cpu_ratio_processes": float(np.median([mine / its for mine, its in pairs])),
            f"{form}_accuracy": np.mean(timings.results[name][-1]),
        }
    figures["accuracy"] = np.mean(timings.results[two][-1])
    report(
        __file__, args,
        f"Seconds of {len(fits)} fits of {len(X):,} digits, {args.at_once} in a stack",
        [*timing_columns("2 processes"), "CPU s", "mean accuracy"], rows, figures,
        notes=["to be worth a public function: at most half the time of 2 processes"],
        seconds=timings.seconds, cpu_seconds=cpu,
    )  # fmt: skip


if __name__ == "__main__":
    main()
