"""The code of README, quickstart and examples runs as a reader would run it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    "README.md",
    "docs/quickstart.md",
    "docs/persistence.md",
    "docs/pictures.md",
    "docs/inside.md",
    "docs/report.md",
    "docs/pretrained.md",
    "docs/few_images.md",
    "docs/search.md",
    "docs/scaling.md",
]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
NEEDS = {
    "plot_calibration.py": "mapie",
    "docs/search.md": "optuna",
    "docs/scaling.md": "distributed",
}  # a package that is not among the dependencies


def code_blocks(page, language):
    text = (ROOT / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.M | re.S)


def run_script(source, tmp_path):
    script = tmp_path / "page.py"
    script.write_text(source, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", "-W", "error::FutureWarning", script],
        env={**os.environ, "MPLBACKEND": "agg"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
def test_the_code_of_a_page_runs(page, tmp_path):
    if package := NEEDS.get(page):
        pytest.importorskip(package, reason=f"{page} needs the package {package}")
    blocks = code_blocks(page, "python")
    assert len(blocks) >= 2
    printed = run_script("\n".join(blocks), tmp_path)
    assert len(printed.splitlines()) >= len(blocks)
    if page == "README.md":
        assert float(printed.splitlines()[0]) > 0.98


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(example, tmp_path):
    if package := NEEDS.get(example.name):
        pytest.importorskip(package, reason=f"{example.name} needs the package {package}")
    assert run_script(example.read_text(encoding="utf-8"), tmp_path)


def test_there_are_examples():
    assert [path.name for path in EXAMPLES] == [
        "plot_benchmark.py",
        "plot_calibration.py",
        "plot_first_fit.py",
        "plot_grid_search.py",
        "plot_halving_search.py",
        "plot_pictures.py",
    ]


def test_the_readme_names_both_commands_and_they_exist():
    shell = "\n".join(code_blocks("README.md", "sh"))
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in ("benchmark", "test"):
        assert f"make {target}" in shell
        assert re.search(rf"^{target}:", makefile, flags=re.M)


def test_links_of_the_readme_point_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", text)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
