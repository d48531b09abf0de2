import json
import sys

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lenet_sklearn import Deskewer, ImagePreprocessor, LeNet5Classifier, MassCenterer
from lenet_sklearn.persistence import export_onnx

NEEDS_ONNX = "the extra onnx is not installed"


@pytest.fixture
def run_onnx(tmp_path):
    """Export a model, and run it in onnxruntime on some images."""
    pytest.importorskip("onnx", reason=NEEDS_ONNX)
    runtime = pytest.importorskip("onnxruntime", reason=NEEDS_ONNX)

    def run(model, X, **kwargs):
        path = tmp_path / "model.onnx"
        export_onnx(model, path, **kwargs)
        session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
        assert [(i.name, i.shape[1:]) for i in session.get_inputs()] == [("X", list(X.shape[1:]))]
        assert [o.name for o in session.get_outputs()] == ["label", "probabilities"]
        return session, session.run(None, {"X": X.astype(kwargs.get("dtype", "float32"))})

    return run


def assert_same(label, probabilities, model, X):
    expected = model.predict_proba(X)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == expected.shape
    assert np.abs(probabilities - expected).max() <= 1e-5
    assert label.tolist() == model.predict(X).tolist()


def test_digits(digits, run_onnx):
    X, X_test, y, _ = digits
    model = LeNet5Classifier(max_epochs=5, random_state=0).fit(X, y)
    session, (label, probabilities) = run_onnx(model, X_test)
    assert_same(label, probabilities, model, X_test)
    assert label.dtype == np.int64
    for n in (1, 2, 3, 4, 5):  # the graph knows nothing of the size of a batch
        label, probabilities = session.run(None, {"X": X_test[:n]})
        assert_same(label, probabilities, model, X_test[:n])


@pytest.mark.parametrize(
    ("names", "dtype"),
    [
        (np.array(list("abcdefghij")), object),
        (np.array(["ä☃", *"bcdefghij"], object), object),
        (np.arange(10, dtype=np.uint8) * 20, np.int64),
        (np.arange(10.0), np.float64),
        (np.arange(10) > 4, np.bool_),
    ],
    ids=lambda value: getattr(getattr(value, "dtype", None), "str", ""),
)
def test_labels_of_every_type(names, dtype, digits, small, run_onnx):
    X, X_test, y, _ = digits
    model = small().fit(X, names[y])
    session, (label, probabilities) = run_onnx(model, X_test)
    assert_same(label, probabilities, model, X_test)
    assert label.dtype == dtype
    properties = session.get_modelmeta().custom_metadata_map
    assert json.loads(properties["classes"]) == model.classes_.tolist()


LAYOUTS = {
    "flat": ((64,), [ImagePreprocessor(size=(12, 9))], (12, 9)),
    "no square": ((50,), [], None),
    "HW": ((8, 10), [ImagePreprocessor(size=(12, 11))], None),
    "CHW": ((3, 8, 8), [ImagePreprocessor(size=(12, 9))], None),
    "HWC": ((8, 8, 3), [ImagePreprocessor(size=(12, 9))], None),
    "HW made flat": ((8, 10), [ImagePreprocessor(flatten=True)], (8, 10)),
    "CHW made flat": ((3, 8, 8), [ImagePreprocessor(flatten=True)], (3, 8, 8)),
    "HWC made flat": ((8, 8, 3), [ImagePreprocessor(flatten=True)], (8, 8, 3)),
}


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.filterwarnings("ignore:X has 50 features:UserWarning")
def test_layouts_of_images(name, tiny, run_onnx):
    shape, steps, image_shape = LAYOUTS[name]
    X = np.random.default_rng(0).integers(0, 255, (60, *shape)).astype(np.float32)
    after = LeNet5Classifier(**tiny, image_shape=image_shape)
    model = make_pipeline(MassCenterer(), *steps, after).fit(X, np.arange(60) % 3)
    _, outputs = run_onnx(model, X)
    assert_same(*outputs, model, X)


STEPS = {
    "centred": [MassCenterer()],
    "upright": [Deskewer()],
    "all": [MassCenterer(), Deskewer(), ImagePreprocessor()],
    "padded first": [ImagePreprocessor(size=20, scale=None), Deskewer(), MassCenterer()],
    "larger": [ImagePreprocessor(size=(13, 10), resize="bilinear")],
    "smaller": [ImagePreprocessor(size=(5, 12), resize="bilinear", scale="standard")],
    "1998": ["passthrough", ImagePreprocessor(size=32, scale="lecun1998"), None],
}


