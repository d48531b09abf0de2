"""Change saved files at random, and see that each is refused or answers: the fuzzer's driver.

``python tests/persistence/fuzz_saved_files.py 10000`` runs that many cases and prints what came of
them; the suite runs a few hundred.
"""

import argparse
import collections
import copy
import hashlib
import json
import random
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.pipeline import make_pipeline

from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer
from lenet_sklearn.augmentation import Distortion
from lenet_sklearn.persistence import load_model, save_model

# What a forger might put anywhere.
VALUES = [
    *(None, True, False, 0, 1, -1, 2, 7, 2**16, 10**9, 2**31, 2**63 - 1, 2**63, 2**64, 10**30),
    *(0.0, -0.0, 0.5, 1.5, -1e-3, 5e-324, 1e308, float("nan"), float("inf")),
    *("", "x", "x" * 10_000, "\0", "\ud800", "é", "nan", "__class__", "os.system", "../../etc"),
    *("Pipeline", "LeNet5Classifier", "MassCenterer", "passthrough", "rbf", "lecun1998", "cuda:9"),
    *([], {}, [[]], [{}], [None], [0, 0], [1, 2, 3], ["a", "b"], [[1, 2]], [10**9, 10**9]),
    *({"tuple": []}, {"tuple": [1]}, {"tuple": [3, 3]}, {"tuple": [10**9]}, {"tuple": 3}),
    *({"dict": []}, {"dict": [[1, 2]]}, {"dict": [[[], 1]]}, {"dict": [[1, 2], [1, 3]]}),
    *({"float": "nan"}, {"float": "inf"}, {"float": "1"}, {"float": []}, {"pickle": "gASVAA=="}),
    {"array": {"dtype": "<i8", "values": [1, 2]}},
    {"array": {"dtype": "|b1", "values": [False, True]}},
    {"array": {"dtype": "<f2", "values": [0.5, 1e9]}},
    {"array": {"dtype": "|u1", "values": [0, 256]}},
    {"array": {"dtype": "<U9999999", "values": ["a", "b"]}},
    {"array": {"dtype": "<U1", "values": ["aa", "b"]}},
    {"array": {"dtype": "|O", "values": ["a", 1]}},
    {"array": {"dtype": "|O", "values": [[], {}]}},
    {"array": {"dtype": "|V8", "values": []}},
    {"array": {"dtype": "O,O", "values": [1]}},
    {"Distortion": {"degrees": "os"}},
]


class SavedFile:
    """The parts of a saved file, each of which can be changed, and the way back to bytes."""

    def __init__(self, data):
        length = int.from_bytes(data[:8], "little")
        self.header = json.loads(data[8 : 8 + length])
        self.metadata = self.header["__metadata__"]
        self.model = json.loads(self.metadata["model"])
        self.tensors = data[8 + length :]

    def pack(self, *, sign=True):
        """Return the file; `sign` makes the checksum right, as a forger would."""
        if isinstance(self.metadata, dict) and "model" in self.metadata:
            self.metadata["model"] = json.dumps(self.model)
        if sign:
            self.sign()
        return self.with_header(json.dumps(self.header).encode())

    def with_header(self, text):
        """Return the file with a header of any bytes, of the right length."""
        return len(text).to_bytes(8, "little") + text + self.tensors

    def sign(self):
        """Compute the checksum as the format says; where there is nothing to sign, leave it."""
        entries = {name: entry for name, entry in self.header.items() if name != "__metadata__"}
        try:
            self.metadata.pop("sha256", None)
            shapes = {name: entry["shape"] for name, entry in entries.items()}
            digest = hashlib.sha256(json.dumps([self.metadata, shapes], sort_keys=True).encode())
            for name in sorted(entries):
                begin, end = entries[name]["data_offsets"]
                digest.update(self.tensors[begin:end])
            self.metadata["sha256"] = digest.hexdigest()
        except (AttributeError, KeyError, TypeError, ValueError):
            return


def places(value, place=()):
    """Yield where each value in nested JSON stands, as (container, key)."""
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(inside):
        yield value, key
        if isinstance(item, dict | list):
            yield from places(item)


def change_json(value, rng):
    """Replace, delete, double, exchange or add something in nested JSON."""
    all_places = list(places(value))
    container, key = rng.choice(all_places)
    kind = rng.randrange(6)
    if kind == 0:
        del container[key]
    elif kind == 1:
        other, other_key = rng.choice(all_places)
        container[key] = copy.deepcopy(other[other_key])
    elif kind == 2 and isinstance(container, dict):
        container[rng.choice(["x", "callbacks", "memory", "__class__", "shape", ""])] = 1
    elif kind == 2:
        container.insert(key, copy.deepcopy(container[key]))
    elif isinstance(container[key], int | float) and kind == 3:
        container[key] = container[key] * rng.choice([-1, 2, 1000]) + rng.choice([-1, 0, 1])
    else:
        container[key] = copy.deepcopy(rng.choice(VALUES))


