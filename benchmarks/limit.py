"""Epoch time of LeNet5Classifier ÷ that of dense float32 matrix products of as many FLOPs.

A product of m×m matrices is what the machine does best, 2 m³ FLOPs of it, so the quotient says
how far from the machine's limit training is. One image costs, in FLOPs:

    forward              2 × weights × places, for each convolution and full layer
    gradient of weights  as much again
    gradient of inputs   as much again, but none for the first layer: nobody needs it

where the places are the pixels of a convolution's maps, and 1 for a full layer. Biases, pooling,
activations, the loss and the optimiser are not counted, though they take time. For the modern
LeNet-5 that is 3 × 833,040 − 235,200 = 2,263,920 FLOPs an image, 135.8 GFLOP in 60,000.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _arguments import make_parser, parse, positive
from _data import load
from _report import Target, report
from _timing import interleave, timing_columns

from lenet_sklearn import LeNet5, LeNet5Classifier

FIT, PRODUCTS = "LeNet5Classifier", "matrix products"


def training_flops(network: LeNet5) -> int:
    """FLOPs of the forward and backward pass of one image."""
    forward = []
    for layer in network.architecture.layers:
        if layer.kind in ("convolution", "full"):
            maps, places = layer.output_shape[0], 1
            for side in layer.output_shape[1:]:
                places *= side
            weights = layer.n_parameters - maps  # all but the biases
            forward.append(2 * weights * places)
    return 3 * sum(forward) - forward[0]


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--epochs", type=positive, default=2, help="of each run (default: 2)")
    parser.add_argument("--size", type=positive, default=1024, metavar="M",
                        help="side of the matrices (default: %(default)s)")  # fmt: skip
    args = parse(parser, argv, size=128)
    data = load(args)
    a, b = torch.randn(2, args.size, args.size)
    product = torch.empty_like(a)

    flops = training_flops(LeNet5(10, (1, 28, 28))) * len(data.X)  # of one epoch
    one_product = 2 * args.size**3
    n_products = max(1, round(flops / one_product))

    def multiply() -> None:
        for _ in range(n_products):
            torch.mm(a, b, out=product)

    model = LeNet5Classifier(max_epochs=args.epochs, random_state=0, device="cpu")
    timings = interleave({FIT: lambda: model.fit(data.X, data.y), PRODUCTS: multiply}, args.repeats)
    # To one epoch, and to exactly as many FLOPs as it has.
    timings.seconds[FIT] = [second / args.epochs for second in timings.seconds[FIT]]
    share = flops / (n_products * one_product)
    timings.seconds[PRODUCTS] = [second * share for second in timings.seconds[PRODUCTS]]
    report(
        __file__,
        args,
        f"One epoch of {len(data.X):,} images, {flops / 1e9:.4g} GFLOP",
        [*timing_columns("ours"), "GFLOP/s"],
        [
            [*timings.row(name, against=FIT), f"{flops / 1e9 / timings.median(name):.1f}"]
            for name in timings.seconds
        ],
        {
            "ratio": timings.ratio(FIT, PRODUCTS),
            "paired_ratio": timings.paired_ratio(FIT, PRODUCTS),
            "gflop": flops / 1e9,
            "epoch_seconds": timings.median(FIT),
            "matrix_gflops": flops / 1e9 / timings.median(PRODUCTS),
        },
        targets=[
            Target("epoch ÷ matrix product of as many FLOPs", **timings.ratios(FIT, PRODUCTS),
                   at_most=4, goal=3)
        ],
        seconds=timings.seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
