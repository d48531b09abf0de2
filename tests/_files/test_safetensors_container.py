import io
import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from lenet_sklearn._files.safetensors_container import Container, pack

TENSORS = {
    "b": np.arange(6, dtype=np.float32).reshape(2, 3),
    "a": np.float32([[[[1.5]]]]),
    "c": np.arange(12, dtype=np.float32).reshape(3, 4).T,  # not contiguous
}


def opened(data):
    return Container(io.BytesIO(data), len(data))


def test_tensors_and_metadata_come_back():
    container = opened(pack({"format": "x", "text": '☃"\n'}, TENSORS))
    assert container.metadata == {"format": "x", "text": '☃"\n'}
    tensors = container.read()
    assert tensors.keys() == TENSORS.keys()
    for name, array in TENSORS.items():
        assert container.shapes[name] == array.shape
        assert tensors[name].dtype == np.float32
        np.testing.assert_array_equal(tensors[name], array)


def test_the_same_content_gives_the_same_bytes():
    one = pack({"a": "1", "b": "2"}, TENSORS)
    assert one == pack({"a": "1", "b": "2"}, dict(reversed(TENSORS.items())))


def test_the_library_of_the_format_reads_it_too():
    data = pack({"a": "1"}, TENSORS)
    for name, array in load(data).items():
        np.testing.assert_array_equal(array, TENSORS[name])
    assert int.from_bytes(data[:8], "little") % 8 == 0


def test_what_the_library_writes_is_read_but_has_no_checksum():
    container = opened(save({"a": TENSORS["a"]}, metadata={"format": "pt"}))
    assert container.shapes == {"a": (1, 1, 1, 1)}
    with pytest.raises(ValueError, match="checksum"):
        container.read()


def test_other_dtypes_and_large_headers_are_not_packed():
    with pytest.raises(ValueError, match=r"'w' must be float32\. Got float64"):
        pack({}, {"w": np.zeros(2)})
    with pytest.raises(ValueError, match="header must have at most"):
        pack({"a": "x" * (8 << 20)}, {})


@pytest.mark.parametrize("place", ["metadata", "name", "shape", "data"])
def test_the_checksum_covers_everything(place):
    data = pack({"a": "1"}, TENSORS)
    length = int.from_bytes(data[:8], "little")
    header, tensors = json.loads(data[8 : 8 + length]), bytearray(data[8 + length :])
    if place == "metadata":
        header["__metadata__"]["a"] = "2"
    elif place == "name":
        header["z"] = header.pop("a")
    elif place == "shape":
        header["b"]["shape"] = [3, 2]
    else:
        tensors[-1] ^= 1
    text = json.dumps(header).encode()
    changed = opened(len(text).to_bytes(8, "little") + text + bytes(tensors))
    with pytest.raises(ValueError, match="checksum does not fit"):
        changed.read()


def test_a_file_that_shrinks_while_it_is_read_is_cut_off():
    data = pack({}, TENSORS)
    container = Container(io.BytesIO(data[:-4]), len(data))
    with pytest.raises(ValueError, match="cut off while it was read"):
        container.read()
