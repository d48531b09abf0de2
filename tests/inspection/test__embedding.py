"""The points are scikit-learn's embedding of the features; mistakes are ringed."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.inspection import EmbeddingDisplay, plot_embedding


def drawn(display):
    """Return all points of the classes, in the order of the classes."""
    return np.concatenate([points.get_offsets() for points in display.scatters_.values()])


def names(display):
    return [text.get_text() for text in display.legend_.get_texts()]


def test_pca_of_the_features(model, grey):
    X, y = grey
    display = plot_embedding(model, X, y)
    pca = PCA(2, svd_solver="full").fit(model.transform(X).astype(float))
    points = pca.transform(model.transform(X).astype(float))
    np.testing.assert_allclose(display.points, points, atol=1e-6)
    for label, scatter in enumerate(display.scatters_.values()):
        np.testing.assert_allclose(scatter.get_offsets(), points[y == label], atol=1e-6)
    first, second = (f"{100 * share:.0f}" for share in pca.explained_variance_ratio_)
    assert display.ax_.get_xlabel() == f"component 1 ({first} % of the variance)"
    assert display.ax_.get_ylabel() == f"component 2 ({second} % of the variance)"


def test_mistakes_are_ringed(model, grey):
    X, y = grey
    display = plot_embedding(model, X, y)
    wrong = model.predict(X) != y
    assert 1 < wrong.sum() < 60
    np.testing.assert_array_equal(display.rings_.get_offsets(), display.points[wrong])
    assert display.rings_.get_facecolors().size == 0
    title = f"Last hidden layer by PCA: 60 images, {wrong.sum()} mistakes"
    assert display.ax_.get_title() == title
    assert names(display) == ["0", "1", "2", "mistake"]

    right = plot_embedding(model, X, model.predict(X))
    assert right.rings_ is None
    assert right.ax_.get_title().endswith("60 images, no mistake")
    assert "mistake" not in names(right)


def test_tsne(digits, small):
    X, X_test, y, y_test = digits
    model = small(max_epochs=5).fit(X, y)
    first, again = (
        plot_embedding(model, X_test[:60], y_test[:60], method="tsne", random_state=0)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first.points, again.points)
    assert first.ax_.get_xlabel() == "t-SNE 1"
    assert "by t-SNE: 60 images" in first.ax_.get_title()
    # Most images are nearest to one of their class.
    distances = np.linalg.norm(first.points[:, None] - first.points, axis=2)
    np.fill_diagonal(distances, np.inf)
    assert (first.classes[distances.argmin(axis=1)] == first.classes).mean() > 0.6


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("n", [3, 4, 7])
def test_few_images(model, grey, method, n):
    X, y = grey
    display = plot_embedding(model, X[:n], y[:n], method=method, random_state=0)
    assert display.points.shape == (n, 2)
    assert np.isfinite(display.points).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_features_without_spread(tiny, grey, method):
    X, y = grey
    one = LeNet5Classifier(**{**tiny, "hidden_layer_sizes": (1,)}).fit(X, y)
    assert plot_embedding(one, X[:20], y[:20], method=method).points.shape == (20, 2)
    same = plot_embedding(one, np.repeat(X[:1], 5, axis=0), y[:5], method=method)
    assert not same.points.any()


def test_of_many_images_a_sample_is_drawn(model, grey, monkeypatch):
    X, y = grey
    monkeypatch.setattr("lenet_sklearn.inspection._embedding._MOST_POINTS", 20)
    first, again, other = (plot_embedding(model, X, y, random_state=seed) for seed in (0, 0, 1))
    assert "20 of 60 images" in first.ax_.get_title()
    assert first.points.shape == (20, 2)
    np.testing.assert_array_equal(first.points, again.points)
    assert not np.array_equal(first.classes, other.classes)
    assert first.wrong.sum() <= (model.predict(X) != y).sum()


def test_a_sample_of_a_table_keeps_its_names(tiny, grey, monkeypatch):
    X, y = grey
    frame = pd.DataFrame(X).add_prefix("pixel")
    model = LeNet5Classifier(**tiny).fit(frame, y)
    monkeypatch.setattr("lenet_sklearn.inspection._embedding._MOST_POINTS", 20)
    table = plot_embedding(model, frame, y, random_state=0)  # without a warning
    array = plot_embedding(LeNet5Classifier(**tiny).fit(X, y), X, y, random_state=0)
    np.testing.assert_allclose(table.points, array.points, atol=1e-5)


def test_a_pipeline(tiny, grey):
    X, y = grey
    pipeline = make_pipeline(ImagePreprocessor(), LeNet5Classifier(**tiny)).fit(X, y)
    features = pipeline[-1].transform(pipeline[0].transform(X)).astype(float)
    points = PCA(2, svd_solver="full").fit_transform(features)
    np.testing.assert_allclose(plot_embedding(pipeline, X, y).points, points, atol=1e-6)


def test_names_and_classes_that_are_absent(model, grey):
    X, y = grey
    display = plot_embedding(model, X[y > 0], y[y > 0], display_labels=["no", "perhaps", "yes"])
    assert list(display.scatters_) == ["perhaps", "yes"]
    whole = plot_embedding(model, X, y, display_labels=["no", "perhaps", "yes"])
    # A class keeps its colour whatever the other classes.
    for name, scatter in display.scatters_.items():
        np.testing.assert_array_equal(
            scatter.get_facecolors(), whole.scatters_[name].get_facecolors()
        )


def test_each_class_has_its_own_colour_and_marker():
    codes = np.arange(62)
    display = EmbeddingDisplay(
        points=np.random.default_rng(0).random((62, 2)), classes=codes, wrong=codes < 0,
        names=[f"class {code}" for code in codes],
    ).plot()  # fmt: skip
    looks = [
        (to_hex(s.get_facecolors()[0]), s.get_paths()[0].vertices.tobytes())
        for s in display.scatters_.values()
    ]
    assert len({colour for colour, _ in looks[:10]}) == 10
    assert len({marker for _, marker in looks[:10]}) == 10
    assert len(set(looks)) == 62


@pytest.mark.parametrize("n_classes", [3, 62])
def test_the_legend_is_beside_the_points_and_in_the_figure(n_classes):
    codes = np.arange(n_classes)
    display = EmbeddingDisplay(
        points=np.random.default_rng(0).random((n_classes, 2)), classes=codes, wrong=codes == 0,
        names=[f"class {code}" for code in codes],
    ).plot()  # fmt: skip
    display.figure_.draw_without_rendering()
    legend, figure = display.legend_.get_window_extent(), display.figure_.bbox
    assert legend.x0 >= display.ax_.get_window_extent().x1
    assert legend.x1 <= figure.x1
    assert figure.y0 <= legend.y0 < legend.y1 <= figure.y1


def test_an_axes_of_ones_own(model, grey):
    _, ax = plt.subplots()
    assert plot_embedding(model, *grey, ax=ax).ax_ is ax


def test_bad_input(model, grey):
    X, y = grey
    with pytest.raises(ValueError, match=r"method must be among \['pca', 'tsne'\]\. Got 'umap'"):
        plot_embedding(model, X, y, method="umap")
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        plot_embedding(model, X, y[:-1])
    with pytest.raises(ValueError, match="y must hold labels that the model knows"):
        plot_embedding(model, X, y + 1)
    with pytest.raises(ValueError, match="one name for each of the 3 classes"):
        plot_embedding(model, X, y, display_labels=["a"])
    with pytest.raises(ValueError, match="minimum of 3 is required"):
        plot_embedding(model, X[:2], y[:2])
