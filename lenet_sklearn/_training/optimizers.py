"""torch's optimisers without their two seconds of preparation for torch.compile."""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import torch
from torch.optim.optimizer import Optimizer


class _Eager(Optimizer):
    """Takes the decorators off what a fit calls.

    They import ``torch._dynamo``, two seconds and 115 MB that only torch.compile has use for, and
    tell it on every step that the graph breaks here.
    """

    add_param_group = unwrap(Optimizer.add_param_group)
    load_state_dict = unwrap(Optimizer.load_state_dict)
    state_dict = unwrap(Optimizer.state_dict)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one fused step."""
        unwrap(super().step)(self)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients."""
        for group in self.param_groups:
            for parameter in group["params"]:
                parameter.grad = None


class AdamW(_Eager, torch.optim.AdamW):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""


class Adam(_Eager, torch.optim.Adam):
    """Adam (Kingma and Ba, 2015)."""


class SGD(_Eager, torch.optim.SGD):
    """Stochastic gradient descent with momentum."""


OPTIMIZERS: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "adamw": (AdamW, {}),
    "adam": (Adam, {}),
    "sgd": (SGD, {"momentum": 0.9, "nesterov": True}),
}
