"""The file of a search, and what is refused."""

import sqlite3
from contextlib import closing

import optuna
import pytest

from lenet_sklearn.search._store import (
    claim,
    connect,
    disconnect,
    end_dead_trials,
    locked_file,
    open_study,
    recorded_identity,
)


@pytest.fixture
def path(tmp_path):
    yield tmp_path / "a folder" / "search.db"
    disconnect()


def test_a_new_file_is_claimed_and_found_again(path):
    identity = {"data": {"X": "hash"}, "folds": (1, 2)}
    with locked_file(path) as place:
        study = open_study(str(place))
        assert recorded_identity(study) is None
        claim(study, identity, path)
        study.tell(study.ask(), 0.5)
    disconnect()
    with locked_file(str(path)) as place:
        study = open_study(str(place))
        claim(study, identity, path)
        assert recorded_identity(study) == {"identity": {"data": {"X": "hash"}, "folds": [1, 2]}}
        assert len(study.trials) == 1


def test_another_search_is_refused(path):
    with locked_file(path) as place:
        study = open_study(str(place))
        claim(study, {"data": {"X": "one"}}, path)
        with pytest.raises(ValueError, match=r"search.db' holds the trials of another search: "
                           r"data.X was 'one' and is now 'two'. Give another storage"):  # fmt: skip
            claim(study, {"data": {"X": "two"}}, path)


def test_a_file_in_use_is_refused(path):
    with (
        locked_file(path),
        pytest.raises(ValueError, match=r"in use by another search. Wait until it ends"),
        locked_file(path),
    ):
        pass
    with locked_file(path):
        pass


def write_text(path):
    path.write_text("lr,score\n0.1,0.9\n" * 9)


def write_table(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE prices (x)")
        connection.commit()


def write_study(path):
    optuna.create_study(study_name="mine", storage=connect(str(path)))


@pytest.mark.parametrize("write", [write_text, write_table, write_study])
def test_a_file_of_something_else_is_refused_and_kept(write, path):
    path.parent.mkdir()
    write(path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"a file of something else, .* Give another storage"):
        locked_file(path).__enter__()
    assert path.read_bytes() == before


def test_an_empty_file_is_taken(path):
    path.parent.mkdir()
    path.touch()
    with locked_file(path) as place:
        open_study(str(place))


def test_a_search_that_was_killed_before_its_first_trial_is_taken(path):
    with locked_file(path) as place:
        connect(str(place))  # tables, and no study
    with locked_file(path) as place:
        assert recorded_identity(open_study(str(place))) is None


@pytest.mark.parametrize(
    ("storage", "error", "message"),
    [
        ("sqlite:///search.db", ValueError, "must be the path of an SQLite file. Got the address"),
        (7, TypeError, "storage must be the path of an SQLite file, or None. Got int"),
    ],
)
def test_what_is_no_path(storage, error, message):
    with pytest.raises(error, match=message):
        locked_file(storage).__enter__()


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"is a folder. Give the path of a file, .*search.db"):
        locked_file(tmp_path).__enter__()


def test_a_file_that_was_made_again_is_opened_again(path):
    path.parent.mkdir()
    for call in (1.0, 2.0):
        path.unlink(missing_ok=True)
        study = open_study(str(path), call)
        study.tell(study.ask(), 0.5)
        assert len(study.trials) == 1
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("SELECT count(*) FROM trials").fetchone() == (1,)


def test_dead_trials_are_ended():
    study = open_study(None)
    study.ask()
    study.tell(study.ask(), 0.5)
    end_dead_trials(study)
    assert [trial.state.name for trial in study.trials] == ["FAIL", "COMPLETE"]
