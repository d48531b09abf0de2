"""Whatever images and labels look like: a right answer, or an error of ours."""

import math
import warnings

import numpy as np
import pandas as pd
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.pipeline import make_pipeline

from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn.persistence import load_model, save_model

TINY = {
    "conv_channels": (2,),
    "kernel_size": 3,
    "hidden_layer_sizes": (4,),
    "input_size": 8,
    "max_epochs": 1,
    "batch_size": 8,
    "random_state": 0,
    "device": "cpu",
}
SIDES = st.integers(1, 9)
CHANNELS = st.sampled_from([1, 3, 4])
SAMPLES = st.one_of(
    st.tuples(st.integers(1, 70)),
    st.tuples(SIDES, SIDES),
    st.tuples(CHANNELS, SIDES, SIDES),
    st.tuples(SIDES, SIDES, CHANNELS),
)
DTYPES = st.sampled_from([*"?bBhHiIqQefdg", ">f4", ">f8", ">u2", "object"])
# What holds the array: contiguous or not, writable or not, an array or a list or a table.
CONTAINERS = st.sampled_from(
    [
        lambda X: X,
        lambda X: X.tolist(),
        np.asfortranarray,
        lambda X: np.repeat(X, 2, axis=0)[::2],
        lambda X: X[::-1].copy()[::-1],
        lambda X: np.frombuffer(X.tobytes(), X.dtype).reshape(X.shape) if X.dtype != "O" else X,
        lambda X: pd.DataFrame(X.tolist()) if X.ndim == 2 else X,
    ]
)
# Not NUL, which NumPy cuts off the ends of strings.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
LABELS = st.one_of(
    *(st.lists(kind, min_size=2, max_size=4, unique=True) for kind in (
        st.integers(-(2**40), 2**40),
        st.booleans(),
        TEXT,
        TEXT.map(np.str_),
        st.integers(-3, 3).map(float),
        st.integers(0, 200).map(np.uint8),
    ))
)  # fmt: skip
SEEDS = st.integers(0, 2**16)


def pixels(shape, dtype, seed, top=255):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 2 if dtype == "?" else min(top, 127 if dtype == "b" else top) + 1, shape)
    return X.astype(dtype)


def labels(kinds, n, seed):
    """Labels of which each occurs, in some order."""
    order = np.random.default_rng(seed).permutation(np.arange(n) % len(kinds))
    return [kinds[i] for i in order]


