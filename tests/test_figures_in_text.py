"""Figures that a page repeats from docs/measured/ are the ones that were measured."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"

# The page, the heading, and the files in docs/measured/ that the text below it repeats.
COPIES = [
    ("scaling.md", "## Many small fits at once", ["stacked"]),
    ("scaling.md", "## A grid on two cores", ["engines"]),
    ("scaling.md", "### Measured", ["larger_than_memory"]),
    ("scaling.md", "## On paper: a thousand workers", ["cost_model"]),
    ("coming_from.md", "# Coming from", ["coming_from"]),
]
NUMBER = re.compile(r"(?<![\w.-])\d[\d,]*(?:\.\d+)?(?![\w-])")


def read_section(page, heading):
    """The text below a heading, without code."""
    text = (DOCS / page).read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```$|`[^`]*`", "", text, flags=re.M | re.S)
    below = text.partition(heading)[2]
    assert below, f"{page} has no {heading!r}"
    return re.split(r"^#", below, maxsplit=1, flags=re.M)[0]


def read_measured(name):
    """Each number that a script has measured, as it was written."""
    table = json.loads((DOCS / "measured" / f"{name}.json").read_text(encoding="utf-8"))
    cells = [cell for row in table["rows"] for cell in row]
    machine = map(str, table["machine"].values())
    text = " ".join([table["title"], *machine, *cells, *table["notes"]])
    return [float(n.replace(",", "")) for n in NUMBER.findall(text)] + list(
        table["figures"].values()
    )


def decimals_of(number):
    return len(number.partition(".")[2])


def find_unmeasured(text, measured):
    """Numbers that are no rounded figure of a script: of a table, or with a decimal point."""
    return [
        number
        for line in text.splitlines()
        for number in NUMBER.findall(line)
        if (line.startswith("|") or "." in number)
        and not any(f"{value:,.{decimals_of(number)}f}" == number for value in measured)
    ]


@pytest.mark.parametrize(("page", "heading", "names"), COPIES)
def test_repeated_figures_are_as_measured(page, heading, names):
    measured = [value for name in names for value in read_measured(name)]
    assert not find_unmeasured(read_section(page, heading), measured)


def test_a_figure_that_nobody_measured_is_found():
    text = "| images | 12,345.6 |\n| workers | 4 |\n\n1.24 s for 3 runs, 1.3 times"
    assert find_unmeasured(text, [1.236, 12345.64]) == ["4", "1.3"]
