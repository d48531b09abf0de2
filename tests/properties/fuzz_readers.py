"""Give the readers of IDX, of CSV and of images nonsense: an answer, or one of our errors.

``python tests/properties/fuzz_readers.py csv 10000`` runs that many cases and prints what came of
them; the suite runs a few hundred of each.
"""

import argparse
import collections
import csv
import gzip
import io
import linecache
import math
import random
import re
import tempfile
import time
import traceback
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from scipy import sparse

import lenet_sklearn
from lenet_sklearn import Deskewer, ImagePreprocessor, MassCenterer
from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn.datasets import read_csv_images, read_idx

PACKAGE = Path(lenet_sklearn.__file__).parent
IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
# What a CSV file of images should not hold, and may.
CELLS = [
    *("", " ", "0", "255", "256", "-1", "-0", "007", "1e2", "1e999", "2.5", ".5", "5.", ".", "+3"),
    *("nan", "NA", "null", "None", "inf", "True", "0x10", "1_000", "٣", "½", "x", "é", "𝔘", "\0"),
    *(
        '"',
        '""',
        '"1"',
        '"a,b"',
        '"a\nb"',
        "'1'",
        "#1",
        "=1+1",
        "\ufeff",
        "\u2028",
        "\t3",
        "9" * 30,
    ),
    *("9" * 400, "0." + "3" * 40, "x" * 5000, "1;2", "1e", "e1", "--1", "12/31/1999", "1 2"),
]
# Lengths of axes and of samples around which the rules for layouts change.
SIZES = [0, 1, 2, 3, 3, 4, 5, 7, 8, 8, 9, 16, 28, 64, 64, 65, 80]
HUGE = [784, 785, 3072, 2**31, 2**62, 10**30]
IMAGE_SHAPES = [
    *(
        None,
        0,
        8,
        -8,
        2.5,
        True,
        "",
        "88",
        b"88",
        float("nan"),
        {},
        {8, 9},
        {"a": 1},
        object(),
        len,
    ),
    *((), (8,), (8, 8), [8, 8], (1, 8, 8), (8, 8, 1), (8, -8), (0, 0), (3, 4, 4), (4, 4, 3)),
    *((8, 8.0), (True, 8), (None, 8), ("8", "8"), ((8,), 8), (1, 1, 8, 8), (8, float("nan"))),
    *((10**30, 10**30), (2**62, 4), (-(2**63), 1), range(8, 10), np.array([8, 8]), np.array(8)),
    *(np.array([8.0, 8.0]), np.zeros((2, 2), int), np.array([[1, 8, 8]]), np.array(["8", "8"])),
    *((np.int8(8), np.uint64(8)), pd.Series([8, 8]), pd.Series([8, 8], index=[5, 6]), iter((8, 8))),
    *(torch.tensor([8, 8]), np.ma.masked_array([8, 8], [0, 1]), bytearray(b"\x08\x08"), "é" * 2),
]
OUTPUT_SIZES = [12, 4, 80, (9, 12), 0, (8,), "8", (8, 8.5), {8: 8}, np.array([8, 8]), (80, 80)]
DTYPES = [
    *"?bBhHiIqQefdg", *(">f8", ">u2", "F", "D", "O", "S3", "U3", "M8[s]", "m8[s]", "V4"), "i4,f8"
]  # fmt: skip
NUMBERS = [0, 1, 255, 256, -1, 0.5, 1e30, -1e300, 1e-300, math.nan, math.inf, -math.inf]


def change_bytes(data, rng):
    """Flip, cut, add, blank or move bytes."""
    at, length = rng.randrange(len(data)), rng.choice([1, 1, 1, 2, 8, 100])
    kind = rng.randrange(6)
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + rng.randbytes(length) + data[at:]
    if kind == 2:
        return data[:at] + data[at + length :]
    if kind == 3:
        return data[:at] + bytes(len(data[at : at + length])) + data[at + length :]
    if kind == 4:
        return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]
    other = rng.randrange(len(data))
    return data[:at] + data[other : other + length] + data[at + length :]


