"""Random distortions of a batch of images, in one resampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from inspect import signature

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

__all__ = ["Distortion"]

Augmentation = Callable[[Tensor], Tensor]


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
        Number of points of the random field along a side. It is smooth between them.

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


# Chosen on validation splits of MNIST and Fashion-MNIST.
AUGMENTATIONS: dict[str, Distortion] = {
    "digits": Distortion(degrees=10, translation=0.07, scale=0.1, shear=0.15, elastic=0.025),
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
