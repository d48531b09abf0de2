"""How the seconds of fit grow with n, at fixed epochs, beside those of an SVM.

The exponent is the slope of log(seconds) over log(n), by least squares: 1 is proportional.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from math import nan

from _arguments import make_parser, parse, positive
from _data import load
from _report import Target, report
from _timing import growth_exponent, interleave

from lenet_sklearn import LeNet5Classifier, make_baselines


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__, repeats=3)
    parser.add_argument("--epochs", type=positive, default=2, help="of each fit (default: 2)")
    parser.add_argument("--sizes", type=positive, nargs="+", metavar="N",
                        default=[1_000, 3_000, 10_000, 30_000, 60_000],
                        help="(default: 1000 3000 10000 30000 60000)")  # fmt: skip
    parser.add_argument("--svc-limit", type=positive, default=10_000, metavar="N",
                        help="largest size for the SVM (default: %(default)s)")  # fmt: skip
    args = parse(parser, argv, epochs=1, sizes=[130, 300])
    data = load(args)
    sizes = sorted({min(size, len(data.X)) for size in args.sizes})
    model = LeNet5Classifier(max_epochs=args.epochs, random_state=0, device="cpu")
    svm = make_baselines()["SVM"]
    names = {("LeNet-5", n): f"LeNet-5, {n:,}" for n in sizes}
    names |= {("SVM", n): f"SVM, {n:,}" for n in sizes if n <= args.svc_limit}
    runs = {
        name: partial((model if who == "LeNet-5" else svm).fit, data.X[:n], data.y[:n])
        for (who, n), name in names.items()
    }
    least = {who: partial(runs[names[who, sizes[0]]]) for who in ("LeNet-5", "SVM")}
    timings = interleave(
        runs, args.repeats, warm_up={name: least[who] for (who, _), name in names.items()}
    )
    seconds = {key: timings.median(name) for key, name in names.items()}
    exponents, rows = {}, []
    for who in ("LeNet-5", "SVM"):
        ns = [n for owner, n in names if owner == who]
        if len(ns) > 1:
            exponents[who] = growth_exponent(ns, [seconds[who, n] for n in ns])
    for n in sizes:
        mine, its = seconds["LeNet-5", n], seconds.get(("SVM", n))
        rows.append([f"{n:,}", f"{mine:.4g}", f"{1e6 * mine / n / args.epochs:.1f}",
                     "" if its is None else f"{its:.4g}",
                     "" if its is None else f"{1e6 * its / n:.1f}"])  # fmt: skip
    rows.append(["exponent", *(cell for who in ("LeNet-5", "SVM")
                               for cell in (f"{exponents.get(who, nan):.3f}", ""))])  # fmt: skip
    report(
        __file__,
        args,
        f"Seconds of fit by n: LeNet-5 for {args.epochs} epochs, SVM until it is done",
        ["n", "LeNet-5 s", "µs per image and epoch", "SVM s", "µs per image"],
        rows,
        {
            "exponent": exponents.get("LeNet-5"),
            "svm_exponent": exponents.get("SVM"),
            "largest_n_seconds": seconds["LeNet-5", sizes[-1]],
        },
        targets=[
            Target("exponent of fit time over n "
                   f"(the SVM's: {exponents.get('SVM', nan):.2f})",
                   exponents.get("LeNet-5"), at_most=1.05,
                   fastest=growth_exponent(sizes, [min(timings.seconds[names["LeNet-5", n]])
                                                   for n in sizes]))
        ] if len(sizes) > 1 else [],
        seconds=timings.seconds,
    )  # fmt: skip


if __name__ == "__main__":
    main()
