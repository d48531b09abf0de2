"""The layers that torch does not have, and the tables of activations and poolings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

# Table I of LeCun et al. (1998): the S2 maps that feed each C3 map.
LECUN1998_CONNECTIONS: tuple[tuple[int, ...], ...] = (
    *((0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5)),
    *((0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5)),
    *((0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5), (0, 1, 2, 3, 4, 5)),
)


SCALE, STEEPNESS = 1.7159, 2.0 / 3.0


class ScaledTanh(nn.Module):
    """The activation f(a) = 1.7159 tanh(2a/3) of LeCun et al. (1998), appendix A."""

    def forward(self, x: Tensor) -> Tensor:
        """Apply the activation to `x`, of any shape."""
        return SCALE * torch.tanh(x * STEEPNESS)


ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": lambda: nn.ReLU(inplace=True),
    "tanh": nn.Tanh,
    "scaled_tanh": ScaledTanh,
    "sigmoid": nn.Sigmoid,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
}
# The gradient before an activation: from that after it, and the values before and after.
_aten = torch.ops.aten
SLOPES: dict[type[nn.Module], Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    nn.ReLU: lambda grad, _, after: _aten.threshold_backward(grad, after, 0),
    nn.Tanh: lambda grad, _, after: _aten.tanh_backward(grad, after),
    ScaledTanh: lambda grad, _, after: _aten.tanh_backward(grad * SCALE * STEEPNESS, after / SCALE),
    nn.Sigmoid: lambda grad, _, after: _aten.sigmoid_backward(grad, after),
    nn.GELU: lambda grad, before, _: _aten.gelu_backward(grad, before),
    nn.SiLU: lambda grad, before, _: _aten.silu_backward(grad, before),
}
# max(f(x)) = f(max(x)) for these, so max pooling may come first: a quarter of the work.
MONOTONE = {"relu", "tanh", "scaled_tanh", "sigmoid"}
# Weights before these start orthogonal, times the gain (Saxe, McClelland, Ganguli, 2014). With few
# images that learns faster than Glorot's weights, which are too small for functions that halve
# their input near zero. The gain was chosen on validation draws of MNIST.
SMOOTH, GAIN = {"silu", "gelu"}, 1.4
# CPUs compute most of a tensor by another path than its ends, with other roundings of these.
ROUNDED = (nn.Tanh, ScaledTanh, nn.Sigmoid, nn.GELU, nn.SiLU)
POOLINGS = ("max", "avg", "subsample", "none")
POOLS: dict[str, Callable[[int], nn.Module]] = {"max": nn.MaxPool2d, "avg": nn.AvgPool2d}


class Subsampling(nn.Module):
    """The 1998 pooling: the sum of a 2×2 block × a trainable coefficient + a trainable bias.

    **Shape**: ``(n, channels, h, w)`` in, ``(n, channels, h // 2, w // 2)`` out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))

    def forward(self, x: Tensor) -> Tensor:
        """Subsample `x`."""
        blocks = 4 * F.avg_pool2d(x, 2)
        return blocks * self.weight.view(-1, 1, 1) + self.bias.view(-1, 1, 1)


class SparseConv2d(nn.Module):
    """A convolution in which each output map sees only some of the input maps.

    `connections` lists the input maps of each output map. Only these connections have weights:
    1,500 weights and 16 biases for Table I.

    **Shape**: ``(n, in_channels, h, w)`` in, ``(n, len(connections), h', w')`` out.
    """

    def __init__(
        self,
        in_channels: int,
        connections: Sequence[Sequence[int]],
        kernel_size: int,
        padding: int | str = 0,
    ) -> None:
        super().__init__()
        self.targets: Tensor
        self.sources: Tensor
        pairs = [(target, source) for target, maps in enumerate(connections) for source in maps]
        self.in_channels, self.out_channels = in_channels, len(connections)
        self.kernel_size, self.padding = kernel_size, padding
        self.register_buffer("targets", torch.tensor([p[0] for p in pairs]), persistent=False)
        self.register_buffer("sources", torch.tensor([p[1] for p in pairs]), persistent=False)
        self.weight = nn.Parameter(torch.empty(len(pairs), kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.empty(len(connections)))

    def dense_weight(self) -> Tensor:
        """Return kernels of shape (out_channels, in_channels, k, k), zero if not connected."""
        shape = (self.out_channels, self.in_channels, self.kernel_size, self.kernel_size)
        dense = self.weight.new_zeros(shape)
        return dense.index_put((self.targets, self.sources), self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve `x`."""
        return F.conv2d(x, self.dense_weight(), self.bias, padding=self.padding)


class FullLayer(nn.Linear):
    """A full layer that computes in the precision of its input."""

    def forward(self, x: Tensor) -> Tensor:
        """Return ``x @ weight.T + bias``."""
        return F.linear(x, self.weight.to(x.dtype), self.bias.to(x.dtype))


class EuclideanRBF(nn.Module):
    """Minus the squared distance of the features to one fixed code (±1) per class.

    **Shape**: ``(n, n_features)`` in, ``(n, n_classes)`` out. The codes are not trained.
    """

    def __init__(self, codes: Tensor) -> None:
        super().__init__()
        self.codes: Tensor
        self.register_buffer("codes", codes.float())

    def forward(self, x: Tensor) -> Tensor:
        """Return −‖x − code‖² for each class."""
        return -(x.unsqueeze(1) - self.codes).square().sum(-1)


# Each thread sets its own; None: torch's global one.
_dropout_generator: ContextVar[torch.Generator | None] = ContextVar("generator", default=None)


@contextmanager
def dropout_from(generator: torch.Generator | None) -> Iterator[None]:
    """Draw all dropout of this thread from a generator."""
    token = _dropout_generator.set(generator)
    try:
        yield
    finally:
        _dropout_generator.reset(token)


class Dropout(nn.Module):
    """Dropout with random numbers from `dropout_from`."""

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        """In training, set each value to 0 with probability p, and scale the others up."""
        if not self.training or self.p == 0.0:
            return x
        return x * self.mask(x)

    def mask(self, x: Tensor) -> Tensor:
        """Return the factor of each value of `x`: 0 with probability p, else 1 / (1 - p)."""
        keep = torch.empty_like(x).bernoulli_(1.0 - self.p, generator=_dropout_generator.get())
        return keep.div_(1.0 - self.p)


def separated_codes(n_classes: int, n_features: int) -> Tensor:
    """Return fixed ±1 codes, of shape (n_classes, n_features), that differ in about half of it.

    They are part of a Hadamard matrix, with rows and columns chosen by a fixed seed.
    """
    order = 1 << max(n_features - 1, n_classes - 1, 1).bit_length()
    hadamard = torch.ones(1, 1)
    while len(hadamard) < order:
        hadamard = torch.cat([torch.cat([hadamard, hadamard], 1),
                              torch.cat([hadamard, -hadamard], 1)])  # fmt: skip
    # Chosen by a fixed seed: if only the first columns are kept, rows can be equal.
    generator = torch.Generator().manual_seed(1998)
    rows = torch.randperm(order, generator=generator)[:n_classes]
    columns = torch.randperm(order, generator=generator)[:n_features]
    return hadamard[rows][:, columns]
