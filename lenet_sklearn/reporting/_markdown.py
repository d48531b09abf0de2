"""Write what people said into Markdown so that it stays what they said."""

from __future__ import annotations

import re

_INLINE = re.compile(r"([\\`*_\[\]~&])")
_TAG = re.compile(r"<(?=[a-zA-Z/!?])")
_START_OF_A_BLOCK = re.compile(r"^(\d+(?=[.)])|[-+#>=])")
# A heading, a fence, a rule or the line under a heading would end the section.
_LINE_OF_A_BLOCK = re.compile(r"^(\s*)(#|```|~~~|=+\s*$|-+\s*$)", re.MULTILINE)


def escape_cell(text: str) -> str:
    """Return a name for a cell of `markdown_table`, which escapes pipes and tags itself."""
    return _INLINE.sub(r"\\\1", " ".join(text.split()))


def escape_line(text: str) -> str:
    r"""Return a name or a title as one line, in which nothing is Markdown or HTML.

    Examples
    --------
    >>> from lenet_sklearn.reporting._markdown import escape_line
    >>> print(escape_line("a|b <i>\n*c*"))
    a\|b &lt;i> \*c\*
    """
    line = escape_cell(text).replace("<", "&lt;").replace("|", "\\|")
    return _START_OF_A_BLOCK.sub(_behind_backslash, line)


def escape_paragraphs(text: str) -> str:
    r"""Return paragraphs of Markdown in which headings, fences and tags are text.

    Examples
    --------
    >>> from lenet_sklearn.reporting._markdown import escape_paragraphs
    >>> print(escape_paragraphs("# Cheques\n*No* <script>"))
    \# Cheques
    *No* &lt;script>
    """
    text = "\n".join(text.splitlines()).strip()
    return _LINE_OF_A_BLOCK.sub(r"\1\\\2", _TAG.sub("&lt;", text))


def code_block(text: str) -> str:
    """Return a block of Python code, whatever backticks are in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}python\n{text}\n{fence}"


def _behind_backslash(start: re.Match[str]) -> str:
    number = start[0].isdigit()
    return f"{start[0]}\\" if number else f"\\{start[0]}"
