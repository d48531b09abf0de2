"""Read images from CSV files: one image per row, with its pixels and mostly its label."""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import math
import operator
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, TextIO, overload

import numpy as np
from sklearn.utils import Bunch

from lenet_sklearn._messages import count, parameter, warn
from lenet_sklearn.datasets._files import GZIP_ERRORS, open_regular

# What pandas reads as a number. The words nan, inf, true and false are neither numbers nor names
# of columns.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)|true|false", re.IGNORECASE)
_AUTO = "auto"
# Names of label columns in headers, and separators other than the comma.
_LABEL_NAMES = {"label", "class", "target"}
_SEPARATORS = ";\t| :"
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
# Rows per chunk for pandas. As float64, a row takes far more memory than as bytes.
_N_ROWS = 4096


@overload
def read_csv_images(
    path: str | os.PathLike[str],
    label_column: int | str | None = "auto",
    image_shape: Sequence[int] | None = None,
    *,
    separator: str = ",",
    return_X_y: Literal[False] = False,
) -> Bunch: ...
@overload
def read_csv_images(
    path: str | os.PathLike[str],
    label_column: int | str | None = "auto",
    image_shape: Sequence[int] | None = None,
    *,
    separator: str = ",",
    return_X_y: Literal[True],
) -> tuple[np.ndarray, Any]: ...
@overload
def read_csv_images(
    path: str | os.PathLike[str],
    label_column: int | str | None = "auto",
    image_shape: Sequence[int] | None = None,
    *,
    separator: str = ",",
    return_X_y: bool,
) -> Any: ...
def read_csv_images(
    path: str | os.PathLike[str],
    label_column: int | str | None = "auto",
    image_shape: Sequence[int] | None = None,
    *,
    separator: str = ",",
    return_X_y: bool = False,
) -> Any:
    r"""Read images from a CSV file with one image per row, such as ``mnist_train.csv``.

    The file is UTF-8, plain or compressed with gzip. Its content decides this, not its name. The
    first line is a header in two cases: if none of its pixel cells is a number, or if these cells
    are column numbers (0, 1, 2, …, as pandas writes them) that cannot be an image. They cannot be
    an image if one is above 255, or if the first line has a word for its label and the next line
    has a number.

    Parameters
    ----------
    path : str or path-like
        The file.
    label_column : int, str or None, default="auto"
        The column of the label. An int is its position; a negative int counts from the end. A
        str is its name in the header. None: the file has no labels. "auto": the column with the
        name label, class or target (in capitals or not), or else the first column.
    image_shape : sequence of int, default=None
        Shape of one image: height and width, with or without a channel axis. None: a square, if
        the number of pixels allows it.
    separator : str, default=","
        The character between two cells, such as ";", or "\t" for a tab.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        A dictionary with attributes:

        data : ndarray of shape (n, n_pixels)
            uint8, or float64 if any pixel is fractional.
        target : ndarray of shape (n,), or None
            int64 if all labels are integers, float64 if they are other numbers, else object (str).
            None with ``label_column=None``.
        images : ndarray of shape (n, \*image_shape), or None
            A view of ``data``; None without `image_shape` if a row is not a square.
        feature_names : list of str
            From the header. Without a header ``pixel_<row>_<column>`` or ``pixel_<number>``.
    (data, target) : tuple
        With ``return_X_y=True``.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a CSV file of images: no images, rows of different lengths, cells that
        are not numbers, missing labels, pixels outside 0 to 255, or damaged compression. The
        message names the line. Also if the label column does not exist, if "auto" fits several
        columns, if the pixels do not fit `image_shape`, or if `separator` is not allowed.
    TypeError
        If `label_column` is not an int, a str or None.

    Warns
    -----
    UserWarning
        If "auto" takes a column that is not the first, or a first column that is constant.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from lenet_sklearn.datasets import read_csv_images
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "two.csv")
    ...     size = path.write_text("label,a,b,c,d\n7,0,255,255,0\n3,255,0,0,255\n")
    ...     bunch = read_csv_images(path, label_column="label")
    >>> bunch.data
    array([[  0, 255, 255,   0],
           [255,   0,   0, 255]], dtype=uint8)
    >>> bunch.target
    array([7, 3])
    >>> bunch.images.shape, bunch.feature_names
    ((2, 2, 2), ['a', 'b', 'c', 'd'])
    """
    path = Path(path)
    label_column = _check_label_column(label_column)
    separator = _check_separator(separator)
    file, is_gzip = open_regular(path, "a CSV file, plain or gzip")
    try:
        with (
            file,
            gzip.GzipFile(fileobj=file) if is_gzip else file as content,
            # -sig: spreadsheets write a byte order mark before the first name. newline=None turns
            # every line end into \n: after \r alone, pandas can lose rows that start with a comma.
            io.TextIOWrapper(content, encoding="utf-8-sig", newline=None) as text,
        ):
            header, position, n_columns = _read_layout(text, label_column, separator)
            X, labels = _read_rows(text, separator, header is not None, position, n_columns)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not text in UTF-8 ({error}). Save it as CSV UTF-8.") from error
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{path} is not a CSV file of images: {error}") from error
    except GZIP_ERRORS as error:
        raise ValueError(
            f"{path} is not a CSV file of images: its gzip compression is damaged or cut off "
            f"({error}). Fetch the file again."
        ) from error

    if label_column == _AUTO:
        _warn_of_labels(path, header, position, labels)
    target = None if labels is None else _as_target(labels)
    shape = _find_shape(image_shape, X.shape[1], path)
    if return_X_y:
        return X, target
    return Bunch(
        data=X,
        target=target,
        images=None if shape is None else X.reshape(len(X), *shape),
        feature_names=_pixels_of(header, position) if header else _name_pixels(X.shape[1], shape),
    )