def change_bytes(data, rng, stop):
    """Flip, cut, add, blank or move bytes in front of `stop`."""
    at, length = rng.randrange(stop), rng.choice([1, 1, 1, 2, 8, 100])
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
    other = rng.randrange(stop)
    return data[:at] + data[other : other + length] + data[at + length :]


def change(data, rng):
    """Return changed bytes, and whether they carry a right checksum."""
    kind = rng.randrange(8)
    if kind == 0:
        return change_bytes(data, rng, len(data)), False
    if kind == 1:  # the header, where every byte means something
        return change_bytes(data, rng, 8 + int.from_bytes(data[:8], "little")), False
    file = SavedFile(data)
    if kind == 2:
        text = bytearray(json.dumps(file.header).encode())
        for _ in range(rng.choice([1, 1, 3])):
            text[rng.randrange(len(text))] = rng.choice(b'"{}[]:,\\0129.eE-+tfn \xff\x00')
        return file.with_header(bytes(text)), False
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        change_json(file.header if kind == 3 else file.model, rng)
    file.metadata = file.header.get("__metadata__")
    return file.pack(), True


def make_models():
    """Return two small models that between them hold all that a file can hold, and images."""
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 17, (60, 64)).astype(np.float32), np.arange(60) % 3
    small = {"kernel_size": 3, "input_size": 8, "max_epochs": 2, "random_state": 0, "device": "cpu"}
    plain = LeNet5Classifier(
        conv_channels=(2,),
        hidden_layer_sizes=(4,),
        augmentation=Distortion(degrees=5),
        class_weight={"a": 1, "b": 2.5, "c": 1},
        early_stopping=True,
        **small,
    ).fit(X, np.array(["a", "b", "c"])[y])
    lecun = {"pooling": "subsample", "padding": 1, "connectivity": "lecun1998", "output": "rbf"}
    pipeline = make_pipeline(
        ImagePreprocessor(size=10),
        MassCenterer(),
        "passthrough",
        Deskewer(),
        LeNet5Classifier(
            conv_channels=(6, 16),
            activation=("tanh",) * 3,
            hidden_layer_sizes=(6,),
            **lecun,
            **small,
        ),
    )
    return [plain, pipeline.fit(X, y + 10)], X


def run(n_cases, seed, folder):
    """Load `n_cases` changed files, and return what came of them.

    Anything but a model that answers, or a ValueError, is raised, and the file is left in
    `folder`.
    """
    models, X = make_models()
    rng = random.Random(seed)
    path = Path(folder, "case.safetensors")
    contents, answers = [], []
    for model in models:
        save_model(model, path)
        contents.append(path.read_bytes())
        answers.append(model.predict_proba(X))
    outcomes, reasons, slowest = collections.Counter(), collections.Counter(), 0.0
    n_unnamed = 0
    for _ in range(n_cases):
        which = rng.randrange(len(models))
        data, is_signed = change(contents[which], rng)
        path.write_bytes(data)
        start = time.perf_counter()
        try:
            loaded = load_model(path)
        except ValueError as error:
            outcomes["refused"] += 1
            reasons[str(error).partition("holds no model: ")[2][:40]] += 1
            n_unnamed += str(path) not in str(error)
            continue
        finally:
            slowest = max(slowest, time.perf_counter() - start)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of names that X does not have
                answer = loaded.predict_proba(X)
        except ValueError:
            assert is_signed
            outcomes["loaded, and refused to predict"] += 1
            continue
        if not is_signed:  # what has the checksum of the model is the model
            np.testing.assert_array_equal(answer, answers[which])
        outcomes["forged and loaded" if is_signed else "the same model"] += 1
    assert n_unnamed == 0, "an error did not name the file"
    return {"outcomes": outcomes, "reasons": reasons, "slowest": slowest}


if __name__ == "__main__":
    import resource

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_cases", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    folder = tempfile.mkdtemp()
    result = run(arguments.n_cases, arguments.seed, folder)
    print(f"{arguments.n_cases} cases in {time.perf_counter() - began:.0f} s: {result['outcomes']}")
    print(f"slowest case: {result['slowest'] * 1000:.0f} ms")
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"peak memory: {after / 1024:.0f} MB, {(after - before) / 1024:.0f} MB more than at first"
    )
    for reason, count in result["reasons"].most_common(60):
        print(f"{count:7} {reason}")
