"""Does prepare_drawing bring a drawing or a photograph back into the form of MNIST?

MNIST digits are rendered at 280×280 pixels with sharp edges, in several conditions. They go
through prepare_drawing, and the shipped model predicts them. Each accuracy is shown beside that
on the originals. prepare_drawing was developed on training images (--subset train) alone.

The pen conditions draw the skeleton of a digit with a round pen. A pen as thick as here closes
loops of some digits, so that a part of the loss cannot be undone.
"""

from __future__ import annotations

import functools
import io
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
from _arguments import make_parser, parse, positive
from _data import fetch, load
from _report import Target, report
from PIL import Image
from scipy import ndimage

from lenet_sklearn import load_pretrained
from lenet_sklearn.datasets import prepare_drawing

SIDE = 280
THIN, THICK = 5, 42  # pens, in pixels of the canvas
LOSS = 0.02


def enlarge(digit: np.ndarray, side: int = SIDE) -> np.ndarray:
    """Return the strokes of a 28×28 digit, from 0 to 1, with edges as a canvas draws them."""
    image = Image.fromarray(digit.reshape(28, 28)).resize((side, side), Image.Resampling.BICUBIC)
    sharpness = side / 28
    return np.clip((np.asarray(image) / 255 - 0.5) * sharpness / 2 + 0.5, 0, 1)


def skeleton(mask: np.ndarray) -> np.ndarray:
    """Thin a mask to lines of one pixel (Zhang and Suen, 1984)."""
    mask = np.pad(mask, 1).astype(np.uint8)
    while True:
        before = mask.sum()
        for turn in (0, 1):
            # The neighbours, clockwise from the one above.
            steps = [(1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1)]
            p = [np.roll(mask, step, axis=(0, 1)) for step in steps]
            n_neighbours = sum(p)
            n_edges = sum((p[i] == 0) & (p[(i + 1) % 8] == 1) for i in range(8))
            if turn == 0:
                corner = (p[0] * p[2] * p[4] == 0) & (p[2] * p[4] * p[6] == 0)
            else:
                corner = (p[0] * p[2] * p[6] == 0) & (p[0] * p[4] * p[6] == 0)
            gone = (n_neighbours >= 2) & (n_neighbours <= 6) & (n_edges == 1) & corner
            mask[gone & (mask == 1)] = 0
        if mask.sum() == before:
            return mask[1:-1, 1:-1].astype(bool)


