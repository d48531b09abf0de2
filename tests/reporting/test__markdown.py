"""What people said stays what they said, read by a parser of Markdown."""

import pytest
from markdown_it import MarkdownIt

from lenet_sklearn._runs.tables import markdown_table
from lenet_sklearn.reporting._markdown import (
    code_block,
    escape_cell,
    escape_line,
    escape_paragraphs,
)

NAMES = [
    *("<script>alert(1)</script>", "a|b", "a\\|b", "*a* _b_ `c`", "[a](b)", "# a", "- a", "1. a"),
    *("> a", "~~a~~", "&lt;", "a\\", "==="),
]


@pytest.fixture(scope="module")
def parse():
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse


def leaves(tokens):
    """Texts of the inline tokens, which must hold nothing but text."""
    for token in tokens:
        if token.type == "inline":
            assert {child.type for child in token.children} <= {"text", "text_special"}
            yield "".join(child.content for child in token.children)


@pytest.mark.parametrize("name", NAMES)
def test_a_line_is_text(parse, name):
    tokens = parse(escape_line(name))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert list(leaves(tokens)) == [name]


@pytest.mark.parametrize("name", NAMES)
def test_a_cell_is_text(parse, name):
    table = markdown_table(["class", "n"], [[escape_cell(name), "1"]], "")
    assert list(leaves(parse(table))) == ["class", "n", name, "1"]


def test_newlines_are_spaces():
    assert escape_line(" a\n\n# b\t") == "a # b"
    assert escape_cell("a\r\nb") == "a b"


def test_paragraphs_keep_their_markdown_and_end_no_section(parse):
    text = "# a\n*b*\n===\n\n- c\n---\n```\n<script>\n~~~\n"
    tokens = parse(escape_paragraphs(text))
    types = {token.type for token in tokens}
    assert not types & {"heading_open", "fence", "html_block", "hr", "code_block"}
    assert "bullet_list_open" in types
    words = [child for token in tokens for child in token.children or []]
    assert "em_open" in {child.type for child in words}
    assert "html_inline" not in {child.type for child in words}


@pytest.mark.parametrize("code", ["SVC()", "```\n# a", "````"])
def test_code_stays_code(parse, code):
    (token,) = parse(code_block(code))
    assert (token.type, token.info, token.content) == ("fence", "python", code + "\n")