def compress_and_damage(content, rng):
    """Return what is on disk for a content: often gzip, sometimes damaged after that."""
    if rng.random() < 0.4:
        content = gzip.compress(content, rng.choice([0, 1, 9]), mtime=0)
    for _ in range(rng.choice([0, 0, 0, 0, 1, 2])):
        content = change_bytes(content or b"\0", rng)
    return content


def unpack(data):
    """Return the content of a file as Python's own reader has it."""
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


# IDX


def make_idx(rng):
    """Return a file that is IDX, nearly."""
    code, ndim = (
        rng.choice([*[*IDX_TYPES] * 4, 0x0A, 0xFF]),
        rng.choice([0, *[1, 2, 3, 4] * 4, 32, 64, 65, 255]),
    )
    shape = [rng.choice([0, 1, 1, 2, 3, 5]) for _ in range(ndim)]
    if rng.random() < 0.15 and shape:
        shape[rng.randrange(ndim)] = rng.choice([2**16, 2**24, 2**31, 2**32 - 1, 60_000_000])
    n_bytes = math.prod(shape) * np.dtype(IDX_TYPES.get(code, "u1")).itemsize
    data = rng.randbytes(max(0, min(n_bytes, 2000) + rng.choice([*[0] * 10, 1, -1, 7])))
    dimensions = b"".join(n.to_bytes(4, "big") for n in shape)
    return compress_and_damage(bytes([0, 0, code, ndim]) + dimensions + data, rng)


def check_idx(path, rng):
    data = make_idx(rng)
    path.write_bytes(data)
    array = read_idx(path)
    content = unpack(data)  # the answer must be what the file says, byte for byte
    n_header = 4 + 4 * content[3]
    assert array.shape == tuple(np.frombuffer(content[4:n_header], ">u4").tolist())
    assert array.astype(IDX_TYPES[content[2]], copy=False).tobytes() == content[n_header:]


# CSV


def make_csv(rng):
    """Return a file of images, with cells, separators, line ends or bytes of another kind."""
    n_columns, n_rows = rng.choice([1, 2, 5, 5, 10, 17, 65]), rng.choice([0, 1, 2, 3, 8, 8])
    rows = [[str(rng.randrange(256)) for _ in range(n_columns)] for _ in range(n_rows)]
    if rng.random() < 0.4:
        names = rng.choice(
            [[f"p{i}" for i in range(n_columns)], [str(i) for i in range(n_columns)]]
        )
        rows.insert(0, ["label", *names[1:]])
    if rng.random() < 0.3:
        for row in rows[1:]:
            row[0] = rng.choice("ab")
    if rng.random() < 0.05:
        rows = [[row[0], *rng.choices(["True", "False"], k=len(row) - 1)] for row in rows]
    for _ in range(rng.choice([0, 0, 0, 1, 1, 1, 3])):
        row = rng.choice(rows or [[]])
        kind = rng.randrange(5)
        if kind == 0:
            row.append(rng.choice(CELLS))
        elif kind == 1 and row:
            row.pop()
        elif row:
            row[rng.randrange(len(row))] = rng.choice(CELLS)
    separator, end = (
        rng.choice([*[","] * 20, *[", "] * 4, ";", "\t"]),
        rng.choice([*"\n\n\n\n", "\r\n", "\r"]),
    )
    text = end.join(separator.join(row) for row in rows) + rng.choice(["", end, end * 3])
    encoding = rng.choice([*["utf-8"] * 20, *["utf-8-sig"] * 3, "utf-16", "latin-1"])
    return compress_and_damage(text.encode(encoding, "replace"), rng)


