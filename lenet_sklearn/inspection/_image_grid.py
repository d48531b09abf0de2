"""ImageGridDisplay: rows of small images in one Axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import numpy as np

from lenet_sklearn.inspection._style import import_pyplot

_Item = TypeVar("_Item")

INK = "gray_r"  # pixels of 0 are paper
# Inches: the largest grid, the largest and smallest cell, one line of small text.
_LARGEST_GRID = (8.0, 12.0)
_CELLS = (0.22, 0.75)
_LINE = 0.16
_GAP = 0.08  # between images, in widths of a cell
_ALPHA = 0.65  # of images over others


@dataclass
class ImageRow:
    """A row of the grid.

    Parameters
    ----------
    images : sequence of ndarray of shape (H, W) or (H, W, 3) or (H, W, 4)
        Values that get colours (NaN is blank), or colours from 0 to 1.
    label : str, default=""
        Written to the left.
    captions : sequence of str, default=()
        Written under each image.
    cmap : str, default="gray_r"
        Colours of the values.
    limits : (float, float), default=None
        Values at the ends of these colours. None: the smallest and largest of the row.
    under : sequence of ndarray of shape (H, W) or (H, W, 3) or (H, W, 4), default=()
        Images that are drawn first, as colours or, from 0 to 1, as ink. They make `images`
        transparent.
    """

    images: Sequence[np.ndarray]
    label: str = ""
    captions: Sequence[str] = field(default=())
    cmap: str = INK
    limits: tuple[float, float] | None = None
    under: Sequence[np.ndarray] = field(default=())


class ImageGridDisplay:
    """Rows of small images.

    :func:`plot_samples`, :func:`plot_mistakes`, :func:`plot_filters`, :func:`plot_feature_maps` and
    :func:`plot_explanation` return it.

    Parameters
    ----------
    rows : list of ImageRow
        From top to bottom. Images of all sizes are drawn equally wide.
    title : str
        Title above the images.
    xlabel, ylabel : str, default=""
        Meaning of the columns and rows.
    column_labels : sequence of str, default=()
        Written under the columns.
    colorbar_label : str, default=""
        Meaning of the values. If given, the first row gets a colour bar.
    cell_width : float, default=None
        Inches of an image in a new figure. None: depends on the number of images.

    Attributes
    ----------
    images_ : list of list of matplotlib AxesImage
        As the rows.
    captions_ : list of list of matplotlib Text
        As the rows.
    ax_ : matplotlib Axes
        Where it is drawn.
    figure_ : matplotlib Figure
        The figure of these Axes.

    Examples
    --------
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_samples
    >>> display = plot_samples(*load_digits_images(return_X_y=True), per_class=3, random_state=0)
    >>> len(display.images_), len(display.images_[0])
    (10, 3)
    >>> display.images_[0][0].get_array().shape
    (8, 8)
    """

    def __init__(
        self,
        *,
        rows: list[ImageRow],
        title: str,
        xlabel: str = "",
        ylabel: str = "",
        column_labels: Sequence[str] = (),
        colorbar_label: str = "",
        cell_width: float | None = None,
    ) -> None:
        self.rows = rows
        self.title = title
        self.xlabel = xlabel
        self.ylabel = ylabel
        self.column_labels = column_labels
        self.colorbar_label = colorbar_label
        self.cell_width = cell_width

    def plot(self, *, ax: Any = None) -> Self:
        """Draw the images.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw. None: a new figure, as large as the images need.

        Returns
        -------
        display : ImageGridDisplay
            Itself.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        pyplot = import_pyplot(f"{type(self).__name__}.plot")
        n_columns = max([len(row.images) for row in self.rows], default=1)
        height = max([_height(image) for row in self.rows for image in row.images], default=0.3)
        cell = self.cell_width or _cell_width(n_columns, len(self.rows) * (height + _GAP))
        lines = max([text.count("\n") + 1 for row in self.rows for text in row.captions], default=0)
        if ax is None:
            tall = max(len(self.rows), 1) * (cell * (height + _GAP) + _LINE * lines)
            words = [line for row in self.rows for line in row.label.split("\n")]
            labels = 0.09 * max(map(len, words), default=0)
            letters = max(len(self.title), 0.85 * len(self.xlabel))
            wide = max(cell * n_columns * (1 + _GAP) + labels, 0.1 * letters)
            named = max([text.count("\n") + 1 for text in self.column_labels], default=0)
            below = 0.25 * bool(self.xlabel) + 0.04 * bool(named) + _LINE * named
            size = (wide + 0.4 + 0.8 * bool(self.colorbar_label), tall + 0.4 + below)
            ax = pyplot.subplots(figsize=size, layout="constrained")[1]
        else:
            box = ax.get_window_extent()
            cell = box.width / ax.figure.dpi / (n_columns * (1 + _GAP))
        step = height + _GAP + _LINE * lines / cell  # from row to row, in widths of a cell
        self.ax_, self.figure_ = ax, ax.figure
        self.images_: list[list[Any]] = []
        self.captions_: list[list[Any]] = []
        for place, row in enumerate(self.rows):
            self._draw(row, place * step, height)
        self._finish(n_columns, height, step)
        return self

    def _draw(self, row: ImageRow, top: float, height: float) -> None:
        """Draw one row; its cells begin at `top`."""
        low, high = _limits(row.images) if row.limits is None else row.limits
        drawn, captions = [], []
        for column, image in enumerate(row.images):
            left, margin = column * (1 + _GAP), (height - _height(image)) / 2
            place = {
                "extent": (left, left + 1, top + height - margin, top + margin),
                "interpolation": "nearest",
            }
            if row.under:
                self.ax_.imshow(row.under[column], cmap=INK, vmin=0, vmax=1, **place)
            alpha = _ALPHA if row.under else None
            drawn.append(
                self.ax_.imshow(image, cmap=row.cmap, vmin=low, vmax=high, alpha=alpha, **place)
            )
        for column, caption in enumerate(row.captions):
            captions.append(
                self.ax_.annotate(
                    caption,
                    (column * (1 + _GAP) + 0.5, top + height),
                    xytext=(0, -2),
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    fontsize="small",
                )
            )
        self.images_.append(drawn)
        self.captions_.append(captions)

    def _finish(self, n_columns: int, height: float, step: float) -> None:
        """Write the title and the labels around the images."""
        ax = self.ax_
        ax.set_xlim(-_GAP / 2, n_columns * (1 + _GAP) - _GAP / 2)
        ax.set_ylim(max(len(self.rows), 1) * step - _GAP / 2, -_GAP / 2)
        ax.set_yticks(
            [place * step + height / 2 for place in range(len(self.rows))],
            [row.label for row in self.rows],
        )
        ax.set_xticks(
            [column * (1 + _GAP) + 0.5 for column in range(len(self.column_labels))],
            self.column_labels,
        )
        ax.tick_params(length=0, labelsize="small")
        ax.spines[:].set_visible(False)
        ax.set(title=self.title, xlabel=self.xlabel, ylabel=self.ylabel)
        if self.colorbar_label:
            self.figure_.colorbar(self.images_[0][0], ax=ax, label=self.colorbar_label, shrink=0.8)


