"""Damaged and hostile files: each kind is refused in our words, and takes nothing."""

import ast
import io
import json
import os
import pickle
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from pathlib import Path

import joblib
import numpy as np
import pytest

import lenet_sklearn.persistence
from lenet_sklearn._files.json_values import MAX_BYTES
from lenet_sklearn.persistence import load_model, save_model

CASES = {}


def case(name):
    """Enter a function that makes a hostile file of a good one's bytes and parts."""
    assert name not in CASES, name
    return lambda function: CASES.setdefault(name, function)


def at(container, *path):
    """Return what stands in nested JSON, and the last key."""
    for key in path[:-1]:
        container = container[key]
    return container, path[-1]


# Files that are no files of ours


class Exploit:
    def __reduce__(self):
        return exec, ("raise SystemExit('the file was executed')",)


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", "{}")
    return buffer.getvalue()


def joblibbed():
    buffer = io.BytesIO()
    joblib.dump(Exploit(), buffer)
    return buffer.getvalue()


FOREIGN = {
    "empty": b"",
    "one byte": b"{",
    "eight zeros": bytes(8),
    "nine bytes": bytes(9),
    "zeros": bytes(10_000),
    "text": b"not a model\n" * 100,
    "json": b'{"model": 1}' * 10,
    "pickle": pickle.dumps(Exploit()),
    "old pickle": pickle.dumps(Exploit(), protocol=0),
    "joblib": joblibbed(),
    "zip": zipped(),
    "npy": b"\x93NUMPY\x01\x00" + bytes(200),
    "0xff": b"\xff" * 1000,
    "empty header": (2).to_bytes(8, "little") + b"{}",
    "header of null": (4).to_bytes(8, "little") + b"null",
    "header of a list": (2).to_bytes(8, "little") + b"[]",
    "header of no bytes": (0).to_bytes(8, "little") + b"{}",
}
for name, content in FOREIGN.items():
    case(f"foreign: {name}")(lambda data, file, content=content: content)


# Cuts and flips