def check_csv(path, rng):
    data = make_csv(rng)
    path.write_bytes(data)
    label = rng.choice([*[0] * 20, *[None, -1, 1] * 3, 99, "label", "p1", True, 1.0])
    image_shape = rng.choice(
        [(2, 2), (3, 3), (1, 4, 4), *IMAGE_SHAPES] if rng.random() < 0.2 else [None]
    )
    bunch = read_csv_images(path, label, image_shape)
    pixels, target = bunch.data, bunch.target
    assert len(bunch.feature_names) == pixels.shape[1]
    assert bunch.images is None or np.shares_memory(bunch.images, pixels)
    # The answer must be what Python's own parser finds in the file.
    text = io.StringIO(unpack(data).decode("utf-8-sig"), newline=None)
    rows = [row for row in csv.reader(text) if len(row) > 1 or (row and row[0].strip())]
    n_headers = len(rows) - len(pixels)
    assert n_headers in (0, 1), "rows were lost, or made up"
    at = rows[0].index(label) if isinstance(label, str) else label
    labels = [row.pop(at).strip() for row in rows] if at is not None else []
    words = {cell.strip().lower() for row in rows[:n_headers] for cell in row}
    assert not words & {"true", "false", "nan", "inf"}, "an image was taken for a header"
    right = [[float(cell) for cell in row] for row in rows[n_headers:]]
    np.testing.assert_allclose(pixels, right, rtol=1e-14)
    if label is None:
        assert target is None
    else:
        kind = float if target.dtype.kind in "if" else str
        assert target.tolist() == [kind(label) for label in labels[n_headers:]]


# Images


def make_images(rng):
    """Return what somebody might take for images."""
    shape = tuple(rng.choice(SIZES) for _ in range(rng.choice([0, *[1, 2, 3] * 5, 4])))
    shape = (rng.choice([0, 1, 2, 3, 3, 3]), *shape)
    if math.prod(shape) > 20_000:
        shape = shape[:2]
    X = np.zeros(shape)
    if X.size:
        X.flat = rng.choices(NUMBERS if rng.random() < 0.2 else range(256), k=X.size)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        X = X.astype(rng.choice(DTYPES if rng.random() < 0.4 else DTYPES[:14]))
    kind = rng.randrange(14)
    if kind == 0:
        return X.tolist()
    if kind == 1 and X.ndim == 2:
        return pd.DataFrame(
            X.tolist(), columns=rng.choice([None, [f"p{i}" for i in range(X.shape[1])]])
        )
    if kind == 2 and X.ndim == 2 and X.dtype.kind in "fiu" and X.dtype.char not in "eg":
        return sparse.csr_array(X.astype(X.dtype.newbyteorder("=")))
    if kind == 3:
        return np.asfortranarray(X)[::-1]
    if kind == 4:
        return rng.choice(
            [None, "X", 5, {}, {1: 2}, [[1], [1, 2]], [[[1]], [1]], object(), iter([1])]
        )
    if kind == 5 and X.dtype.kind in "fiub":
        return np.ma.masked_array(X, X.max() == X if X.size else False)
    if kind == 6 and X.dtype.char in "?bBhiqefd" and X.dtype.isnative:
        return torch.from_numpy(X)
    if kind == 7 and X.dtype == object and X.size:
        X.flat[rng.randrange(X.size)] = rng.choice([None, "a", [1], {}, X, 10**400, 1j, pd.NA, ...])
    if kind == 8 and X.ndim == 2:
        return pd.DataFrame(np.ones(X.shape)).astype(
            rng.choice(["Int8", "Float32", "boolean", "category"])
        )
    return X


def check_layout(rng):
    """Look at the shape alone, which may be far larger than memory."""
    sample = [
        rng.choice(SIZES if rng.random() < 0.8 else HUGE)
        for _ in range(rng.choice([0, *[1, 2, 3] * 4, 4]))
    ]
    shape = (rng.choice([0, 1, 2, 5]), *sample)[rng.random() < 0.05 :]
    image_shape = rng.choice(IMAGE_SHAPES) if rng.random() < 0.3 else None
    if rng.random() < 0.3:
        image_shape = rng.choice([tuple, list, np.array])(rng.sample(sample, len(sample)))
    layout = infer_layout(shape, image_shape)
    assert layout.n_features == math.prod(shape[1:])
    assert layout.n_features <= layout.n_pixels
    assert min(layout.image_shape) >= 1
    if 0 < math.prod(shape) < 10**5:
        X = np.arange(math.prod(shape)).reshape(shape)
        images = layout.to_images(X)
        assert images.shape == (len(X), *layout.image_shape)
        back = layout.from_images(images)
        back = back[:, : layout.n_features] if layout.flat else back
        np.testing.assert_array_equal(back.reshape(X.shape), X)


