import numpy as np
import pytest
import torch
from torch import nn

from lenet_sklearn import LeNet5
from lenet_sklearn.persistence._onnx_graph import IR_VERSION, OPSET, Graph, add_network

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
runtime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")

ACTIVATIONS = ["relu", "tanh", "scaled_tanh", "sigmoid", "gelu", "silu"]
NETWORKS = [
    *({"activation": activation} for activation in ACTIVATIONS),
    *({"pooling": pooling, "activation": "gelu"} for pooling in ("max", "avg", "subsample")),
    {"conv_channels": ()},
    {"conv_channels": (), "hidden_layer_sizes": ()},
    {"conv_channels": (4, 5, 6), "kernel_size": 3, "pooling": ("max", None, "avg")},
    {"kernel_size": 4, "padding": "same"},
    {"kernel_size": (3, 4), "padding": (2, "valid"), "dropout": 0.5},
    {"connectivity": "lecun1998", "pooling": "subsample"},
    {"connectivity": "lecun1998", "padding": "same", "kernel_size": 4},
    {"output": "rbf"},
    {"input_size": (33, 40)},
    {"input_size": (20, 40)},
    {"input_size": 20},
    {"input_size": (32, 41), "resize": "pad"},
    {
        "conv_channels": (6, 16, 120),
        "hidden_layer_sizes": (84,),
        "pooling": ("subsample", "subsample", "none"),
        "activation": "scaled_tanh",
        "connectivity": "lecun1998",
        "output": "rbf",
        "input_size": 32,
        "resize": "pad",
    },
]


@pytest.mark.parametrize("image_shape", [(1, 28, 28), (3, 29, 26)])
@pytest.mark.parametrize("params", NETWORKS, ids=str)
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_logits_are_those_of_torch(params, image_shape):
    network = LeNet5(7, image_shape, **params, generator=torch.Generator().manual_seed(0)).eval()
    network.pixel_mean.fill_(100.0)
    network.pixel_std.fill_(70.0)
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (5, *image_shape)).astype(np.float32)
    graph = Graph(onnx)
    logits = add_network(graph, "images", network)
    value = onnx.helper.make_tensor_value_info
    proto = onnx.helper.make_model(
        onnx.helper.make_graph(
            graph.nodes,
            "test",
            [value("images", onnx.TensorProto.FLOAT, ["n", *image_shape])],
            [value(logits, onnx.TensorProto.FLOAT, ["n", 7])],
            graph.constants,
        ),
        ir_version=IR_VERSION,
        opset_imports=[onnx.helper.make_opsetid("", OPSET)],
    )
    onnx.checker.check_model(proto, full_check=True)
    session = runtime.InferenceSession(proto.SerializeToString())
    with torch.inference_mode():
        expected = network(torch.from_numpy(images)).numpy()
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        session.run(None, {"images": images})[0], expected, atol=3e-6 * max(scale, 1)
    )


def test_a_layer_without_a_counterpart_is_named():
    network = LeNet5()
    network.convolutional.add_module("extra", nn.Softshrink())
    with pytest.raises(TypeError, match="Softshrink has no counterpart"):
        add_network(Graph(onnx), "images", network)
