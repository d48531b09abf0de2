from __future__ import annotations

import gzip

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn.datasets import _csv, load_digits_images, read_csv_images
from lenet_sklearn.datasets._csv import _parse_rows

ROWS = "7,0,1,2,255\n3,4,5,6,7\n"
PIXELS = [[0, 1, 2, 255], [4, 5, 6, 7]]


@pytest.fixture
def write(tmp_path):
    def write(content: str | bytes, name: str = "some.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.fixture
def read(write):
    def read(content, *args, **kwargs):
        return read_csv_images(write(content), *args, **kwargs)

    return read


# What is read


def test_without_header(read):
    bunch = read(ROWS)
    np.testing.assert_array_equal(bunch.data, PIXELS)
    assert bunch.data.dtype == np.uint8
    assert bunch.data.flags.c_contiguous
    assert bunch.target.tolist() == [7, 3]
    assert bunch.target.dtype == np.int64
    np.testing.assert_array_equal(bunch.images, np.reshape(PIXELS, (2, 2, 2)))
    assert np.shares_memory(bunch.images, bunch.data)
    assert bunch.feature_names == ["pixel_0_0", "pixel_0_1", "pixel_1_0", "pixel_1_1"]


def test_with_header(read):
    bunch = read("label,1x1,1x2,2x1,2x2\n" + ROWS)
    np.testing.assert_array_equal(bunch.data, PIXELS)
    assert bunch.target.tolist() == [7, 3]
    assert bunch.feature_names == ["1x1", "1x2", "2x1", "2x2"]


def test_data_and_target(read):
    X, y = read(ROWS, return_X_y=True)
    np.testing.assert_array_equal(X, PIXELS)
    assert y.tolist() == [7, 3]


@pytest.mark.parametrize("name", ["named.csv.gz", "not-named.csv"])
def test_gzip(write, name):
    bunch = read_csv_images(write(gzip.compress(ROWS.encode()), name))
    np.testing.assert_array_equal(bunch.data, PIXELS)


def test_plain_file_named_gz(write):
    np.testing.assert_array_equal(read_csv_images(str(write(ROWS, "a.gz"))).data, PIXELS)


@pytest.mark.parametrize(
    "content",
    [
        ROWS.replace("\n", "\r\n"),
        ROWS.replace("\n", "\r"),
        ROWS.strip(),
        "\n\n" + ROWS.replace("\n", "\n\n") + "  \n",
        "\ufeff" + ROWS,
        ROWS.replace(",", " , "),
        '"7","0","1","2","255"\n"3","4","5","6","7"\n',
        "7.0,0.0,1.0,2.0,255.0\n3.0,4e0,5.,0.6e1,+7\n",
    ],
    ids=["CRLF", "CR", "no end", "blank lines", "BOM", "spaces", "quotes", "floats"],
)
@pytest.mark.parametrize("header", ["", "label,a,b,c,d\n"], ids=["bare", "header"])
def test_dialects(read, content, header):
    if content[0] == "\ufeff":
        header, content = "\ufeff" + header, content[1:]
    bunch = read(header + content)
    np.testing.assert_array_equal(bunch.data, PIXELS)
    assert bunch.data.dtype == np.uint8
    assert bunch.target.tolist() == [7, 3]
    assert bunch.target.dtype == np.int64


def test_empty_row_after_bare_carriage_returns_is_not_lost(read):
    with pytest.raises(ValueError, match="line 4, cell 1 of 2: the label is missing"):
        read("0,5\r1,6\r\r,\r2,8\r")


def test_byte_order_mark_is_no_part_of_a_name(read):
    bunch = read("\ufefflabel,a,b\n7,1,2\n", "label")
    assert bunch.target.tolist() == [7]
    assert read("\ufeffa,b,label\n1,2,7\n", "label").feature_names == ["a", "b"]


@pytest.mark.parametrize("position", [0, 2, 4, -1, -5, np.int64(1)])
def test_label_column_by_position(read, position):
    rows = np.array([[0, 1, 2, 255], [4, 5, 6, 7]])
    at = position % 5
    table = np.insert(rows, at, [9, 8], axis=1)
    bunch = read("\n".join(",".join(map(str, row)) for row in table), position)
    np.testing.assert_array_equal(bunch.data, rows)
    assert bunch.target.tolist() == [9, 8]


@pytest.mark.parametrize("name", ["a", "label", "e f"])
def test_label_column_by_name(read, name):
    names = ["a", "b", "label", "c", "e f"]
    bunch = read(",".join(names) + "\n" + ROWS, name)
    table = np.array([[7, 0, 1, 2, 255], [3, 4, 5, 6, 7]])
    at = names.index(name)
    np.testing.assert_array_equal(bunch.data, np.delete(table, at, axis=1))
    assert bunch.target.tolist() == table[:, at].tolist()
    assert bunch.feature_names == [other for other in names if other != name]


def test_no_labels(read):
    bunch = read("0,1,2,255\n4,5,6,7\n", None)
    np.testing.assert_array_equal(bunch.data, PIXELS)
    assert bunch.target is None
    X, y = read("a,b,c,d\n0,1,2,255\n", None, return_X_y=True)
    assert X.tolist() == [[0, 1, 2, 255]]
    assert y is None


@pytest.mark.parametrize("name", ["label", "Class", "TARGET", " label "])
@pytest.mark.parametrize("at", [1, 4])
def test_a_named_column_is_the_label_and_said_to_be(read, name, at):
    names = ["a", "b", "c", "d"]
    names.insert(at, name)
    table = np.array([[7, 0, 1, 2, 255], [3, 4, 5, 6, 7]])
    content = ",".join(names) + "\n" + ROWS
    told = (
        rf"some.csv: the label is taken from column {at}, .* Set label_column='{name}' to confirm"
    )
    with pytest.warns(UserWarning, match=told) as caught:
        bunch = read(content)
    assert caught[0].filename == __file__
    np.testing.assert_array_equal(bunch.data, np.delete(table, at, axis=1))
    assert bunch.target.tolist() == table[:, at].tolist()
    assert bunch.feature_names == ["a", "b", "c", "d"]


@pytest.mark.parametrize("label_column", [0, "a", 4, "label", -1])
def test_a_column_that_is_given_is_taken_without_a_word(read, label_column, recwarn):
    bunch = read("a,b,c,d,label\n" + ROWS, label_column)
    assert bunch.target.tolist() == ([255, 7] if label_column in (4, "label", -1) else [7, 3])
    assert not recwarn.list


@pytest.mark.parametrize("header", ["label,a,b,c,d\n", "q,a,b,c,d\n", "labels,a,b,c,d\n", ""])
def test_else_the_first_column_is_the_label(read, header, recwarn):
    assert read(header + ROWS).target.tolist() == [7, 3]
    assert not recwarn.list


def test_numbered_columns_with_the_label_at_the_end(read):
    header = ",".join([*map(str, range(784)), "class"])
    with pytest.warns(UserWarning, match="column 784, which has the name 'class'"):
        bunch = read(header + "\n" + ",".join(["9"] * 784 + ["7"]) + "\n")
    assert (bunch.target.tolist(), bunch.data.shape) == ([7], (1, 784))


def test_a_label_that_is_called_class_is_no_header(read):
    assert read("class,1,2\nb,3,4\n").target.tolist() == ["class", "b"]


def test_two_columns_that_could_be_the_label(read):
    with pytest.raises(ValueError, match=r"header names 2 columns .* 'label', 'class'. Set label_"):
        read("a,label,b,class\n1,2,3,4\n")
    assert read("a,label,b,class\n1,2,3,4\n", "class").target.tolist() == [4]


def test_a_constant_first_column_gets_a_hint(read, recwarn):
    read("0,1,2\n0,3,4\n", 0)
    read("label,a,b\n0,1,2\n0,3,4\n")
    read("0,1,2\n")
    assert not recwarn.list
    with pytest.warns(
        UserWarning, match=r"first column is constant, '0' in all 2 rows.*another column"
    ):
        assert read("0,1,2\n0,3,4\n").target.tolist() == [0, 0]


# Separators


@pytest.mark.parametrize("separator", [";", "\t", "|", " ", ":"])
@pytest.mark.parametrize("header", ["", "label,a,b,c,d\n"], ids=["bare", "header"])
def test_another_separator(read, separator, header):
    bunch = read((header + ROWS).replace(",", separator), separator=separator)
    np.testing.assert_array_equal(bunch.data, PIXELS)
    assert bunch.target.tolist() == [7, 3]


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        ("0,1,2,3,species\n9,8,7,6,cat\n", "species"),  # the words, as pandas writes them
        ("a,b,c,d,species\n9,8,7,6,street sign\n", 4),
    ],
)
def test_words_in_the_last_column_are_probably_the_label(read, content, remedy):
    with pytest.raises(
        ValueError, match=r"not a number\. If this column holds the label"
    ) as caught:
        read(content)
    assert str(caught.value).endswith(f" set label_column={remedy!r}.")
    bunch = read(content, remedy)  # the remedy helps
    assert bunch.data.tolist() == [[9, 8, 7, 6]]
    assert bunch.target[0] in {"cat", "street sign"}


