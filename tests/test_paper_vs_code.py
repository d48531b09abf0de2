"""Each departure from the 1998 paper is tagged in the code, and told in the docs."""

import re
from collections import Counter
from pathlib import Path

import lenet_sklearn

ROOT = Path(lenet_sklearn.__file__).parent
PAGE = ROOT.parent / "docs" / "paper_vs_code.md"


def tags():
    """Number of tags of each file."""
    counts = {
        path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("# PAPER:")
        + len(re.findall(r"#[^\n]*\. PAPER:", path.read_text(encoding="utf-8")))
        for path in ROOT.rglob("*.py")
    }
    return {name: n for name, n in counts.items() if n}


def test_each_tag_has_its_row():
    page = PAGE.read_text(encoding="utf-8")
    rows = Counter(re.findall(r"^\| `([^`]+\.py)` \|", page, re.M))
    assert rows == tags()


def test_the_tags_are_where_the_original_is_made():
    assert {"networks.py", "_training/losses.py", "reproductions/lenet5_1998.py"} <= tags().keys()


def test_each_row_says_what_differs_and_why():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if ".py` |" in line]
    for row in rows:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 4, row
        assert all(len(cell) > 8 for cell in cells), row
