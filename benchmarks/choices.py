"""What each choice of the training path buys: one is taken back at a time, all else equal.

A pass over the same images, in the same batches, from the same weights: forward, loss, backward,
step. "÷" is the time with the choice taken back ÷ the time as it is. Further rows predict the
images at other numbers at once than the 128 of `predict`, and take the optimiser's first step,
in processes of their own.

    python benchmarks/choices.py --compile

tries torch.compile as well, which needs a C++ compiler and a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from unittest.mock import patch

import torch
from _common import interleave, load, make_parser, parse, report, run_json
from memory import memory_mb
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn import LeNet5, networks
from lenet_sklearn._training.optimizers import OPTIMIZERS

BATCH = 128
AT_ONCE = (1024, 256, 64, 32)
AS_IT_IS, APART = "as it is", "torch's own convolutions and pools"


def build(*, activation_first: bool = False) -> LeNet5:
    """Make the default network, always with the same weights."""
    monotone = frozenset() if activation_first else networks.MONOTONE
    with patch.object(networks, "MONOTONE", monotone):
        return LeNet5(10, (1, 28, 28), generator=torch.Generator().manual_seed(0))


def apart() -> AbstractContextManager[object]:
    """Let convolution, activation and pool be three steps, each of torch's own layers."""
    return patch.object(networks, "plan_tiles", lambda *_, **__: None)


def bfloat16() -> AbstractContextManager[object]:
    """Compute in bfloat16 where torch thinks that it does."""
    return torch.autocast("cpu", torch.bfloat16)


Optimizer = Callable[..., torch.optim.Optimizer]
OURS: Optimizer = partial(OPTIMIZERS["adamw"][0], fused=True)
# How the network is made, what holds while it is trained, and what steps.
Choice = tuple[Callable[[], nn.Module], Callable[[], AbstractContextManager[object]], Optimizer]
CHOICES: dict[str, Choice] = {
    AS_IT_IS: (build, nullcontext, OURS),
    "torch's own AdamW, fused": (build, nullcontext, partial(torch.optim.AdamW, fused=True)),
    "torch's own AdamW as it comes": (build, nullcontext, torch.optim.AdamW),
    APART: (build, apart, OURS),
    "… and the activation before the pool": (partial(build, activation_first=True), apart, OURS),
    "bfloat16 (autocast)": (build, bfloat16, OURS),
}


def train(images: Tensor, target: Tensor, choice: Choice) -> float:
    """Pass once over the images and return the last loss."""
    make, context, make_optimizer = choice
    network = make()
    optimizer = make_optimizer(network.parameters(), lr=0.001)
    network.train()
    with context():
        for batch, labels in zip(images.split(BATCH), target.split(BATCH), strict=True):
            loss = F.cross_entropy(network(batch), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return loss.item()


@torch.inference_mode()
def predict(network: nn.Module, images: Tensor, size: int) -> None:
    """Pass over the images, `size` at once."""
    for batch in images.split(size):
        network(batch)


def worker(whose: str) -> dict[str, float]:
    """Make an optimiser of torch's, or of the library's, and take its first step."""
    make: Optimizer = OURS if whose == "ours" else partial(torch.optim.AdamW, fused=True)
    parameter = nn.Parameter(torch.zeros(3))
    parameter.grad = torch.ones(3)
    base, start = memory_mb()["resident"], time.perf_counter()
    make([parameter]).step()
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "mb": memory_mb()["resident"] - base}


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, limit=12_800)
    parser.add_argument("--compile", action="store_true", help="try torch.compile")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parse(parser, argv)
    if args.worker:
        print(json.dumps(worker(args.worker)))
        return
    data = load(args)
    images, target = torch.from_numpy(data.X).view(-1, 1, 28, 28), torch.from_numpy(data.y)
    choices = dict(CHOICES)
    if args.compile:
        compiled = torch.compile(build())  # made once: the warm-up compiles it
        choices["torch.compile"] = (lambda: compiled, nullcontext, OURS)
    steps = interleave(
        {name: partial(train, images, target, choice) for name, choice in choices.items()},
        args.repeats,
    )
    network = build().eval()
    sizes = {f"{size:,} images predicted at once": size for size in (BATCH, *AT_ONCE)}
    passes = interleave(
        {name: partial(predict, network, images, size) for name, size in sizes.items()},
        args.repeats,
    )
    first = {who: [run_json([sys.executable, __file__, "--worker", who], args.threads)
                   for _ in range(args.repeats)] for who in ("ours", "torch")}  # fmt: skip
    rows, figures = [], {}
    for timings in (steps, passes):
        reference = next(iter(timings.seconds))
        for name in timings.seconds:
            how = timings.ratio, timings.paired_ratio, timings.fastest_ratio
            ratios = [f"{ratio(name, reference):.2f}" for ratio in how]
            rows.append([*timings.row(name)[:3], *(ratios if name != reference else [""] * 3)])
            if name != reference:
                figures[name] = timings.ratio(name, reference)
    least = {who: {key: min(run[key] for run in runs) for key in ("seconds", "mb")}
             for who, runs in first.items()}  # fmt: skip
    figures["first_step_seconds"] = least["ours"]["seconds"]
    figures["first_step_seconds_torch"] = least["torch"]["seconds"]
    figures["first_step_mb_torch"] = least["torch"]["mb"]
    report(
        __file__,
        args,
        f"Seconds of a pass over {len(data.X):,} images, batches of {BATCH}",
        ["", "median s", "min–max", "÷ as it is (medians)", "(pairs)", "(fastest)"],
        rows,
        figures,
        notes=[
            "The first step of a process takes torch's AdamW "
            f"{least['torch']['seconds']:.2f} s and {least['torch']['mb']:.0f} MB, ours "
            f"{least['ours']['seconds']:.2f} s and {least['ours']['mb']:.0f} MB."
        ],
        seconds={**steps.seconds, **passes.seconds},
        first_step=first,
    )


if __name__ == "__main__":
    main()