@pytest.mark.parametrize("content", ["7,0,1\n3,4,nan\n", "7,0,1\n3,x,5\n"])
def test_other_cells_without_a_number_are_no_label(read, content):
    with pytest.raises(ValueError, match="not a number") as caught:
        read(content)
    assert "label" not in str(caught.value)


def test_faults_are_found_with_another_separator(read):
    with pytest.raises(
        ValueError, match=r"line 2, cell 2 of 3 must be a pixel.* Got 'x', not a number"
    ):
        read("7;0;1\n3;x;5\n", separator=";")
    with pytest.raises(
        ValueError, match=r"separated by tabulators. Got one cell.* It is probably ',': set sep"
    ):
        read(ROWS, separator="\t")
    with pytest.raises(ValueError, match=r"separated by ';'\."):
        read("7\n", separator=";")


@pytest.mark.parametrize("separator", ["", ",,", "a", "1", '"', "\n", ".", "-", "§", None, 5])
def test_what_is_no_separator(read, separator):
    with pytest.raises(ValueError, match=r"'separator' parameter .* one ASCII character"):
        read(ROWS, separator=separator)


# Labels


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (["cat", "dog"], ["cat", "dog"]),
        (["cat", "7"], ["cat", "7"]),
        (["NA", "None"], ["NA", "None"]),
        (["True", "False"], ["True", "False"]),
        ([" é ", '"a,b"'], ["é", "a,b"]),
    ],
)
@pytest.mark.parametrize("header", ["", "label,a,b\n"], ids=["bare", "header"])
def test_words_as_labels(read, labels, expected, header):
    bunch = read(f"{header}{labels[0]},1,2\n{labels[1]},3,4\n")
    assert bunch.data.tolist() == [[1, 2], [3, 4]]
    assert bunch.target.tolist() == expected
    assert bunch.target.dtype == object


