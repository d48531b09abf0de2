"""Look into a network: show its kernels, and the maps of an image."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from torch import nn

from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import layout_for
from lenet_sklearn._network.layers import SparseConv2d
from lenet_sklearn._training.batches import to_tensor
from lenet_sklearn.inspection._image_grid import ImageGridDisplay, ImageRow, in_rows, to_pictures
from lenet_sklearn.inspection._models import find_classifier
from lenet_sklearn.inspection._style import import_pyplot
from lenet_sklearn.networks import LeNet5

_IN_ROW = 16  # maps
_KERNELS_IN_ROW = 8
# Brown below zero, white at zero, violet above. Colour-blind people can tell these apart.
_SIGNED = "PuOr"
_MOST_MAPS = 32


def plot_filters(estimator: Any, *, layer: int | str = 0, ax: Any = None) -> ImageGridDisplay:
    """Show the kernels of a convolution.

    If the input is one map or a colour image, each kernel is one picture. Otherwise the kernels
    form a table with a column for each output map and a row for each input map. A pair of maps
    without a connection stays blank. At most the first 32 maps are shown.

    Parameters
    ----------
    estimator : LeNet5Classifier or Pipeline
        Fitted; a Pipeline ends with the classifier.
    layer : int or str, default=0
        Number of the convolution, from 0; or its name, such as "C3".
    ax : matplotlib Axes, default=None
        Where to draw. None: a new figure.

    Returns
    -------
    display : ImageGridDisplay
        What was drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is not a LeNet5Classifier.
    ValueError
        If the network has no convolution, or none of this number or name.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_filters
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:300], y[:300])
    >>> plot_filters(model).ax_.get_title()
    'Kernels of C1, 5×5: 6 maps'
    >>> plot_filters(model, layer="C3").ax_.get_title()
    'Kernels of C3, 5×5: 16 maps from 6'
    """
    import_pyplot("plot_filters")
    module = find_classifier(estimator).module_
    name, before, convolution = _find_convolution(module, layer)
    kernels = _kernels(convolution)  # (maps, maps before, k, k)
    n_maps, n_before = kernels.shape[:2]
    title = f"Kernels of {name}, {kernels.shape[2]}×{kernels.shape[3]}: "
    kernels = kernels[:_MOST_MAPS, :_MOST_MAPS]
    largest = float(np.nanmax(np.abs(kernels))) or 1.0
    signed: dict[str, Any] = {"cmap": _SIGNED, "limits": (-largest, largest)}
    if n_before == 3 and not before:
        pictures = list(np.moveaxis(kernels / largest / 2 + 0.5, 1, -1))
        rows = [ImageRow(images) for images in in_rows(pictures, _KERNELS_IN_ROW)]
        title += _count(n_maps)
        xlabel = "weights of red, green and blue; grey: 0"
        return ImageGridDisplay(rows=rows, title=title, xlabel=xlabel).plot(ax=ax)
    if n_before == 1:
        rows = [
            ImageRow(images, **signed) for images in in_rows(list(kernels[:, 0]), _KERNELS_IN_ROW)
        ]
        labels: dict[str, Any] = {}
        title += _count(n_maps)
    else:
        rows = [
            ImageRow(list(kernels[:, place]), label=str(place), **signed)
            for place in range(kernels.shape[1])
        ]
        labels = {
            "xlabel": f"map of {name}",
            "ylabel": f"map of {before}" if before else "channel of the image",
            "column_labels": [str(place) for place in range(len(kernels))],
        }
        title += f"{_count(n_maps)} from {_count(n_before).removesuffix(' maps')}"
    return ImageGridDisplay(rows=rows, title=title, colorbar_label="weight", **labels).plot(ax=ax)


def plot_feature_maps(estimator: Any, image: Any, *, ax: Any = None) -> ImageGridDisplay:
    """Show the maps of an image after each convolution and pooling layer of the network.

    The first row is the network's input: the image after preprocessing and resizing. The maps of
    each layer follow, from the layer's smallest value (dark) to its largest (bright). If the
    network applies the activation after max pooling, which gives the same values, then the maps
    of the convolution are shown without the activation. At most the first 32 maps are shown.

    Parameters
    ----------
    estimator : LeNet5Classifier or Pipeline
        Fitted; a Pipeline ends with the classifier.
    image : array-like of shape (features,), (H, W), (C, H, W) or (H, W, C)
        One image in a shape that the estimator accepts, or a stack of one image.
    ax : matplotlib Axes, default=None
        Where to draw. None: a new figure.

    Returns
    -------
    display : ImageGridDisplay
        What was drawn.

    Raises
    ------
    ImportError
        If matplotlib is not installed.
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is not a LeNet5Classifier.
    ValueError
        If the network has no convolution, or `image` is not one image of the shape that it knows.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import plot_feature_maps
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:300], y[:300])
    >>> display = plot_feature_maps(model, X[300])
    >>> [row.label for row in display.rows]
    ['image, 16×16', 'C1, 16×16', 'S2, 8×8', 'C3, 8×8', 'S4, 4×4']
    """
    import_pyplot("plot_feature_maps")
    classifier = find_classifier(estimator)
    module = classifier.module_
    _convolutions(module)
    X = _one_image(image)
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        X = estimator[:-1].transform(X)
    X = check_images(classifier, X, reset=False)
    images = layout_for(X, classifier._layout).to_images(X)
    seen, maps = _trace(module, to_tensor(images))
    pictures, limits = to_pictures(_unscaled(module, seen))
    rows = [ImageRow(pictures, label=_label("image", seen), limits=limits)]
    for name, values in maps.items():
        shown = values[0, :_MOST_MAPS]
        limits = (float(shown.min()), float(shown.max()))
        label = _label(name, values)
        if values.shape[1] > _MOST_MAPS:
            label += f"\n{_MOST_MAPS} of {values.shape[1]} maps"
        for part in in_rows(list(shown), _IN_ROW):
            rows.append(ImageRow(part, label=label, cmap="viridis", limits=limits))
            label = ""
    return ImageGridDisplay(
        rows=rows,
        title="Maps of each layer",
        xlabel="from the layer's least value (dark) to its greatest (bright)",
    ).plot(ax=ax)


def _convolutions(module: LeNet5) -> dict[str, nn.Module]:
    """Return the convolutions by name."""
    named: dict[str, nn.Module] = {
        name: layer
        for name, layer in module.convolutional.named_children()
        if isinstance(layer, nn.Conv2d | SparseConv2d)
    }
    if not named:
        raise ValueError(
            "the network has no convolution, as it was fitted with conv_channels=(). Fit one with "
            "conv_channels=(6, 16), the default."
        )
    return named


def _find_convolution(module: LeNet5, layer: int | str) -> tuple[str, str, nn.Module]:
    """Return a convolution's name, the name of the layer before ("" for the image), and itself."""
    named = _convolutions(module)
    names = list(named)
    by_number = isinstance(layer, Integral) and not isinstance(layer, bool)
    if by_number and 0 <= int(layer) < len(names):
        name = names[int(layer)]
    elif isinstance(layer, str) and layer in named:
        name = layer
    else:
        raise ValueError(
            f"layer must be a convolution's name, among {names}, or its number, from 0 to "
            f"{len(names) - 1}. Got {layer!r}."
        )
    order = [described.name for described in module.architecture.layers]
    return name, ["", *order][order.index(name)], named[name]


