"""Maps lie over the images as given, depend on what the network learned, and point at evidence."""

import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from sklearn.svm import SVC

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier, load_pretrained
from lenet_sklearn.inspection import explain
from lenet_sklearn.inspection._attributions import METHODS
from lenet_sklearn.preprocessing import Deskewer, MassCenterer

pytest.importorskip("captum")
METHOD = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(scope="module")
def reader(digits):
    """A classifier that reads digits."""
    X, _, y, _ = digits
    return LeNet5Classifier(max_epochs=8, random_state=0, device="cpu").fit(X, y)


def at_random(model):
    """Return a copy of the model with new random weights."""
    other = LeNet5Classifier(**model.get_params())
    other.__dict__.update(model.__dict__)
    other.net_ = type(model.net_).__new__(type(model.net_))
    other.net_.__setstate__(model.net_.__getstate__())
    other.module_.reset_parameters(torch.Generator().manual_seed(1))
    return other


# What the maps show


@METHOD
def test_maps_depend_on_the_weights(reader, digits, method):
    """The randomisation test of Adebayo et al., "Sanity checks for saliency maps" (2018)."""
    X = digits[1][:40]
    target = reader.predict(X)
    maps = explain(reader, X, method=method, target=target).reshape(40, -1)
    drawn = explain(at_random(reader), X, method=method, target=target).reshape(40, -1)
    varied = (np.ptp(maps, axis=1) > 0) & (np.ptp(drawn, axis=1) > 0)
    assert varied.mean() > 0.8
    pairs = zip(maps[varied], drawn[varied], strict=True)
    assert np.mean([spearmanr(*pair).statistic for pair in pairs]) <= 0.3


@pytest.mark.parametrize(
    ("method", "most"),
    [("gradcam", 0.85), ("integrated_gradients", 0.5), ("occlusion", 0.6)],
)
def test_important_pixels_removed_first_lower_the_probability_faster(like_mnist, method, most):
    """On 28×28 pixels: on 8×8, a unit of the last convolution sees almost the whole image."""
    model, X = load_pretrained("mnist"), like_mnist[0][:40]
    predicted = model.predict_proba(X).argmax(axis=1)

    def area(importance):
        order = np.argsort(-importance, axis=1, kind="stable")
        kept = []
        for n_removed in range(0, 784, 49):
            left = X.copy()
            np.put_along_axis(left, order[:, :n_removed], 0, axis=1)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # nearly empty images
                proba = model.predict_proba(left)
            kept.append(proba[np.arange(len(X)), predicted])
        return np.mean(kept)

    rng = np.random.default_rng(0)
    by_chance = np.mean([area(rng.random(X.shape)) for _ in range(3)])
    assert area(explain(model, X, method=method).reshape(40, -1)) <= most * by_chance


@METHOD
def test_another_class_has_another_map(reader, digits, method):
    X = digits[1][:10]
    three, four = (explain(reader, X, method=method, target=label) for label in (3, 4))
    assert not np.allclose(three, four)
    mixed = explain(reader, X, method=method, target=[3] * 5 + [4] * 5)
    np.testing.assert_allclose(mixed, np.concatenate([three[:5], four[5:]]), rtol=1e-4, atol=1e-5)


def test_the_background_of_dark_digits_on_bright_paper_is_bright(digits, tiny):
    X, X_test, y, _ = digits
    model = LeNet5Classifier(**tiny).fit(16 - X, y)
    maps = explain(model, 16 - X_test[:20], method="integrated_gradients")
    paper = X_test[:20].reshape(-1, 8, 8) == 0
    assert (maps[paper] == 0).all()
    assert (maps[~paper] != 0).mean() > 0.9


# Their form, and what they leave alone


@METHOD
@pytest.mark.parametrize("form", ["flat", "HW", "CHW", "HWC", "list", "uint8"])
def test_forms_of_x(model, grey, method, form):
    X = grey[0][:4]
    given = {
        "flat": X,
        "HW": X.reshape(-1, 8, 8),
        "CHW": X.reshape(-1, 1, 8, 8),
        "HWC": X.reshape(-1, 8, 8, 1),
        "list": X.tolist(),
        "uint8": X.astype(np.uint8),
    }[form]
    maps = explain(model, given, method=method)
    assert (maps.shape, maps.dtype) == ((4, 8, 8), np.float32)
    np.testing.assert_allclose(maps, explain(model, X, method=method), rtol=1e-4, atol=1e-6)


@METHOD
def test_colours(tiny, colours, grey, method):
    model = LeNet5Classifier(**tiny, image_shape=(8, 8, 3)).fit(colours, grey[1])
    maps = explain(model, colours[:5], method=method)
    assert maps.shape == (5, 8, 8)
    flat = explain(model, colours[:5].reshape(5, -1), method=method)
    np.testing.assert_array_equal(flat, maps)


@METHOD
def test_nothing_is_changed(model, grey, state, changed, method):
    X = grey[0][:5].copy()
    before, proba, given = state(model), model.predict_proba(X), X.copy()
    numpy_state, torch_state = np.random.get_state()[1].copy(), torch.get_rng_state()  # noqa: NPY002
    explain(model, X, method=method)
    assert not changed(before, state(model))
    np.testing.assert_array_equal(model.predict_proba(X), proba)
    np.testing.assert_array_equal(X, given)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)
    modules = list(model.module_.modules())
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in modules)
    assert not any(each.training for each in modules)
    assert all(p.grad is None or not p.grad.isnan().any() for p in model.module_.parameters())


