"""The data of a fit: held out or given, merged or shuffled, measured once."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch

from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn._images.layout import infer_layout
from lenet_sklearn._images.statistics import measure_pixels
from lenet_sklearn._training import data as data_module
from lenet_sklearn._training.data import Randomness, Rows, Samples, TrainingData, draw_seed
from lenet_sklearn._training.recipe import make_recipe

CPU = torch.device("cpu")
CLASSES = np.arange(4)


@pytest.fixture
def samples():
    X = np.random.default_rng(0).integers(0, 256, (40, 16), dtype=np.uint8)
    return Samples(X, infer_layout(X.shape), np.arange(40) % 4)


def make(samples, validation=None, *, held_out=0.0, seed=0, pixels=None, **params):
    params = LeNet5Classifier(**{"batch_size": 8, **params}).get_params(deep=False)
    rows = Rows.choose(samples, CLASSES, held_out, seed, merge=params["augmentation"] is None)
    recipe = make_recipe(params, rows.count(samples))
    random = Randomness.from_seed(seed, CPU)
    return TrainingData.make(samples, rows, validation, recipe, random, pixels=pixels)


def images_of(batches):
    """The rows of one pass, as a sorted list."""
    return sorted(row.tolist() for images, *_ in batches for row in images.flatten(1))


def test_all_samples_are_trained_on_where_nothing_is_held_out(samples):
    data = make(samples)
    assert data.valid is None
    assert images_of(data.train) == sorted(samples.X.tolist())


def test_what_is_held_out_is_not_trained_on(samples):
    data = make(samples, held_out=0.2)
    train, valid = images_of(data.train), images_of(data.valid)
    assert (len(train), len(valid)) == (32, 8)
    assert sorted(train + valid) == sorted(samples.X.tolist())
    labels = torch.cat([y for _, y, _ in data.valid])
    assert torch.bincount(labels).tolist() == [2, 2, 2, 2]  # stratified


def test_the_seed_fixes_the_part_that_is_held_out(samples):
    parts = [images_of(make(samples, held_out=0.2, seed=seed).valid) for seed in (0, 0, 1)]
    assert parts[0] == parts[1]
    assert parts[0] != parts[2]


def test_given_validation_data_are_taken_and_nothing_else_is_held_out(samples):
    X_val = 255 - samples.X[:5].reshape(5, 4, 4)
    data = make(samples, (X_val, samples.y[:5]))
    assert images_of(data.valid) == sorted(X_val.reshape(5, 16).tolist())
    assert len(images_of(data.train)) == 40


def test_pixels_are_measured_on_what_is_trained_on(samples):
    marked = replace(samples, X=np.arange(40, dtype=np.float32)[:, None] * np.ones(16, np.float32))
    data = make(marked, held_out=0.5)
    rows = np.array([int(row[0]) for row in images_of(data.train)])
    mean, _ = data.pixels.standard()
    assert mean.item() == pytest.approx(rows.mean())
    assert mean.item() != pytest.approx(19.5)


def test_pixels_of_an_earlier_fit_are_taken_over(samples):
    pixels = measure_pixels(255 - samples.X, samples.layout, samples.y)
    assert make(samples, pixels=pixels).pixels is pixels


def test_passes_are_shuffled_and_validation_is_not(samples):
    data = make(samples, held_out=0.5)
    train = [torch.cat([y for _, y, _ in data.train]).tolist() for _ in range(2)]
    valid = [torch.cat([y for _, y, _ in data.valid]).tolist() for _ in range(2)]
    assert train[0] != train[1]
    assert valid[0] == valid[1]


def test_small_sets_merge_repeated_rows_and_one_batch_has_one_order(samples):
    times = np.where(np.arange(40) < 10, 3, 1)
    repeated = Samples(samples.X.repeat(times, 0), samples.layout, samples.y.repeat(times))
    data = make(repeated, batch_size=100)
    first, second = (next(iter(data.train)) for _ in range(2))
    assert len(first[0]) == 40
    counts = {tuple(row.tolist()): n for row, n in zip(samples.X, times, strict=True)}
    rows = [tuple(row.tolist()) for row in first[0].flatten(1).to(torch.uint8)]
    expected = np.array([counts[row] for row in rows])
    np.testing.assert_allclose(first[2] / first[2].sum(), expected / expected.sum())
    assert torch.equal(first[0], second[0])
    several = make(repeated, batch_size=10)
    assert (len(images_of(several.train)), several.train.n_batches) == (40, 4)


def test_large_sets_are_taken_as_they_are(samples, monkeypatch):
    monkeypatch.setattr(data_module, "SMALL_SET", 79)
    twice = Samples(samples.X.repeat(2, 0), samples.layout, samples.y.repeat(2))
    assert len(images_of(make(twice).train)) == 80


def test_distorted_images_are_not_merged(samples):
    twice = Samples(samples.X.repeat(2, 0), samples.layout, samples.y.repeat(2))
    data = make(twice, batch_size=100, augmentation=lambda images: images.float() + 1)
    ((images, *_),) = data.train
    assert len(images) == 80
    np.testing.assert_array_equal(images.sum(), twice.X.sum(dtype=int) + images.numel())


def test_distortions_draw_from_the_fits_generator(samples):
    first, again, other = (
        next(iter(make(samples, batch_size=50, augmentation="digits", seed=seed).train))[0]
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_validation_images_are_not_distorted(samples):
    data = make(samples, held_out=0.2, augmentation=lambda images: images * 0)
    assert set(images_of(data.train)[0]) == {0}
    assert max(images_of(data.valid)[-1]) > 0


def test_it_is_frozen(samples):
    with pytest.raises(FrozenInstanceError):
        make(samples).pixels = None


def numbers(random):
    return torch.rand(3, generator=random.order).tolist()


def test_randomness_differs_by_seed_and_by_what_went_before():
    drawn = [
        numbers(Randomness.from_seed(seed, CPU, n_before=n))
        for seed, n in [(0, 0), (0, 0), (1, 0), (0, 5)]
    ]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert drawn[0] != drawn[3]
    assert Randomness.from_seed(7, CPU, n_before=5).seed == 7  # the same part is held out again


def test_a_seed_is_drawn_from_a_random_state():
    assert draw_seed(3) == draw_seed(3) != draw_seed(4)
    state = np.random.RandomState(0)
    assert draw_seed(state) != draw_seed(state)


def test_without_a_random_state_the_global_one_is_left_alone():
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    assert draw_seed(None) != draw_seed(None)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002


def test_small_images_are_resized_once_and_give_the_same_batches(samples):
    network = LeNet5(4, (1, 4, 4), input_size=12, conv_channels=(), generator=torch.Generator())
    data, kept = make(samples), make(samples).resized_for(network)
    for (images, *rest), (resized, *others) in zip(data.train, kept.train, strict=True):
        assert resized.shape[-2:] == (12, 12)
        assert torch.equal(network.resize(images), resized)
        assert rest[0].equal(others[0])


@pytest.mark.parametrize("params", [{"augmentation": "digits"}, {"augmentation": lambda x: x}])
def test_images_that_are_distorted_first_are_not_resized_before(samples, params):
    network = LeNet5(4, (1, 4, 4), input_size=12, conv_channels=(), generator=torch.Generator())
    data = make(samples, **params)
    assert data.resized_for(network) is data
