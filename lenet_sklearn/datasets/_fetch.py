"""Find MNIST and Fashion-MNIST on disk or download them, verify them, return a Bunch."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

import numpy as np
from sklearn.utils import Bunch

from lenet_sklearn.datasets._download import download
from lenet_sklearn.datasets._idx import read_idx_parts
from lenet_sklearn.datasets._records import FASHION_MNIST, MNIST, Dataset, IdxFile

if TYPE_CHECKING:
    import pandas as pd

Subset: TypeAlias = Literal["train", "test", "all"]
Folder: TypeAlias = str | os.PathLike[str] | None
_ENVIRONMENT = "LENET_SKLEARN_DATA"


@overload
def fetch_mnist(
    *,
    return_X_y: Literal[True],
    as_frame: Literal[False] = False,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def fetch_mnist(
    *,
    return_X_y: Literal[True],
    as_frame: Literal[True],
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> tuple[pd.DataFrame, pd.Series]: ...
@overload
def fetch_mnist(
    *,
    return_X_y: Literal[False] = False,
    as_frame: bool = False,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> Bunch: ...
@overload
def fetch_mnist(
    *,
    return_X_y: bool,
    as_frame: bool = False,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> Any: ...
def fetch_mnist(
    *,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load MNIST, 70,000 handwritten digits of 28 × 28 pixels; download it if it is missing.

    The files are searched in this order: in ``data_home``, if it is given; in the folder in
    the environment variable ``LENET_SKLEARN_DATA``; in the user's cache folder, if ``data_home``
    is not given; on the mirrors. A folder holds the four IDX files, plain or gzip, in its
    subfolder ``mnist``. Every file is verified by its SHA-256 before it is used. A damaged file
    in ``data_home`` or in the cache is downloaded again. A damaged file in
    ``LENET_SKLEARN_DATA`` is an error, because that folder is yours.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or both in this order.
    data_home : str or path-like, default=None
        Folder for the files instead of the user's cache folder.
    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Give data as a DataFrame and target as a Series.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        A dictionary with attributes:

        data : ndarray of shape (n, 784), uint8, or DataFrame
            One flat image per row, values 0 to 255.
        target : ndarray of shape (n,), int64, or Series
            The label, 0 to 9.
        images : ndarray of shape (n, 28, 28), uint8
            A view of ``data``, unless that is a DataFrame.
        frame : DataFrame of shape (n, 785), or None
            data and target together, with ``as_frame=True``.
        feature_names : list of str
            ``pixel_<row>_<column>``.
        target_names : ndarray of shape (10,), str
            Name of the class of each label.
        DESCR : str
            Description, licence and citation.
        urls : list of str
            The mirrors.
    (data, target) : tuple
        With ``return_X_y=True``.

    Raises
    ------
    FileNotFoundError
        If no valid copy was found and ``download_if_missing=False``, or ``LENET_SKLEARN_DATA``
        names no folder.
    OSError
        If all mirrors fail, or if the folder cannot be written.
    ValueError
        If `subset` is none of the three, or a file in ``LENET_SKLEARN_DATA`` is damaged.

    See Also
    --------
    fetch_fashion_mnist : Clothes instead of digits.
    load_digits_images : Small digits without a download.

    Examples
    --------
    >>> from lenet_sklearn.datasets import fetch_mnist
    >>> X, y = fetch_mnist(return_X_y=True)  # doctest: +SKIP
    >>> X.shape, X.dtype, y[:5].tolist()  # doctest: +SKIP
    ((60000, 784), dtype('uint8'), [5, 0, 4, 1, 9])
    >>> fetch_mnist(subset="test").images.shape  # doctest: +SKIP
    (10000, 28, 28)
    """
    return _fetch(
        "fetch_mnist", MNIST, subset, data_home, download_if_missing, return_X_y, as_frame
    )


