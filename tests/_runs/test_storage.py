"""Finished rows survive whatever happens to the process, and never mix with another run's."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lenet_sklearn._runs import storage
from lenet_sklearn._runs.storage import RunFolder

# Children load the one file, which needs nothing else: without torch they start at once.
LOAD = f"""
import importlib.util, json, os, sys

spec = importlib.util.spec_from_file_location("storage", {storage.__file__!r})
storage = importlib.util.module_from_spec(spec)
spec.loader.exec_module(storage)
"""
IDENTITY = {"task": "test", "models": {"SVM": {".C": "1.0", ".gamma": "scale"}}, "seed": 0}
ROWS = {"SVM, fold 0": {"accuracy": 0.75}, "SVM, fold 1": {"accuracy": 0.5}}


@pytest.fixture
def finished(tmp_path):
    with RunFolder(tmp_path / "run") as folder:
        assert folder.begin(IDENTITY, about={"date": "today"}) == {}
        for key, row in ROWS.items():
            folder.write(key, row)
    return tmp_path / "run"


def _rows(path: Path, identity=IDENTITY) -> dict:
    with RunFolder(path) as folder:
        return folder.begin(identity)


def test_rows_come_back(finished):
    assert _rows(finished) == ROWS
    with RunFolder(finished) as folder:
        assert folder.recorded["identity"] == IDENTITY
        assert folder.recorded["about"] == {"date": "today"}


def test_a_second_row_of_a_key_takes_the_first_ones_place(finished):
    with RunFolder(finished) as folder:
        folder.begin(IDENTITY)
        folder.write("SVM, fold 0", {"accuracy": 1.0})
    assert _rows(finished) == ROWS | {"SVM, fold 0": {"accuracy": 1.0}}


@pytest.mark.parametrize("key", ["a/b", "a-b", "A B", "..", "ü", "漢字", "x" * 300, "con", ""])
def test_any_key_is_a_file_in_the_folder(tmp_path, key):
    keys = {key, "a b", "a_b"}
    with RunFolder(tmp_path) as folder:
        folder.begin(IDENTITY)
        for each in keys:
            folder.write(each, {"key": each})
    assert _rows(tmp_path) == {each: {"key": each} for each in keys}
    assert len(list((tmp_path / "rows").iterdir())) == len(keys)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": 1}, "seed was 0 and is now 1"),
        (
            {"models": {"SVM": {".C": "10", ".gamma": "scale"}}},
            r"models.SVM..C was '1.0' and is now '10'",
        ),
        ({"models": {}}, "models.SVM is no longer there"),
        ({"models": IDENTITY["models"] | {"MLP": {}}}, "models.MLP was not there"),
    ],
)
def test_another_run_is_refused_and_the_difference_named(finished, change, message):
    with pytest.raises(ValueError, match=rf"another run: {message}\. Give another out_dir"):
        _rows(finished, IDENTITY | change)
    assert _rows(finished) == ROWS  # and nothing was touched


def test_many_differences_are_cut_short(tmp_path):
    with RunFolder(tmp_path) as folder:
        folder.begin({str(i): i for i in range(9)})
    with pytest.raises(ValueError, match="4 was 4 and is now 5; and 4 more"):
        _rows(tmp_path, {str(i): i + 1 for i in range(9)})


@pytest.mark.parametrize("damage", ["half", "empty", "bytes", "digit", "list", "deep", "renamed"])
def test_a_damaged_row_is_not_trusted(finished, damage):
    path = next(path for path in (finished / "rows").iterdir() if "fold-0" in path.name)
    text = path.read_text()
    damaged = {
        "half": text[: len(text) // 2],
        "empty": "",
        "bytes": "\x00\xff" + text,
        "digit": text.replace("0.75", "0.85"),
        "list": "[]",
        "deep": "[" * 100_000,
        "renamed": text.replace("fold 0", "fold 7"),
    }[damage]
    path.write_text(damaged, encoding="latin-1")
    remaining = {"SVM, fold 1": ROWS["SVM, fold 1"]}
    assert _rows(finished) == remaining
    with RunFolder(finished) as folder:  # computed again, it counts again, once
        folder.begin(IDENTITY)
        folder.write("SVM, fold 0", {"accuracy": 0.25})
    assert _rows(finished) == remaining | {"SVM, fold 0": {"accuracy": 0.25}}


def test_a_row_copied_from_another_run_is_not_trusted(finished, tmp_path):
    other = tmp_path / "other"
    with RunFolder(other) as folder:
        folder.begin(IDENTITY | {"seed": 1})
    for path in (finished / "rows").iterdir():
        (other / "rows" / path.name).write_bytes(path.read_bytes())
    assert _rows(other, IDENTITY | {"seed": 1}) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": 999, "identity": {}}', "nul\0"])
def test_a_manifest_that_cannot_be_read_is_refused(finished, text):
    (finished / "run.json").write_text(text)
    with pytest.raises(ValueError, match=r"run\.json is damaged, or of another version"):
        RunFolder(finished).__enter__()


def test_rows_without_a_manifest_are_refused(finished):
    (finished / "run.json").unlink()
    with pytest.raises(ValueError, match=r"rows but no run\.json.*Give another out_dir"):
        _rows(finished)


def test_a_second_writer_is_refused_until_the_first_has_ended(finished):
    with RunFolder(finished) as folder:
        folder.begin(IDENTITY)
        with pytest.raises(ValueError, match="in use by another run"), RunFolder(finished):
            pass
    assert _rows(finished) == ROWS


def test_the_lock_is_released_after_an_error(finished):
    with pytest.raises(KeyboardInterrupt), RunFolder(finished):
        raise KeyboardInterrupt
    (finished / "run.json").rename(finished / "aside")
    (finished / "run.json").write_text("{")
    with pytest.raises(ValueError, match="damaged"):
        RunFolder(finished).__enter__()
    (finished / "aside").replace(finished / "run.json")
    assert _rows(finished) == ROWS


def test_a_second_process_is_refused_and_a_dead_ones_lock_is_gone(finished):
    """The child tries while we hold the lock; then takes it, and dies with it."""
    script = LOAD + textwrap.dedent(
        """
        try:
            storage.RunFolder(sys.argv[1]).__enter__()
        except ValueError as error:
            sys.exit(str(error))
        os.kill(os.getpid(), 9)
        """
    )
    command = [sys.executable, "-c", script, str(finished)]
    with RunFolder(finished):
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 1
    assert "in use by another run" in refused.stderr
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode not in (0, 1), killed.stderr
    assert _rows(finished) == ROWS


@pytest.mark.parametrize("moment", ["before fsync", "before replace", "after replace"])
def test_killed_while_writing(tmp_path, moment):
    """Killed at each step of writing the third row: two or three rows are there, all whole."""
    script = LOAD + textwrap.dedent(
        """
        path, identity, moment = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]

        def die(*args):
            os.kill(os.getpid(), 9)

        with storage.RunFolder(path) as folder:
            folder.begin(identity)
            folder.write("0", {"n": 0})
            folder.write("1", {"n": 1})
            replace = os.replace
            if moment == "before fsync":
                os.fsync = die
            elif moment == "before replace":
                os.replace = die
            else:
                os.replace = lambda *args: (replace(*args), die())
            folder.write("2", {"n": 2})
        """
    )
    command = [sys.executable, "-c", script, str(tmp_path), json.dumps(IDENTITY), moment]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode not in (0, 1), killed.stderr
    n_rows = 3 if moment == "after replace" else 2
    assert _rows(tmp_path) == {str(n): {"n": n} for n in range(n_rows)}
    # The unfinished file of the dead writer has been swept up.
    assert len(list((tmp_path / "rows").iterdir())) == n_rows
