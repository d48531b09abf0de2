"""The teaching notebook: its cells run, and its own functions compute what the library computes."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "from_pixels_to_lenet5.md"
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?::[^\n]*\n+)*(.*?)^```$", re.M | re.S)


def test_the_cells_run_and_agree_with_the_library(tmp_path, strict_python):
    cells = CELL.findall(PAGE.read_text(encoding="utf-8"))
    assert len(cells) > 10
    checks = [
        "assert by_hand.shape == by_library.shape == (20, 10)",
        "np.testing.assert_allclose(by_hand, by_library, rtol=0, atol=1e-5)",
        # What the text says of the pictures.
        "assert np.argmin(losses) not in (0, len(losses) - 1)",
        "assert change(found, found_moved) > change(max_pool(found), max_pool(found_moved))",
        "assert model.score(X_test, y_test) > flat.score(X_test / 16, y_test)",
    ]
    script = tmp_path / "notebook.py"
    script.write_text("\n".join([*cells, *checks]), encoding="utf-8")
    done = strict_python.run(script, tmp_path)
    assert done.returncode == 0, done.stderr


def test_only_this_page_is_a_notebook():
    head = re.compile(r"\A---\n.*?\bfile_format: mystnb\n.*?^---$", re.M | re.S)
    pages = [path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts]
    assert [path for path in pages if head.match(path.read_text("utf-8"))] == [PAGE]
