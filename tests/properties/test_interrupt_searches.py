import os

import pytest


@pytest.mark.slow
@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="the driver looks for orphans in /proc")
@pytest.mark.parametrize("kind", ["search", "scores", "benchmark"])
def test_ctrl_c_stops_it(driver, kind):
    for name, runs in driver("interrupt_searches").run(1, [kind]).items():
        for found in runs:
            assert (found["code"], found["said"]) == (130, "KeyboardInterrupt"), (name, found)
            assert found["folds begun after the end"] == found["orphans"] == 0, (name, found)
            assert found["folds begun after"] <= 2, (name, found)  # one that each job was about to
