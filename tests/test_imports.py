"""Imports point only down the house, and heavy packages are left until they are needed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import lenet_sklearn

ROOT = Path(lenet_sklearn.__file__).parent

# From the roof to the cellar, as in the design; each may import what stands on a later line.
HOUSE = [
    ("__main__",),
    ("cli",),
    ("demo",),
    ("reporting",),
    ("search",),
    ("reproductions",),
    ("comparison",),
    ("robustness",),
    ("inspection",),
    ("persistence",),
    ("pretrained",),
    ("classifier",),
    ("_training",),
    ("_runs",),
    ("preprocessing",),
    ("datasets",),
    ("augmentation",),
    ("networks",),
    ("_network",),
    ("_images",),
    ("_files",),
    ("_decorators",),
    ("_messages",),
]
FLOOR = {name: -depth for depth, names in enumerate(HOUSE) for name in names}

# Wanted by one function or page each: none of them at the import of any module.
OPTIONAL = {
    *("matplotlib", "captum", "gradio", "onnx", "onnxscript", "onnxruntime", "skops"),
    *("dask", "distributed", "optuna", "mapie", "jinja2", "IPython", "PIL"),
}


# The room of the page is imported by its command alone, and needs these throughout.
OF_THE_PAGE = {"starlette", "uvicorn", "anyio"}


def module_name(path):
    """Name of the part of the house that a file belongs to; None for the package itself."""
    first = path.relative_to(ROOT).parts[0]
    return None if first == "__init__.py" else first.removesuffix(".py")


FILES = sorted(ROOT.rglob("*.py"))
NAMES = [str(path.relative_to(ROOT)) for path in FILES]


def home(name):
    """Where a name that is imported from the package itself comes from."""
    return getattr(getattr(lenet_sklearn, name, None), "__module__", f"lenet_sklearn.{name}")


def imported(tree, package=()):
    """Yield the dotted name of each module that is imported, wherever it stands in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            if module == "lenet_sklearn":
                yield from (home(alias.name) for alias in node.names)
            else:
                yield module


def parse(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports_of(path):
    return set(imported(parse(path), path.relative_to(ROOT.parent).parts[:-1]))


def tops(names):
    return {name.split(".")[0] for name in names}


def test_the_scan_sees_the_package():
    assert {"classifier.py", "networks.py", "_training/net.py"} <= set(NAMES)
    source = "import a.b\ndef f():\n    from c.d import e\n    from lenet_sklearn import g, LeNet5"
    names = {"a.b", "c.d", "lenet_sklearn.g", "lenet_sklearn.networks"}
    assert set(imported(ast.parse(source))) == names
    relative = ast.parse("from . import a\nfrom ._b import c\nfrom .. import d\nfrom ..e import f")
    package = ("lenet_sklearn", "comparison")
    assert set(imported(relative, package)) == {
        *("lenet_sklearn.comparison", "lenet_sklearn.comparison._b"),
        *("lenet_sklearn.d", "lenet_sklearn.e"),
    }


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_imports_point_down(path):
    here = module_name(path)
    if here is None:
        return  # the package's own front door shows what stands inside
    assert here in FLOOR, f"{here} has no place in the house: add it to HOUSE"
    for name in imports_of(path):
        parts = name.split(".")
        if parts[0] != "lenet_sklearn" or parts[1] in (here, "__version__"):
            continue
        assert parts[1] in FLOOR, f"{here} imports {name}, which has no place in the house"
        assert FLOOR[parts[1]] < FLOOR[here], f"{here} must not import {name}"


@pytest.mark.parametrize("room", ["_runs", "comparison", "reproductions", "robustness", "search"])
def test_no_file_of_a_room_imports_in_a_circle(room):
    files = {f"lenet_sklearn.{room}.{path.stem}": path for path in (ROOT / room).glob("*.py")}
    files.pop(f"lenet_sklearn.{room}.__init__")
    left = {name: imports_of(path) & files.keys() for name, path in files.items()}
    while ready := {name for name, needed in left.items() if not needed & left.keys()}:
        left = {name: needed for name, needed in left.items() if name not in ready}
    assert not left


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_skorch_is_imported_in_training_alone(path):
    if module_name(path) != "_training":
        assert "skorch" not in tops(imports_of(path))


@pytest.mark.parametrize("name", [n for n in NAMES if n.startswith(("networks.py", "_network/"))])
def test_the_network_needs_torch_alone(name):
    others = {n for n in imports_of(ROOT / name) if not n.startswith("lenet_sklearn._network")}
    assert tops(others) - set(sys.stdlib_module_names) <= {"torch"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_only_the_command_line_prints(path):
    if module_name(path) == "cli":
        return
    assert not [node.lineno for node in ast.walk(parse(path))
                if isinstance(node, ast.Name) and node.id == "print"]  # fmt: skip


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_optional_packages_are_not_imported_at_module_level(path):
    inside = (ast.FunctionDef, ast.AsyncFunctionDef)
    body = [n for n in parse(path).body if not isinstance(n, inside)]
    # What stands below `if TYPE_CHECKING:` is never imported.
    for_types = [isinstance(n, ast.If) and ast.unparse(n.test) == "TYPE_CHECKING" for n in body]
    module_level = ast.Module(
        [n for n, is_for in zip(body, for_types, strict=True) if not is_for], []
    )
    for node in ast.walk(module_level):
        if isinstance(node, ast.ClassDef):
            node.body = [n for n in node.body if not isinstance(n, inside)]
    unwanted = OPTIONAL if module_name(path) == "demo" else OPTIONAL | OF_THE_PAGE
    assert not tops(imported(module_level)) & unwanted


def test_importing_the_package_imports_no_optional_package():
    parts = {module_name(path) for path in FILES} - {None, "__main__", "demo"}
    script = "\n".join(
        [
            "import sys",
            *(f"import lenet_sklearn.{part}" for part in sorted(parts)),
            "print(*sorted({name.split('.')[0] for name in sys.modules}))",
        ]
    )
    out = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=120
    )
    assert out.returncode == 0, out.stderr
    loaded = set(out.stdout.split())
    assert {"lenet_sklearn", "torch", "skorch", "sklearn"} <= loaded
    assert not loaded & (OPTIONAL | OF_THE_PAGE)