def _kernels(convolution: nn.Module) -> np.ndarray:
    """Return kernels of shape (maps, maps before, k, k), NaN if not connected."""
    if isinstance(convolution, nn.Conv2d):
        return convolution.weight.detach().cpu().numpy()
    assert isinstance(convolution, SparseConv2d)
    kernels = convolution.dense_weight().detach().cpu().numpy()
    connected = np.zeros(kernels.shape[:2], dtype=bool)
    connected[convolution.targets.cpu().numpy(), convolution.sources.cpu().numpy()] = True
    kernels[~connected] = np.nan
    return kernels


@torch.inference_mode()
def _trace(module: LeNet5, images: torch.Tensor) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the input of the first convolution for these images, and each layer's maps."""
    values = module.prepare(images.to(module.pixel_mean.device))
    seen, maps = values.cpu().numpy(), {}
    for name, layer in module.convolutional.named_children():
        values = layer(values)
        # "C1_tanh" comes after C1 and replaces its maps.
        maps[name.partition("_")[0]] = values.cpu().numpy().copy()
    return seen, maps


def _unscaled(module: LeNet5, seen: np.ndarray) -> np.ndarray:
    """Undo the standardisation of pixels."""
    return seen * module.pixel_std.cpu().numpy() + module.pixel_mean.cpu().numpy()


def _one_image(image: Any) -> Any:
    """Turn one image into a stack of one image."""
    if hasattr(image, "columns"):  # a DataFrame keeps its column names
        X = image
    else:
        X = np.asarray(image)
        X = X if X.ndim > 1 and len(X) == 1 else X[np.newaxis]
    if len(X) != 1:
        raise ValueError(f"image must be one image. Got {len(X)} rows. Pass X[:1].")
    return X


def _label(name: str, maps: np.ndarray) -> str:
    return f"{name}, {maps.shape[2]}×{maps.shape[3]}"


def _count(n_maps: int) -> str:
    if n_maps > _MOST_MAPS:
        return f"{_MOST_MAPS} of {n_maps} maps"
    return f"{n_maps} maps"
