import os

import pytest


def test_changed_files_are_refused_or_answer(fuzz, tmp_path):
    result = fuzz.run(400, seed=0, folder=tmp_path)
    outcomes = result["outcomes"]
    assert sum(outcomes.values()) == 400
    assert outcomes["refused"] > 300
    assert outcomes["forged and loaded"] > 5  # forgers get past the checksum
    assert len(result["reasons"]) > 40  # and reach every check


@pytest.mark.slow
def test_ten_thousand_changed_files_are_refused_or_answer(fuzz, tmp_path):
    n_cases = int(os.environ.get("LENET_SKLEARN_FUZZ_CASES", "10000"))
    assert sum(fuzz.run(n_cases, seed=1, folder=tmp_path)["outcomes"].values()) == n_cases
