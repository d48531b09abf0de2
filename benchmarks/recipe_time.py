"""What the default recipe costs in time, in plain epochs.

A plain epoch is one of LeNet5Classifier without augmentation. The default fit is divided by it,
and by an epoch of the loop written by hand in fit_vs_torch_loop.py; an epoch with augmentation is
divided by a plain one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch
from _arguments import make_parser, parse
from _data import as_tensor, load
from _report import Target, report
from _timing import interleave, timing_columns
from fit_vs_torch_loop import train_by_hand

from lenet_sklearn import LeNet5Classifier

PLAIN, DEFAULT, LOOP = "plain epoch", "default fit", "hand-written loop, 1 epoch"
BATCH = 128
AUGMENTATIONS = ("digits", "objects")


def main(argv: Sequence[str] | None = None) -> None:
    args = parse(make_parser(__doc__, repeats=3), argv)
    data = load(args)
    images, target = as_tensor(data.X), torch.from_numpy(data.y)
    plain = LeNet5Classifier(max_epochs=1, random_state=0, device="cpu")
    default = LeNet5Classifier(random_state=0, device="cpu")
    augmented = {f'augmentation="{name}", 1 epoch': name for name in AUGMENTATIONS}
    runs = {
        PLAIN: partial(plain.fit, data.X, data.y),
        DEFAULT: partial(default.fit, data.X, data.y),
        LOOP: partial(train_by_hand, images, target, 1, BATCH),
    }
    for title, name in augmented.items():
        model = LeNet5Classifier(**{**plain.get_params(), "augmentation": name})
        runs[title] = partial(model.fit, data.X, data.y)
    # One epoch takes the same paths as the default fit.
    timings = interleave(runs, args.repeats, warm_up={**runs, DEFAULT: runs[PLAIN]})
    figures = {
        "default_fit_in_plain_epochs": timings.ratio(DEFAULT, PLAIN),
        "default_fit_in_hand_written_epochs": timings.ratio(DEFAULT, LOOP),
    }
    for title, name in augmented.items():
        figures[f"augmentation_{name}_ratio"] = timings.ratio(title, PLAIN)
    report(
        __file__,
        args,
        f"Seconds on {len(data.X):,} images; the default fit has {default.n_iter_} epochs",
        [*timing_columns("plain epoch")[:3], "it ÷ plain epoch (medians)", "(pairs)", "(fastest)"],
        [
            [*timings.row(name)[:3], f"{timings.ratio(name, PLAIN):.3f}",
             f"{timings.paired_ratio(name, PLAIN):.3f}",
             f"{timings.fastest_ratio(name, PLAIN):.3f}"]
            for name in timings.seconds
        ],
        figures,
        targets=[
            Target("default fit, in epochs of the hand-written loop",
                   **timings.ratios(DEFAULT, LOOP), at_most=2.5),
            *(Target(f'epoch with augmentation="{name}" ÷ plain epoch',
                     **timings.ratios(title, PLAIN), at_most=1.6)
              for title, name in augmented.items()),
        ],
        seconds=timings.seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