def _check_label_column(label_column: Any) -> int | str | None:
    if label_column is None or isinstance(label_column, str):
        return label_column
    if isinstance(label_column, bool | np.bool_) or not hasattr(label_column, "__index__"):
        raise TypeError(
            "The 'label_column' parameter of read_csv_images must be an int (position), a str "
            f"(name in the header) or None (no labels). Got {label_column!r} instead."
        )
    return operator.index(label_column)


def _check_separator(separator: Any) -> str:
    # pandas reads a longer separator as a regular expression.
    if (
        isinstance(separator, str)
        and len(separator) == 1
        and separator.isascii()
        and not separator.isalnum()
        and separator not in '"+-.\r\n\0'
    ):
        return separator
    raise ValueError(
        "The 'separator' parameter of read_csv_images must be one ASCII character that is not "
        f"part of numbers or quotes, such as ',', ';' or '\\t'. Got {separator!r} instead."
    )


def _warn_of_labels(
    path: Path, header: list[str] | None, position: int | None, labels: list[str] | None
) -> None:
    """Warn if "auto" took a label column that the user may not expect."""
    name = header[position] if header and position is not None else ""
    label_column = parameter("label_column")
    if position:
        warn(
            f"{path}: the label is taken from column {position}, which has the name {name!r}. "
            f"Set {label_column}={name!r} to confirm this, or {label_column}=0 for the first "
            "column.",
        )
    elif name.strip().lower() in _LABEL_NAMES or labels is None:
        return
    elif len(labels) > len(set(labels)) == 1:
        warn(
            f"{path}: the first column is constant, {labels[0]!r} in all {len(labels):,} rows, and "
            f"is taken as the label. If the label is in another column, set {label_column} to its "
            f"position or name. If it is in this one, set {label_column}=0.",
        )