def check_image_array(X, rng):
    """Check X, and transform it."""
    array = check_images(MassCenterer(), X, reset=True)
    assert array.dtype.kind in "buif"
    assert np.isfinite(array).all()
    image_shape = rng.choice(IMAGE_SHAPES) if rng.random() < 0.3 else None
    make = rng.choice(
        [
            lambda: MassCenterer(image_shape),
            lambda: Deskewer(image_shape),
            lambda: ImagePreprocessor(
                image_shape,
                size=rng.choice(OUTPUT_SIZES) if rng.random() < 0.5 else None,
                resize=rng.choice([*["pad", "bilinear"] * 5, "no"]),
                scale=rng.choice([*["unit", "standard", "lecun1998", None] * 3, 5]),
                flatten=rng.choice([True, False]),
            ),
        ]
    )
    output = make().fit(X).transform(X)
    assert len(output) == len(array)


def check_any_images(path, rng):
    if rng.random() < 0.5:
        check_layout(rng)
    else:
        check_image_array(make_images(rng), rng)


def is_meant(error):
    """Whether an error was raised by a line of this library, or of scikit-learn's checks, that says
    `raise`; one that NumPy or Python raises of itself speaks of what the user does not know.
    """
    if not isinstance(error, ValueError | TypeError):
        return False
    frame = traceback.extract_tb(error.__traceback__)[-1]
    ours = Path(frame.filename).is_relative_to(PACKAGE) or "sklearn" in Path(frame.filename).parts
    return ours and linecache.getline(frame.filename, frame.lineno).strip().startswith("raise ")


def run(reader, n_cases, seed, folder):
    """Run cases, and return what came of them, with the first case of each foreign error."""
    rng, path = random.Random(seed), Path(folder, "case")
    outcomes, reasons, slowest, defects = collections.Counter(), collections.Counter(), 0.0, {}
    for case in range(n_cases):
        start = time.perf_counter()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                CHECKS[reader](path, rng)
            outcomes["answered"] += 1
        except Exception as error:
            message = str(error).replace(str(path), "PATH")
            reason = re.sub(r"\d+|'.*?'", "…", message)[:70]
            is_named = reader == "images" or re.search("PATH|label_column|image_shape", message)
            if is_meant(error) and is_named:
                outcomes["refused"] += 1
                reasons[reason] += 1
            else:
                defects.setdefault(f"{type(error).__name__}: {reason}", case)
        finally:
            slowest = max(slowest, time.perf_counter() - start)
    return {"outcomes": outcomes, "reasons": reasons, "slowest": slowest, "defects": defects}


CHECKS = {"idx": check_idx, "csv": check_csv, "images": check_any_images}

if __name__ == "__main__":
    import resource

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader", choices=list(CHECKS))
    parser.add_argument("n_cases", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(arguments.reader, 20, -1, folder)  # warm up
        began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        result = run(arguments.reader, arguments.n_cases, arguments.seed, folder)
    print(f"{arguments.n_cases} cases in {time.perf_counter() - began:.0f} s: {result['outcomes']}")
    print(f"defects and their first cases: {result['defects']}")
    print(f"slowest case: {result['slowest'] * 1000:.0f} ms")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"peak memory: {after / 1024:.0f} MB, {(after - before) / 1024:.0f} MB more than at first"
    )
    for reason, count in result["reasons"].most_common(60):
        print(f"{count:7} {reason}")
