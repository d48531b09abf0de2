"""torch's optimisers without their two seconds of preparation for torch.compile."""

from __future__ import annotations

from inspect import unwrap
from typing import Any

import torch
from torch.optim.optimizer import Optimizer


class _Eager(Optimizer):
    """Takes the decorators off what a fit calls."""

    # They import `torch._dynamo`, two seconds and 115 MB that only torch.compile has use for, and
    # tell it on every step that the graph breaks here.

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


class _FusedAdam(_Eager):
    """Goes straight to the fused kernel; torch's own way there takes as long as the kernel."""

    _update: Any  # of all parameters at once

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Take one fused step."""
        trained = [
            [p for p in group["params"] if p.grad is not None] for group in self.param_groups
        ]
        if not all(self.state[p] for parameters in trained for p in parameters):
            super().step()  # in the first step torch makes the state
            return
        for group, parameters in zip(self.param_groups, trained, strict=True):
            states = [self.state[p] for p in parameters]
            counts = [state["step"] for state in states]
            torch._foreach_add_(counts, 1)
            beta1, beta2 = group["betas"]
            self._update(
                parameters,
                [p.grad for p in parameters],
                [state["exp_avg"] for state in states],
                [state["exp_avg_sq"] for state in states],
                [],
                counts,
                lr=group["lr"],
                beta1=beta1,
                beta2=beta2,
                weight_decay=group["weight_decay"],
                eps=group["eps"],
                amsgrad=False,
                maximize=False,
            )


class AdamW(_FusedAdam, torch.optim.AdamW):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019)."""

    _update = staticmethod(torch._fused_adamw_)


class Adam(_FusedAdam, torch.optim.Adam):
    """Adam (Kingma and Ba, 2015)."""

    _update = staticmethod(torch._fused_adam_)


class SGD(_Eager, torch.optim.SGD):
    """Stochastic gradient descent with momentum."""


OPTIMIZERS: dict[str, tuple[type[Optimizer], dict[str, Any]]] = {
    "adamw": (AdamW, {}),
    "adam": (Adam, {}),
    "sgd": (SGD, {"momentum": 0.9, "nesterov": True}),
}
