"""Attributions are what their definitions say, at the right place."""

import numpy as np
import pytest
import torch

from lenet_sklearn import LeNet5
from lenet_sklearn.inspection._attributions import (
    METHODS,
    gradcam,
    integrated_gradients,
    occlusion,
    ready,
    saliency,
)

pytest.importorskip("captum")


def network(**choices):
    torch.manual_seed(0)
    defaults = {"conv_channels": (3, 4), "kernel_size": 3, "hidden_layer_sizes": (8,)}
    return LeNet5(3, **{"image_shape": (1, 16, 16), **defaults, **choices}).eval()


def images(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(1))


TARGET = torch.tensor([0, 2])


def test_gradcam_is_the_sum_of_maps_weighted_by_their_mean_gradients():
    module = network(padding="same", input_size=16)
    x = images(2, 1, 16, 16)
    maps = module.convolutional[:5](module.prepare(x)).detach().requires_grad_()
    assert maps.shape == (2, 4, 8, 8)
    logits = module.output(module.hidden(module.convolutional[5:](maps).flatten(1)))
    (slope,) = torch.autograd.grad(logits[range(2), TARGET].sum(), maps)
    cam = (slope.mean((2, 3), keepdim=True) * maps).sum(1).clamp(min=0).detach()
    assert cam.max() > 0
    found = gradcam(module, x, TARGET, 0.0)
    # Units lie between two pixels, so the mean of each pair is not far from the unit.
    expected = torch.nn.functional.interpolate(cam[:, None], (16, 16), mode="bilinear")[:, 0]
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("choices", [
    {},
    {"pooling": "max", "activation": "relu"},
    {"pooling": "subsample", "activation": "tanh"},
    {"pooling": "none"},
    {"padding": "same", "kernel_size": 4},
    {"padding": (1, 2), "pooling": ("none", "avg")},
    {"input_size": 30, "padding": "valid"},
    {"input_size": (24, 20), "resize": "pad"},
    {"conv_channels": (6, 16), "connectivity": "lecun1998"},
    {"conv_channels": 4, "pooling": "max", "activation": "tanh"},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("at", [(5, 9), (10, 6)])
def test_gradcam_lies_over_what_the_maps_were_computed_from(choices, at, monkeypatch):
    """With equal kernels, one bright pixel gives maps whose centre of mass lies upon it."""
    module = network(**choices)
    with torch.no_grad():
        for name, parameter in module.convolutional.named_parameters():
            value = 0.0 if name.endswith("bias") else 1.0
            parameter.fill_(value / (16 if name.startswith("C") else 4))
        for parameter in [*module.hidden.parameters(), *module.output.parameters()]:
            parameter.fill_(0.01)
    x = torch.zeros(1, 1, 16, 16)
    x[0, 0, at[0], at[1]] = 10.0
    found = gradcam(module, x, torch.tensor([1]), 0.0)[0].numpy()
    assert found.shape == (16, 16)
    rows, columns = np.indices(found.shape)
    # A pooled map knows places to half a step of 4 pixels.
    assert (found * rows).sum() / found.sum() == pytest.approx(at[0], abs=1.6)
    assert (found * columns).sum() / found.sum() == pytest.approx(at[1], abs=1.6)


def test_gradcam_is_zero_where_no_unit_lies():
    module = network(image_shape=(1, 28, 28), kernel_size=5, padding="valid", pooling="avg")
    found = gradcam(module, images(2, 1, 28, 28), TARGET, 0.0)
    # C1 loses 2 pixels on each side, C3 2 of S2's, which are 4: the first centre lies at 6.5.
    seen = np.flatnonzero((found != 0).any(0).any(0).numpy())
    assert (seen.min(), seen.max()) == (6, 21)


def test_integrated_gradients_add_up_to_the_difference_of_the_logits():
    module = network(image_shape=(3, 12, 12), activation="tanh")
    x, background = images(2, 3, 12, 12), 0.25
    with torch.no_grad():
        empty = module(torch.full_like(x, background))
        difference = (module(x) - empty)[range(2), TARGET]
    found = integrated_gradients(module, x, TARGET, background)
    assert found.shape == (2, 12, 12)
    torch.testing.assert_close(found.sum((1, 2)), difference, rtol=1e-3, atol=1e-5)


def test_a_pixel_of_the_background_has_no_integrated_gradient():
    x = images(2, 1, 16, 16)
    x[:, :, 3, 5] = 0.5
    found = integrated_gradients(network(), x, TARGET, 0.5)
    assert (found[:, 3, 5] == 0).all()
    assert (found[:, 4, 5] != 0).all()


def test_saliency_is_the_slope_of_the_logit():
    module = network(image_shape=(3, 12, 12))
    x, step = images(2, 3, 12, 12), 1e-2
    found = saliency(module, x, TARGET, 0.0)
    slope = torch.zeros(2)
    with torch.no_grad():
        for channel in range(3):
            up, down = x.clone(), x.clone()
            up[:, channel, 6, 7] += step
            down[:, channel, 6, 7] -= step
            slope += ((module(up) - module(down))[range(2), TARGET] / (2 * step)).abs()
    torch.testing.assert_close(found[:, 6, 7], slope, rtol=0.02, atol=1e-3)


def test_occlusion_is_the_mean_fall_of_the_logit():
    module = network(image_shape=(2, 8, 8))
    x = images(2, 2, 8, 8)
    found = occlusion(module, x, TARGET, 0.5)
    falls = []
    with torch.no_grad():
        for top in (3, 4):  # windows of 2×2 pixels over the pixel (4, 1)
            for left in (0, 1):
                covered = x.clone()
                covered[:, :, top : top + 2, left : left + 2] = 0.5
                falls.append((module(x) - module(covered))[range(2), TARGET])
    torch.testing.assert_close(found[:, 4, 1], torch.stack(falls).mean(0), rtol=1e-4, atol=1e-5)


def test_windows_fit_a_narrow_image():
    module = network(image_shape=(1, 1, 20), conv_channels=())
    found = occlusion(module, images(2, 1, 1, 20), TARGET, 0.0)
    assert found.shape == (2, 1, 20)
    assert (found != 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_method_works_where_gradients_are_off(method):
    module = network(dropout=0.5)
    expected = METHODS[method](module, images(2, 1, 16, 16), TARGET, 0.0)
    module.train()
    with torch.inference_mode(), ready(module):
        found = METHODS[method](module, images(2, 1, 16, 16).clone(), TARGET.clone(), 0.0)
    assert module.training
    torch.testing.assert_close(found, expected)
