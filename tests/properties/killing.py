"""Kill runs that keep their rows in a folder, resume them, and count what went wrong."""

import multiprocessing
import random
import tempfile
import time
from pathlib import Path


def kill_and_resume(work, rows, key, figure, n_kills):
    """Kill as many runs, each in a new folder, and resume each.

    `work(folder)` returns a table; its columns `key` name a row, all of which are `rows`, and
    `figure` is what resuming must not change.
    """
    counts = {"rows on disk when killed": [], "lost": 0, "twice": 0, "changed": 0, "wrong": 0}
    moments, fork = random.Random(0), multiprocessing.get_context("fork")
    with tempfile.TemporaryDirectory() as folder:
        expected = work(folder)
    with tempfile.TemporaryDirectory() as folder:  # again, now that all is imported
        began = time.perf_counter()
        work(folder)
        longest = time.perf_counter() - began
    while len(counts["rows on disk when killed"]) < n_kills:
        with tempfile.TemporaryDirectory() as folder:
            process = fork.Process(target=work, args=(folder,))
            process.start()
            process.join(timeout=moments.uniform(0, longest))
            process.kill()
            process.join()
            before = {path: path.read_bytes() for path in Path(folder).glob("rows/*.json")}
            table = work(folder)
            after = {path: path.read_bytes() for path in Path(folder).glob("rows/*.json")}
        if process.exitcode == 0:  # it had ended
            continue
        found = list(zip(*(table[column] for column in key), strict=True))
        counts["rows on disk when killed"].append(len(before))
        counts["lost"] += len(set(rows) - set(found)) + len(rows) - len(after)
        counts["twice"] += len(found) - len(set(found))
        counts["changed"] += sum(after.get(path) != before[path] for path in before)
        counts["wrong"] += int((table[figure] != expected[figure]).sum())
    return counts
