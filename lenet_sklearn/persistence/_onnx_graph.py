"""An ONNX graph that is built operator by operator, and the network as operators."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from torch import Tensor, nn

from lenet_sklearn._images.geometry import _bilinear_weights
from lenet_sklearn._network.layers import (
    Dropout,
    EuclideanRBF,
    FullLayer,
    ScaledTanh,
    SparseConv2d,
    Subsampling,
)
from lenet_sklearn._training.losses import IMPROBABLE
from lenet_sklearn.networks import LeNet5

# All versions of onnxruntime that this library allows can read this opset.
OPSET, IR_VERSION = 17, 8


class Graph:
    """Nodes and constants in the order in which they were added; `onnx` is the package."""

    def __init__(self, onnx: ModuleType) -> None:
        self._onnx = onnx
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def constant(self, value: Any) -> str:
        """Add an array; return its name."""
        name = f"c{len(self.constants)}"
        self.constants.append(self._onnx.numpy_helper.from_array(np.asarray(value), name))
        return name

    def add(self, operator: str, *inputs: Any, output: str = "", **attributes: Any) -> str:
        """Add an operator; return the name of its output.

        Parameters
        ----------
        operator : str
            Name of the operator in ONNX.
        *inputs : str or array-like
            Names of inputs, or values of constants.
        output : str, default=""
            Name of the output. "" means a free name.
        **attributes
            Attributes of the operator in ONNX.
        """
        names = [x if isinstance(x, str) else self.constant(x) for x in inputs]
        output = output or f"{operator}_{len(self.nodes)}"
        self.nodes.append(self._onnx.helper.make_node(operator, names, [output], **attributes))
        return output

    def cast(self, x: str, dtype: str, **options: str) -> str:
        """Cast to a NumPy dtype."""
        number = int(self._onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))
        return self.add("Cast", x, to=number, **options)

    def reshape(self, x: str, *sample_shape: int) -> str:
        """Give each sample another shape; -1 stands for the remaining size."""
        return self.add("Reshape", x, np.array([0, *sample_shape]))

    def resample(self, images: str, old: tuple[int, int], new: tuple[int, int]) -> str:
        """Resize images bilinearly, as `geometry.resample` does."""
        rows, columns = (
            _bilinear_weights(a, b).astype(np.float32) for a, b in zip(old, new, strict=True)
        )
        return self.add("MatMul", rows, self.add("MatMul", images, columns.T))

    def pad(self, images: str, old: tuple[int, int], new: tuple[int, int]) -> str:
        """Centre images on a larger canvas of zeros; an odd row or column goes to the end."""
        top, left = ((b - a) // 2 for a, b in zip(old, new, strict=True))
        borders = [0, 0, top, left, 0, 0, new[0] - old[0] - top, new[1] - old[1] - left]
        return self.add("Pad", images, np.array(borders))


def add_network(graph: Graph, images: str, module: LeNet5) -> str:
    """Add a network to (n, C, H, W) float32 `images`; return the name of its logits."""
    architecture = module.architecture
    old, new = architecture.image_shape[1:], architecture.network_input
    if old != new:
        resize = graph.pad if architecture.resize == "pad" else graph.resample
        images = resize(images, old, new)
    x = graph.add("Sub", images, _array(module.pixel_mean))
    x = graph.add("Div", x, _array(module.pixel_std))
    for layer in module.convolutional:
        x = _add_layer(graph, x, layer)
    x = graph.add("Flatten", x)
    for layer in [*module.hidden, module.output]:
        x = _add_layer(graph, x, layer)
    return x


def add_probabilities(graph: Graph, logits: str, smoothing: float, n_classes: int) -> None:
    """Add the output "probabilities", as `to_proba` computes it."""
    if not smoothing:
        graph.add("Softmax", logits, axis=1, output="probabilities")
        return
    x = graph.add("Softmax", graph.cast(logits, "float64"), axis=1)
    x = graph.add("Sub", x, np.float64(smoothing / n_classes))
    root = graph.add("Sqrt", graph.add("Add", graph.add("Mul", x, x), 4 * IMPROBABLE**2))
    x = graph.add("Add", x, root)
    x = graph.add("Div", x, graph.add("ReduceSum", x, np.array([1]), keepdims=1))
    graph.cast(x, "float32", output="probabilities")


def _array(tensor: Tensor) -> np.ndarray:
    return np.ascontiguousarray(tensor.detach().cpu().numpy())


def _add_layer(graph: Graph, x: str, layer: nn.Module) -> str:
    if type(layer) not in _LAYERS:
        raise TypeError(f"{type(layer).__name__} has no counterpart in ONNX here.")
    return _LAYERS[type(layer)](graph, x, layer)


def _conv2d(graph: Graph, x: str, layer: nn.Conv2d) -> str:
    assert layer.bias is not None
    return _convolution(graph, x, layer.weight, layer.bias, layer.padding)


def _sparse_conv2d(graph: Graph, x: str, layer: SparseConv2d) -> str:
    return _convolution(graph, x, layer.dense_weight(), layer.bias, layer.padding)


def _convolution(graph: Graph, x: str, weight: Tensor, bias: Tensor, padding: Any) -> str:
    if padding == "same":  # an even kernel needs one more zero at the end
        total = weight.shape[-1] - 1
        before, after = total // 2, total - total // 2
    else:
        before = after = padding if isinstance(padding, int) else padding[0]
    pads = [before, before, after, after]
    return graph.add("Conv", x, _array(weight), _array(bias), pads=pads)


def _max_pool(graph: Graph, x: str, layer: nn.Module) -> str:
    return graph.add("MaxPool", x, kernel_shape=[2, 2], strides=[2, 2])


def _avg_pool(graph: Graph, x: str, layer: nn.Module) -> str:
    return graph.add("AveragePool", x, kernel_shape=[2, 2], strides=[2, 2])


def _subsampling(graph: Graph, x: str, layer: Subsampling) -> str:
    weight, bias = (_array(p).reshape(-1, 1, 1) for p in (layer.weight, layer.bias))
    return graph.add("Add", graph.add("Mul", _avg_pool(graph, x, layer), 4 * weight), bias)


def _squash(operator: str, inside: float = 1.0, outside: float = 1.0) -> Callable[..., str]:
    """Compute outside × operator(inside × x) in float64.

    In float32, onnxruntime's approximations have larger errors, and the distances of RBF outputs
    increase these errors.
    """

    def add(graph: Graph, x: str, layer: nn.Module) -> str:
        x = graph.cast(x, "float64")
        x = x if inside == 1 else graph.add("Mul", x, np.float64(inside))
        x = graph.add(operator, x)
        x = x if outside == 1 else graph.add("Mul", x, np.float64(outside))
        return graph.cast(x, "float32")

    return add


def _gelu(graph: Graph, x: str, layer: nn.Module) -> str:
    tail = graph.add("Erf", graph.add("Mul", x, np.float32(0.5**0.5)))
    share = graph.add("Mul", graph.add("Add", tail, np.float32(1)), np.float32(0.5))
    return graph.add("Mul", x, share)


def _silu(graph: Graph, x: str, layer: nn.Module) -> str:
    return graph.add("Mul", x, graph.add("Sigmoid", x))


def _linear(graph: Graph, x: str, layer: FullLayer) -> str:
    return graph.add("Gemm", x, _array(layer.weight), _array(layer.bias), transB=1)


def _rbf(graph: Graph, x: str, layer: EuclideanRBF) -> str:
    # In float64: distances are large, and their rounding errors would change the probabilities.
    x = graph.cast(graph.add("Unsqueeze", x, np.array([1])), "float64")
    away = graph.add("Sub", x, _array(layer.codes).astype(np.float64))
    distance = graph.add("ReduceSum", graph.add("Mul", away, away), np.array([2]), keepdims=0)
    return graph.cast(graph.add("Neg", distance), "float32")


_LAYERS: dict[type[nn.Module], Callable[[Graph, str, Any], str]] = {
    nn.Conv2d: _conv2d,
    SparseConv2d: _sparse_conv2d,
    nn.MaxPool2d: _max_pool,
    nn.AvgPool2d: _avg_pool,
    Subsampling: _subsampling,
    nn.ReLU: lambda graph, x, layer: graph.add("Relu", x),
    nn.Tanh: _squash("Tanh"),
    nn.Sigmoid: _squash("Sigmoid"),
    ScaledTanh: _squash("Tanh", inside=2 / 3, outside=1.7159),
    nn.GELU: _gelu,
    nn.SiLU: _silu,
    FullLayer: _linear,
    EuclideanRBF: _rbf,
    Dropout: lambda graph, x, layer: x,
}