def test_two_classes_with_names(tiny, grey):
    X, y = grey
    names = np.array(["cat", "dog"])
    model = LeNet5Classifier(**tiny).fit(X, names[(y == 1).astype(int)])
    cat, dog = (explain(model, X[:6], method="saliency", target=name) for name in names)
    assert not np.allclose(cat, dog)
    predicted = explain(model, X[:6], method="saliency")
    expected = np.where((model.predict(X[:6]) == "dog")[:, None, None], dog, cat)
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)


@METHOD
def test_one_image(model, grey, method):
    X = grey[0][:2]
    expected = explain(model, X, method=method)[:1]
    np.testing.assert_allclose(explain(model, X[:1], method=method), expected, rtol=1e-4, atol=1e-6)


def test_many_images_come_in_batches(model, grey):
    X = np.concatenate([grey[0]] * 5)[:257]  # the last batch is a single image
    maps = explain(model, X)
    np.testing.assert_allclose(maps[240:], maps[:17], rtol=1e-4, atol=1e-6)


# Pipelines


@METHOD
def test_steps_that_move_nothing(tiny, grey, method):
    X, y = grey
    steps = make_pipeline("passthrough", ImagePreprocessor(), LeNet5Classifier(**tiny)).fit(X, y)
    maps = explain(steps, pd.DataFrame(X[:5]), method=method)
    expected = explain(steps[-1], steps[:-1].transform(X[:5]), method=method)
    np.testing.assert_allclose(maps, expected, rtol=1e-5)


@METHOD
def test_maps_follow_an_image_that_is_shifted(digits, tiny, method):
    X, X_test, y, _ = digits
    X, X_test = (np.pad(each.reshape(-1, 8, 8), ((0, 0), (6, 6), (6, 6))) for each in (X, X_test))
    steps = make_pipeline(
        MassCenterer(), Deskewer(), ImagePreprocessor(size=24),
        LeNet5Classifier(**tiny),
    ).fit(X, y)  # fmt: skip
    here = explain(steps, X_test[:5], method=method)
    assert here.shape == (5, 20, 20)
    there = explain(steps, np.roll(X_test[:5], (3, -2), axis=(1, 2)), method=method)
    # Away from the border, where pixels leave the image.
    moved = np.roll(here, (3, -2), axis=(1, 2))[:, 5:15, 5:15]
    assert moved.max() > 0
    np.testing.assert_allclose(there[:, 5:15, 5:15], moved, rtol=1e-3, atol=1e-5)


def test_a_resized_image_keeps_level_and_sum(digits, tiny):
    X, X_test, y, _ = digits
    steps = make_pipeline(ImagePreprocessor(size=20, resize="bilinear"),
                          LeNet5Classifier(**tiny))  # fmt: skip
    steps.fit(X, y)
    large = steps[:-1].transform(X_test[:20])
    for method in METHODS:
        maps = explain(steps, X_test[:20], method=method)
        assert maps.shape == (20, 8, 8)
        expected = explain(steps[-1], large, method=method)
        if method == "integrated_gradients":
            sums = expected.sum((1, 2))
            np.testing.assert_allclose(maps.sum((1, 2)), sums, rtol=1e-4, atol=1e-4)
        else:
            assert maps.min() >= expected.min() - 1e-6
            assert 0.5 * expected.max() < maps.max() <= expected.max() + 1e-6


# Errors


def test_another_step(tiny, grey):
    X, y = grey
    steps = make_pipeline(MinMaxScaler(), LeNet5Classifier(**tiny)).fit(X, y)
    message = (r"not the step 'minmaxscaler', a MinMaxScaler\. .* "
               r"explain\(model\[-1\], model\[:-1\]\.transform\(X\)\)")  # fmt: skip
    with pytest.raises(TypeError, match=message):
        explain(steps, X)
    assert explain(steps[-1], steps[:-1].transform(X)).shape == (60, 8, 8)


def test_no_convolution(tiny, grey):
    X, y = grey
    model = LeNet5Classifier(**tiny | {"conv_channels": ()}).fit(X, y)
    message = r"needs a convolution, .* conv_channels=\(\)\. .*'integrated_gradients', 'occlusion'"
    with pytest.raises(ValueError, match=message):
        explain(model, X)
    for method in set(METHODS) - {"gradcam"}:
        assert explain(model, X[:3], method=method).shape == (3, 8, 8)


@pytest.mark.parametrize("target", [7, "1", [0, 1, 7, 0], None])
def test_no_such_class(model, grey, target):
    target = [0, 1, None, 2] if target is None else target
    with pytest.raises(
        ValueError, match=r"among the classes .* knows, \[0, 1, 2\]\. Got (7|'1'|N)"
    ):
        explain(model, grey[0][:4], target=target)


@pytest.mark.parametrize("target", [[0], [0] * 3, np.zeros((4, 1), int), np.zeros((4, 3), int)])
def test_one_target_for_each_image(model, grey, target):
    with pytest.raises(ValueError, match=r"one label for each of the 4 images\. Got an array of"):
        explain(model, grey[0][:4], target=target)


@pytest.mark.parametrize("method", ["lime", None, 3])
def test_no_such_method(model, grey, method):
    with pytest.raises(ValueError, match=r"method must be among \('gradcam', .*\)\. Got "):
        explain(model, grey[0], method=method)


def test_not_ours_and_not_fitted(grey):
    with pytest.raises(TypeError, match=r"must be a LeNet5Classifier, .* Got SVC\."):
        explain(SVC(), grey[0])
    with pytest.raises(NotFittedError):
        explain(LeNet5Classifier(), grey[0])


def test_without_captum_the_extra_is_named(model, grey, monkeypatch):
    monkeypatch.setitem(sys.modules, "captum.attr", None)
    with pytest.raises(ImportError, match=r"^explain needs .*'captum'.*lenet-sklearn\[explain\]"):
        explain(model, grey[0])
