"""What a release promises: versions that agree, files in the wheel, commands that exist."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from itertools import chain
from pathlib import Path

import pytest

import lenet_sklearn

yaml = pytest.importorskip("yaml", reason="the files of GitHub are read with PyYAML")

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOW = ROOT / ".github/workflows/tests.yml"
FORMS = sorted((ROOT / ".github/ISSUE_TEMPLATE").glob("*.yml"))


def read(name):
    return (ROOT / name).read_text("utf-8")


def pins(name):
    return dict(re.findall(r"^([\w.-]+)==(\S+)$", read(name), re.M))


def test_one_version():
    version = lenet_sklearn.__version__
    assert yaml.safe_load(read("CITATION.cff"))["version"] == version
    newest = re.search(r"^## (\d\S*) – (\d{4}-\d{2}-\d{2})$", read("CHANGELOG.md"), re.M)
    assert newest[1] == version
    assert str(yaml.safe_load(read("CITATION.cff"))["date-released"]) == newest[2]
    assert version in read("docs/citing.md")


def test_oldest_versions_are_those_of_the_project():
    wanted = {}
    for requirement in chain(PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()):
        if not requirement.startswith("lenet-sklearn["):
            name, floor = requirement.split(">=")
            assert wanted.setdefault(name, floor) == floor, f"two floors of {name}"
    assert pins("constraints-oldest.txt") == wanted


def test_commands_of_the_workflow_exist():
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    assert len(commands) >= len(jobs) == 6
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
    asked = set()
    for command in commands:
        words = command.split()
        if words[0] == "make":
            asked |= set(words[1:])
        else:
            assert words[:2] == ["python", "-m"]
            assert words[2] in ("pip", "pytest")
        for extra in re.findall(r"\.\[(.*?)\]", command):
            assert set(extra.split(",")) <= set(PROJECT["optional-dependencies"])
        for file in re.findall(r"-c (\S+)", command):
            assert (ROOT / file).exists()
    assert {"lint", "docs", "dist", "test-oldest"} <= asked <= targets
    matrix = jobs["tests"]["strategy"]["matrix"]
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert (matrix["python"], len(matrix["os"])) == (versions, 3)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_issue_forms_are_complete(path):
    form = yaml.safe_load(path.read_text("utf-8"))
    if path.stem == "config":
        assert form == {"blank_issues_enabled": True}
        return
    assert form["name"]
    assert form["description"]
    fields = [part for part in form["body"] if part["type"] != "markdown"]
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") for field in fields)
    assert len({field["id"] for field in fields}) == len(fields) > 1


def test_pre_commit_uses_the_tested_versions():
    tested = pins("constraints.txt")
    hooks = {
        repo["repo"]: repo for repo in yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    }
    assert hooks["https://github.com/astral-sh/ruff-pre-commit"]["rev"] == f"v{tested['ruff']}"
    spelling = hooks["https://github.com/codespell-project/codespell"]
    assert spelling["rev"] == f"v{tested['codespell']}"


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize(("target", "extra"), [("benchmark", "plots"), ("test", "test")])
def test_a_new_environment_gets_what_the_target_needs(target, extra, tmp_path):
    """The first table must not wait for the tools of contributors: three times the packages."""
    command = ["make", "--dry-run", f"VENV={tmp_path / 'venv'}", target]
    steps = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert re.findall(r'-e "\.\[(\w+)\]"', steps) == [extra]


def test_targets_that_contributors_are_told_exist():
    told = set(re.findall(r"`make ([a-z-]+)`", read("CONTRIBUTING.md")))
    assert {"install", "test", "lint", "docs", "dist", "test-oldest"} <= told
    assert told <= set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The wheel and the sdist, as `python -m build` makes them."""
    pytest.importorskip("hatchling", reason="the wheel is built by hatchling")
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def sources(folder, *ends):
    """Return the files of a folder that are part of the repository, as paths from its root."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    names = {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}
    made = ("docs/_build/", "docs/auto_examples/", "docs/generated/", "benchmarks/results/")
    return {name for name in names if name.endswith(ends or "") and not name.startswith(made)}


def test_the_wheel_has_all_of_the_package_and_nothing_else(built):
    wheel, _ = built
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
        metadata = {
            name.split("/")[1]: name for name in archive.namelist() if ".dist-info/" in name
        }
        assert "lenet-sklearn = lenet_sklearn.cli:main" in archive.read(
            metadata["entry_points.txt"]
        ).decode("utf-8")
    assert names == sources("lenet_sklearn")
    for name in (
        "_weights/mnist.safetensors", "_weights/fashion-mnist.safetensors", "py.typed",
        "demo/_page/index.html", "demo/_page/page.js", "reporting/_templates/report.html",
    ):  # fmt: skip
        assert f"lenet_sklearn/{name}" in names


def test_the_sdist_has_what_its_tests_need(built):
    _, sdist = built
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    folders = ("lenet_sklearn", "tests", "tools", ".github")
    assert set().union(*map(sources, folders)) <= names
    assert (
        sources("docs", ".md") | sources("benchmarks", ".py") | sources("examples", ".py") <= names
    )
    root = ("README.md", "CHANGELOG.md", "CITATION.cff", "Makefile", "constraints-oldest.txt",
            "constraints.txt", "CONTRIBUTING.md", "SECURITY.md", "pyproject.toml")  # fmt: skip
    assert set(root) <= names
