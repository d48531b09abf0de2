"""Random distortions: what each of them does, and where its randomness comes from."""

from functools import partial

import numpy as np
import pytest
import torch

from lenet_sklearn.augmentation import AUGMENTATIONS, Distortion, with_generator


@pytest.fixture
def images():
    return torch.rand(16, 3, 12, 10, generator=torch.Generator().manual_seed(0))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_nothing_is_done_where_nothing_is_asked_for(images):
    out = Distortion()(images, seeded())
    torch.testing.assert_close(out, images, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "params",
    [{"degrees": 20}, {"translation": 0.2}, {"scale": 0.2}, {"shear": 0.3}, {"elastic": 0.1},
     {"flip": True}],
    ids=repr,
)  # fmt: skip
def test_each_parameter_distorts_by_the_generator(params, images):
    first, again, other = (Distortion(**params)(images, seeded(s)) for s in (0, 0, 1))
    assert first.shape == images.shape
    assert (first - images).abs().max() > 0.1
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_flip_mirrors_some_images_and_leaves_the_others(images):
    out = Distortion(flip=True)(images, seeded())
    mirrored = [torch.allclose(a, b.flip(-1), atol=1e-5) for a, b in zip(out, images, strict=True)]
    kept = [torch.allclose(a, b, atol=1e-5) for a, b in zip(out, images, strict=True)]
    assert all(np.logical_xor(mirrored, kept))
    assert any(mirrored)
    assert any(kept)


def test_values_stay_between_those_of_the_image(images):
    for distortion in AUGMENTATIONS.values():
        out = distortion(images + 5, seeded())  # what comes from outside repeats the border
        assert out.min() >= 5 - 1e-4
        assert out.max() <= 6 + 1e-4


def test_a_shift_is_no_larger_than_asked_for():
    image = torch.zeros(200, 1, 21, 21)
    image[:, :, 10, 10] = 1
    out = Distortion(translation=0.1)(image, seeded())[:, 0]
    rows, columns = out.sum(2).argmax(1), out.sum(1).argmax(1)
    furthest = max((rows - 10).abs().max().item(), (columns - 10).abs().max().item())
    assert 1 <= furthest <= 2  # a tenth of 21 pixels
    assert len(set(rows.tolist())) > 2


def test_integers_come_out_as_floats():
    out = AUGMENTATIONS["digits"](torch.full((2, 1, 8, 8), 200, dtype=torch.uint8), seeded())
    assert out.dtype == torch.float32
    torch.testing.assert_close(out, torch.full((2, 1, 8, 8), 200.0))


def test_presets_draw_from_the_generator_that_is_given(images):
    before = torch.get_rng_state()
    first, again = (AUGMENTATIONS["digits"](images, seeded()) for _ in range(2))
    assert torch.equal(first, again)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_callable_is_taken_as_it_is_unless_it_takes_a_generator():
    def plain(images):
        return images

    def drawing(images, generator=None):
        return images, generator

    generator = seeded()
    assert with_generator(plain, generator) is plain
    assert with_generator(max, generator) is max  # C code without a signature
    assert with_generator(drawing, generator)(1) == (1, generator)
    assert with_generator(partial(drawing), generator)(1) == (1, generator)