@pytest.mark.parametrize(
    ("labels", "expected", "dtype"),
    [
        (["-1", "+1"], [-1, 1], np.int64),
        (["07", "7"], [7, 7], np.int64),
        (["5.0", "3.0"], [5, 3], np.int64),
        (["0.5", "3"], [0.5, 3.0], np.float64),
        (["123456789012345678", "0"], [123456789012345678, 0], np.int64),
        (["1e300", "0"], [1e300, 0.0], np.float64),
    ],
)
def test_numbers_as_labels(read, labels, expected, dtype):
    target = read(f"{labels[0]},1,2\n{labels[1]},3,4\n").target
    assert target.tolist() == expected
    assert target.dtype == dtype


# Pixels


def test_fractional_pixels(read):
    bunch = read("1,0.1,255\n0,3,0.30000000000000004\n")
    assert bunch.data.dtype == np.float64
    assert bunch.data.tolist() == [[0.1, 255.0], [3.0, 0.30000000000000004]]
    assert bunch.data.flags.c_contiguous


def test_one_fractional_pixel_in_a_later_chunk(read, monkeypatch):
    monkeypatch.setattr(_csv, "_N_ROWS", 2)
    bunch = read("1,10,20\n" * 4 + "0,1.5,255\n")
    assert bunch.data.tolist() == [[10, 20]] * 4 + [[1.5, 255]]
    assert bunch.data.dtype == np.float64


