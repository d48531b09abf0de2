"""Images that take more memory than a process may have are fitted, from a file and by chunks.

What a user wants is that the process's own memory does not grow with X. The system's limits show
it. A memmap takes addresses as X does, so under `ulimit -v` alone no file larger than the limit can
be mapped, and nothing would be known of memory. So a fit from a memmap runs under a limit on the
memory that the process may write to (RLIMIT_DATA), half of X, and under an address space that
has room for the map and for no copy of it. A Dask array is no map: its chunks are fitted under
`ulimit -v` (RLIMIT_AS), below the size of X. benchmarks/larger_than_memory.py sets the limits,
shows that they are in force, and looks at the anonymous memory all the time.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "benchmarks" / "larger_than_memory.py"
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")


def start(way, times):
    command = [sys.executable, SCRIPT, "--worker", json.dumps({"way": way, "times": times})]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read(process):
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    return json.loads(out)


def test_a_fit_from_a_memmap_and_from_chunks():
    pytest.importorskip("dask", reason="the chunks are those of a Dask array")
    processes = [start("memmap", 2.0), start("dask", 1.2)]
    memmap, chunks = map(read, processes)
    assert memmap["x_mb"] > 1.99 * memmap["limit_mb"]
    assert chunks["x_mb"] > 1.19 * chunks["limit_mb"]
    assert (memmap["passes"], chunks["passes"]) == (1, -(-chunks["n"] // 1000))
    for found in (memmap, chunks):
        assert found["half_of_x_refused"]  # so the limit is in force
        assert found["x_mb"] > 700
        assert found["beyond_mb"] < 80
