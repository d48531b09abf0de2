"""A process that has imported torch and scikit-learn, and forks for each script that it is to run.

``python tests/warm_process.py`` reads a line of JSON for each script: its path, a folder to run in,
and two files for what it prints. A script gets a new ``__main__``, as from ``python script.py``.
"""

import json
import os
import runpy
import sys
import warnings
from pathlib import Path


def run_script(script, cwd, out, err):
    """Run a script in this process, with its output in two files."""
    os.chdir(cwd)
    for number, path in enumerate((os.devnull, out, err)):
        file = os.open(path, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.argv, sys.path[0] = [script], str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")


def serve():
    """Fork for each line of JSON on stdin; print the code that the script ended with."""
    from lenet_sklearn import LeNet5Classifier  # noqa: F401, with torch, skorch and scikit-learn

    for line in sys.stdin:
        with warnings.catch_warnings():
            # Threads of the BLAS wait for work, and it makes new ones after a fork.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            run_script(*json.loads(line))
            return
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
