import numpy as np
import pytest

from lenet_sklearn._messages import count, parameter, parameters_named


@pytest.mark.parametrize("kind", [int, np.int64])
def test_only_one_is_a_singular(kind):
    texts = [count(kind(n), "image") for n in (0, 1, 2, 60_000)]
    assert texts == ["0 images", "1 image", "2 images", "60,000 images"]


def test_parameters_have_other_names_only_inside():
    with pytest.raises(ValueError, match=r"^--cv and seed$"), parameters_named({"cv": "--cv"}):
        raise ValueError(f"{parameter('cv')} and {parameter('seed')}")
    assert parameter("cv") == "cv"