@overload
def fetch_fashion_mnist(
    *,
    return_X_y: Literal[True],
    as_frame: Literal[False] = False,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> tuple[np.ndarray, np.ndarray]: ...
@overload
def fetch_fashion_mnist(
    *,
    return_X_y: Literal[True],
    as_frame: Literal[True],
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> tuple[pd.DataFrame, pd.Series]: ...
@overload
def fetch_fashion_mnist(
    *,
    return_X_y: Literal[False] = False,
    as_frame: bool = False,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> Bunch: ...
@overload
def fetch_fashion_mnist(
    *,
    return_X_y: bool,
    as_frame: bool = False,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
) -> Any: ...
def fetch_fashion_mnist(
    *,
    subset: Subset = "train",
    data_home: Folder = None,
    download_if_missing: bool = True,
    return_X_y: bool = False,
    as_frame: bool = False,
) -> Any:
    """Load Fashion-MNIST, 70,000 images of clothes of 28 × 28 pixels; download it if it is missing.

    The files are searched as in :func:`fetch_mnist`, in the subfolder ``fashion-mnist``.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        The 60,000 training images, the 10,000 test images, or both in this order.
    data_home : str or path-like, default=None
        Folder for the files instead of the user's cache folder.
    download_if_missing : bool, default=True
        If False, raise an error instead of downloading.
    return_X_y : bool, default=False
        Return ``(data, target)`` instead of a Bunch.
    as_frame : bool, default=False
        Give data as a DataFrame and target as a Series.

    Returns
    -------
    bunch : :class:`~sklearn.utils.Bunch`
        As in :func:`fetch_mnist`. ``target_names`` are the names of the clothes.
    (data, target) : tuple
        With ``return_X_y=True``.

    Raises
    ------
    FileNotFoundError
        If no valid copy was found and ``download_if_missing=False``, or ``LENET_SKLEARN_DATA``
        names no folder.
    OSError
        If all mirrors fail, or if the folder cannot be written.
    ValueError
        If `subset` is none of the three, or a file in ``LENET_SKLEARN_DATA`` is damaged.

    See Also
    --------
    fetch_mnist : Digits instead of clothes.

    Examples
    --------
    >>> from lenet_sklearn.datasets import fetch_fashion_mnist
    >>> clothes = fetch_fashion_mnist(subset="test")  # doctest: +SKIP
    >>> clothes.data.shape  # doctest: +SKIP
    (10000, 784)
    >>> clothes.target_names[clothes.target[:3]].tolist()  # doctest: +SKIP
    ['Ankle boot', 'Pullover', 'Trouser']
    """
    return _fetch(
        "fetch_fashion_mnist",
        FASHION_MNIST,
        subset,
        data_home,
        download_if_missing,
        return_X_y,
        as_frame,
    )


def _fetch(
    caller: str,
    dataset: Dataset,
    subset: str,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
    return_X_y: bool,
    as_frame: bool,
) -> Any:
    splits = {
        "train": [dataset.train],
        "test": [dataset.test],
        "all": [dataset.train, dataset.test],
    }
    if not isinstance(subset, str) or subset not in splits:
        raise ValueError(
            f"The 'subset' parameter of {caller} must be a str among "
            f"{{'train', 'test', 'all'}}. Got {subset!r} instead."
        )

    def load(files: list[IdxFile]) -> np.ndarray:
        arrays = [_load_file(dataset, file, data_home, download_if_missing) for file in files]
        return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)

    images = load([split.images for split in splits[subset]])
    target: Any = load([split.labels for split in splits[subset]]).astype(np.int64)
    n_images, height, width = images.shape
    data: Any = images.reshape(n_images, height * width)
    feature_names = [f"pixel_{row}_{column}" for row in range(height) for column in range(width)]
    frame = None
    if as_frame:
        import pandas as pd

        data = pd.DataFrame(data, columns=feature_names)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis=1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        images=images,
        feature_names=feature_names,
        target_names=np.array(dataset.class_names),
        DESCR=dataset.descr,
        urls=list(dataset.mirrors),
    )


def _load_file(
    dataset: Dataset,
    file: IdxFile,
    data_home: str | os.PathLike[str] | None,
    download_if_missing: bool,
) -> np.ndarray:
    """Find one verified file of a data set, or download it."""
    home, places = _places(data_home)
    looked_at = []
    for folder, is_shared in places:
        for path in _names_in(folder, dataset, file):
            try:
                return _read_verified(path, file)
            except FileNotFoundError:
                looked_at.append(f"{path}: not there")
            except (ValueError, OSError) as error:
                if is_shared:
                    raise ValueError(
                        f"Cannot use a file in the folder that {_ENVIRONMENT} names. {error} "
                        f"Replace {path} by a good copy, or remove it. Then {file.name} is taken "
                        "from the cache or downloaded."
                    ) from error
                looked_at.append(str(error))

    target = home / dataset.name / f"{file.name}.gz"
    remedy = (
        f"Or put the file (plain or gzip) into {target.parent} yourself, or set {_ENVIRONMENT} to "
        f"a folder that holds it as {dataset.name}/{file.name}."
    )
    if not download_if_missing:
        places_text = "\n".join(f"  - {place}" for place in looked_at)
        raise FileNotFoundError(
            f"No valid copy of {file.name} of {dataset.title} was found, and "
            f"download_if_missing=False forbids a download. Searched:\n{places_text}\n"
            f"Allow the download. {remedy}"
        )
    return download(
        [f"{mirror}{target.name}" for mirror in dataset.mirrors],
        target,
        lambda path: _read_verified(path, file),
        # gzip makes data that cannot be compressed a little larger.
        max_bytes=file.n_bytes + file.n_bytes // 1000 + 1024,
        remedy=remedy,
    )


def find_files(
    dataset: Dataset, data_home: str | os.PathLike[str] | None = None
) -> dict[str, Path | None]:
    """Return where each file of a data set is on disk, without reading it; None where it is not."""
    _, places = _places(data_home)
    splits = (dataset.train, dataset.test)
    found: dict[str, Path | None] = {}
    for file in (file for split in splits for file in (split.images, split.labels)):
        paths = (path for folder, _ in places for path in _names_in(folder, dataset, file))
        found[file.name] = next(filter(Path.is_file, paths), None)
    return found


def _places(data_home: str | os.PathLike[str] | None) -> tuple[Path, list[tuple[Path, bool]]]:
    """Return the folder for downloads, and those to search; True is the user's own."""
    home = _cache_folder() if data_home is None else Path(data_home).expanduser()
    places = [(home, False)]
    if os.environ.get(_ENVIRONMENT):
        shared = _shared_folder(os.environ[_ENVIRONMENT])
        # A folder in the call comes before one in the environment.
        places.insert(0 if data_home is None else 1, (shared, True))
    return home, places


def _names_in(folder: Path, dataset: Dataset, file: IdxFile) -> list[Path]:
    """Return the paths that a file may have in a folder."""
    return [folder / dataset.name / name for name in (file.name, f"{file.name}.gz")]


def _shared_folder(name: str) -> Path:
    """Return the folder in the environment variable; a wrong name must not cause a download."""
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise FileNotFoundError(
            f"The environment variable {_ENVIRONMENT} must name a folder that exists. Got {name!r}."
            " Correct it. Or unset it: then the files are taken from the cache or downloaded."
        )
    return folder


def _read_verified(path: Path, file: IdxFile) -> np.ndarray:
    """Read an IDX file of bytes, and check its size and its hash against the record."""
    header, array = read_idx_parts(path, n_bytes=file.n_bytes)
    digest = hashlib.sha256(header)
    digest.update(array.data)
    if digest.hexdigest() != file.sha256:
        raise ValueError(
            f"{path} must have the SHA-256 {file.sha256} (of its uncompressed content). Got "
            f"{digest.hexdigest()}."
        )
    return array


def _cache_folder() -> Path:
    from pooch import os_cache

    return Path(os_cache("lenet_sklearn"))