def test_digits_there_and_back(tmp_path):
    X, y = load_digits_images(return_X_y=True)
    path = tmp_path / "digits.csv"
    for options in (
        {"header": False},
        {"header": ["label", *(f"p{i}" for i in range(64))]},
        {"header": False, "compression": "gzip"},
    ):
        pd.DataFrame(np.column_stack([y, X])).to_csv(path, index=False, **options)
        bunch = read_csv_images(path)
        np.testing.assert_array_equal(bunch.data, X)
        np.testing.assert_array_equal(bunch.target, y)
        assert bunch.data.dtype == np.uint8
        assert bunch.images.shape == (1797, 8, 8)
    pd.DataFrame(np.column_stack([y, X / 16])).to_csv(path, index=False, header=False)
    np.testing.assert_array_equal(read_csv_images(path).data, X / 16)


@pytest.mark.parametrize("n_rows", [1, 2, 3, 7, 8])
def test_chunks(read, monkeypatch, n_rows):
    monkeypatch.setattr(_csv, "_N_ROWS", n_rows)
    bunch = read("".join(f"{i},{2 * i},{3 * i}\n" for i in range(7)))
    assert bunch.target.tolist() == list(range(7))
    assert bunch.data.tolist() == [[2 * i, 3 * i] for i in range(7)]


# Is the first line a header?


def _numbered(n_pixels: int, label: str, start: int = 0) -> str:
    names = ",".join(str(i + start) for i in range(n_pixels))
    return f"{label},{names}\n" + f"7{',9' * n_pixels}\n"


@pytest.mark.parametrize(
    ("content", "n_images"),
    [
        ("0,1,2\n0,1,2\n", 2),
        ("a,1,2\nb,1,2\n", 2),  # a word as label is no header
        ("a,1,2\n0,1,3\n", 2),  # not even above a number
        ("a,p,q\nb,1,2\n", 1),
        ("0,p,q\n0,1,2\n", 1),
        (_numbered(784, "label"), 1),  # as pandas numbers columns without names
        (_numbered(784, "0", 1), 1),
        (_numbered(64, "label"), 1),
        (_numbered(64, "0", 1), 2),  # may be an image, so it is one
        (_numbered(64, "cat").replace("\n7", "\ndog"), 2),
    ],
)
def test_header_or_image(read, content, n_images):
    assert len(read(content, 0).data) == n_images


def test_numbered_columns_without_label(read):
    content = ",".join(map(str, range(784))) + "\n" + ",".join(["5"] * 784)
    assert read(content, None).data.tolist() == [[5] * 784]


def test_bad_cell_in_the_first_line_does_not_make_it_a_header(read):
    with pytest.raises(
        ValueError, match=r"line 1, cell 3 of 4 must be a pixel.* Got 'x', not a number"
    ):
        read("7,0,x,2\n3,4,5,6\n")
    with pytest.raises(
        ValueError, match=r"line 1, cell 2 of 3 must be a pixel.* Got 'nan', not a number"
    ):
        read("7,nan,nan\n3,4,5\n")
    with pytest.raises(
        ValueError, match=r"line 1, cell 2 of 3 must be a pixel.* Got an empty cell"
    ):
        read("7,,\n3,4,5\n")


# image_shape


def test_image_shape(read):
    content = "1," + ",".join(map(str, range(12))) + "\n"
    bunch = read(content, 0, (3, 4))
    np.testing.assert_array_equal(bunch.images, np.arange(12).reshape(1, 3, 4))
    assert bunch.data.shape == (1, 12)
    assert bunch.feature_names[4] == "pixel_1_0"
    bunch = read(content, image_shape=[2, 2, 3])
    assert bunch.images.shape == (1, 2, 2, 3)
    assert bunch.feature_names[4] == "pixel_4"


def test_no_square_and_no_image_shape(read):
    bunch = read("1,2,3\n")
    assert bunch.images is None
    assert bunch.feature_names == ["pixel_0", "pixel_1"]


