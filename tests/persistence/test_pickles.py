"""Pickle, joblib and skops: for files that one trusts, or whose types one has looked at."""

import io
import pickle
import pickletools
import warnings
from copy import deepcopy

import joblib
import numpy as np
import pytest
import torch
from skorch.callbacks import EpochTimer

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.persistence import load_model, save_model


def by_pickle(model, folder):
    return pickle.loads(pickle.dumps(model))


def by_old_pickle(model, folder):
    return pickle.loads(pickle.dumps(model, protocol=2))


def by_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib", compress=3)
    return joblib.load(folder / "model.joblib")


def by_mapped_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib", mmap_mode="r")


def by_skops(model, folder):
    sio = pytest.importorskip("skops.io", reason="the extra skops is not installed")
    sio.dump(model, folder / "model.skops")
    untrusted = sio.get_untrusted_types(file=folder / "model.skops")
    foreign = [name for name in untrusted if not name.startswith("lenet_sklearn.")]
    assert foreign == [], "only types of this library are to be trusted"
    return sio.load(folder / "model.skops", trusted=untrusted)


def by_safetensors(model, folder):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Not saved")  # the callbacks
        save_model(model, folder / "model.safetensors")
    return load_model(folder / "model.safetensors")


WAYS = [by_pickle, by_old_pickle, by_joblib, by_mapped_joblib, by_skops, by_safetensors, deepcopy]
KINDS = ["classifier", "pipeline", "half-trained", "warm-started", "with callbacks", "strings"]


@pytest.fixture(scope="module")
def models(classifier, pipeline, tiny, X, y):
    half = LeNet5Classifier(**tiny).partial_fit(X[:20], y[:20], classes=[0, 1, 2])
    warm = LeNet5Classifier(**tiny, warm_start=True, optimizer="sgd").fit(X, y).fit(X, y)
    noted = LeNet5Classifier(**tiny, callbacks=[EpochTimer()]).fit(X, y)
    strings = LeNet5Classifier(**tiny).fit(X, np.array(["a", "b", "c"], object)[y])
    return dict(zip(KINDS, [classifier, pipeline, half, warm, noted, strings], strict=True))


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", KINDS)
def test_predictions_are_the_same_to_the_last_bit(way, kind, models, X, tmp_path):
    model = models[kind]
    if kind == "with callbacks" and way is by_skops:
        # skorch's callbacks are another library's types: whoever has some must trust them.
        model = deepcopy(model).set_params(callbacks=None)
    loaded = way(model, tmp_path) if way is not deepcopy else deepcopy(model)
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    classifier, original = (m[-1] if kind == "pipeline" else m for m in (loaded, model))
    assert classifier.history_ == original.history_
    images = X if kind != "pipeline" else loaded[:-1].transform(X)
    labels = original.classes_[np.arange(len(X)) % 3]
    n_before = classifier.n_iter_
    classifier.partial_fit(images, labels)
    assert classifier.n_iter_ == n_before + 1


@pytest.mark.parametrize("kind", KINDS)
def test_pickles_name_no_type_of_torch(kind, models):
    model = deepcopy(models[kind])
    classifier = model[-1] if kind == "pipeline" else model
    classifier.set_params(callbacks=None)  # which are the user's own
    names = {
        str(argument)
        for opcode, argument, _ in pickletools.genops(pickle.dumps(model, protocol=2))
        if opcode.name == "GLOBAL"
    }
    roots = {name.partition(".")[0].partition(" ")[0] for name in names}
    assert {"lenet_sklearn", "numpy"} <= roots <= {
        *("lenet_sklearn", "numpy", "sklearn", "copy_reg", "_codecs", "__builtin__")
    }  # fmt: skip


def test_threads_do_not_matter(classifier, X):
    content = pickle.dumps(classifier)
    n_threads = torch.get_num_threads()
    answers = []
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            loaded = pickle.loads(content)
            answers.append(loaded.predict_proba(np.tile(X, (40, 1))))
    finally:
        torch.set_num_threads(n_threads)
    np.testing.assert_array_equal(*answers)


def test_a_pickle_leaves_global_random_state_alone(classifier):
    before = torch.get_rng_state()
    pickle.load(io.BytesIO(pickle.dumps(classifier)))
    assert torch.equal(torch.get_rng_state(), before)
