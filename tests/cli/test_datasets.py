"""The command that shows the data sets."""

import pytest
from typer.testing import CliRunner

import lenet_sklearn.datasets
from lenet_sklearn import cli


def run(*args):
    env = {"COLUMNS": None, "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, ["datasets", *map(str, args)], env=env)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder for the data sets that holds two of the files of MNIST."""
    monkeypatch.setenv("LENET_SKLEARN_DATA", "")
    (tmp_path / "mnist").mkdir()
    for name in ("train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte"):
        (tmp_path / "mnist" / name).write_bytes(bytes(3_000_000))
    return tmp_path


def test_what_is_there(home):
    result = run("--data-home", home)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "name images pixels classes size where"
    assert lines[2:] == [
        "digits 1,797 8×8 10 with scikit-learn",
        f"mnist 70,000 28×28 10 6.0 MB 2 of 4 files in {home / 'mnist'}: "
        "lenet-sklearn datasets --download mnist",
        "fashion-mnist 70,000 28×28 10 not here: lenet-sklearn datasets --download fashion-mnist",
    ]


def test_a_download(home, monkeypatch):
    seen = []
    monkeypatch.setattr(lenet_sklearn.datasets, "fetch_fashion_mnist", lambda **o: seen.append(o))
    assert run("--download", "Fashion_MNIST", "--data-home", home).exit_code == 0
    assert seen == [{"subset": "all", "data_home": home}]


def test_nothing_to_download():
    assert run("--download", "digits").stdout.startswith("digits: it comes with scikit-learn")


def test_errors(home):
    for args, part in [
        (["--download", "mnits"], "Did you mean mnist?"),
        (["--data-home", home / "absent"], "no folder"),
    ]:
        result = run(*args)
        assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert part in result.stderr


def test_a_failed_download_is_one_line(home, monkeypatch):
    def fail(**options):
        raise OSError("All mirrors failed:\n  - one\nRetry later.")

    monkeypatch.setattr(lenet_sklearn.datasets, "fetch_mnist", fail)
    result = run("--download", "mnist", "--data-home", home)
    assert (result.exit_code, result.stderr) == (2, "Error: All mirrors failed: Retry later.\n")
