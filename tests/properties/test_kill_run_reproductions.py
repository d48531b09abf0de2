import os

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the driver forks")
def test_killed_at_random_moments(driver):
    counts = driver("kill_run_reproductions").run(3)
    assert len(counts.pop("rows on disk when killed")) == 3
    assert counts == {"lost": 0, "twice": 0, "changed": 0, "wrong": 0}
