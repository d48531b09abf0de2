"""The inventories of other projects: as the script writes them, and as Sphinx reads them."""

import importlib.util
from pathlib import Path

import pytest

sphinx_inventory = pytest.importorskip("sphinx.util.inventory", reason="it reads the files")
for package in ("dask", "distributed", "matplotlib", "optuna"):  # each name is imported
    pytest.importorskip(package, reason=f"inventories need the package {package}")

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "inventories"


@pytest.fixture(scope="module")
def script():
    path = ROOT / "tools" / "make_inventories.py"
    spec = importlib.util.spec_from_file_location("make_inventories", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load(path):
    return sphinx_inventory.InventoryFile.loads(path.read_bytes(), uri="https://site").data


def test_the_files_are_those_of_the_script(script, tmp_path):
    written = {
        script.write(name, tmp_path).name: tmp_path / f"{name}.inv" for name in script.PROJECTS
    }
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(written)
    for name, path in written.items():
        assert load(path) == load(FOLDER / name), "run tools/make_inventories.py"


def test_names_have_their_kind_and_address():
    sklearn = load(FOLDER / "sklearn.inv")
    found = sklearn["py:class"]["sklearn.svm.SVC"]
    assert found.uri == "https://site/modules/generated/sklearn.svm.SVC.html#sklearn.svm.SVC"
    assert "sklearn.pipeline.make_pipeline" in sklearn["py:function"]
    assert "sklearn.model_selection.HalvingGridSearchCV" in sklearn["py:class"]
    assert sklearn["std:label"]["metadata_routing"].display_name == "metadata_routing"
    python = load(FOLDER / "python.inv")
    assert "ValueError" in python["py:exception"]
    assert "path-like object" in python["std:term"]
    assert "scipy.stats" in load(FOLDER / "scipy.inv")["py:module"]


def test_a_name_that_does_not_exist_is_refused(script):
    with pytest.raises(AttributeError):
        script.entries(script.Project("{}.html", "sklearn.svm.NoSuchModel"))
