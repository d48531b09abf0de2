from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import lenet_sklearn.datasets

ROOM = Path(lenet_sklearn.datasets.__file__).parent
SOURCES = [*sorted(ROOM.glob("*.py")), ROOM.with_name("_messages.py")]


def test_public_names():
    assert sorted(lenet_sklearn.datasets.__all__) == [
        "ImageFiles",
        "fetch_fashion_mnist",
        "fetch_mnist",
        "load_digits_images",
        "prepare_drawing",
        "read_csv_images",
        "read_idx",
        "read_images",
    ]
    for name in lenet_sklearn.datasets.__all__:
        assert callable(getattr(lenet_sklearn.datasets, name))


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_imports_are_light(source):
    """On import nothing but NumPy and sklearn.utils; pandas, pooch and requests when used."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    modules = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules.add(node.module)
    heavy = {
        module
        for module in modules
        if module.partition(".")[0] not in sys.stdlib_module_names
        and module not in {"numpy", "sklearn.utils", "lenet_sklearn._messages"}
        and module not in {"lenet_sklearn._files.optional", "lenet_sklearn._images.geometry"}
        and not module.startswith("lenet_sklearn.datasets.")
    }
    assert heavy == set()