@pytest.mark.parametrize("dtype", ["float32", "uint8"])
@pytest.mark.parametrize("name", STEPS)
def test_pipelines(name, dtype, digits, small, run_onnx):
    X, X_test, y, _ = digits
    X, X_test = (np.rint(images * 15.9).astype(dtype) for images in (X, X_test))
    X_test[0] = 0  # no ink
    X_test[1:3] = np.eye(8, dtype=dtype).ravel() * 7, np.eye(8, dtype=dtype)[::-1].ravel() * 200
    X_test[3, :] = [1] * 8 + [0] * 56  # ink in one row
    sizes = {"larger": (13, 10), "smaller": (5, 12)}
    after = small(image_shape=sizes.get(name))
    model = make_pipeline(*STEPS[name], after).fit(X, y)
    _, outputs = run_onnx(model, X_test, dtype=dtype)
    assert_same(*outputs, model, X_test)


def test_pixels_around_zero(digits, small, run_onnx):
    X, X_test, y, _ = digits
    X, X_test = X / 16 - 0.2, X_test / 16 - 0.2
    model = make_pipeline(MassCenterer(), Deskewer(), small()).fit(X, y)
    _, outputs = run_onnx(model, X_test)
    assert_same(*outputs, model, X_test)


def test_integers_are_rounded_where_the_model_rounds_them(digits, small, run_onnx):
    X, X_test, y, _ = digits
    X, X_test = X.astype(np.uint8), X_test.astype(np.uint8)
    model = make_pipeline(Deskewer(), ImagePreprocessor(), small()).fit(X, y)
    _, (label, probabilities) = run_onnx(model, X_test)  # fed as float32
    assert_same(label, probabilities, model, X_test)
    assert np.abs(model.predict_proba(X_test.astype(np.float32)) - probabilities).max() > 1e-3


def test_the_file_is_small_and_the_same_each_time(digits, run_onnx, tmp_path):
    X, X_test, y, _ = digits
    model = LeNet5Classifier(max_epochs=1, random_state=0).fit(X, y)
    run_onnx(model, X_test)
    first = (tmp_path / "model.onnx").read_bytes()
    export_onnx(model, tmp_path / "model.onnx")
    assert (tmp_path / "model.onnx").read_bytes() == first
    assert len(first) < 4 * model.n_parameters_ + 5000


# Errors


def test_without_onnx_the_error_names_the_extra(classifier, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"export_onnx needs .*lenet-sklearn\[onnx\]"):
        export_onnx(classifier, tmp_path / "model.onnx")
    assert not any(tmp_path.iterdir())


def test_what_cannot_be_exported_is_said(classifier, tiny, X, y, tmp_path):
    pytest.importorskip("onnx", reason=NEEDS_ONNX)
    path = tmp_path / "model.onnx"
    search = GridSearchCV(LeNet5Classifier(**tiny), {"lr": [0.01]}, cv=2).fit(X, y)
    wide = LeNet5Classifier(**tiny).fit(X, np.array([0, 1, 2**64 - 1], np.uint64)[y])
    rounding = make_pipeline(
        ImagePreprocessor(size=12, resize="bilinear", scale=None), LeNet5Classifier(**tiny)
    ).fit(X.astype(np.uint8), y)
    cases = [
        (search, TypeError, "best_estimator_"),
        (LogisticRegression(), TypeError, "Got LogisticRegression"),
        (make_pipeline(StandardScaler(), classifier), TypeError, "step 'standardscaler'.*alone"),
        (LeNet5Classifier(), NotFittedError, "not fitted"),
        (make_pipeline(MassCenterer(), classifier), NotFittedError, "not fitted"),
        (wide, TypeError, "64 bits with a sign.*astype"),
        (rounding, ValueError, r"rounds resampled integers.*scale='unit'"),
    ]
    for model, error, message in cases:
        with pytest.raises(error, match=message):
            export_onnx(model, path)
    with pytest.raises(ValueError, match=r"dtype must be among .*Got 'float64'"):
        export_onnx(classifier, path, dtype="float64")
    with pytest.raises(FileNotFoundError):
        export_onnx(classifier, tmp_path / "missing" / "model.onnx")
    assert not any(tmp_path.iterdir())
