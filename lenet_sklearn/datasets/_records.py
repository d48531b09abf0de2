"""Records of the data sets that can be downloaded: file names, mirrors, hashes, descriptions.

A data set is identified by the SHA-256 of its *uncompressed* IDX files. The gzip files of the
mirrors differ in compression level and time stamp, and a user may keep uncompressed files.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IdxFile:
    """One IDX file of unsigned bytes.

    Parameters
    ----------
    name : str
        File name without ``.gz``.
    n_bytes : int
        Size of the uncompressed file with its header.
    sha256 : str
        Hexadecimal SHA-256 of the uncompressed file.
    """

    name: str
    n_bytes: int
    sha256: str


@dataclass(frozen=True)
class Split:
    """The images and the labels of one subset, in the same order."""

    images: IdxFile
    labels: IdxFile


@dataclass(frozen=True)
class Dataset:
    """A labelled set of images in four IDX files.

    Parameters
    ----------
    name : str
        Short name and name of the folder with the files, e.g. ``"fashion-mnist"``.
    title : str
        Full name.
    train, test : Split
        The two subsets as published.
    mirrors : tuple of str
        Base URLs, tried in this order. A file is at ``mirror + file.name + ".gz"``.
    class_names : tuple of str
        Name of the class of each label.
    description, licence, citation : str
        Parts of ``DESCR``.
    """

    name: str
    title: str
    train: Split
    test: Split
    mirrors: tuple[str, ...]
    class_names: tuple[str, ...]
    description: str
    licence: str
    citation: str

    @property
    def descr(self) -> str:
        """The ``DESCR`` text of the Bunch."""
        return "\n".join(
            [
                self.title,
                "=" * len(self.title),
                "",
                self.description,
                "",
                f"Classes: {', '.join(self.class_names)}.",
                f"Licence: {self.licence}.",
                f"Citation: {self.citation}",
            ]
        )


MNIST = Dataset(
    name="mnist",
    title="MNIST handwritten digits",
    train=Split(
        images=IdxFile(
            "train-images-idx3-ubyte",
            47_040_016,
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        labels=IdxFile(
            "train-labels-idx1-ubyte",
            60_008,
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
    ),
    test=Split(
        images=IdxFile(
            "t10k-images-idx3-ubyte",
            7_840_016,
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        labels=IdxFile(
            "t10k-labels-idx1-ubyte",
            10_008,
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    mirrors=(
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
    ),
    class_names=("0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    description=(
        "60,000 training and 10,000 test images of handwritten digits, 28 × 28 grey pixels from\n"
        "0 (background) to 255 (ink). Digits of NIST's Special Databases 1 and 3, scaled into a\n"
        "20 × 20 box and centred by their centre of mass. No writer is in both subsets."
    ),
    licence="CC BY-SA 3.0 (Yann LeCun, Corinna Cortes, Christopher J. C. Burges)",
    citation=(
        "LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document\n"
        "Recognition, Proceedings of the IEEE 86(11), 2278-2324, 1998."
    ),
)

FASHION_MNIST = Dataset(
    name="fashion-mnist",
    title="Fashion-MNIST clothes",
    train=Split(
        images=IdxFile(
            "train-images-idx3-ubyte",
            47_040_016,
            "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        ),
        labels=IdxFile(
            "train-labels-idx1-ubyte",
            60_008,
            "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        ),
    ),
    test=Split(
        images=IdxFile(
            "t10k-images-idx3-ubyte",
            7_840_016,
            "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        ),
        labels=IdxFile(
            "t10k-labels-idx1-ubyte",
            10_008,
            "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
        ),
    ),
    # The first mirror uses plain HTTP. A file of either is used only if its SHA-256 is right.
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    ),
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    description=(
        "60,000 training and 10,000 test images of clothes, 28 × 28 grey pixels from 0\n"
        "(background) to 255: a harder drop-in replacement for MNIST, made from the pictures of\n"
        "Zalando's catalogue."
    ),
    licence="MIT (Zalando SE)",
    citation=(
        "Xiao, Rasul, Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine\n"
        "Learning Algorithms, arXiv:1708.07747, 2017."
    ),
)
