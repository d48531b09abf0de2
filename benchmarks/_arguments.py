"""The arguments that all benchmarks take."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_limits


def fail(message: str) -> SystemExit:
    """Print one line to stderr, and return what to raise to leave with exit code 2."""
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    return SystemExit(2)


def positive(text: str) -> int:
    """Read a whole number of 1 or more."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be 1 or more. Got {text}.")
    return number


def make_parser(
    description: str | None,
    *,
    repeats: int = 5,
    limit: int | None = None,
    data: Sequence[str] = ("mnist", "digits"),
) -> argparse.ArgumentParser:
    """Make the parser that all scripts start from."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", choices=data, default=data[0],
                        help="default: %(default)s; digits are scikit-learn's, enlarged to 28×28 "
                        "pixels: no download")  # fmt: skip
    parser.add_argument("--limit", type=positive, default=limit, metavar="N",
                        help="training images; all by default" if limit is None
                        else "training images (default: %(default)s)")  # fmt: skip
    parser.add_argument("--repeats", type=positive, default=repeats, metavar="N",
                        help="interleaved runs of each (default: %(default)s)")  # fmt: skip
    parser.add_argument("--threads", type=positive, metavar="N",
                        help="threads of torch and of the BLAS; all cores by default")  # fmt: skip
    parser.add_argument("--out", type=Path, metavar="FILE.json",
                        help="where the figures go (default: benchmarks/results/)")  # fmt: skip
    parser.add_argument("--tiny", action="store_true",
                        help="a few hundred digits: only to see that the script runs")  # fmt: skip
    return parser


def parse(
    parser: argparse.ArgumentParser, argv: Sequence[str] | None, **tiny: Any
) -> argparse.Namespace:
    """Parse, with smaller defaults for ``--tiny``, and set the threads."""
    argv = sys.argv[1:] if argv is None else argv
    args = parser.parse_args(argv)
    if args.tiny:
        parser.set_defaults(**{"data": "digits", "limit": 300, "repeats": 1, **tiny})
        args = parser.parse_args(argv)
    if args.threads is not None:
        torch.set_num_threads(args.threads)
        threadpool_limits(args.threads)
    args.typed = list(argv)
    return args
