"""The examples of the gallery: what can be checked of them without executing them all.

`make docs` executes all, and fails if one raises. Here those run that need no download.
"""

import ast
import importlib
import importlib.util
import re
from pathlib import Path

import pytest

pytest.importorskip("sphinx", reason="the gallery is made by the package sphinx")

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLES}
OFFLINE = [path for path in EXAMPLES if "fetch_mnist" not in TEXTS[path.name]]
NEEDS = {
    "plot_calibration.py": "mapie",
    "plot_colour_pictures.py": "PIL",
    "plot_dask_search.py": "distributed",
}  # a package that is not among the dependencies
TITLE = re.compile(r'"""\n(?P<title>.+)\n(?P<line>=+)\n\n\S')


@pytest.fixture(scope="module")
def gallery():
    """Import the extension of Sphinx that knows the order."""
    spec = importlib.util.spec_from_file_location("gallery", ROOT / "docs/_ext/gallery.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def each(paths=EXAMPLES):
    return pytest.mark.parametrize("path", paths, ids=lambda path: path.name)


def imports(text):
    """Return what a script imports from this library: pairs of module and name."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in nodes if node.module.partition(".")[0] == "lenet_sklearn"]
    return [(node.module, alias.name) for node in ours for alias in node.names]


def keywords(text):
    """Return the expressions that a script passes by keyword: pairs of keyword and expression."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    return [(each.arg, ast.unparse(each.value)) for call in calls for each in call.keywords]


def test_the_gallery_has_a_place_for_each_example(gallery):
    assert sorted(gallery.ORDER) == list(TEXTS)
    assert sorted(TEXTS, key=gallery.position) == gallery.ORDER


def test_some_examples_need_no_download():
    assert len(EXAMPLES) / 4 < len(OFFLINE) < len(EXAMPLES)


@each()
def test_an_example_has_a_title_and_ends_with_what_was_learned(path):
    text = TEXTS[path.name]
    found = TITLE.match(text)
    assert found is not None
    assert len(found["title"]) == len(found["line"])
    last = text.rpartition("\n# %%\n")[2]
    assert last.startswith("# **What we learned.** ")
    assert [line for line in last.splitlines() if not line.startswith("#")] == []


@each()
def test_an_example_imports_public_names(path):
    names = imports(TEXTS[path.name])
    assert names
    for module, name in names:
        assert not re.search(r"(^|\.)_", f"{module}.{name}")
        assert name in importlib.import_module(module).__all__


@each()
def test_an_example_draws_a_picture(path):
    assert "plt.show()" in TEXTS[path.name]


@each()
def test_no_test_data_watch_or_choose(path):
    watched = [value for name, value in keywords(TEXTS[path.name]) if name in ("X_val", "y_val")]
    assert [value for value in watched if "test" in value] == []
    fitted = re.findall(r"\.fit\(([^)]*)\)", TEXTS[path.name])
    assert [arguments for arguments in fitted if re.search(r"\b[Xy]_test\b", arguments)] == []


@each()
def test_no_model_is_scored_on_what_it_was_trained_on(path):
    """The first argument of a score is none of those of a fit, by its text."""
    calls = [node for node in ast.walk(ast.parse(TEXTS[path.name])) if isinstance(node, ast.Call)]
    seen = {"fit": set(), "score": set()}
    for call in calls:
        if isinstance(call.func, ast.Attribute) and call.func.attr in seen and call.args:
            seen[call.func.attr].add(ast.unparse(call.args[0]))
    assert seen["fit"] & seen["score"] == set()


@pytest.mark.parametrize("error", [None, OSError("no network\nand no file")])
def test_without_mnist_the_examples_that_need_it_are_left_out(gallery, tmp_path, error):
    (tmp_path / "plot_a.py").write_text("from x import fetch_mnist")
    (tmp_path / "plot_b.py").write_text("from x import load_digits")

    def fetch():
        if error:
            raise error

    pattern, reason = gallery.pattern(tmp_path, fetch)
    executed = [name for name in ("plot_a.py", "plot_b.py") if re.search(pattern, f"/any/{name}")]
    assert executed == (["plot_b.py"] if error else ["plot_a.py", "plot_b.py"])
    assert reason == ("1 example that needs MNIST is not executed: no network" if error else None)
    assert not re.search(pattern, "/any/plot_b.py.md5")


@pytest.mark.slow
@each(OFFLINE)
def test_an_example_runs(path, tmp_path, strict_python):
    if package := NEEDS.get(path.name):
        pytest.importorskip(package, reason=f"{path.name} needs the package {package}")
    done = strict_python.run(path, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout
