"""The seed of a run is given, recorded or new."""

import numpy as np
import pytest

from lenet_sklearn._runs.seeds import check_seed


def test_seed():
    state = np.random.get_state()[1].copy()  # noqa: NPY002  (the one to be left alone)
    drawn = {check_seed(None, None) for _ in range(5)}
    assert len(drawn) > 1
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    assert check_seed(None, {"identity": {"random_state": 7}}) == 7
    assert check_seed(np.int64(3), {"identity": {"random_state": 7}}) == 3
    for wrong in (-1, 1.5, "0", np.random.RandomState(0)):
        with pytest.raises(ValueError, match="random_state must be None or an int"):
            check_seed(wrong, None)
