"""Kernels are the network's weights, and maps what it computes."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn._network.layers import LECUN1998_CONNECTIONS
from lenet_sklearn.inspection import plot_feature_maps, plot_filters


def arrays(display):
    return [[np.asarray(image.get_array()) for image in row] for row in display.images_]


def labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def weights(model, name):
    return getattr(model.module_.convolutional, name).weight.detach().numpy()


def test_kernels_of_the_first_convolution(model):
    display = plot_filters(model)
    first = weights(model, "C1")
    np.testing.assert_array_equal(arrays(display)[0], first[:, 0])
    largest = np.abs(first).max()
    for image in display.images_[0]:
        np.testing.assert_allclose(image.get_clim(), (-largest, largest))
    assert display.ax_.get_title() == "Kernels of C1, 3×3: 2 maps"
    assert display.figure_.axes[1].get_ylabel() == "weight"


@pytest.mark.parametrize("layer", [1, "C3", np.int64(1)])
def test_kernels_of_the_second(model, layer):
    display = plot_filters(model, layer=layer)
    kernels = weights(model, "C3")  # (maps, maps before, 3, 3)
    np.testing.assert_array_equal(arrays(display), kernels.swapaxes(0, 1))
    ax = display.ax_
    assert ax.get_title() == "Kernels of C3, 3×3: 3 maps from 2"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("map of C3", "map of S2")
    assert labels(display) == ["0", "1"]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "1", "2"]


def test_kernels_of_colours(tiny, grey, colours):
    model = LeNet5Classifier(**tiny).fit(colours, grey[1])
    display = plot_filters(model)
    kernels = weights(model, "C1")
    for image, kernel in zip(arrays(display)[0], kernels, strict=True):
        assert image.shape == (3, 3, 3)
        assert 0 <= image.min() < image.max() <= 1
        expected = 0.5 + np.moveaxis(kernel, 0, -1) / np.abs(kernels).max() / 2
        np.testing.assert_allclose(image, expected, rtol=1e-6)
    assert "red, green and blue" in display.ax_.get_xlabel()


def test_kernels_of_four_channels_are_a_table(tiny, grey, colours):
    X = np.concatenate([colours, colours[..., :1]], axis=-1)
    display = plot_filters(LeNet5Classifier(**tiny).fit(X, grey[1]))
    assert [len(row) for row in display.images_] == [2] * 4
    assert display.ax_.get_ylabel() == "channel of the image"


def test_what_is_not_connected_stays_blank(tiny, grey):
    settings = tiny | {"conv_channels": (6, 16), "connectivity": "lecun1998"}
    display = plot_filters(LeNet5Classifier(**settings).fit(*grey), layer="C3")
    blank = np.ma.getmaskarray(
        np.ma.masked_invalid([[image.get_array() for image in row] for row in display.images_])
    )
    assert blank.shape == (6, 16, 3, 3)
    expected = [[source not in maps for maps in LECUN1998_CONNECTIONS] for source in range(6)]
    np.testing.assert_array_equal(blank.all(axis=(2, 3)), expected)
    np.testing.assert_array_equal(blank.any(axis=(2, 3)), expected)


def test_a_wide_network_shows_its_first_maps(tiny, grey):
    wide = LeNet5Classifier(**tiny | {"conv_channels": (33, 40)}).fit(*grey)
    first, second = plot_filters(wide), plot_filters(wide, layer=1)
    assert sum(len(row) for row in first.images_) == 32
    assert first.ax_.get_title() == "Kernels of C1, 3×3: 32 of 33 maps"
    assert [len(row) for row in second.images_] == [32] * 32
    assert second.ax_.get_title() == "Kernels of C3, 3×3: 32 of 40 maps from 32 of 33"
    maps = plot_feature_maps(wide, grey[0][0])
    assert labels(maps)[1::2] == ["C1, 16×16\n32 of 33 maps", "S2, 8×8\n32 of 33 maps",
                                  "C3, 8×8\n32 of 40 maps", "S4, 4×4\n32 of 40 maps"]  # fmt: skip
    assert [len(row) for row in maps.images_] == [1] + [16] * 8


@pytest.mark.parametrize("layer", [2, -1, "S2", "F5", None, True, 0.0])
def test_no_such_layer(model, layer):
    with pytest.raises(ValueError, match=r"among \['C1', 'C3'\], or its number, from 0 to 1\. Got"):
        plot_filters(model, layer=layer)


def test_no_convolution(tiny, grey):
    model = LeNet5Classifier(**tiny | {"conv_channels": ()}).fit(*grey)
    for draw in (plot_filters, lambda model: plot_feature_maps(model, grey[0][0])):
        with pytest.raises(ValueError, match=r"no convolution, .* conv_channels=\(\)\. Fit one"):
            draw(model)


@pytest.mark.parametrize("pooling", ["max", "avg", "subsample", "none"])
def test_maps_are_what_the_network_computes(tiny, grey, pooling):
    X, y = grey
    model = LeNet5Classifier(**tiny, pooling=pooling, activation="tanh").fit(X, y)
    display = plot_feature_maps(model, X[0])
    module = model.module_
    with torch.no_grad():
        values = module.prepare(torch.from_numpy(X[:1].reshape(1, 1, 8, 8)))
        first = module.convolutional.C1(values)[0].numpy()
        last = module.convolutional(values)[0].numpy()
    np.testing.assert_allclose(arrays(display)[-1], last, rtol=1e-6)
    drawn = dict(zip(labels(display), arrays(display), strict=True))
    if pooling == "max":  # its squashing function follows the pool
        np.testing.assert_allclose(drawn["C1, 16×16"], first, rtol=1e-6)
    else:
        assert np.abs(drawn["C1, 16×16"]).max() <= 1
    for row in display.images_[1:]:
        low, high = min(i.get_array().min() for i in row), max(i.get_array().max() for i in row)
        assert {image.get_clim() for image in row} == {(low, high)}
        assert row[0].get_cmap().name == "viridis"


def test_looking_changes_no_prediction(model, grey):
    X = grey[0]
    before = model.predict_proba(X)
    plot_feature_maps(model, X[0])
    plot_filters(model)
    np.testing.assert_array_equal(model.predict_proba(X), before)


def test_the_image_stands_on_top_as_the_network_sees_it(tiny, grey):
    X, y = grey
    model = LeNet5Classifier(**tiny | {"resize": "pad", "input_size": 12}).fit(X, y)
    display = plot_feature_maps(model, X[0])
    expected = np.pad(X[0].reshape(8, 8), 2)
    np.testing.assert_allclose(arrays(display)[0][0], expected, atol=1e-5)
    assert labels(display) == ["image, 12×12", "C1, 12×12", "S2, 6×6", "C3, 6×6", "S4, 3×3"]
    assert display.ax_.get_title() == "Maps of each layer"
    assert "dark" in display.ax_.get_xlabel()


@pytest.mark.parametrize("form", ["flat", "stack", "HW", "CHW", "HWC", "list"])
def test_forms_of_an_image(model, grey, form):
    X = grey[0]
    image = {
        "flat": X[3],
        "stack": X[3:4],
        "HW": X[3].reshape(8, 8),
        "CHW": X[3].reshape(1, 8, 8),
        "HWC": X[3].reshape(8, 8, 1),
        "list": X[3].tolist(),
    }[form]
    drawn, expected = arrays(plot_feature_maps(model, image)), plot_feature_maps(model, X[3])
    for row, same in zip(drawn, arrays(expected), strict=True):
        np.testing.assert_array_equal(row, same)


def test_a_row_of_a_frame(tiny, grey):
    X, y = grey
    frame = pd.DataFrame(X).add_prefix("pixel")
    model = LeNet5Classifier(**tiny).fit(frame, y)
    expected = arrays(plot_feature_maps(LeNet5Classifier(**tiny).fit(X, y), X[3]))
    drawn = arrays(plot_feature_maps(model, frame.iloc[[3]]))
    np.testing.assert_array_equal(drawn[-1], expected[-1])


def test_a_pipeline_prepares_the_image(tiny, grey):
    X, y = grey
    steps = make_pipeline(ImagePreprocessor(size=12), LeNet5Classifier(**tiny)).fit(X, y)
    expected = plot_feature_maps(steps[-1], steps[:-1].transform(X[:1]))
    display = plot_feature_maps(steps, X[0])
    for row, same in zip(arrays(display), arrays(expected), strict=True):
        np.testing.assert_array_equal(row, same)
    np.testing.assert_array_equal(arrays(plot_filters(steps))[0], weights(steps[-1], "C1")[:, 0])


def test_an_image_in_colours(tiny, grey, colours):
    model = LeNet5Classifier(**tiny).fit(colours, grey[1])
    display = plot_feature_maps(model, colours[0])
    (image,) = arrays(display)[0]
    assert image.shape == (16, 16, 3)
    assert image.max() == pytest.approx(1)


def test_bad_images(model, grey):
    X = grey[0]
    with pytest.raises(ValueError, match=r"image must be one image\. Got 2 rows"):
        plot_feature_maps(model, pd.DataFrame(X[:2]))
    with pytest.raises(ValueError, match="has 128 features"):
        plot_feature_maps(model, X[:2])
    with pytest.raises(ValueError, match="has 63 features"):
        plot_feature_maps(model, X[0, :-1])


def test_into_an_axes_of_ones_own(model, grey):
    figure, (left, right) = plt.subplots(1, 2)
    assert plot_filters(model, ax=left).ax_ is left
    assert plot_feature_maps(model, grey[0][0], ax=right).ax_ is right
    assert plt.get_fignums() == [figure.number]
