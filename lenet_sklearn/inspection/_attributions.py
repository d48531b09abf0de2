"""Maps of what matters to a network, in the pixels of the tensor that it gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._network.architecture import Layer
from lenet_sklearn.networks import LeNet5

# Windows along a side of the image.
_WINDOWS = 7
_SMALLEST_WINDOW = 2
_STEPS = 50  # along the way from the background to the image


def gradcam(module: LeNet5, images: Tensor, target: Tensor, background: float) -> Tensor:
    """Return Grad-CAM of the last convolution's maps, after their activation.

    A value of a map lies at the centre of the pixels that it was computed from. Between these
    centres the result is interpolated bilinearly; pixels beyond the last ones are 0.

    **Shape**: images ``(n, channels, height, width)``, target ``(n,)``, result
    ``(n, height, width)``.
    """
    layer, passed = _last_maps(module)
    cam = _captum().LayerGradCam(module, layer)
    maps = cam.attribute(images, target=target, relu_attributions=True).detach()
    maps = maps[: len(images)]  # the network computes a single image twice
    rows, columns = (
        _interpolation(module, passed, axis, n_pixels, n_units).to(maps)
        for axis, n_pixels, n_units in zip(
            (0, 1), images.shape[2:], maps.shape[2:], strict=True
        )
    )  # fmt: skip
    return rows @ maps[:, 0] @ columns.T


def integrated_gradients(
    module: LeNet5, images: Tensor, target: Tensor, background: float
) -> Tensor:
    """Return integrated gradients from an empty image, added up over the channels.

    **Shape**: as `gradcam`.
    """
    attribute = _captum().IntegratedGradients(module).attribute
    values = attribute(images.requires_grad_(), baselines=background, target=target, n_steps=_STEPS)
    return values.detach().sum(1)


def saliency(module: LeNet5, images: Tensor, target: Tensor, background: float) -> Tensor:
    """Return the size of the gradient, added up over the channels.

    **Shape**: as `gradcam`.
    """
    values = _captum().Saliency(module).attribute(images.requires_grad_(), target=target)
    return values.detach().sum(1)


def occlusion(module: LeNet5, images: Tensor, target: Tensor, background: float) -> Tensor:
    """Return by how much the logit falls if a window over the pixel is empty.

    It is the mean of all windows over the pixel.

    **Shape**: as `gradcam`.
    """
    channels, *sides = images.shape[1:]
    window = [min(max(_SMALLEST_WINDOW, round(side / _WINDOWS)), side) for side in sides]
    values = _captum().Occlusion(module).attribute(
        images, (channels, *window), strides=(channels, *(max(1, side // 2) for side in window)),
        baselines=background, target=target,
    )  # fmt: skip
    return values.detach()[:, 0]  # the same in each channel


METHODS: dict[str, Callable[[LeNet5, Tensor, Tensor, float], Tensor]] = {
    "gradcam": gradcam,
    "integrated_gradients": integrated_gradients,
    "occlusion": occlusion,
    "saliency": saliency,
}


@contextmanager
def ready(module: LeNet5) -> Iterator[None]:
    """Allow gradients, and let the network predict as `predict` does, whatever it did before."""
    was_training = module.training
    module.eval()
    try:
        with torch.inference_mode(False), torch.enable_grad():
            yield
    finally:
        module.train(was_training)


def _captum():  # type: ignore[no-untyped-def]
    return import_optional("captum.attr", extra="explain", purpose="explain")


def _last_maps(module: LeNet5) -> tuple[nn.Module, list[Layer]]:
    """Return what computes the last convolution's activation, and the layers up to there.

    If the network pools before the activation, which gives the same values faster, these maps
    are pooled.
    """
    named = dict(module.convolutional.named_children())
    layers = [layer for layer in module.architecture.layers if len(layer.output_shape) == 3]
    last = max(i for i, layer in enumerate(layers) if layer.kind.endswith("convolution"))
    activation = layers[last].activation
    end = next(i for i in range(last, len(layers)) if f"{layers[i].name}_{activation}" in named)
    return named[f"{layers[end].name}_{activation}"], layers[: end + 1]


def _interpolation(
    module: LeNet5, passed: list[Layer], axis: int, n_pixels: int, n_units: int
) -> Tensor:
    """Return the weight of each unit of a map (column) for each pixel (row), along one axis."""
    architecture = module.architecture
    side = architecture.network_input[axis]
    pixels = torch.arange(n_pixels, dtype=torch.float64)
    if architecture.resize == "pad":
        at = pixels + (side - n_pixels) // 2
    else:
        at = (pixels + 0.5) * side / n_pixels - 0.5
    start, step = 0.0, 1  # of the units' centres, in pixels of the network's input
    for layer in passed:
        if layer.kind.endswith("convolution"):
            kernel = layer.tensors["weight"][-1]
            before = (kernel - 1) // 2 if layer.padding == "same" else int(layer.padding)
            start += step * ((kernel - 1) / 2 - before)
        else:
            start += step / 2
            step *= 2
    at = (at - start) / step  # in units
    covered = (at >= -0.5) & (at <= n_units - 0.5)
    distance = at.clamp(0, n_units - 1)[:, None] - torch.arange(n_units)
    return (1 - distance.abs()).clamp(min=0) * covered[:, None]
