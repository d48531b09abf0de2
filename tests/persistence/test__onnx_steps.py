"""Single steps against NumPy: every pixel, not only what a network makes of it."""

import numpy as np
import pytest

from lenet_sklearn import Deskewer, ImagePreprocessor, MassCenterer
from lenet_sklearn.persistence._onnx_graph import IR_VERSION, OPSET, Graph
from lenet_sklearn.persistence._onnx_steps import add_step

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")


def run(step, X, *, rounds=False):
    """Apply a fitted step in onnxruntime."""
    graph = Graph(onnx)
    name, shape, _ = add_step(graph, "X", X.shape[1:], step, rounds=rounds)
    value = onnx.helper.make_tensor_value_info
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "test",
            [value("X", onnx.TensorProto.FLOAT, ["n", *X.shape[1:]])],
            [value(name, onnx.TensorProto.FLOAT, ["n", *shape])],
            graph.constants,
        ),
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
    )
    session = runtime.InferenceSession(proto.SerializeToString())
    return session.run(None, {"X": X.astype(np.float32)})[0]


def images(shape, dtype):
    """Strokes and blots, some of them exactly on a pixel, over the edge or not there at all."""
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 256, (200, *shape)) * (rng.random((200, *shape)) < 0.2)
    stack[0] = 0
    stack[1:4] = 0
    stack[1, ..., 0] = 255
    stack[2].flat[0] = 1
    stack[3].flat[-1] = 255
    stack[4] = 255
    return stack.astype(dtype) if dtype == np.uint8 else (stack / 255).astype(dtype)


SHAPES = [(49,), (7, 7), (6, 9), (3, 7, 8), (7, 8, 3), (45,)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32], ids=["uint8", "float32"])
@pytest.mark.filterwarnings("ignore:X has 45 features:UserWarning")
def test_centred_images_are_the_same_to_the_last_bit(shape, dtype):
    X = images(shape, dtype)
    step = MassCenterer().fit(X)
    np.testing.assert_array_equal(run(step, X), step.transform(X))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32], ids=["uint8", "float32"])
@pytest.mark.filterwarnings("ignore:X has 45 features:UserWarning")
def test_upright_images_are_the_same(shape, dtype):
    X = images(shape, dtype)
    step = Deskewer().fit(X)
    result = run(step, X, rounds=dtype == np.uint8)
    tolerance = 0 if dtype == np.uint8 else 1e-6
    np.testing.assert_allclose(result, step.transform(X), rtol=0, atol=tolerance)


@pytest.mark.parametrize("shape", SHAPES[:-1], ids=str)
@pytest.mark.parametrize(
    "step",
    [
        ImagePreprocessor(),
        ImagePreprocessor(size=(9, 12), scale="standard"),
        ImagePreprocessor(size=(4, 11), resize="bilinear", scale="lecun1998"),
        ImagePreprocessor(size=(5, 3), resize="bilinear", flatten=True),
    ],
    ids=repr,
)
def test_preprocessed_images_are_the_same(shape, step):
    X = images(shape, np.uint8)
    expected = step.fit_transform(X)
    np.testing.assert_allclose(run(step, X, rounds=True), expected, rtol=0, atol=2e-6)


def test_resampled_integers_are_not_rounded_again():
    X = images((7, 7), np.uint8)
    step = ImagePreprocessor(size=9, resize="bilinear", scale=None).fit(X)
    with pytest.raises(ValueError, match="cannot repeat exactly"):
        run(step, X, rounds=True)
    X = X.astype(np.float32)
    np.testing.assert_allclose(run(step, X), step.transform(X), rtol=1e-5, atol=1e-4)
