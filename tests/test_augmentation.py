"""Random changes of images: what each of them does, and where its randomness comes from."""

from dataclasses import fields
from functools import partial

import numpy as np
import pytest
import torch

from lenet_sklearn.augmentation import AUGMENTATIONS, Degradation, Distortion, with_generator


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


@pytest.mark.parametrize(
    "params", [{"light": 0.5}, {"bar": 0.5}, {"blur": 1.0}, {"noise": 0.5}], ids=repr
)
def test_each_degradation_worsens_about_half_of_the_images(params):
    images = torch.rand(200, 1, 12, 10, generator=seeded(9))
    first, again, other = (Degradation(**params)(images, seeded(s)) for s in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    changed = (first - images).abs().amax((1, 2, 3)) > 1e-5
    assert 60 < changed.sum() < 140
    assert first.min() >= images.min() - 1e-5
    assert first.max() <= images.max() + 1e-5


def test_no_degradation_without_amounts(images):
    before = images.clone()
    torch.testing.assert_close(Degradation()(images, seeded()), images, rtol=0, atol=1e-6)
    assert torch.equal(images, before)


def test_light_lifts_the_background_and_keeps_the_order_of_pixels():
    image = torch.linspace(0, 255, 100).view(1, 1, 10, 10).repeat(100, 1, 1, 1)
    out = Degradation(light=0.5)(image, seeded())
    darkest = out.amin((1, 2, 3))
    assert darkest.max() > 80
    assert darkest.max() <= 127.5 + 1e-3
    assert (out.flatten(1).diff() >= 0).all()


def test_a_bar_has_one_value_and_is_vertical_or_horizontal():
    image = torch.linspace(0, 1, 400).view(1, 1, 20, 20).repeat(300, 2, 1, 1)
    out = Degradation(bar=0.4)(image, seeded())
    changed = (out - image).abs() > 1e-6
    assert torch.equal(changed[:, 0], changed[:, 1])  # all channels
    shapes = {"rows": 0, "columns": 0}
    for each, where in zip(out[:, 0], changed[:, 0], strict=True):
        if not where.any():
            continue
        assert len(each[where].unique()) == 1
        rows, columns = where.any(1).sum(), where.any(0).sum()
        assert min(rows, columns) <= 9  # 0.4 of 20, and one pixel more
        shapes["rows" if rows < columns else "columns"] += 1
    assert min(shapes.values()) > 20


def test_blur_is_at_most_the_mean_of_nine_pixels():
    image = torch.zeros(200, 1, 9, 9)
    image[:, :, 4, 4] = 9
    out = Degradation(blur=1.0)(image, seeded())
    torch.testing.assert_close(out.sum((1, 2, 3)), torch.full((200,), 9.0), rtol=0, atol=1e-4)
    assert out[:, 0, 4, 4].min() >= 1 - 1e-4
    assert out[:, 0, 4, 4].min() < 2
    assert (out[:, 0, 3:6, 3:6].sum((1, 2)) > 9 - 1e-4).all()


def test_a_uniform_image_stays_as_it_is():
    image = torch.full((50, 1, 8, 8), 7.0)
    torch.testing.assert_close(Degradation(0.5, 0.5, 1.0, 0.5)(image, seeded()), image)


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


@pytest.mark.parametrize("kind", [Distortion, Degradation])
def test_amounts_that_mean_nothing_are_refused(kind):
    for field in fields(kind):
        if field.name in ("flip", "field_size"):
            continue
        for value in (-0.1, np.nan, np.inf):
            with pytest.raises(ValueError, match=f"{field.name} must be .*0.* Got {value}"):
                kind(**{field.name: value})
        for wrong in ("0.1", None, True):
            with pytest.raises(TypeError, match=f"{field.name} must be a number. Got {wrong!r}"):
                kind(**{field.name: wrong})
        kind(**{field.name: np.float32(0.5)})


def test_each_amount_has_its_own_limit():
    for name in ("light", "bar", "blur"):
        Degradation(**{name: 1})
        with pytest.raises(ValueError, match=f"{name} must be from 0 to 1. Got 1.5"):
            Degradation(**{name: 1.5})
    with pytest.raises(ValueError, match=r"scale must be below 1\. Got 1"):
        Distortion(scale=1)
    for points in (1, 2.5, "5"):
        with pytest.raises(
            ValueError, match=f"field_size must be an int of at least 2. Got {points!r}"
        ):
            Distortion(elastic=0.1, field_size=points)
