"""Predicting in bulk and one by one ÷ the bare forward pass of the same network, and an SVM.

The bare pass is what torch does when nobody checks anything: the fitted module on a tensor, in
inference mode, at the best of several batch sizes, with the arg-max. "plain nn.Sequential" goes
further: a network written by hand with the same weights, on float32 that was prepared before.

An SVM computes a kernel with each of its support vectors for every image, so its speed is that of
its training set: fitted on fewer images it is faster, and less accurate, than on all of them. The
default fits it on all, which takes minutes; --svc-limit makes it quicker, and the quotient of the
speeds smaller than it is for the whole SVM. It predicts the test images only, once, since each
takes as long as the others; on one core: scikit-learn's SVC knows no threads.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from _arguments import make_parser, parse, positive
from _data import as_tensor, load
from _network import plain_network
from _report import Target, report
from _timing import Timings, interleave, timing_columns
from torch import Tensor, nn

from lenet_sklearn import LeNet5Classifier, make_baselines

BATCHES = (64, 128, 256, 512, 1024, 2048, 4096)
OURS, BARE, PLAIN = "predict", "bare module", "plain nn.Sequential"
ONE, ONE_BARE, ONE_PLAIN = (f"{name}, one image" for name in (OURS, BARE, PLAIN))


@torch.inference_mode()
def forward(network: nn.Module, images: Tensor, batch_size: int) -> np.ndarray:
    """Return the class of each image, a batch at a time."""
    return torch.cat([network(batch).argmax(1) for batch in images.split(batch_size)]).numpy()


def best_batch_size(network: nn.Module, images: Tensor) -> int:
    """Return the batch size at which `images` pass fastest, the better of two turns."""
    runs = {str(size): partial(forward, network, images, size) for size in BATCHES}
    seconds = interleave(runs, 2).seconds
    return min(BATCHES, key=lambda size: min(seconds[str(size)]))


def same_weights(network: nn.Module, module: nn.Module) -> nn.Module:
    """Copy the weights of `module`, layer by layer."""
    with torch.no_grad():
        for mine, its in zip(network.parameters(), module.parameters(), strict=True):
            mine.copy_(its)
    return network.eval()


def call_by_call(calls: dict[str, Callable[[], object]], n_calls: int) -> Timings:
    """Time calls that are too short for `interleave`, in turn; the first tenth warms up."""
    timings = Timings({name: [] for name in calls})
    for i in range(-(n_calls // 10), n_calls):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            if i >= 0:
                timings.seconds[name].append(time.perf_counter() - start)
    return timings


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--images", type=positive, default=60_000, metavar="N",
                        help="to predict in bulk (default: %(default)s)")  # fmt: skip
    parser.add_argument("--calls", type=positive, default=1000, metavar="N",
                        help="for one image (default: %(default)s)")  # fmt: skip
    parser.add_argument("--epochs", type=positive, default=2, help="of the fit (default: 2)")
    parser.add_argument("--svc-limit", type=positive, default=60_000, metavar="N",
                        help="training images of the SVM (default: %(default)s)")  # fmt: skip
    parser.add_argument("--svc-images", type=positive, default=10_000, metavar="N",
                        help="that the SVM predicts (default: %(default)s)")  # fmt: skip
    args = parse(parser, argv, images=600, calls=20, epochs=1)
    data = load(args)
    model = LeNet5Classifier(max_epochs=args.epochs, random_state=0, device="cpu")
    model.fit(data.X, data.y)
    svm = make_baselines()["SVM"].fit(data.X[: args.svc_limit], data.y[: args.svc_limit])

    # The training images again and again, where there are fewer than asked for.
    X = np.resize(data.X, (args.images, data.X.shape[1]))
    images = torch.from_numpy(X).view(-1, 1, 28, 28)
    prepared = as_tensor(X, like=data.X)
    plain = same_weights(plain_network(smooth=True), model.module_)
    some = slice(0, 10_000)
    best = best_batch_size(model.module_, images[some])
    best_plain = best_batch_size(plain, prepared[some])
    n_svm, n_vectors = min(args.svc_limit, len(data.X)), int(svm[-1].n_support_.sum())
    # Of the test images: it would be right, and no faster, on those that it was fitted on.
    X_svm, y_svm = data.X_test[: args.svc_images], data.y_test[: args.svc_images]
    bulk = interleave(
        {
            OURS: lambda: model.predict(X),
            BARE: lambda: forward(model.module_, images, best),
            PLAIN: lambda: forward(plain, prepared, best_plain),
        },
        args.repeats,
    )
    same = [float((bulk.results[OURS][-1] == model.classes_[bulk.results[n][-1]]).mean())
            for n in (BARE, PLAIN)]  # fmt: skip
    by_svm = interleave(
        {"SVM": lambda: svm.predict(X_svm)}, 1, warm_up={"SVM": lambda: svm.predict(X_svm[:10])}
    )
    svm_seconds = by_svm.median("SVM")
    one, one_tensor, one_prepared = X[:1].copy(), images[:1].clone(), prepared[:1].clone()
    single = call_by_call(
        {
            ONE: lambda: model.predict(one),
            ONE_BARE: lambda: forward(model.module_, one_tensor, 1),
            ONE_PLAIN: lambda: forward(plain, one_prepared, 1),
        },
        args.calls,
    )

    ours_rate, svm_rate = len(X) / bulk.median(OURS), len(X_svm) / svm_seconds
    test = {"LeNet-5": float(model.score(data.X_test, data.y_test)),
            "same": float(model.score(X_svm, y_svm)),
            "SVM": float((by_svm.results["SVM"][-1] == y_svm).mean())}  # fmt: skip
    batch = {OURS: "", BARE: f"{best}", PLAIN: f"{best_plain}"}
    rows = [
        [*bulk.row(n, against=OURS), batch[n], f"{len(X) / bulk.median(n):,.0f}"] for n in batch
    ]
    rows.append([*by_svm.row("SVM", scale=len(X) / len(X_svm))[:3],
                 f"{svm_rate / ours_rate:.5f}", "", "", "", f"{svm_rate:,.0f}"])  # fmt: skip
    rows += [
        [*single.row(n, against=ONE), "1", f"{1 / single.median(n):,.0f}"] for n in single.seconds
    ]
    report(
        __file__,
        args,
        f"Seconds to predict {len(X):,} images, and one",
        [*timing_columns("ours"), "batch", "images/s"],
        rows,
        {
            "ratio_bare": bulk.ratio(OURS, BARE),
            "paired_ratio_bare": bulk.paired_ratio(OURS, BARE),
            "ratio_plain": bulk.ratio(OURS, PLAIN),
            "images_per_second": ours_rate,
            "times_svm_speed": ours_rate / svm_rate,
            "test_accuracy": test["LeNet-5"],
            "svm_test_accuracy": test["SVM"],
            "svm_support_vectors": n_vectors,
            "one_image_microseconds": 1e6 * single.median(ONE),
            "ratio_one_image": single.ratio(ONE, ONE_BARE),
            "ratio_one_image_plain": single.ratio(ONE, ONE_PLAIN),
        },
        targets=[
            *(Target(f"predict, {len(X):,} images ÷ {n}, best batch size ({batch[n]})",
                     **bulk.ratios(OURS, n), at_most=1.15) for n in (BARE, PLAIN)),
            Target(f"speed of predict ÷ that of an SVM of {n_svm:,} images", ours_rate / svm_rate,
                   at_least=250, digits=0,
                   fastest=len(X) / min(bulk.seconds[OURS])
                   / (len(X_svm) / min(by_svm.seconds["SVM"]))),
            Target(f"test accuracy − that of this SVM, {len(X_svm):,} images",
                   test["same"] - test["SVM"], at_least=0, digits=4),
            *(Target(f"predict, one image ({1e3 * single.median(ONE):.2f} ms) ÷ {n}",
                     **single.ratios(ONE, f"{n}, one image"), at_most=3) for n in (BARE, PLAIN)),
        ],
        notes=[
            f"predict gives the same class as the bare module for {same[0]:.4%} of the images, "
            f"as the plain nn.Sequential for {same[1]:.4%}.",
            f"Test accuracy: LeNet-5 {test['LeNet-5']:.4f} after {args.epochs} epochs.",
            f"The SVM, fitted on {n_svm:,} images, has {n_vectors:,} support vectors; it predicted "
            f"{len(X_svm):,} test images, {test['SVM']:.4f} of them rightly (LeNet-5 "
            f"{test['same']:.4f}), and its seconds are those times "
            f"{len(X) / len(X_svm):g}.",
        ],
        seconds={**bulk.seconds, **by_svm.seconds,
                 **{n: [statistics.median(single.seconds[n])] for n in single.seconds}},
        agreement={BARE: same[0], PLAIN: same[1]},
    )  # fmt: skip


if __name__ == "__main__":
    main()
