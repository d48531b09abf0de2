"""A program of a user passes `mypy --strict`, with the types that the program says."""

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mypy", reason="the types are checked by mypy")

USER = Path(__file__).parent / "typing" / "user.py"
# As for a user: the library is installed, so that its own lines are not reported; scikit-learn,
# pandas and others have no types. The program has nothing of torch, whose types take mypy the most
# time. Before NumPy 2.2, strict mypy asked for parameters of ndarray.
CONFIG = """
[mypy]
strict = True
disable_error_code = type-arg
ignore_missing_imports = True
[mypy-lenet_sklearn.*]
follow_imports = silent
[mypy-torch.*]
follow_imports = skip
"""


@pytest.fixture(scope="module")
def check(tmp_path_factory):
    """Return a function that runs mypy on programs, and returns what it prints."""
    folder = tmp_path_factory.mktemp("mypy")
    config = folder / "mypy.ini"
    config.write_text(CONFIG, encoding="utf-8")

    def run(*programs):
        command = [sys.executable, "-m", "mypy", "--config-file", config, *programs]
        done = subprocess.run(
            [*command, "--cache-dir", folder / "cache", "--no-pretty"],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return run


def test_a_program_of_a_user(check, tmp_path):
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "from lenet_sklearn import LeNet5Classifier\n"
        "from lenet_sklearn.datasets import load_digits_images\n"
        "X, y = load_digits_images(return_X_y=True)\n"
        "LeNet5Classifier(activation=1).fit(X)\n",
        encoding="utf-8",
    )
    printed = check(USER, wrong).splitlines()
    assert [line for line in printed if "user.py" in line] == []
    assert [line for line in printed if "[call-arg]" in line and "wrong.py:4" in line]
    assert [line for line in printed if "[arg-type]" in line and "wrong.py:4" in line]
    assert printed[-1].startswith("Found 2 errors in 1 file (checked 2 source files)")