@pytest.mark.parametrize(
    ("image_shape", "message"),
    [
        ((2, 3), r"must fit the rows of .*some.csv, which have 4 pixels. Got \(2, 3\), 6 pixels"),
        ((4,), "must be two or three positive integers"),
        ((-2, -2), "must be two or three positive integers"),
        ((1, 1, 2, 2), "must be two or three positive integers"),
    ],
)
def test_wrong_image_shape(read, image_shape, message):
    with pytest.raises(ValueError, match=message):
        read(ROWS, image_shape=image_shape)


# What is refused


@pytest.mark.parametrize(
    ("content", "label_column", "message"),
    [
        ("", 0, "it is empty"),
        ("\n \n\n", 0, "it is empty"),
        ("label,a,b\n", 0, "a header, but no image"),
        ("label,a,b\n", "label", "a header, but no image"),
        ("7\n3\n", 0, "its first line must have one cell for each pixel.* Got one cell, '7'"),
        ("7\n3\n", None, "its first line must have one cell for each pixel.* Got one cell, '7'"),
        (
            "7;0;1\n3;4;5\n",
            0,
            "commas. Got one cell, '7;0;1'.*set separator=';'",
        ),
        ("7,0,1\n3,4\n", 0, "line 2 must have 3 cells. Got 2"),
        ("7,0,1\n3\n", 0, "line 2 must have 3 cells. Got 1"),
        ("7,0,1\n3,4,5,6\n", 0, "line 2 must have 3 cells. Got 4"),
        ("7,0,1\n3,4,5,\n", 0, "line 2 must have 3 cells. Got 4"),
        ("a,b,c\n3,4\n3,4,5\n", 0, "line 2 must have 3 cells. Got 2"),
        ("a,b,c\n3,4,5,6\n3,4,5,6\n", 0, "line 2 must have 3 cells. Got 4"),
        ("a,b,c\n3,4\n3,4\n", 0, "line 2 must have 3 cells. Got 2"),
        ("7,0,1\n\n3,x,5\n", 0, "line 3, cell 2 of 3 must be a pixel.* Got 'x', not a number"),
        ("7,0,1\n3,True,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got 'True', not a number"),
        ("7,0,1\n3,NA,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got 'NA', not a number"),
        ("7,0,1\n3,inf,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got 'inf', not a number"),
        ("7,0,1\n3,0x10,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got '0x10', not a number"),
        ("7,0,1\n3,1_0,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got '1_0', not a number"),
        ("7,0,1\n3,,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got an empty cell"),
        ("7,0,1\n,4,5\n", 0, "line 2, cell 1 of 3: the label is missing.*label_column=None"),
        ("0,1,7\n4,5, \n", -1, "line 2, cell 3 of 3: the label is missing"),
        ("7,0,1\nnan,4,5\n", 0, "line 2, cell 1 of 3: the label is missing"),
        (
            "7,0,1\n3,256,5\n",
            0,
            "line 2, cell 2 of 3 must be a pixel from 0 to 255. Got '256'.*from cell 1",
        ),
        (
            "7,0,1\n3,-1,5\n",
            None,
            "line 2, cell 2 of 3 must be a pixel from 0 to 255. Got '-1'.*from no cell",
        ),
        ("7,0,1\n3,255.5,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got '255.5'"),
        ("7,0,1\n3,1e999,5\n", 0, "line 2, cell 2 of 3 must be a pixel.* Got '1e999'"),
        (
            "7,0,1\n3," + "9" * 400 + ",5\n",
            0,
            f"line 2, cell 2 of 3 must be a pixel.* Got '{'9' * 20}…'",
        ),
        (",label,a\n0,7,1\n1,3,4\n", 0, r"first column has no name.*to_csv\(..., index=False\)"),
        (ROWS, 5, "label_column must be a position from -5 to 4 for 5 columns. Got 5"),
        (ROWS, -6, "label_column must be .* Got -6"),
        (ROWS, "label", "no column has the name label_column='label'. Got .* '7', '0'"),
        ("a,a,b\n1,2,3\n", "a", "several columns have the name label_column='a'"),
        ('7,0,1\n3,"4,5\n', 0, "EOF inside string|must have 3 cells. Got 2"),
        ("7,0,1\n3,4,\0\n", 0, "line 2, cell 3 of 3 must be a pixel.* Got .*, not a number"),
    ],
)
def test_wrong_content(read, content, label_column, message):
    with pytest.raises(ValueError, match=rf"some.csv is not a CSV file of images: .*{message}"):
        read(content, label_column)