def refused_or(answer):
    """Return the answer; None where it was refused in words of ours."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # rows that are no square
            return answer()
    except (ValueError, TypeError) as error:
        refusal = error
    assert type(refusal) in (ValueError, TypeError)
    assert "X" in str(refusal)
    return None


@given(SAMPLES, DTYPES, CONTAINERS, LABELS, st.integers(4, 20), SEEDS)
@settings(max_examples=150)
def test_a_classifier_answers_or_refuses(sample, dtype, container, kinds, n, seed):
    X = container(pixels((n, *sample), dtype, seed))
    y = labels(kinds, n, seed)
    model = LeNet5Classifier(**TINY)
    if refused_or(lambda: model.fit(X, y)) is None:
        ambiguous = len(sample) == 3 and (sample[0] in (1, 3, 4)) == (sample[2] in (1, 3, 4))
        assert ambiguous or sample == (65,)  # nothing else here is to be refused
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        probabilities, answers = model.predict_proba(X), model.predict(X)
    assert model.n_features_in_ == math.prod(sample)
    assert set(model.classes_.tolist()) == set(np.asarray(kinds).tolist())
    assert probabilities.shape == (n, len(kinds))
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=0, atol=1e-9)
    assert answers.shape == (n,)
    assert set(answers.tolist()) <= set(y)
    np.testing.assert_array_equal(answers, model.classes_[probabilities.argmax(axis=1)])


@given(SAMPLES, DTYPES, CONTAINERS, SEEDS)
def test_how_an_array_is_held_does_not_matter(sample, dtype, container, seed):
    X, y = pixels((6, *sample), dtype, seed), [0, 1] * 3
    model, held = LeNet5Classifier(**TINY), LeNet5Classifier(**TINY)
    if refused_or(lambda: model.fit(X, y)) is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            expected = model.predict_proba(X)
            answer = held.fit(container(X), y).predict_proba(container(X))
        np.testing.assert_array_equal(answer, expected)


@given(
    SAMPLES,
    DTYPES,
    CONTAINERS,
    st.sampled_from(
        [
            MassCenterer(),
            Deskewer(),
            *(
                ImagePreprocessor(size=size, resize=resize, scale=scale, flatten=flatten)
                for size in (None, 10, (9, 12))
                for resize in ("pad", "bilinear")
                for scale in ("unit", "standard", "lecun1998", None)
                for flatten in (False, True)
            ),
        ]
    ),
    SEEDS,
)
@settings(max_examples=200)
def test_a_transformer_answers_or_refuses(sample, dtype, container, transformer, seed):
    X = container(pixels((5, *sample), dtype, seed))
    output = refused_or(lambda: clone(transformer).fit_transform(X))
    if output is None:
        ambiguous = len(sample) == 3 and (sample[0] in (1, 3, 4)) == (sample[2] in (1, 3, 4))
        assert ambiguous or sample == (65,)
        return
    assert len(output) == 5
    assert np.isfinite(output).all()
    if isinstance(transformer, ImagePreprocessor):
        flat = transformer.flatten or len(sample) == 1
        assert output.ndim == (2 if flat else 1 + len(sample))
    else:
        array = np.asarray(X)
        assert output.shape == array.shape
        assert output.dtype == (np.float64 if array.dtype == "O" else array.dtype)


@given(SAMPLES, st.sampled_from("?bBhHiIqQfd"), st.sampled_from([None, 10, (9, 12)]), SEEDS)
def test_padding_and_scaling_are_undone(sample, dtype, size, seed):
    X = pixels((5, *sample), dtype, seed)
    preprocessor = ImagePreprocessor(size=size)
    output = refused_or(lambda: preprocessor.fit_transform(X))
    if output is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            back = preprocessor.inverse_transform(output)
        assert back.dtype == X.dtype
        np.testing.assert_allclose(back, X, rtol=0, atol=1e-4)


@given(SAMPLES, st.integers(1, 3), st.booleans())
@settings(max_examples=300)
def test_a_layout_loses_no_pixel(sample, n, explicit):
    shape = (n, *sample)
    layout = refused_or(
        lambda: infer_layout(shape, sample if explicit and len(sample) > 1 else None)
    )
    if layout is None:
        assert sample == (65,) or (len(sample) == 3 and not explicit)
        return
    X = np.arange(1, 1 + math.prod(shape)).reshape(shape)
    images = layout.to_images(X)
    assert images.shape == (n, *layout.image_shape)
    assert layout.n_features == math.prod(sample)
    assert np.shares_memory(images, X) == (layout.n_features == layout.n_pixels)
    back = layout.from_images(images)
    np.testing.assert_array_equal(
        back[:, : layout.n_features].reshape(shape) if layout.flat else back, X
    )
    if explicit and len(sample) > 1:  # flat rows of the same values are the same images
        flat = infer_layout((n, layout.n_features), sample)
        np.testing.assert_array_equal(flat.to_images(X.reshape(n, -1)), images)


PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "conv_channels": st.sampled_from([(), 2, (3,), (2, 3)]),
        "kernel_size": st.sampled_from([1, 3]),
        "padding": st.sampled_from(["auto", "same", "valid", 1]),
        "pooling": st.sampled_from(["max", "avg", "subsample", None]),
        "activation": st.sampled_from(["relu", "tanh", "scaled_tanh", "sigmoid", "gelu", "silu"]),
        "hidden_layer_sizes": st.sampled_from([(), 3, (4,), [5, 3], np.array([4])]),
        "dropout": st.sampled_from([0.0, 0.25]),
        "output": st.sampled_from(["linear", "rbf"]),
        "input_size": st.sampled_from([None, 10, (9, 12)]),
        "resize": st.sampled_from(["bilinear", "pad"]),
        "optimizer": st.sampled_from(["adamw", "sgd"]),
        "lr": st.floats(1e-6, 0.1),
        "label_smoothing": st.sampled_from([0.0, 0.1]),
        "augmentation": st.sampled_from([None, "digits"]),
        "class_weight": st.sampled_from([None, "balanced"]),
        "early_stopping": st.booleans(),
        "n_iter_no_change": st.sampled_from([1, 5, np.inf]),
        "random_state": st.integers(0, 2**32 - 1),
    },
)
STEPS = st.lists(
    st.sampled_from([MassCenterer(), Deskewer(), ImagePreprocessor(size=9, resize="bilinear")]),
    max_size=2,
)


@given(
    parameters=PARAMETERS,
    steps=STEPS,
    kinds=LABELS,
    sample=st.sampled_from([(64,), (8, 8), (3, 7, 7), (7, 6, 4)]),
    seed=SEEDS,
)
@settings(max_examples=80)
def test_a_saved_model_is_the_same_model(parameters, steps, kinds, sample, seed, tmp_path):
    X, y = pixels((24, *sample), "uint8", seed), labels(kinds, 24, seed)
    model = LeNet5Classifier(**TINY | parameters)
    if steps:
        model = make_pipeline(*map(clone, steps), model)
    try:
        model.fit(X, y)
    except ValueError:  # parameters that do not go together, as layers that get too small
        reject()
    path = tmp_path / "model.safetensors"
    save_model(model, path)
    loaded = load_model(path)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    assert loaded.classes_.dtype == model.classes_.dtype
    assert loaded.classes_.tolist() == model.classes_.tolist()
    assert list(map(type, loaded.classes_.tolist())) == list(map(type, model.classes_.tolist()))
