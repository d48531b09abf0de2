"""Measures of ink are those of bars that we draw, in any range, polarity and layout."""

import numpy as np
import pytest

from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn.inspection._image_style import STYLE_UNITS, measure_style, quantile_groups


def bar(width, length=18, angle=0, side=28, fine=8):
    """Draw a bar in the middle; the pixels at its edges are grey. Positive leans to the right."""
    place = (np.arange(side * fine) + 0.5) / fine - side / 2
    y, x = np.meshgrid(place, place, indexing="ij")
    a = np.radians(angle)
    across, along = x * np.cos(a) + y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
    ink = (abs(across) < width / 2) & (abs(along) < length / 2)
    return ink.reshape(side, fine, side, fine).mean(axis=(1, 3))


def measure(*images, **layout):
    images = np.stack(images)
    return measure_style(images, infer_layout(images.shape, **layout))


@pytest.mark.parametrize("angle", [0, 20, 45])
@pytest.mark.parametrize("width", [2, 3, 4, 5])
def test_thickness_is_about_the_width_of_a_bar(width, angle):
    assert measure(bar(width, angle=angle))["thickness"] == pytest.approx(width, rel=0.2)


def test_thickness_grows_within_a_pixel():
    widths = np.arange(1, 6, 0.4)
    measured = measure(*(bar(width, angle=30) for width in widths))["thickness"]
    assert (np.diff(measured) > 0).all()


def test_slant_is_the_angle_of_a_thin_bar():
    angles = np.array([-40, -15, 0, 15, 40])
    measured = measure(*(bar(1.5, angle=angle) for angle in angles))["slant"]
    np.testing.assert_allclose(measured, angles, atol=1)


def test_size_is_the_box_of_the_ink():
    measures = measure(bar(4, length=10), bar(10, length=2))
    assert measures["height"].tolist() == [10, 2]
    assert measures["width"].tolist() == [4, 10]


def test_darkness_is_the_mean_share_of_the_range():
    light = bar(4, length=10)
    assert measure(light, 0.25 * light)["darkness"] == pytest.approx([40 / 784, 10 / 784], abs=1e-6)


@pytest.mark.parametrize(
    "change",
    [
        lambda images: (255 * images).round().astype(np.uint8),
        lambda images: 16 * images,
        lambda images: images.astype(np.float32),
        lambda images: 1 - images,  # dark strokes on a light background
        lambda images: 3 * images - 7,
        lambda images: np.stack([images] * 3, axis=-1),
        lambda images: np.stack([2 * images, 0 * images, images], axis=1),
        lambda images: images.reshape(len(images), -1),
    ],
    ids=["0-255", "0-16", "float32", "inverted", "shifted", "HWC", "CHW", "flat"],
)
def test_range_polarity_and_layout_do_not_matter(change):
    images = np.stack([bar(2, angle=10), bar(4, angle=-20), 0.7 * bar(3)])
    expected, measures = measure(*images), measure(*change(images))
    assert list(measures) == list(STYLE_UNITS)
    for name, values in expected.items():
        np.testing.assert_allclose(measures[name], values, rtol=0.01, atol=0.02, err_msg=name)


def test_images_of_one_colour():
    measures = measure(np.full((8, 8), 5.0), np.zeros((8, 8)))
    assert {value for values in measures.values() for value in values} == {0}
    assert all(np.isfinite(v).all() for v in measure(np.ones((1, 1))).values())


def test_booleans():
    mask = bar(3) > 0.5
    assert measure(mask)["darkness"] == pytest.approx(mask.mean(), abs=1e-6)


def test_ink_up_to_the_border():
    image = np.zeros((8, 8))
    image[:, :3] = 1
    measures = measure(image)
    assert (measures["height"], measures["width"]) == (8, 3)
    assert 2 < measures["thickness"] < 3.1


@pytest.mark.parametrize(
    ("name_of_limit", "limit"), [("BATCH_SIZE", 4), ("_MOST_PIXELS", 400), ("_MOST_PIXELS", 1)]
)
def test_batches_do_not_matter(monkeypatch, name_of_limit, limit):
    images = [bar(w, angle=a, side=14, length=9) for w in (1, 2, 3) for a in (0, 30)]
    whole = measure(*images)
    monkeypatch.setattr(f"lenet_sklearn.inspection._image_style.{name_of_limit}", limit)
    for name, values in measure(*images).items():
        np.testing.assert_array_equal(values, whole[name])


def test_quantiles_have_equal_counts():
    values = np.random.default_rng(0).permutation(101).astype(float)
    groups = quantile_groups(values, 4)
    assert sorted(np.bincount(groups)[1:]) == [25, 25, 25, 26]
    assert all(values[groups == q].max() < values[groups == q + 1].min() for q in (1, 2, 3))


def test_equal_values_stay_together():
    rng = np.random.default_rng(0)
    for _ in range(20):
        values = rng.integers(0, rng.integers(1, 9), 60).astype(float)
        groups = quantile_groups(values, 5)
        assert set(groups) == set(range(1, groups.max() + 1))
        for value in set(values):
            assert len(set(groups[values == value])) == 1
        order = np.argsort(values, kind="stable")
        assert (np.diff(groups[order]) >= 0).all()


def test_small_groups_join_a_neighbour():
    assert set(quantile_groups(np.full(50, 3.0), 4)) == {1}
    almost = np.r_[np.full(896, 8.0), 7.0]
    assert set(quantile_groups(almost, 6)) == {1}
    tenth = np.r_[np.full(90, 8.0), np.full(10, 7.0)]
    assert np.bincount(quantile_groups(tenth, 4)).tolist() == [0, 10, 90]
    assert quantile_groups(np.array([1.0]), 4).tolist() == [1]
    assert quantile_groups(np.array([2.0, 1.0]), 4).tolist() == [2, 1]
