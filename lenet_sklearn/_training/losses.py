"""Losses of each sample, which the training loop weights and averages."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

# PAPER: j of equation 9 is "a positive constant" without a value. At 1, a wrong class counts
# only while its code is nearer than about one unit.
RUBBISH_DISTANCE = 1.0


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
        right = logits.gather(1, target.unsqueeze(1))  # (n, 1)
        wrong = logits.scatter(1, target.unsqueeze(1), -torch.inf)  # (n, n_classes)
        rubbish = torch.full_like(right, -RUBBISH_DISTANCE)
        return torch.logsumexp(torch.cat([wrong, rubbish], 1), 1) - right.squeeze(1)