for share in range(60):
    case(f"cut: {share}/60")(lambda data, file, share=share: data[: len(data) * share // 60])
    # The last bit of a letter keeps it a letter, so that much of the header is still JSON.
    for bit in (0, 7):
        case(f"flip: {share}/60, bit {bit}")(
            lambda data, file, share=share, bit=bit: (
                data[: (place := len(data) * share // 60)]
                + bytes([data[place] ^ 1 << bit])
                + data[place + 1 :]
            )
        )
case("cut: last byte")(lambda data, file: data[:-1])
case("cut: half a tensor's value")(lambda data, file: data[:-2])
case("added: one byte")(lambda data, file: data + b"\0")
case("added: the file again")(lambda data, file: data + data)


# The header


for length in (0, 1, 7, 2**16, 2**31, 2**32, 2**63, 2**64 - 1):
    case(f"header length: {length}")(
        lambda data, file, length=length: length.to_bytes(8, "little") + data[8:]
    )
for step in (-9, -1, 1, 8):
    case(f"header length: {step:+}")(
        lambda data, file, step=step: (
            (int.from_bytes(data[:8], "little") + step).to_bytes(8, "little") + data[8:]
        )
    )

TEXTS = {
    "deep lists": b"[" * 500_000,
    "deep objects": b'{"a":' * 100_000,
    "deep and whole": b'{"__metadata__":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    "deep enough to be parsed": b'{"__metadata__":' + b"[" * 60 + b"]" * 60 + b"}",
    "many empty lists": b'{"a":[' + b"[]," * (MAX_BYTES // 3 - 10) + b"[]]}",
    "many numbers": b'{"a":[' + b"1," * (MAX_BYTES // 2 - 10) + b"1]}",
    "many keys": b"{" + b",".join(b'"%d":0' % i for i in range(600_000)) + b"}",
    "many short strings": b'{"a":[' + b'"ab",' * (MAX_BYTES // 5 - 10) + b'"ab"]}',
    "one long string": b'{"a":"' + b"x" * (MAX_BYTES - 20) + b'"}',
    "one long escape": b'{"a":"' + b"\\u2603" * (MAX_BYTES // 6 - 20) + b'"}',
    "unclosed string": b'{"a":"' + b'\\"' * (MAX_BYTES // 2 - 20),
    "a number of a million digits": b'{"a":' + b"9" * 1_000_000 + b"}",
    "a fraction of a million digits": b'{"a":0.' + b"9" * 1_000_000 + b"}",
    "more than the most": b'{"a":"' + b"x" * MAX_BYTES + b'"}',
    "closing brackets": b"]" * 1_000_000,
    "not UTF-8": b'{"a":"\xff\xfe"}',
    "UTF-8": '{"__metadata__":{"ключ":"☃"}}'.encode(),
    "UTF-16": '{"__metadata__":{}}'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf{}",
    "NUL": b'{"a":\0}',
    "NaN": b'{"__metadata__":NaN}',
    "comment": b'{/*"a":1*/}',
    "trailing text": b'{"__metadata__":{"format":"lenet_sklearn"}} x',
    "single quotes": b"{'__metadata__':{}}",
    "no metadata": b"{}        ",
    "metadata are null": b'{"__metadata__":null}',
    "metadata are text": b'{"__metadata__":"format"}',
    "metadata are a number": b'{"__metadata__":{"format":1}}',
    "metadata are nested": b'{"__metadata__":{"format":["lenet_sklearn"]}}',
    "another's metadata": b'{"__metadata__":{"format":"pt"}}',
}
for name, text in TEXTS.items():
    case(f"header: {name}")(lambda data, file, text=text: file.with_header(text))


@case("header: a key twice")
def _(data, file):
    text = json.dumps(file.header)
    return file.with_header((text[:-1] + ',"pixel_std":' + text[text.index('{"dtype"') :]).encode())


@case("header: metadata twice")
def _(data, file):
    text = json.dumps(file.header)
    return file.with_header(('{"__metadata__":{"format":"x"},' + text[1:]).encode())


# Metadata


for key in ("format", "format_version", "model", "versions"):
    for name, value in {"missing": None, "empty": "", "other": "x", "long": "1" * 5000}.items():
        if (key, name) in (("versions", "other"), ("versions", "empty"), ("versions", "long")):
            continue  # what wrote a file is for human eyes

        @case(f"metadata: {key} {name}")
        def _(data, file, key=key, value=value):
            file.pack()
            file.metadata[key] = value
            if value is None:
                del file.metadata[key]
            file.sign()
            return file.with_header(json.dumps(file.header).encode())


for number in ("0", "-1", "1.0", " 1", "١", "4", "999999999", "1e3", "0x1", "9" * 400):

    @case(f"metadata: format number {number[:20]}")
    def _(data, file, number=number):
        file.metadata["format_version"] = number
        return file.pack()


@case("metadata: another key")
def _(data, file):
    file.metadata["more"] = "x"
    return file.pack()


for name, value in {"missing": None, "empty": "", "of zeros": "0" * 64, "upper": "UP"}.items():

    @case(f"checksum: {name}")
    def _(data, file, value=value):
        file.pack()
        right = file.metadata.pop("sha256")
        if value is not None:
            file.metadata["sha256"] = right.upper() if value == "UP" else value
        return file.with_header(json.dumps(file.header).encode())


# Tensors


def tensor_case(name):
    def enter(change):
        @case(f"tensors: {name}")
        def _(data, file):
            change(file.header)
            return file.pack()

    return enter


W = "convolutional.C1.weight"
ENTRIES = {
    "dtype F64": ("dtype", "F64"),
    "dtype I32": ("dtype", "I32"),
    "dtype of another format": ("dtype", "float32"),
    "dtype null": ("dtype", None),
    "dtype number": ("dtype", 4),
    "shape of another rank": ("shape", [2, 9]),
    "shape transposed": ("shape", [3, 3, 1, 2]),
    "shape flat": ("shape", [18]),
    "shape empty": ("shape", []),
    "shape negative": ("shape", [-2, -1, 3, 3]),
    "shape zero": ("shape", [0, 1, 3, 3]),
    "shape huge": ("shape", [2**40, 2**40, 3, 3]),
    "shape that overflows": ("shape", [2**63, 2, 3, 3]),
    "shape of floats": ("shape", [2.0, 1, 3, 3]),
    "shape of booleans": ("shape", [2, True, 3, 3]),
    "shape of text": ("shape", "2133"),
    "shape nested": ("shape", [[2, 1, 3, 3]]),
    "shape of many axes": ("shape", [2, 1, 3, 3] + [1] * 1000),
    "offsets reversed": ("data_offsets", [72, 0]),
    "offsets negative": ("data_offsets", [-72, 0]),
    "offsets beyond the end": ("data_offsets", [2**40, 2**40 + 72]),
    "offsets huge": ("data_offsets", [0, 2**63]),
    "offsets of floats": ("data_offsets", [0.0, 72.0]),
    "offsets of one": ("data_offsets", [0]),
    "offsets of three": ("data_offsets", [0, 72, 72]),
    "offsets null": ("data_offsets", None),
}
for name, (key, value) in ENTRIES.items():
    tensor_case(name)(lambda header, key=key, value=value: header[W].update({key: value}))
for key in ("dtype", "shape", "data_offsets"):
    tensor_case(f"{key} missing")(lambda header, key=key: header[W].pop(key))
for name in (W, "convolutional.C1.bias", "hidden.F3.weight", "output.bias", "pixel_mean"):
    tensor_case(f"{name} missing")(lambda header, name=name: header.pop(name))
    tensor_case(f"{name} is null")(lambda header, name=name: header.update({name: None}))
tensor_case("all missing")(lambda header: [header.pop(n) for n in list(header) if n[0] != "_"])
tensor_case("entry with more keys")(lambda header: header[W].update(more=1))
tensor_case("renamed")(lambda header: header.update({"__class__": header.pop(W)}))
tensor_case("one more, empty")(
    lambda header: header.update(x={"dtype": "F32", "shape": [0], "data_offsets": [0, 0]})
)
tensor_case("two in one place")(lambda header: header.update(x=header[W]))
tensor_case("two exchanged")(
    lambda header: (
        header["pixel_mean"].update(data_offsets=header["pixel_std"]["data_offsets"]),
        header["pixel_std"].update(data_offsets=[0, 4]),
    )
)
for name, value in {"NaN": np.nan, "infinity": np.inf}.items():

    @case(f"values: {name}")
    def _(data, file, value=value):
        file.tensors = np.float32(value).tobytes() + file.tensors[4:]
        return file.pack()


for name, value in {"zero": 0.0, "negative": -1.0}.items():

    @case(f"values: {name} standard deviation")
    def _(data, file, value=value):
        begin, end = file.header["pixel_std"]["data_offsets"]
        file.tensors = file.tensors[:begin] + np.float32(value).tobytes() + file.tensors[end:]
        return file.pack()


# The model, with a checksum that fits


def model_case(name, *path, value):
    @case(f"model: {name}")
    def _(data, file):
        container, key = at(file.model, *path)
        assert isinstance(container, list) or key in container or path[-2] == "params"
        container[key] = value
        return file.pack()


FITTED, PARAMS, NETWORK = ("estimator", "fitted"), ("estimator", "params"), ("network",)
KEYS = [
    ("estimator",), ("network",), ("history",), ("estimator", "class"), PARAMS, FITTED,
    ("estimator", "output"), (*FITTED, "classes"), (*FITTED, "layout"),
    *((*FITTED, "layout", key) for key in
      ("channels", "height", "width", "axes", "flat", "n_features")),
    *((*NETWORK, key) for key in
      ("conv_channels", "kernel_size", "padding", "pooling", "activation", "hidden_layer_sizes",
       "dropout", "connectivity", "output", "input_size", "resize")),
    ("history", "columns"), ("history", "rows"), (*FITTED, "classes", "array"),
    (*FITTED, "classes", "array", "dtype"), (*FITTED, "classes", "array", "values"),
]  # fmt: skip
for path in KEYS:

    @case(f"missing: {'.'.join(path)}")
    def _(data, file, path=path):
        container, key = at(file.model, *path)
        del container[key]
        return file.pack()

    model_case(f"{'.'.join(path)} is an object", *path, value={"pickle": "gASVAA=="})

HUGE = 10**9
SIZES = {
    "hidden layer": ((*NETWORK, "hidden_layer_sizes"), {"tuple": [HUGE]}),
    "hidden layer, one number": ((*NETWORK, "hidden_layer_sizes"), HUGE),
    "hidden layers": ((*NETWORK, "hidden_layer_sizes"), {"tuple": [4] * 100_000}),
    "maps": ((*NETWORK, "conv_channels"), {"tuple": [HUGE]}),
    "convolutions": ((*NETWORK, "conv_channels"), {"tuple": [2] * 100_000}),
    "kernel": ((*NETWORK, "kernel_size"), HUGE),
    "kernel that fits": ((*NETWORK, "kernel_size"), 10),
    "padding": ((*NETWORK, "padding"), HUGE),
    "padding of 64 bits": ((*NETWORK, "padding"), 2**63),
    "input size": ((*NETWORK, "input_size"), HUGE),
    "input size, one side": ((*NETWORK, "input_size"), {"tuple": [8, HUGE]}),
    "input size, still small": ((*NETWORK, "input_size"), 12),
    "image, wide": ((*FITTED, "layout", "width"), HUGE),
    "image, high": ((*FITTED, "layout", "height"), 2**62),
    "image, features": ((*FITTED, "layout", "n_features"), HUGE),
    "channels": ((*FITTED, "layout", "channels"), HUGE),
    "classes": ((*FITTED, "classes", "array", "values"), list(range(500_000))),
    "width of labels": ((*FITTED, "classes", "array"),
                        {"dtype": "<U9999999", "values": ["a", "b", "c"]}),
}  # fmt: skip
for name, (path, value) in SIZES.items():
    model_case(f"huge: {name}", *path, value=value)


@case("model: huge: a consistent layout")
def _(data, file):
    layout = file.model["estimator"]["fitted"]["layout"]
    layout.update(height=2**20, width=2**20, n_features=2**40)
    return file.pack()


@case("model: huge: a consistent layout and a network that shrinks it")
def _(data, file):
    file.model["estimator"]["fitted"]["layout"].update(height=2**13, width=2**14, n_features=2**27)
    return file.pack()


@case("model: huge: RBF codes of a wide layer, which are the root of a matrix")
def _(data, file):
    file.model["network"].update(output="rbf", hidden_layer_sizes={"tuple": [10**5]})
    return file.pack()


WRONG = {
    "class of scikit-learn": (("estimator", "class"), "SVC"),
    "class by module": (("estimator", "class"), "os.system"),
    "class of a transformer": (("estimator", "class"), "MassCenterer"),
    "class is Pipeline": (("estimator", "class"), "Pipeline"),
    "class is null": (("estimator", "class"), None),
    "class is a list": (("estimator", "class"), ["LeNet5Classifier"]),
    "output": (("estimator", "output"), "torch"),
    "output is null": (("estimator", "output"), None),
    "params are a list": (PARAMS, []),
    "not fitted": (FITTED, None),
    "unknown parameter": ((*PARAMS, "n_jobs"), 1),
    "callbacks": ((*PARAMS, "callbacks"), ["os.system"]),
    "checkpoint folder": ((*PARAMS, "checkpoint_dir"), "/"),
    "negative lr": ((*PARAMS, "lr"), -1.0),
    "infinite lr": ((*PARAMS, "lr"), 1e999),
    "lr as text": ((*PARAMS, "lr"), "0.01"),
    "lr of 100 bits": ((*PARAMS, "lr"), 2**100),
    "optimizer": ((*PARAMS, "optimizer"), "lambda"),
    "device": ((*PARAMS, "device"), "tpu"),
    "device with a number that is none": ((*PARAMS, "device"), "cuda:x"),
    "augmentation": ((*PARAMS, "augmentation"), "os.system"),
    "augmentation of ours with words": ((*PARAMS, "augmentation"), {"Distortion": {"degrees": ""}}),
    "random state": ((*PARAMS, "random_state"), -5),
    "verbose": ((*PARAMS, "verbose"), "loud"),
    "one class": ((*FITTED, "classes", "array", "values"), [0]),
    "four classes": ((*FITTED, "classes", "array", "values"), [0, 1, 2, 3]),
    "classes unsorted": ((*FITTED, "classes", "array", "values"), [2, 1, 0]),
    "classes twice": ((*FITTED, "classes", "array", "values"), [0, 1, 1]),
    "classes beyond their dtype": ((*FITTED, "classes", "array"),
                                   {"dtype": "|u1", "values": [0, 1, 256]}),
    "classes of two types": ((*FITTED, "classes", "array"),
                             {"dtype": "|O", "values": [0, "1", 2]}),
    "classes nested": ((*FITTED, "classes", "array"), {"dtype": "|O", "values": [[0], [1], [2]]}),
    "classes as fields": ((*FITTED, "classes", "array"), {"dtype": "i4,i4", "values": [0, 1, 2]}),
    "classes as dates": ((*FITTED, "classes", "array"), {"dtype": "<M8[s]", "values": [0, 1, 2]}),
    "classes as a list": ((*FITTED, "classes"), [0, 1, 2]),
    "names of features": ((*FITTED, "feature_names_in"), ["a"]),
    "names of features, numbers": ((*FITTED, "feature_names_in"), list(range(64))),
    "axes": ((*FITTED, "layout", "axes"), "WH"),
    "axes of colour": ((*FITTED, "layout", "axes"), "HWC" * 2),
    "flat as a number": ((*FITTED, "layout", "flat"), 1),
    "height as a boolean": ((*FITTED, "layout", "height"), True),
    "no height": ((*FITTED, "layout", "height"), 0),
    "features that are not there": ((*FITTED, "layout", "n_features"), 10),
    "activation": ((*NETWORK, "activation"), "eval"),
    "activations": ((*NETWORK, "activation"), {"tuple": ["relu"] * 7}),
    "activation is null": ((*NETWORK, "activation"), None),
    "pooling": ((*NETWORK, "pooling"), "median"),
    "connectivity": ((*NETWORK, "connectivity"), "some"),
    "connectivity that does not fit": ((*NETWORK, "output"), "rbf"),
    "resize": ((*NETWORK, "resize"), "crop"),
    "dropout": ((*NETWORK, "dropout"), 1.0),
    "dropout is negative": ((*NETWORK, "dropout"), -0.5),
    "dropout as text": ((*NETWORK, "dropout"), "0.5"),
    "dropout is NaN": ((*NETWORK, "dropout"), {"float": "nan"}),
    "kernel of zero": ((*NETWORK, "kernel_size"), 0),
    "kernel of three numbers": ((*NETWORK, "kernel_size"), {"tuple": [3, 3, 3]}),
    "input size of three": ((*NETWORK, "input_size"), {"tuple": [8, 8, 8]}),
    "input size of nothing": ((*NETWORK, "input_size"), {"tuple": []}),
    "maps as a list": ((*NETWORK, "conv_channels"), [2]),
    "maps as floats": ((*NETWORK, "conv_channels"), {"tuple": [2.0]}),
    "padding as text": ((*NETWORK, "padding"), "around"),
    "rows of other lengths": (("history", "rows"), [[1, 2]]),
    "rows of nothing": (("history", "rows"), [[]]),
    "rows as objects": (("history", "rows"), [{"epoch": 1}]),
    "columns twice": (("history", "columns"), ["epoch"] * 6),
    "columns of numbers": (("history", "columns"), [1, 2, 3, 4, 5, 6]),
    "losses as text": (("history", "rows"), [["a"] * 6]),
}  # fmt: skip
for name, (path, value) in WRONG.items():
    model_case(f"wrong: {name}", *path, value=value)


@case("model: deep inside the text")
def _(data, file):
    file.pack()
    file.metadata["model"] = "[" * 5000 + "]" * 5000
    file.sign()
    return file.with_header(json.dumps(file.header).encode())


@case("model: brackets behind escapes")
def _(data, file):
    file.pack()
    file.metadata["model"] = "[" * 1_000_000
    file.sign()
    text = json.dumps(file.header).replace("[" * 1_000_000, "\\u005b" * 1_000_000)
    return file.with_header(text.encode())


@case("model: a key twice")
def _(data, file):
    file.pack()
    file.metadata["model"] = '{"network":0,' + file.metadata["model"][1:]
    file.sign()
    return file.with_header(json.dumps(file.header).encode())


# A Pipeline


def pipeline_case(name):
    def enter(change):
        @case(f"pipeline: {name}")
        def _(data, file):
            model = file.model["estimator"]
            step = {"class": "MassCenterer", "params": {"image_shape": None},
                    "output": "default", "fitted": None}  # fmt: skip
            file.model["estimator"] = pipeline = {
                "class": "Pipeline",
                "params": {"memory": None, "transform_input": None, "verbose": False},
                "steps": [["a", step], ["b", model]],
            }
            change(pipeline)
            return file.pack()

    return enter


tell = pipeline_case
tell("no steps")(lambda p: p.update(steps=[]))
tell("steps are null")(lambda p: p.update(steps=None))
tell("steps are text")(lambda p: p.update(steps="ab"))
tell("no classifier")(lambda p: p["steps"].pop())
tell("passthrough at the end")(lambda p: p["steps"].append(["c", "passthrough"]))
tell("null at the end")(lambda p: p["steps"].append(["c", None]))
tell("two classifiers")(lambda p: p["steps"].append(["c", p["steps"][1][1]]))
tell("names twice")(lambda p: p["steps"][0].__setitem__(0, "b"))
tell("name of a parameter")(lambda p: p["steps"][0].__setitem__(0, "memory"))
tell("name with __")(lambda p: p["steps"][0].__setitem__(0, "a__b"))
tell("name is a number")(lambda p: p["steps"][0].__setitem__(0, 1))
tell("name is missing")(lambda p: p["steps"][0].pop(0))
tell("step is text")(lambda p: p["steps"][0].__setitem__(1, "os.system"))
tell("step of scikit-learn")(lambda p: p["steps"][0][1].update({"class": "FunctionTransformer"}))
tell("Pipeline in a Pipeline")(lambda p: p["steps"].__setitem__(0, ["a", dict(p, steps=[])]))
tell("memory")(lambda p: p["params"].update(memory="pickles"))
tell("verbose")(lambda p: p["params"].update(verbose="yes"))
tell("unknown parameter")(lambda p: p["params"].update(n_jobs=1))
tell("steps as a parameter")(lambda p: p["params"].update(steps=[]))
tell("other features")(
    lambda p: p["steps"][0][1].update(
        fitted={
            "feature_names_in": None,
            "layout": {"channels": 1, "height": 9, "width": 9, "axes": "HW", "flat": True,
                       "n_features": 81},
        }
    )
)  # fmt: skip
tell("unfitted preprocessor")(
    lambda p: p["steps"][0][1].update({"class": "ImagePreprocessor", "params": {}})
)


def preprocessor_case(name, **changes):
    def change(p):
        fitted = {
            "size": [8, 8], "input_dtype": "<f4", "offset": [0.0], "scale": [16.0],
            "feature_names_in": None, "layout": p["steps"][1][1]["fitted"]["layout"], **changes,
        }  # fmt: skip
        p["steps"][0][1].update({"class": "ImagePreprocessor", "params": {}, "fitted": fitted})

    pipeline_case(f"preprocessor: {name}")(change)


preprocessor_case("huge size", size=[HUGE, HUGE])
preprocessor_case("size that does not fit", size=[9, 9])
preprocessor_case("size below the image", size=[4, 4])
preprocessor_case("size of one", size=[8])
preprocessor_case("size of floats", size=[8.0, 8.0])
preprocessor_case("size of zero", size=[0, 8])
preprocessor_case("dtype of objects", input_dtype="|O")
preprocessor_case("dtype as fields", input_dtype="f4,f4")
preprocessor_case("dtype is null", input_dtype=None)
preprocessor_case("scale of zero", scale=[0.0])
preprocessor_case("scale for three channels", scale=[1.0, 1.0, 1.0])
preprocessor_case("scale is infinite", scale=[1e999])
preprocessor_case("scale alone", offset=None)
preprocessor_case("offset as text", offset=["0"])
preprocessor_case("one more key", more=1)


# The tests


@pytest.fixture(scope="module")
def original(classifier, tmp_path_factory):
    path = tmp_path_factory.mktemp("original") / "model.safetensors"
    save_model(classifier, path)
    return path.read_bytes()


def test_there_are_many_kinds():
    assert len(CASES) >= 400


@pytest.mark.parametrize("name", CASES)
def test_a_hostile_file_is_refused(name, original, fuzz, tmp_path):
    path = tmp_path / "model.safetensors"
    content = CASES[name](original, fuzz.SavedFile(original))
    assert content != original
    path.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"holds no model: ") as caught:
            load_model(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 1000
    assert peak < 200e6


def test_a_forger_who_changes_nothing_is_let_in(original, fuzz, classifier, X, tmp_path):
    """The cases above are refused for what they change, not for how they are packed."""
    path = tmp_path / "model.safetensors"
    path.write_bytes(fuzz.SavedFile(original).pack())
    np.testing.assert_array_equal(load_model(path).predict(X), classifier.predict(X))

    pipeline_case("valid")(lambda p: None)
    path.write_bytes(CASES.pop("pipeline: valid")(original, fuzz.SavedFile(original)))
    np.testing.assert_array_equal(load_model(path).classes_, classifier.classes_)


WATCH = """
    import json, resource, sys
    from pathlib import Path
    from lenet_sklearn.persistence import load_model

    folder, whole = map(Path, sys.argv[1:])
    load_model(whole)  # what is imported late is imported now
    events, watching, foreign = set(), False, []
    sys.addaudithook(lambda event, arguments: watching and events.add(event))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for path in [whole, *sorted(folder.iterdir())]:
        watching = True
        try:
            load_model(path)
        except ValueError:
            pass
        except BaseException as error:
            foreign.append(f"{path.name}: {error!r:.200}")
        watching = False
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(json.dumps({"events": sorted(events), "foreign": foreign, "grown": grown}))
"""


# Of the file and of the versions of installed packages; no import, compile, exec, find_class …
HARMLESS = {"open", "os.listdir", "sys._getframe", "builtins.id", "object.__getattr__"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak of memory")
def test_nothing_is_executed_or_opened_or_taken(original, fuzz, tmp_path):
    """Python's own audit events say what loading does, and the system how much memory it took."""
    folder, whole = tmp_path / "hostile", tmp_path / "whole"
    folder.mkdir()
    whole.write_bytes(original)
    for i, change in enumerate(CASES.values()):
        (folder / f"{i:03}").write_bytes(change(original, fuzz.SavedFile(original)))
    out = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WATCH), folder, whole],
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    report = json.loads(out.stdout)
    assert report["foreign"] == []
    assert set(report["events"]) <= HARMLESS
    assert report["grown"] * (1 if sys.platform == "darwin" else 1024) < 200e6


MODULES = {
    *("pickle", "cPickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "mmap"),
    *("importlib", "subprocess", "runpy", "ctypes"),
}
BUILTINS = {"eval", "exec", "compile", "__import__", "globals", "import_module", "import_optional"}


def test_the_modules_on_the_path_have_no_means_to_execute():
    folder = Path(lenet_sklearn.persistence.__file__).parent
    paths = [path for path in folder.glob("*.py") if "onnx" not in path.name]
    below = ("_files/safetensors_container", "_files/json_values", "_images/statistics",
             "_training/history", "_training/shipped_weights")  # fmt: skip
    paths += [folder.parent / f"{name}.py" for name in below]
    assert len(paths) >= 9
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = []
            if isinstance(node, ast.Import):
                imported = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module != "importlib.metadata":
                imported = [str(node.module)]
            assert not {name.partition(".")[0] for name in imported} & MODULES, path.name
            assert getattr(node, "id", None) not in BUILTINS, path.name
            if isinstance(node, ast.Attribute):
                assert ast.unparse(node) not in ("torch.load", "np.load"), path.name


def test_a_file_of_gigabytes_is_not_read(original, tmp_path):
    path = tmp_path / "model.safetensors"
    path.write_bytes(original)
    os.truncate(path, (1 << 30) + 1)  # which takes no room on most disks
    with pytest.raises(ValueError, match=r"1,073,741,825 bytes, and models have at most"):
        load_model(path)