def to_pictures(images: np.ndarray) -> tuple[list[np.ndarray], tuple[float, float]]:
    """Return (n, channels, H, W) images as pictures for matplotlib, and their common limits.

    Pictures have the shape (H, W), or (H, W, channels) from 0 to 1.

    Raises
    ------
    ValueError
        If the number of channels is not 1, 3 or 4.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn.inspection._image_grid import to_pictures
    >>> pictures, limits = to_pictures(np.array([[[[0, 255]], [[0, 0]], [[51, 0]]]]))
    >>> pictures[0]
    array([[[0. , 0. , 0.2],
            [1. , 0. , 0. ]]])
    """
    channels = images.shape[1]
    if channels not in (1, 3, 4):
        raise ValueError(
            "images must have 1, 3 or 4 channels to be shown. Got "
            f"{channels} channels of {images.shape[2]}×{images.shape[3]} pixels. Choose some with "
            "X[:, :3], or set image_shape to the shape of one image."
        )
    low, high = _limits([images])
    low = min(low, 0.0)
    if channels == 1:
        return list(images[:, 0]), (low, high)
    shares = (images.astype(np.float64) - low) / (high - low or 1.0)
    return list(np.moveaxis(shares, 1, -1)), (0.0, 1.0)


def in_rows(items: Sequence[_Item], n_columns: int) -> list[Sequence[_Item]]:
    """Cut a sequence into rows of `n_columns`."""
    return [items[start : start + n_columns] for start in range(0, len(items), n_columns)]


def _height(image: np.ndarray) -> float:
    """Return the height of an image whose width is 1."""
    return image.shape[0] / image.shape[1]


def _limits(images: Sequence[np.ndarray]) -> tuple[float, float]:
    if not len(images):
        return 0.0, 1.0
    low, high = min(map(np.nanmin, images)), max(map(np.nanmax, images))
    return float(low), float(high)


def _cell_width(n_columns: int, heights: float) -> float:
    width, height = _LARGEST_GRID
    fitting = min(width / (n_columns * (1 + _GAP)), height / max(heights, 1))
    return min(max(fitting, _CELLS[0]), _CELLS[1])
