"""The pictures of the docs: all are drawn by the script, small, shown, and described."""

import importlib.util
import re
from pathlib import Path

import pytest

from lenet_sklearn import inspection

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = ("index.md", "pictures.md", "inside.md")


@pytest.fixture(scope="module")
def script():
    pytest.importorskip("matplotlib", reason="pictures need the package matplotlib")
    path = ROOT / "tools" / "docs_pictures.py"
    spec = importlib.util.spec_from_file_location("docs_pictures", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shown(page):
    """Return the alternative text of each picture of a page, by its path."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return {path: alt for alt, path in re.findall(r"^!\[(.*)\]\((.*)\)$", text, flags=re.M)}


def test_each_picture_of_the_script_is_shown_once_and_described(script):
    paths = [path for page in PAGES for path in shown(page)]
    assert sorted(paths) == sorted(f"pictures/{name}.png" for name in script.PICTURES)
    alts = [alt for page in PAGES for alt in shown(page).values()]
    assert all(len(alt) > 20 for alt in alts)
    assert len(set(alts)) == len(alts)


def test_the_pictures_are_there_and_small(script):
    found = {path.name: path.stat().st_size for path in (DOCS / "pictures").iterdir()}
    assert sorted(found) == sorted(f"{name}.png" for name in script.PICTURES)
    assert max(found.values()) <= script.LARGEST


def test_the_script_uses_each_display():
    source = (ROOT / "tools" / "docs_pictures.py").read_text(encoding="utf-8")
    drawn = [name for name in inspection.__all__ if name.startswith("plot_")]
    drawn += [name for name in inspection.__all__ if name.endswith("Display")]
    drawn.remove("EmbeddingDisplay")  # what plot_embedding returns
    for name in (*drawn, "RobustnessDisplay"):
        assert re.search(rf"\b{name}[.(]", source), name


def test_a_large_figure_is_written_with_few_colours(script, tmp_path, monkeypatch):
    import matplotlib.pyplot as plt
    import numpy as np
    from PIL import Image

    def figure():
        made, ax = plt.subplots(figsize=(2, 2))
        ax.imshow(np.random.default_rng(0).random((60, 60, 3)))
        return made

    whole = script.save(figure(), tmp_path / "whole.png")
    monkeypatch.setattr(script, "LARGEST", whole - 1)
    assert script.save(figure(), tmp_path / "few.png") < whole
    with Image.open(tmp_path / "few.png") as few, Image.open(tmp_path / "whole.png") as all_of:
        assert few.mode == "P"
        assert few.size == all_of.size


def test_unknown_names_are_refused(script, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["docs_pictures.py", "nothing"])
    with pytest.raises(SystemExit):
        script.main()
    assert "no picture named nothing" in capsys.readouterr().err
