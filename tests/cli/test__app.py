from importlib.metadata import entry_points

import pytest
from typer.testing import CliRunner

import lenet_sklearn
from lenet_sklearn import cli


def run(*args):
    env = {"COLUMNS": "80", "FORCE_COLOR": None}
    return CliRunner().invoke(cli.app, args, env=env, prog_name="lenet-sklearn")


COMMANDS = [name for name in cli.COMMANDS if name not in ("app", "main")]


@pytest.mark.parametrize(
    "args", [["--help"], ["-h"], *([name, "-h"] for name in COMMANDS)], ids=str
)
def test_help(args):
    result = run(*args)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "Example" in result.stdout
    assert "completion" not in result.stdout


def test_version():
    result = run("--version")
    assert (result.exit_code, result.stdout) == (0, f"lenet-sklearn {lenet_sklearn.__version__}\n")


def test_without_a_command_the_help_names_them():
    result = run()
    assert result.exit_code == 2
    assert [name for name in COMMANDS if name not in result.stdout] == []


def test_an_unknown_command():
    result = run("bench")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: ")
    assert "'bench'" in result.stderr
    assert "Did you mean 'benchmark'? See" in result.stderr


def test_the_entry_point():
    (script,) = entry_points(group="console_scripts", name="lenet-sklearn")
    assert script.load() is cli.main