@pytest.mark.parametrize("n_rows", [2, 3, 4, 5, 10])
@pytest.mark.parametrize("fault", ["3,4", "3,4,5,6", "3,4,x", ",4,5", "3,4,256"])
def test_fault_anywhere_in_the_chunks(read, monkeypatch, n_rows, fault):
    monkeypatch.setattr(_csv, "_N_ROWS", n_rows)
    for at in range(6):
        rows = ["7,0,1"] * 5
        rows.insert(at, fault)
        with pytest.raises(ValueError, match="is not a CSV file of images: line"):
            read("\n".join(rows))


def test_long_row_at_the_border_of_a_chunk_of_the_usual_size(read):
    rows = ["7,0,1"] * _csv._N_ROWS + ["7,0,1,2"] + ["7,0,1"] * 3
    with pytest.raises(ValueError, match=f"line {_csv._N_ROWS + 1} must have 3 cells. Got 4"):
        read("\n".join(rows))


def test_line_number_counts_the_header_and_lines_in_quotes(read):
    with pytest.raises(ValueError, match=r"line 4, cell 2 of 3 must be a pixel.* Got 'x'"):
        read('label,a,b\n"two\nlines",1,2\nc,x,4\n')


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        read_csv_images(tmp_path / "nowhere.csv")


def test_folder(tmp_path):
    with pytest.raises(ValueError, match=r"must be a CSV file.* Got a folder"):
        read_csv_images(tmp_path)


def test_not_text(read):
    with pytest.raises(ValueError, match=r"some.csv is not text in UTF-8 .* Save it as CSV UTF-8"):
        read("label,é\n".encode("latin-1") + b"1,2\n")
    with pytest.raises(ValueError, match=r"some.csv is not text in UTF-8"):
        read(b"7,0,1\n" * 50_000 + b"\xff")


def test_damaged_gzip(read):
    whole = gzip.compress(ROWS.encode() * 2000)
    crc = bytearray(whole)
    crc[-6] ^= 1
    for content in (whole[:-9], whole[: len(whole) // 2], bytes(crc), whole + b"garbage"):
        with pytest.raises(ValueError, match=r"some.csv .* gzip compression is damaged.*Fetch"):
            read(content)


def test_field_that_no_csv_reader_takes(read):
    with pytest.raises(ValueError, match=r"some.csv is not a CSV file of images: field larger"):
        read("9" * 200_000 + ",1\n")


@pytest.mark.parametrize("label_column", [True, 1.0, ["label"], np.True_])
def test_wrong_type_of_label_column(read, label_column):
    with pytest.raises(TypeError, match=r"'label_column' parameter .* must be an int"):
        read(ROWS, label_column)


def test_what_pandas_refuses_for_reasons_of_its_own_is_passed_on(read, monkeypatch):
    def refuse(*args):
        raise ValueError("for reasons of its own.")

    monkeypatch.setattr(_csv, _parse_rows.__name__, refuse)
    with pytest.raises(ValueError, match=r"some.csv is not a CSV file of images: for reasons"):
        read(ROWS)


def test_true_and_false_are_no_pixels(tmp_path):
    path = tmp_path / "images.csv"
    path.write_text("1,True,True,False,False\n2,False,True,True,False\n3,False,True,True,False\n")
    with pytest.raises(ValueError, match="line 1"):
        read_csv_images(path)
    path.write_text("1,0,True,3,4\n2,0,True,3,4\n")
    with pytest.raises(ValueError, match="not a number"):
        read_csv_images(path)


@pytest.mark.parametrize("image_shape", [8, object(), (8, 8.0), ((8,), 8), np.zeros((2, 2), int)])
def test_an_image_shape_that_is_none(image_shape, tmp_path):
    path = tmp_path / "images.csv"
    path.write_text("1,0,1,3,4\n")
    with pytest.raises(ValueError, match="'image_shape' parameter of read_csv_images"):
        read_csv_images(path, image_shape=image_shape)
