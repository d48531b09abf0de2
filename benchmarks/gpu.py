"""Fit on a CUDA device, steady state: seconds, images/s and epochs until 99 % on MNIST.

"Steady state": each number of epochs was fitted before in the same process, so that the device
is set up and the kernels are chosen. Without a CUDA device the script says so and leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from _arguments import make_parser, parse
from _data import load
from _report import Target, report
from time_to_accuracy import COLUMNS, add_arguments, cells, measure, target_figures


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__)
    add_arguments(parser, device="cuda")
    args = parse(parser, argv, epochs=[1, 3], targets=[0.2])
    on_cuda = args.device.startswith("cuda")
    if on_cuda and not torch.cuda.is_available():
        print("No CUDA device is at hand: nothing measured.")
        return
    data = load(args)
    timings, records, reached = measure(data, args)
    longest = records[-1]
    name = torch.cuda.get_device_name(args.device) if on_cuda else args.device
    report(
        __file__,
        args,
        f"Seconds of fit on {name}, {len(data.X):,} images, {args.repeats} seeds",
        COLUMNS,
        cells(timings, records, reached),
        {
            **target_figures(reached),
            "images_per_second": longest["epochs"] * len(data.X) / longest["seconds"],
        },
        targets=[
            Target("seconds of fit to 99 % on MNIST, CUDA", reached["0.99"]["seconds"], at_most=1)
        ] if on_cuda and reached.get("0.99") else [],
        notes=["Epochs are chosen on the validation images; test accuracy chooses nothing."],
        seconds=timings.seconds,
        records=records,
        device=name,
    )  # fmt: skip


if __name__ == "__main__":
    main()
