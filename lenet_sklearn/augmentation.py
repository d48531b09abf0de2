"""Random changes of a batch of images: of their shape, and of their pixels' values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import signature
from numbers import Integral, Real

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ["Degradation", "Distortion"]

Augmentation = Callable[[Tensor], Tensor]
Preset = Callable[[Tensor, torch.Generator | None], Tensor]


@dataclass(frozen=True)
class Distortion:
    """Move, turn, stretch, shear, bend and mirror each image of a batch by random amounts.

    An affine map and a smooth random field together give the source of each pixel. So the images
    are resampled (bilinearly) only once. Pixels from outside the image repeat the border.

    Parameters
    ----------
    degrees : float, default=0.0
        Largest rotation in degrees, in both directions.
    translation : float, default=0.0
        Largest shift, as a share of the image's side.
    scale : float, default=0.0
        Largest change of size: 0.1 gives factors from 0.9 to 1.1, for each side on its own.
    shear : float, default=0.0
        Largest horizontal shear, in pixels sideways for each pixel up.
    elastic : float, default=0.0
        Standard deviation of the random field, as a share of the image's side.
    flip : bool, default=False
        Whether to mirror half of the images, left to right.
    field_size : int, default=5
        Number of points of the random field along a side, 2 or more. It is smooth between them.

    Raises
    ------
    TypeError, ValueError
        If an amount is no number, below 0 or not finite; `scale` must be below 1.

    Notes
    -----
    **Shape**: ``(n, C, H, W)`` of any real dtype in, float32 out.

    References
    ----------
    Simard, Steinkraus, Platt (2003). Best Practices for Convolutional Neural Networks Applied to
    Visual Document Analysis. ICDAR. (elastic distortions)

    Examples
    --------
    >>> import torch
    >>> from lenet_sklearn.augmentation import Distortion
    >>> bend = Distortion(degrees=10, elastic=0.02)
    >>> bend(torch.zeros(8, 1, 28, 28, dtype=torch.uint8)).shape
    torch.Size([8, 1, 28, 28])
    """

    degrees: float = 0.0
    translation: float = 0.0
    scale: float = 0.0
    shear: float = 0.0
    elastic: float = 0.0
    flip: bool = False
    field_size: int = 5

    def __post_init__(self) -> None:
        for name in ("degrees", "translation", "scale", "shear", "elastic"):
            _check_amount(name, getattr(self, name))
        if self.scale >= 1:
            raise ValueError(f"scale must be below 1. Got {self.scale}.")
        if not isinstance(self.field_size, Integral) or self.field_size < 2:
            raise ValueError(f"field_size must be an int of at least 2. Got {self.field_size!r}.")

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Distort each image of a batch by its own random amounts."""
        images = images.float()
        n, _, height, width = images.shape
        draw = partial(torch.rand, generator=generator, device=images.device)
        angle, wide, tall, shear, right, down = draw(6, n) * 2 - 1  # each from -1 to 1
        angle = angle * math.radians(self.degrees)
        wide, tall = 1 + wide * self.scale, 1 + tall * self.scale
        if self.flip:
            wide = torch.where(draw(n) < 0.5, wide, -wide)
        cos, sin, shear = angle.cos(), angle.sin(), shear * self.shear
        # Where the pixel at (x, y), both from -1 to 1, comes from: a sum of x, y, 1 and the
        # waves of the field, with weights that differ from image to image.
        from_x = [cos * wide, (shear * cos - sin) * wide, right * (2 * self.translation)]
        from_y = [sin * tall, (shear * sin + cos) * tall, down * (2 * self.translation)]
        weights = torch.stack([torch.stack(from_x, 1), torch.stack(from_y, 1)], 2)  # (n, 3, 2)
        points = self.field_size if self.elastic else 0
        if points:
            field = torch.randn(n, points**2, 2, generator=generator, device=images.device)
            weights = torch.cat([weights, field * (2 * self.elastic)], 1)
        grid = _basis(height, width, points, images.device) @ weights  # (n, H * W, 2)
        return F.grid_sample(
            images,
            grid.view(n, height, width, 2),
            mode="bilinear",
            padding_mode="border",
            align_corners=False,
        )


def _check_amount(name: str, value: float, most: float = math.inf) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be a number. Got {value!r}.")
    if not 0 <= value <= most or math.isinf(value):
        rule = f"from 0 to {most:g}" if most < math.inf else "0 or more, and finite"
        raise ValueError(f"{name} must be {rule}. Got {value}.")


@lru_cache(maxsize=8)
def _basis(height: int, width: int, points: int, device: torch.device) -> Tensor:
    """Return x, y, 1 and the waves between `points`² points, at each pixel.

    **Shape**: ``(height * width, 3 + points ** 2)``.
    """
    y = (torch.arange(height) + 0.5) * (2 / height) - 1
    x = (torch.arange(width) + 0.5) * (2 / width) - 1
    basis = torch.stack([x.repeat(height), y.repeat_interleave(width), torch.ones(height * width)])
    if points:
        peaks = torch.eye(points**2).view(-1, 1, points, points)
        waves = F.interpolate(peaks, (height, width), mode="bicubic", align_corners=True)
        basis = torch.cat([basis, waves.flatten(1)])
    return basis.T.contiguous().to(device)


