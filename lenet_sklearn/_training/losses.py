"""Losses of each sample, which the training loop weights and averages."""

from __future__ import annotations

import numpy as np
import torch
from scipy.special import softmax
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

# PAPER: j of equation 9 is "a positive constant" without a value. At 1, a wrong class counts
# only while its code is nearer than about one unit.
RUBBISH_DISTANCE = 1.0


# About the probability of a class that the network finds as improbable as smoothing allows. Chosen
# by the log loss on validation splits of the digits, MNIST and Fashion-MNIST.
IMPROBABLE = 1e-4


def to_proba(logits: np.ndarray, smoothing: float) -> np.ndarray:
    """Turn logits into probabilities, and undo what smoothed targets do to them.

    A network that is trained to targets (1 − ε) y + ε / K, with K classes, estimates
    (1 − ε) p + ε / K. So ε / K is taken off. What remains, d, may be negative; it becomes
    (d + √(d² + 4 c²)) / 2 with c = 0.0001, which is d where d is large, and above 0 everywhere.
    The order of the classes stays.

    **Shape**: ``(n, n_classes)`` in and out.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn._training.losses import to_proba
    >>> logits = np.log([[0.90, 0.06, 0.04]])
    >>> to_proba(logits, 0.0).round(3), to_proba(logits, 0.12).round(3)
    (array([[0.9 , 0.06, 0.04]]), array([[0.977, 0.023, 0.   ]]))
    """
    proba = softmax(logits, axis=1)
    if smoothing:
        without = proba - smoothing / proba.shape[1]
        root = np.sqrt(without**2 + 4 * IMPROBABLE**2)
        # Both are the same number; each is exact where the other one cancels.
        proba = np.where(without > 0, (without + root) / 2, 2 * IMPROBABLE**2 / (root - without))
        proba /= proba.sum(axis=1, keepdims=True)
    return proba


class SampleLoss(nn.Module):
    """Cross-entropy, or the MAP criterion of the 1998 paper, for each sample."""

    # "map" is equation 9 of LeCun et al. (1998) for logits that are minus distances: the distance
    # of the right class plus log(e^−j + Σ e^−distance) over the wrong ones.

    def __init__(self, kind: str = "cross-entropy", label_smoothing: float = 0.0) -> None:
        super().__init__()
        self.kind, self.label_smoothing = kind, label_smoothing

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample."""
        if self.kind == "cross-entropy":
            return F.cross_entropy(
                logits, target, reduction="none", label_smoothing=self.label_smoothing
            )
        return self._map(logits, target)

    def differentiate(self, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss of each sample, and its gradient.

        **Shape**: logits ``(n, n_classes)``, loss ``(n,)``, gradient ``(n, n_classes)``.
        """
        if self.kind == "cross-entropy":
            log_proba = F.log_softmax(logits, 1)
            share = self.label_smoothing / logits.shape[1]
            wanted = torch.full_like(logits, share)
            wanted.scatter_(1, target.unsqueeze(1), 1 - self.label_smoothing + share)
            return -(log_proba * wanted).sum(1), log_proba.exp() - wanted
        with torch.enable_grad():
            logits = logits.detach().requires_grad_()
            losses = self._map(logits, target)
        return losses.detach(), torch.autograd.grad(losses, logits, torch.ones_like(losses))[0]

    def _map(self, logits: Tensor, target: Tensor) -> Tensor:
        right = logits.gather(1, target.unsqueeze(1))  # (n, 1)
        wrong = logits.scatter(1, target.unsqueeze(1), -torch.inf)  # (n, n_classes)
        rubbish = torch.full_like(right, -RUBBISH_DISTANCE)
        return torch.logsumexp(torch.cat([wrong, rubbish], 1), 1) - right.squeeze(1)
