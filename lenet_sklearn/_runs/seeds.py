"""The seed of a run: given, recorded in its folder, or new."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

import numpy as np

from lenet_sklearn._messages import parameter


def check_seed(random_state: Any, recorded: Mapping[str, Any] | None) -> int:
    """Return the seed: as given, else that of the run in the folder, else a new one."""
    if random_state is None:
        if recorded is not None and "random_state" in recorded["identity"]:
            return recorded["identity"]["random_state"]
        return int(np.random.default_rng().integers(2**31))  # leaves the global state alone
    if not isinstance(random_state, numbers.Integral) or not 0 <= int(random_state) < 2**32:
        raise ValueError(
            f"{parameter('random_state')} must be None or an int from 0 to 2**32 - 1, so that the "
            f"run can be resumed and repeated. Got {random_state!r}."
        )
    return int(random_state)
