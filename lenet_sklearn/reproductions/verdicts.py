"""Whether a measured figure bears out a claimed one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

Verdict = Literal["reproduced", "exceeded", "not reached"]

# Claims are rounded and come from one run of unknown seed: 0.3 points are allowed at least.
TOLERANCE = 0.003


class Claim(NamedTuple):
    """A figure that sources claim: its heading for people, and whether more of it is better."""

    label: str
    greater_is_better: bool


CLAIMS: dict[str, Claim] = {
    "test_accuracy": Claim("test accuracy", True),
    "test_loss": Claim("test loss", False),
    "validation_accuracy": Claim("validation accuracy", True),
    "train_accuracy": Claim("training accuracy", True),
}


def judge(claimed: float, measured: Sequence[float], *, greater_is_better: bool = True) -> Verdict:
    """Compare the mean over the seeds with the claim, within 2 standard deviations or 0.003."""
    values = np.asarray(measured, dtype=float)
    margin = TOLERANCE if len(values) < 2 else max(2 * float(values.std(ddof=1)), TOLERANCE)
    ahead = float(values.mean()) - claimed
    if abs(ahead) <= margin + 1e-12:  # 0.003 itself is within, whatever binary makes of it
        return "reproduced"
    return "exceeded" if (ahead > 0) == greater_is_better else "not reached"
