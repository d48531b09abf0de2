"""What each choice of the training path buys: one is taken back at a time, all else equal.

A pass over the same images, in the same batches, from the same weights, on one thread: forward,
loss, backward, step. "÷" is the time with the choice taken back ÷ the time as it is. Further rows
predict the images at other numbers at once than the 128 of `predict`, and take the optimiser's
first step, in processes of their own.

    python benchmarks/choices.py --compile

tries torch.compile as well, which needs a C++ compiler and a minute.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from _arguments import make_parser, parse
from _data import load
from _processes import run_json
from _report import report
from _timing import interleave
from memory import memory_mb
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn import LeNet5
from lenet_sklearn._training.backprop import Backpropagation
from lenet_sklearn._training.losses import SampleLoss
from lenet_sklearn._training.optimizers import OPTIMIZERS
from lenet_sklearn._training.workers import Part, cut, one_thread

BATCH = 128
AT_ONCE = (1024, 256, 64, 32)
AS_IT_IS = "as it is"

Optimizer = Callable[..., torch.optim.Optimizer]
OURS: Optimizer = partial(OPTIMIZERS["adamw"][0], fused=True)
# Turns images and classes into the gradients of a network.
Differentiate = Callable[[LeNet5, Tensor, Tensor], Sequence[Tensor]]


def build() -> LeNet5:
    """Make the default network, always with the same weights, for pixels of about MNIST's range."""
    network = LeNet5(10, (1, 28, 28), generator=torch.Generator().manual_seed(0))
    network.pixel_mean.fill_(33)
    network.pixel_std.fill_(79)
    return network


def by_blocks(network: LeNet5, images: Tensor, target: Tensor) -> Sequence[Tensor]:
    """Let each block of layers compute its gradient, as a fit does, in parts of a batch."""
    backpropagation, loss = Backpropagation(network), SampleLoss()
    total: list[Tensor] = []
    for part in cut(images, target, None):

        def mean(logits: Tensor, part: Part = part) -> tuple[Tensor, Tensor]:
            losses, gradient = loss.differentiate(logits, part.target)
            return losses.sum() / part.of_images, gradient / part.of_images

        gradients = backpropagation(part.images, mean)[2]
        if total:
            torch._foreach_add_(total, gradients)
        total = total or gradients
    return total


def by_autograd(network: nn.Module, images: Tensor, target: Tensor) -> Sequence[Tensor]:
    """Let autograd go back through torch's own layers."""
    loss = F.cross_entropy(network(images), target)
    return torch.autograd.grad(loss, list(network.parameters()))


def in_bfloat16(network: nn.Module, images: Tensor, target: Tensor) -> Sequence[Tensor]:
    """Do the same in bfloat16, where torch thinks that it pays."""
    with torch.autocast("cpu", torch.bfloat16):
        return by_autograd(network, images, target)


CHOICES: dict[str, tuple[Differentiate, Optimizer]] = {
    AS_IT_IS: (by_blocks, OURS),
    "torch's own AdamW, fused": (by_blocks, partial(torch.optim.AdamW, fused=True)),
    "torch's own AdamW as it comes": (by_blocks, torch.optim.AdamW),
    "autograd and torch's own layers": (by_autograd, OURS),
    "… in bfloat16 (autocast)": (in_bfloat16, OURS),
}


def train(
    images: Tensor, target: Tensor, differentiate: Differentiate, make_optimizer: Optimizer
) -> None:
    """Pass once over the images, on one thread, as each part of a batch is."""
    network = build().train()
    optimizer = make_optimizer(network.parameters(), lr=0.001)
    with one_thread():
        for batch, labels in zip(images.split(BATCH), target.split(BATCH), strict=True):
            gradients = differentiate(network, batch, labels)
            for parameter, gradient in zip(network.parameters(), gradients, strict=True):
                parameter.grad = gradient.contiguous()
            optimizer.step()


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
        compiled = torch.compile(build().train())  # made once: the warm-up compiles it
        choices["torch.compile"] = (lambda _, *batch: by_autograd(compiled, *batch), OURS)
    steps = interleave(
        {name: partial(train, images, target, *choice) for name, choice in choices.items()},
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