@dataclass(frozen=True)
class Degradation:
    """Worsen the light and the sharpness of each image of a batch by random amounts.

    Each of the four changes happens in its own random half of the images: light, a bar over the
    image, blur, and noise. All amounts are relative to the range from the smallest to the largest
    pixel of the image, and no pixel leaves that range.

    Parameters
    ----------
    light : float, default=0.0
        Largest share of the range by which all pixels are lifted. Before that, the contrast falls
        by up to the same share.
    bar : float, default=0.0
        Largest width of a vertical or horizontal bar of one random value, as a share of the
        image's side.
    blur : float, default=0.0
        Largest share of the mean of 3×3 pixels in the new value of a pixel: from 0 to 1.
    noise : float, default=0.0
        Largest standard deviation of the noise, as a share of the range.

    Raises
    ------
    TypeError, ValueError
        If an amount is no number, below 0 or not finite; light, bar and blur are at most 1.

    Notes
    -----
    **Shape**: ``(n, C, H, W)`` of any real dtype in, float32 out.

    References
    ----------
    Zhong, Zheng, Kang, Li, Yang (2020). Random Erasing Data Augmentation. AAAI. (the bar)

    Examples
    --------
    >>> import torch
    >>> from lenet_sklearn.augmentation import Degradation
    >>> worsen = Degradation(light=0.5, noise=0.2)
    >>> worsen(torch.rand(8, 1, 28, 28)).shape
    torch.Size([8, 1, 28, 28])
    """

    light: float = 0.0
    bar: float = 0.0
    blur: float = 0.0
    noise: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("light", 1.0), ("bar", 1.0), ("blur", 1.0), ("noise", math.inf)):
            _check_amount(name, getattr(self, name), most)

    def __call__(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Worsen each image of a batch by its own random amounts."""
        images = images.float()
        draw = partial(torch.rand, generator=generator, device=images.device)
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        pixels = (images - low) / (high - low).clamp_min(1e-30)  # from 0 to 1
        for amount, change in (
            (self.light, _dim), (self.bar, _cover), (self.blur, _blur), (self.noise, _add_noise),
        ):  # fmt: skip
            if amount:
                rows = (draw(len(images)) < 0.5).nonzero()[:, 0]
                pixels[rows] = change(pixels[rows], amount, generator)
        return pixels.clamp_(0, 1).mul_(high - low).add_(low)


def _draw(images: Tensor, generator: torch.Generator | None, n: int) -> Tensor:
    """Return `n` numbers from 0 to 1 for each image, of shape ``(n, n_images, 1, 1, 1)``."""
    return torch.rand(n, len(images), 1, 1, 1, generator=generator, device=images.device)


def _dim(images: Tensor, amount: float, generator: torch.Generator | None) -> Tensor:
    fall, lift = _draw(images, generator, 2) * amount
    return images * (1 - fall) + lift


def _cover(images: Tensor, amount: float, generator: torch.Generator | None) -> Tensor:
    across, centre, width, tone = _draw(images, generator, 4)
    y, x = ((torch.arange(side, device=images.device) + 0.5) / side for side in images.shape[2:])
    place = torch.where(across < 0.5, y[:, None], x)  # (n, 1, H, W)
    return torch.where((place - centre).abs() < width * (amount / 2), tone, images)


def _blur(images: Tensor, amount: float, generator: torch.Generator | None) -> Tensor:
    rows = F.pad(images, (1, 1, 1, 1), mode="replicate")
    rows = rows[:, :, :-2] + rows[:, :, 1:-1] + rows[:, :, 2:]
    sums = rows[..., :-2] + rows[..., 1:-1] + rows[..., 2:]
    return torch.lerp(images, sums / 9, _draw(images, generator, 1)[0] * amount)


def _add_noise(images: Tensor, amount: float, generator: torch.Generator | None) -> Tensor:
    field = torch.randn(images.shape, generator=generator, device=images.device)
    return torch.addcmul(images, field, _draw(images, generator, 1)[0] * amount)


_BEND = Distortion(degrees=10, translation=0.07, scale=0.1, shear=0.15, elastic=0.025)
_WORSEN = Degradation(light=0.5, bar=0.2, blur=1.0, noise=0.3)


def _digits(images: Tensor, generator: torch.Generator | None = None) -> Tensor:
    return _WORSEN(_BEND(images, generator), generator)


# Chosen on validation splits of MNIST and Fashion-MNIST.
AUGMENTATIONS: dict[str, Preset] = {
    "digits": _digits,
    "objects": Distortion(translation=0.03, flip=True),
}


def with_generator(augmentation: Callable[..., Tensor], generator: torch.Generator) -> Augmentation:
    """Give a user's function the generator, where it has an argument of that name."""
    if not _takes_generator(augmentation):
        return augmentation
    return partial(augmentation, generator=generator)


def _takes_generator(function: Callable[..., Tensor]) -> bool:
    try:
        return "generator" in signature(function).parameters
    except ValueError:  # some functions of C code have no signature
        return False
