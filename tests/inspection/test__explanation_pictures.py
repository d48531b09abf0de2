"""Maps are drawn over their images, with what was predicted."""

import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import make_pipeline

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.inspection import explain, plot_explanation
from lenet_sklearn.preprocessing import MassCenterer

pytest.importorskip("captum")


def maps_of(display):
    return [[np.ma.filled(image.get_array(), np.nan) for image in row] for row in display.images_]


def labels(display):
    return [label.get_text() for label in display.ax_.get_yticklabels()]


def test_one_row_for_each_image_and_one_column_for_each_method(model, grey):
    X = grey[0]
    display = plot_explanation(model, X, methods=["gradcam", "occlusion"], n=3)
    drawn = maps_of(display)
    assert [len(row) for row in drawn] == [3] * 3
    for column, method in enumerate(["gradcam", "occlusion"], start=1):
        for row, values in zip(drawn, explain(model, X[:3], method=method), strict=True):
            positive = np.maximum(values, 0)
            np.testing.assert_allclose(row[column] * positive.max(), positive, rtol=1e-5)
            assert row[column].max() in (0, 1)
    assert all(np.isnan(row[0]).all() for row in drawn)
    ax = display.ax_
    assert [text.get_text() for text in ax.get_xticklabels()] == ["image", "Grad-CAM", "occlusion"]
    assert ax.get_title() == "Pixels that matter to the predicted class"
    image = display.images_[0][1]
    assert image.get_cmap().name == "viridis"
    assert image.get_clim() == (0, 1)
    assert 0 < image.get_alpha() < 1
    assert "importance" in display.figure_.axes[1].get_ylabel()


def test_the_image_lies_below(model, grey):
    X = grey[0][:2]
    display = plot_explanation(model, X, methods="saliency")
    below = [image for image in display.ax_.images if image.get_alpha() is None]
    assert len(below) == 4
    for image, pixels in zip(below, [X[0], X[0], X[1], X[1]], strict=True):
        np.testing.assert_allclose(image.get_array(), pixels.reshape(8, 8) / X.max())
        assert image.get_cmap().name == "gray_r"
    above = [image for row in display.images_ for image in row]
    assert [image.get_extent() for image in below] == [image.get_extent() for image in above]


def test_captions_name_the_prediction(model, grey):
    X, names = grey[0][:4], ["left", "middle", "right"]
    proba = model.predict_proba(X)
    display = plot_explanation(model, X, methods="saliency", display_labels=names)
    assert labels(display) == [f"predicted {names[p.argmax()]}: {100 * p.max():.1f} %"
                               for p in proba]  # fmt: skip


def test_captions_name_another_explained_class(model, grey):
    X = grey[0][:6]
    proba = model.predict_proba(X)
    display = plot_explanation(model, X, methods="saliency", target=1)
    for label, p in zip(labels(display), proba, strict=True):
        explained = f"\nexplained 1: {100 * p[1]:.1f} %" if p.argmax() != 1 else ""
        assert label == f"predicted {p.argmax()}: {100 * p.max():.1f} %" + explained
    assert display.ax_.get_title() == "Pixels that matter to 1"
    target = [0, 1, 2, 0, 1, 2]
    display = plot_explanation(model, X, methods="saliency", target=target, n=2)
    assert len(display.images_) == 2
    assert display.ax_.get_title() == "Pixels that matter to the given class of each image"
    expected = explain(model, X[:2], method="saliency", target=[0, 1])
    np.testing.assert_allclose(maps_of(display)[1][1], expected[1] / expected[1].max(), rtol=1e-5)


def test_colours_are_grey_below_the_maps(tiny, grey, colours):
    model = LeNet5Classifier(**tiny).fit(colours, grey[1])
    display = plot_explanation(model, colours, methods="gradcam", n=1)
    image, below = (each for each in display.ax_.images if each.get_alpha() is None)
    assert image.get_array().shape == (8, 8, 3)
    assert below.get_array().shape == (8, 8)
    brightest = np.unravel_index(below.get_array().argmin(), (8, 8))
    assert colours[0][brightest].sum() == colours[0].sum(-1).max()


def test_a_pipeline_and_a_frame(tiny, grey):
    X, y = grey
    steps = make_pipeline(MassCenterer(), LeNet5Classifier(**tiny)).fit(X, y)
    display = plot_explanation(steps, pd.DataFrame(X), methods="saliency", n=2)
    values = explain(steps, X[:2], method="saliency")
    np.testing.assert_allclose(maps_of(display)[1][1], values[1] / values[1].max(), rtol=1e-5)
    np.testing.assert_allclose(display.ax_.images[0].get_array(), X[0].reshape(8, 8) / X[:2].max())


def test_into_an_axes_of_ones_own(model, grey):
    figure, ax = plt.subplots()
    assert plot_explanation(model, grey[0], ax=ax, n=1, methods="saliency").ax_ is ax
    assert plt.get_fignums() == [figure.number]


def test_nothing_is_cut_off(model, grey):
    long = ["a very long name of a class", "b", "c"]
    display = plot_explanation(model, grey[0], n=2, target=1, methods="integrated_gradients",
                               display_labels=long)  # fmt: skip
    figure = display.figure_
    figure.canvas.draw()
    box = figure.bbox
    texts = [display.ax_.title, *display.ax_.get_xticklabels(), *display.ax_.get_yticklabels(),
             figure.axes[1].yaxis.label]  # fmt: skip
    for text in texts:
        extent = text.get_window_extent()
        assert box.x0 <= extent.x0 < extent.x1 <= box.x1, text
        assert box.y0 <= extent.y0 < extent.y1 <= box.y1, text


@pytest.mark.parametrize("methods", [[], "lime", ["gradcam", "lime"]])
def test_methods_must_be_known(model, grey, methods):
    with pytest.raises(ValueError, match=r"methods must hold one or more of \('gradcam', .* Got"):
        plot_explanation(model, grey[0], methods=methods)


def test_other_bad_arguments(model, grey):
    X = grey[0][:5]
    with pytest.raises(ValueError, match=r"n must be an integer of 1 or more\. Got 0"):
        plot_explanation(model, X, n=0)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        plot_explanation(model, X, target=[0, 1])
    with pytest.raises(ValueError, match="display_labels must hold one name for each of the 3"):
        plot_explanation(model, X, display_labels=["a"])
    with pytest.raises(ValueError, match="target must be among the classes"):
        plot_explanation(model, X, target="x")


def test_without_captum_the_extra_is_named(model, grey, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ImportError, match=r"^explain needs .*lenet-sklearn\[explain\]"):
        plot_explanation(model, grey[0])