def _rows(text: TextIO, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that are not blank, each with the number of its last line."""
    text.seek(0)
    reader = csv.reader(text, delimiter=separator)
    for row in reader:
        if len(row) > 1 or (row and row[0].strip()):
            yield reader.line_num, row


def _pixels_of(row: list[str], label: int | None) -> list[str]:
    """Return a row without its label."""
    return [cell for i, cell in enumerate(row) if i != label]


def _read_layout(
    text: TextIO, label_column: int | str | None, separator: str
) -> tuple[list[str] | None, int | None, int]:
    """Return the header (None if there is none), the label's position and the number of columns."""
    rows = [row for _, row in itertools.islice(_rows(text, separator), 2)]
    if not rows:
        raise ValueError("it is empty.")
    first, second = rows[0], rows[1] if len(rows) > 1 else None
    if len(first) < 2:
        raise ValueError(
            f"its first line must have one cell for each pixel, separated by "
            f"{_describe_separator(separator)}. Got one cell, {_shorten(first[0])}."
            f"{_suggest_separator(first[0])}"
        )
    if label_column == _AUTO:
        label_column = _find_label(first, second)
    if isinstance(label_column, str):
        if first.count(label_column) != 1:
            how = "several columns have" if label_column in first else "no column has"
            raise ValueError(
                f"{how} the name {parameter('label_column')}={label_column!r}. Got the first line "
                f"{', '.join(_shorten(cell) for cell in first[:5])} … Give the position."
            )
        position: int | None = first.index(label_column)
        has_header = True
    else:
        position = label_column
        if position is not None:
            if not -len(first) <= position < len(first):
                raise ValueError(
                    f"{parameter('label_column')} must be a position from {-len(first)} to "
                    f"{len(first) - 1} for {len(first)} columns. Got {position}."
                )
            position %= len(first)
        has_header = _is_header(first, second, position)
    if has_header and second is None:
        raise ValueError("it has a header, but no image.")
    if has_header and not first[0].strip():
        raise ValueError(
            "its first column has no name. It is probably the index that pandas writes. Write the "
            "file with to_csv(..., index=False)."
        )
    return first if has_header else None, position, len(first)


def _find_label(first: list[str], second: list[str] | None) -> int:
    """Return the column that the header names as the label; the first if it names none."""
    named = [i for i, cell in enumerate(first) if cell.strip().lower() in _LABEL_NAMES]
    named = [i for i in named if _is_header(first, second, i)]
    if len(named) > 1:
        raise ValueError(
            f"its header names {len(named)} columns that could hold the label: "
            f"{', '.join(_shorten(first[i]) for i in named)}. Set {parameter('label_column')} to "
            "one of them."
        )
    return named[0] if named else 0


def _describe_separator(separator: str) -> str:
    return {",": "commas", "\t": "tabulators"}.get(separator, repr(separator))


def _suggest_separator(line: str) -> str:
    """Name the character that probably separates the cells of a line with one cell."""
    found = next((character for character in "," + _SEPARATORS if character in line.strip()), None)
    if found is None:
        return ""
    return f" It is probably {found!r}: set {parameter('separator')}={found!r}."


def _is_header(first: list[str], second: list[str] | None, label: int | None) -> bool:
    """Return whether the first line is a header. Its *pixel* cells decide: labels may be words."""
    cells = [cell.strip() for cell in _pixels_of(first, label)]
    numbers = [bool(_NUMBER.fullmatch(cell) or _NOT_FINITE.fullmatch(cell)) for cell in cells]
    if not any(numbers):
        return any(cells)
    # Numbers are pixels, with one common exception: column numbers of pandas.
    if cells not in ([str(i + start) for i in range(len(cells))] for start in (0, 1)):
        return False
    if int(cells[-1]) > 255:
        return True
    # With fewer columns, 0, 1, 2, … could be an image. Then a word above numbers decides. Very
    # small images are left out: one may be 0, 1, 2, …, and classes may mix words and numbers.
    return (
        len(cells) >= 16
        and label is not None
        and second is not None
        and label < len(second)
        and not _NUMBER.fullmatch(first[label].strip())
        and _NUMBER.fullmatch(second[label].strip()) is not None
    )


def _read_rows(
    text: TextIO, separator: str, has_header: bool, label: int | None, n_columns: int
) -> tuple[np.ndarray, list[str] | None]:
    """Read the pixels and the labels, and check every cell."""
    rows = _rows(text, separator)
    if has_header:
        next(rows)
    else:
        text.seek(0)
    try:
        return _parse_rows(text, separator, label, n_columns)
    except UnicodeDecodeError:
        raise
    except ValueError as error:
        # pandas does not say where, so search the file again for the first fault.
        fault = _find_fault(text, separator, has_header, label, n_columns)
        raise ValueError(fault or str(error)) from error


def _parse_rows(
    text: TextIO, separator: str, label: int | None, n_columns: int
) -> tuple[np.ndarray, list[str] | None]:
    import pandas as pd

    dtypes = {} if label is None else {label: str}
    parts, labels = [], []
    with pd.read_csv(
        text,
        sep=separator,
        header=None,
        dtype=dtypes,
        keep_default_na=False,  # "NA" and "None" can be labels; only an empty cell is missing
        na_values=[""],
        low_memory=False,
        chunksize=_N_ROWS,
    ) as chunks:
        for chunk in chunks:
            if chunk.shape[1] != n_columns:
                raise ValueError(f"its rows must have {n_columns} cells. Got {chunk.shape[1]}.")
            if label is not None:
                new = ["" if cell != cell else cell.strip() for cell in chunk.pop(label)]
                if any(_is_missing(cell) for cell in set(new)):
                    raise ValueError("a label is missing.")
                labels += new
            if not all(dtype.kind in "iuf" for dtype in chunk.dtypes):  # True is not a number
                raise ValueError("a pixel is not a number.")
            values = chunk.to_numpy()
            if not ((values >= 0) & (values <= 255)).all():  # NaN fails both
                raise ValueError("a pixel is missing or outside 0 to 255.")
            pixels = values.astype(np.uint8, order="C")
            parts.append(pixels if (pixels == values).all() else np.ascontiguousarray(values))
    return np.concatenate(parts), None if label is None else labels


def _is_missing(label: str) -> bool:
    return label.lower() in {"", "nan"}


def _find_fault(
    text: TextIO, separator: str, has_header: bool, label: int | None, n_columns: int
) -> str | None:
    for line, row in itertools.islice(_rows(text, separator), int(has_header), None):
        if len(row) != n_columns:
            return f"line {line} must have {n_columns} cells. Got {len(row)}."
        for i, cell in enumerate(row):
            where = f"line {line}, cell {i + 1} of {n_columns}"
            if i == label:
                if _is_missing(cell.strip()):
                    remedy = f"Set {parameter('label_column')}=None for no labels."
                    return f"{where}: the label is missing. {remedy}"
            elif not cell.strip():
                return f"{where} must be a pixel from 0 to 255. Got an empty cell."
            elif not _NUMBER.fullmatch(cell.strip()):
                return (
                    f"{where} must be a pixel from 0 to 255. Got {_shorten(cell)}, not a number."
                    f"{_suggest_label(line, i, cell, n_columns)}"
                )
            elif not 0 <= float(cell) <= 255:
                return (
                    f"{where} must be a pixel from 0 to 255. Got {_shorten(cell)}. The label is "
                    f"taken from {'no cell' if label is None else f'cell {label + 1}'}."
                )
    return None


def _suggest_label(line: int, position: int, cell: str, n_columns: int) -> str:
    """Name the option for a word in the last column, where many files have the label."""
    is_word = any(character.isalpha() for character in cell)
    if position != n_columns - 1 or not is_word or _NOT_FINITE.fullmatch(cell.strip()):
        return ""
    column = repr(cell) if line == 1 else str(position)
    return f" If this column holds the label, set {parameter('label_column')}={column}."


def _as_target(labels: list[str]) -> np.ndarray:
    """Return labels as numbers if all of them are numbers."""
    names = set(labels)
    if all(_INTEGER.fullmatch(name) for name in names):
        return np.array([int(label) for label in labels], dtype=np.int64)
    if all(_NUMBER.fullmatch(name) for name in names):
        numbers = np.array([float(label) for label in labels])
        # "5.0" is the label 5: pandas writes it like this if the column once held a NaN.
        is_whole = (np.abs(numbers) < 2**53).all() and (numbers == np.round(numbers)).all()
        return numbers.astype(np.int64) if is_whole else numbers
    # Not a fixed-width dtype: it would make each label as long as the longest one.
    return np.array(labels, dtype=object)


def _find_shape(
    image_shape: Sequence[int] | None, n_pixels: int, path: Path
) -> tuple[int, ...] | None:
    if image_shape is None:
        side = math.isqrt(n_pixels)
        return (side, side) if side * side == n_pixels else None
    try:
        shape = tuple(operator.index(n) for n in image_shape)
    except TypeError:  # reported below
        shape = ()
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise ValueError(
            "The 'image_shape' parameter of read_csv_images must be two or three positive "
            f"integers. Got {image_shape!r} instead."
        )
    if math.prod(shape) != n_pixels:
        raise ValueError(
            f"The 'image_shape' parameter of read_csv_images must fit the rows of {path}, which "
            f"have {count(n_pixels, 'pixel')}. Got {image_shape!r}, "
            f"{count(math.prod(shape), 'pixel')}."
        )
    return shape


def _name_pixels(n_pixels: int, shape: tuple[int, ...] | None) -> list[str]:
    if shape is None or len(shape) != 2:
        return [f"pixel_{i}" for i in range(n_pixels)]
    return [f"pixel_{row}_{column}" for row in range(shape[0]) for column in range(shape[1])]


def _shorten(cell: str) -> str:
    return repr(cell if len(cell) <= 20 else f"{cell[:20]}…")
