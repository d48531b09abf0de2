"""An accuracy in words, with its interval."""

from __future__ import annotations

from lenet_sklearn._messages import count

_CONFIDENCE = 0.95


def describe_accuracy(n_right: int, n: int) -> str:
    """Write the accuracy, Wilson's interval, and the number of mistakes."""
    from lenet_sklearn.inspection._intervals import wilson_interval

    low, high = wilson_interval(n_right, n, _CONFIDENCE)
    return (
        f"accuracy {100 * n_right / n:.1f} % ({100 * _CONFIDENCE:g} % interval "
        f"{100 * float(low):.1f} to {100 * float(high):.1f} %), {count(n - n_right, 'mistake')} in "
        f"{count(n, 'image')}"
    )