@functools.cache
def line_of(digit: bytes) -> np.ndarray:
    """Return the skeleton of a digit at half the size of the canvas."""
    return skeleton(enlarge(np.frombuffer(digit, np.uint8), SIDE // 2) > 0.5)


def draw_with_pen(digit: np.ndarray, width: int) -> np.ndarray:
    """Return the strokes of a digit as a round pen of this width draws them."""
    line = line_of(digit.tobytes())
    rows, columns = np.nonzero(line)
    canvas = np.ones((SIDE, SIDE), bool)
    canvas[2 * rows, 2 * columns] = False
    # Fill the gaps that the doubling leaves.
    for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
        i, j = np.nonzero(line & np.roll(line, (-down, -right), axis=(0, 1)))
        canvas[2 * i + down, np.clip(2 * j + right, 0, SIDE - 1)] = False
    return np.clip(width / 2 - ndimage.distance_transform_edt(canvas) + 0.5, 0, 1)


def as_pixels(strokes: np.ndarray, paper: float = 255, ink: float = 0) -> np.ndarray:
    return np.rint(paper + (ink - paper) * strokes).astype(np.uint8)


def dark_on_light(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return as_pixels(enlarge(digit))


def light_on_dark(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return as_pixels(enlarge(digit), paper=0, ink=255)


def in_a_corner(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw it at 30 % of its size, in one of the corners."""
    small = enlarge(digit, 84)
    canvas = np.zeros((SIDE, SIDE))
    down, right = rng.integers(2, size=2) * (SIDE - 84)
    canvas[down : down + 84, right : right + 84] = small
    return as_pixels(canvas)


def thin_pen(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return as_pixels(draw_with_pen(digit, THIN))


def thick_pen(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return as_pixels(draw_with_pen(digit, THICK))


def photograph(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blue ink on paper that is lit from one side, with a dark corner, blur, noise and JPEG."""
    strokes = ndimage.gaussian_filter(enlarge(digit), 1.5)
    y, x = np.indices((SIDE, SIDE)) / SIDE - 0.5
    angle = rng.uniform(0, 2 * np.pi)
    light = 0.72 + 0.45 * (np.cos(angle) * x + np.sin(angle) * y) - 0.25 * (x**2 + y**2)
    ink = np.array([0.25, 0.3, 0.55])
    pixels = light[..., np.newaxis] * (1 - strokes[..., np.newaxis] * (1 - ink))
    pixels = pixels * np.array([1.0, 0.98, 0.9]) + rng.normal(0, 0.035, (SIDE, SIDE, 3))
    return jpeg(np.rint(np.clip(pixels, 0, 1) * 255).astype(np.uint8), 75)


def jpeg_20(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return jpeg(as_pixels(enlarge(digit)), 20)


def jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def transparent(digit: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw black strokes on a canvas whose other pixels are transparent."""
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    pixels[..., 3] = as_pixels(enlarge(digit), paper=0, ink=255)
    return pixels


CONDITIONS: dict[str, Callable[[np.ndarray, np.random.Generator], np.ndarray]] = {
    "dark on light": dark_on_light,
    "light on dark": light_on_dark,
    "small, in a corner": in_a_corner,
    "thin pen": thin_pen,
    "thick pen": thick_pen,
    "photographed paper": photograph,
    "JPEG of quality 20": jpeg_20,
    "transparent canvas": transparent,
}


def main(argv: Sequence[str] | None = None) -> None:
    parser = make_parser(__doc__)
    parser.add_argument("--images", type=positive, default=2000, metavar="N",
                        help="digits to render (default: %(default)s)")  # fmt: skip
    parser.add_argument("--subset", choices=["test", "train"], default="test",
                        help="where they are from (default: test)")  # fmt: skip
    args = parse(parser, argv, images=20)
    if args.data == "mnist":
        X, y = fetch("mnist", args.subset)
    else:
        data = load(args)
        X, y = data.X_test, data.y_test
    # Spread over the subset, whose parts come from different writers.
    rows = np.linspace(0, len(X) - 1, min(args.images, len(X))).astype(int)
    X, y = X[rows], y[rows]
    model = load_pretrained("mnist", device="cpu")
    originals = float(model.score(X, y))
    accuracies: dict[str, float] = {}
    seconds: dict[str, list[float]] = {}
    for name, render in CONDITIONS.items():
        rng = np.random.default_rng(0)
        prepared = np.empty((len(X), 28, 28), np.uint8)
        seconds[name] = []
        for i, digit in enumerate(X):
            picture = render(digit, rng)
            start = time.perf_counter()
            prepared[i] = prepare_drawing(picture)
            seconds[name].append(time.perf_counter() - start)
        accuracies[name] = float(model.score(prepared.reshape(len(X), -1), y))
    milliseconds = {name: 1000 * statistics.median(times) for name, times in seconds.items()}
    fastest = 1000 * max(min(times) for times in seconds.values())
    report(
        __file__,
        args,
        f"{len(X):,} digits ({args.data}, {args.subset}) rendered at {SIDE}×{SIDE} pixels, after "
        "prepare_drawing",
        ["", "accuracy %", "points below the originals", "median ms"],
        [
            ["originals", f"{100 * originals:.2f}", "", ""],
            *(
                [name, f"{100 * value:.2f}", f"{100 * (originals - value):.2f}",
                 f"{milliseconds[name]:.2f}"]
                for name, value in accuracies.items()
            ),
        ],
        {
            "accuracy_originals": originals,
            **{f"accuracy_{name}": value for name, value in accuracies.items()},
            "milliseconds": max(milliseconds.values()),
        },
        targets=[
            *(
                Target(f"accuracy, {name}", 100 * value, at_least=100 * (originals - LOSS),
                       unit=" %")
                for name, value in accuracies.items()
            ),
            Target("milliseconds of prepare_drawing, slowest condition",
                   max(milliseconds.values()), at_most=5, fastest=fastest, unit=" ms"),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()
