import json
import math

import numpy as np
import pytest

from lenet_sklearn._files.json_values import (
    MAX_BYTES,
    decode,
    encode,
    items,
    members,
    parse,
    read_dtype,
)
from lenet_sklearn.augmentation import Distortion

VALUES = [
    *(None, True, False, 0, -1, 2**64 - 1, -(2**63), 0.1, -0.0, 5e-324, 1e308, math.inf, -math.inf),
    *("", 'a"\\\n\0☃𝒳\ud800', [], [1, [2.0, (3,)]], (), (1, "a", None), {}, {"a": {1: (2,)}}),
    {1: "int", "1": "str", 1.5: "float"},
    {True: 1},
    Distortion(degrees=3, flip=True),
]


def same(a, b):
    return type(a) is type(b) and repr(a) == repr(b)


def back(value):
    text = json.dumps(encode(value, [Distortion]), allow_nan=False)
    return decode(parse(text), [Distortion])


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_a_value_comes_back_through_text(value):
    assert same(back(value), value)


def test_nan_comes_back():
    assert math.isnan(decode(parse(json.dumps(encode(math.nan)))))


@pytest.mark.parametrize(
    "array",
    [
        np.array([True, False]),
        np.array([-128, 127], np.int8),
        np.array([0, 2**64 - 1], np.uint64),
        np.array([1, 2], ">i2"),
        np.array([0.1, 65504], np.float16),
        np.array([0.1, 1e-40], np.float32),
        np.array(["", "ü☃"], "<U9"),
        np.array(["a", 1, 2.5, True], object),
        np.array([], np.float64),
    ],
    ids=lambda array: array.dtype.str,
)
def test_an_array_comes_back_with_its_dtype(array):
    back = decode(parse(json.dumps(encode(array))))
    assert back.dtype == array.dtype
    assert same(back.tolist(), array.tolist())


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.float32(0.5), 0.5), (np.int8(3), 3), (np.bool_(True), True), (np.str_("a"), "a")],
)
def test_scalars_of_numpy_become_those_of_python(value, plain):
    assert same(encode(value), plain)
    assert same(encode([value]), [plain])


@pytest.mark.parametrize(
    "value",
    [object(), len, {1, 2}, b"bytes", 1j, 2**64, np.zeros((2, 2)), np.array([1j]), range(3),
     np.array(["2020-01-01"], "M8[D]"), {(1, 2): 3, "f": len}, [object()], np.array([object()])],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_other_values_have_no_place(value):
    with pytest.raises(TypeError, match="the file cannot hold a value of type"):
        encode(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Expecting value"),
        ('{"a":1,"a":2}', "'a' is there twice"),
        ('[{"b":[{"b":1,"b":1}]}]', "'b' is there twice"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        (str(2**64), "64 bits"),
        ("9" * 10_000, "64 bits"),
        ("[" * 41 + "]" * 41, "deeper than 40"),
        ("[" * 100_000, "deeper than 40"),
        ('{"a":' * 300_000, "deeper|too many"),
        ("[" + "[]," * 500_000 + "[]]", "too many values"),
        ("[" + "1," * 2_000_000 + "1]", "too many values"),
        ('"' + "\\u2603" * 1_200_000 + '"', "too many values"),
        ('"é"', "ASCII"),
        (" " * (MAX_BYTES + 1), "at most 8 MiB"),
    ],
    ids=lambda value: value[:20],
)
def test_text_is_parsed_strictly(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("[" * 40 + "]" * 40, None),
        (r'["[[[[{{{{", "\"[", "\\", "[\\\"]"]', ["[[[[{{{{", '"[', "\\", '[\\"]']),
        ('{"' + "[" * 100 + '": "' + "{" * 100 + '"}', {"[" * 100: "{" * 100}),
    ],
)
def test_brackets_in_strings_do_not_nest(text, value):
    parsed = parse(text)
    assert value is None or parsed == value


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({}, "must have a known key"),
        ({"pickle": "x"}, "must have a known key"),
        ({"tuple": [], "dict": []}, "must have a known key"),
        ({"tuple": "ab"}, "a tuple must be a list"),
        ({"dict": {}}, "a dict must be a list"),
        ({"dict": [[1]]}, "must be pairs"),
        ({"dict": [[[1], 2]]}, "must be pairs"),
        ({"dict": [[None, 2]]}, "must be pairs"),
        ({"dict": [[1, 2], [True, 3]]}, "a key twice"),
        ({"float": "1.0"}, "a float must be among"),
        ({"float": ["inf"]}, "a float must be among"),
        ({"array": [1, 2]}, "an array must be an object"),
        ({"array": {"dtype": "<i8"}}, "an array must be an object"),
        ({"array": {"dtype": ["<i8"], "values": []}}, "must have an allowed dtype"),
        ({"array": {"dtype": "|S3", "values": []}}, "must have an allowed dtype"),
        ({"array": {"dtype": "<i8", "values": [True]}}, "must be a list of int"),
        ({"array": {"dtype": "<f8", "values": ["1"]}}, "must be a list of float"),
        ({"array": {"dtype": "|u1", "values": [256]}}, "do not fit"),
        ({"array": {"dtype": "<f2", "values": [1e6]}}, "do not fit"),
        ({"array": {"dtype": "<U1", "values": ["ab"]}}, "do not fit"),
        ({"array": {"dtype": "<U9999999", "values": ["a"]}}, "too wide"),
        ({"array": {"dtype": "|O", "values": [[1]]}}, "must be a list of str or"),
        ({"Distortion": {"degrees": 1}}, "a Distortion must be an object"),
        ({"array": {"dtype": "<f8", "values": [1e999]}}, "numbers must be finite"),
        ([1e999], "numbers must be finite"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_stands_for_nothing_is_refused(written, message):
    with pytest.raises(ValueError, match=message):
        decode(parse(json.dumps(written).replace("Infinity", "1e999")), [Distortion])


def test_a_distortion_is_checked_field_by_field():
    written = encode(Distortion(), [Distortion])
    written["Distortion"]["flip"] = 1
    with pytest.raises(ValueError, match="flip of a Distortion must be bool"):
        decode(written, [Distortion])


def test_a_record_that_is_not_allowed_has_no_place():
    with pytest.raises(TypeError, match="cannot hold a value of type Distortion"):
        encode(Distortion())
    with pytest.raises(ValueError, match="an object must have a known key"):
        decode(encode(Distortion(), [Distortion]))


def test_members_and_items_say_what_is_wrong():
    assert members({"b": 1, "a": 2}, "x", "a", "b") == [2, 1]
    with pytest.raises(
        ValueError, match=r"x must be an object with the keys \['a'\]\. Got the keys"
    ):
        members({"a": 1, "c": 2}, "x", "a")
    with pytest.raises(ValueError, match="Got list"):
        members([], "x", "a")
    assert items([1, "a"], "x", int, str) == [1, "a"]
    with pytest.raises(ValueError, match="x must be a list of int"):
        items([True], "x", int)


def test_dtypes_are_few():
    assert read_dtype("<f8") == np.float64
    for name in ("float64", "f8,f8", "<M8", "", None, "<U99999999", "|V1"):
        with pytest.raises(ValueError, match="an array must have an allowed dtype"):
            read_dtype(name)
