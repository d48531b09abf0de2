"""Images stand in their rows, on one scale, with their texts apart."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest

from lenet_sklearn.inspection import ImageGridDisplay
from lenet_sklearn.inspection._image_grid import ImageRow, to_pictures


def boxes_of(display):
    """left, right, top, bottom of each image."""
    extents = [image.get_extent() for row in display.images_ for image in row]
    return [(left, right, top, bottom) for left, right, bottom, top in extents]


def test_images_and_texts():
    images = [np.full((2, 2), i, dtype=float) for i in range(5)]
    rows = [
        ImageRow(images[:3], label="first", captions=["a", "b", "c"]),
        ImageRow(images[3:], label="second", cmap="viridis", limits=(-1, 9)),
    ]
    display = ImageGridDisplay(
        rows=rows, title="Title", xlabel="below", ylabel="beside", column_labels=["x", "y", "z"]
    ).plot()
    drawn = [image for row in display.images_ for image in row]
    assert [len(row) for row in display.images_] == [3, 2]
    for image, given in zip(drawn, images, strict=True):
        np.testing.assert_array_equal(image.get_array(), given)
    assert [image.get_clim() for image in drawn] == [(0, 2)] * 3 + [(-1, 9)] * 2
    assert [image.get_cmap().name for image in drawn] == ["gray_r"] * 3 + ["viridis"] * 2
    assert [text.get_text() for text in display.captions_[0]] == ["a", "b", "c"]
    ax = display.ax_
    assert (ax.get_title(), ax.get_xlabel(), ax.get_ylabel()) == ("Title", "below", "beside")
    assert [label.get_text() for label in ax.get_yticklabels()] == ["first", "second"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["x", "y", "z"]


@pytest.mark.parametrize("shape", [(4, 4), (6, 3), (2, 8)])
def test_images_keep_their_shape_and_do_not_overlap(shape):
    rows = [ImageRow([np.eye(*shape)] * 3) for _ in range(2)]
    display = ImageGridDisplay(rows=rows, title="").plot()
    boxes = boxes_of(display)
    assert len(boxes) == 6
    for left, right, top, bottom in boxes:
        assert (bottom - top) / (right - left) == pytest.approx(shape[0] / shape[1])
    for a, b in combinations(boxes, 2):
        assert a[1] < b[0] or b[1] < a[0] or a[3] < b[2] or b[3] < a[2]
    (left, right), (bottom, top) = display.ax_.get_xlim(), display.ax_.get_ylim()
    assert all(left < b[0] and b[1] < right and top < b[2] and b[3] < bottom for b in boxes)


def test_images_of_all_sizes_are_equally_wide():
    display = ImageGridDisplay(
        rows=[ImageRow([np.eye(28)]), ImageRow([np.eye(5)])], title=""
    ).plot()
    widths = [right - left for left, right, _, _ in boxes_of(display)]
    assert widths == [1, 1]


def test_captions_stand_below_their_images_and_apart():
    rows = [
        ImageRow([np.eye(8)] * 4, captions=[f"✗ name {i}: 99.9 %\n✓ other: 0.1 %"] * 4)
        for i in range(2)
    ]
    display = ImageGridDisplay(rows=rows, title="", cell_width=1.45).plot()
    display.figure_.canvas.draw()
    texts = [text.get_window_extent() for row in display.captions_ for text in row]
    images = [image.get_window_extent() for row in display.images_ for image in row]
    assert not any(a.overlaps(b) for a, b in combinations(texts, 2))
    assert not any(text.overlaps(image.padded(-1)) for text in texts for image in images)


def test_long_labels_stand_in_the_figure():
    rows = [ImageRow([np.eye(8)] * 2, label="a class with a rather long name")] * 47
    figure = ImageGridDisplay(rows=rows, title="Title").plot().figure_
    figure.canvas.draw()
    labels = [label.get_window_extent() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == 47
    assert min(box.x0 for box in labels) >= 0
    assert not any(a.overlaps(b) for a, b in combinations(labels, 2))


def test_colour_bar():
    rows = [ImageRow([np.array([[-1.0, 1.0]])])]
    figure = ImageGridDisplay(rows=rows, title="", colorbar_label="weight").plot().figure_
    assert [ax.get_ylabel() for ax in figure.axes] == ["", "weight"]
    assert figure.axes[1].get_ylim() == (-1, 1)


def test_no_image():
    display = ImageGridDisplay(rows=[], title="Nothing").plot()
    assert display.images_ == display.captions_ == []
    assert display.ax_.get_title() == "Nothing"
    display.figure_.canvas.draw()


def test_into_an_axes_of_ones_own():
    figure, (ax, _) = plt.subplots(1, 2)
    display = ImageGridDisplay(rows=[ImageRow([np.eye(3)])], title="").plot(ax=ax)
    assert (display.ax_, display.figure_) == (ax, figure)
    assert plt.get_fignums() == [figure.number]


def test_to_pictures_of_ink():
    pictures, limits = to_pictures(np.array([[[[2, 4]]], [[[3, 8]]]], dtype=np.uint8))
    assert [picture.tolist() for picture in pictures] == [[[2, 4]], [[3, 8]]]
    assert limits == (0, 8)  # paper is 0, unless there are values below
    assert to_pictures(np.array([[[[-1.0, 1.0]]]]))[1] == (-1, 1)


def test_to_pictures_of_colours():
    images = np.random.default_rng(0).uniform(-2, 6, (3, 4, 5, 6))
    pictures, limits = to_pictures(images)
    low, high = images.min(), images.max()
    np.testing.assert_allclose(pictures[1][2, 3], (images[1, :, 2, 3] - low) / (high - low))
    assert limits == (0, 1)
    assert to_pictures(np.zeros((1, 3, 2, 2)))[0][0].max() == 0


def test_to_pictures_of_too_many_channels():
    with pytest.raises(ValueError, match=r"1, 3 or 4 channels to be shown\. Got 2 channels of 5×6"):
        to_pictures(np.zeros((1, 2, 5, 6)))
