"""Tables as HTML: well-formed, nothing is taken for markup, nothing is asked of a server."""

import re
from html.parser import HTMLParser

from lenet_sklearn._runs.figures import Figure
from lenet_sklearn._runs.html import html_page, html_table


class _Reader(HTMLParser):
    """Collects the tags, attributes and cell texts of a page."""

    def __init__(self):
        super().__init__()
        self.open, self.attributes, self.cells = [], set(), []

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta",):
            self.open.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in ("td", "th"):
            self.cells.append(data)


def test_html_is_well_formed_escaped_and_self_contained():
    evil = "<script>alert('x')</script> & \"quoted\""
    page = html_page(evil, html_table(["model", "error"], [["SVM", evil], ["<b>", ""]], evil))
    reader = _Reader()
    reader.feed(page)
    assert reader.open == []
    assert reader.cells == ["model", "error", "SVM", evil, "<b>"]
    assert "<script" not in page
    assert not reader.attributes & {"src", "href", "onload"}


def test_the_deviation_stands_below_its_mean_and_is_text():
    table = html_table(["model", "accuracy"], [["a", "0.98 ± 0.01"], ["b", "1 ± <i>"]], "")
    assert "<td>0.98 <small>± 0.01</small></td>" in table
    assert "<td>1 <small>± &lt;i&gt;</small></td>" in table


def test_figures_and_the_first_sentence_are_text_and_stand_in_the_page():
    figures = [Figure("aGk=", 'a "chart"', 300, 200), Figure("aG8=", "wide", 900, 200)]
    page = html_page("Title", "<b></b>", lead="A & B", figures=figures)
    assert "<p>A &amp; B</p>" in page
    first, second = re.findall(r"<figure.*?</figure>", page)
    assert first == (
        '<figure><img src="data:image/png;base64,aGk=" alt="a &quot;chart&quot;" width="300" '
        'height="200"></figure>'
    )
    assert second.startswith('<figure class="wide" tabindex="0">')
    plain = html_page("Title", "<b></b>")
    assert not {"<p>", "<figure"} & set(re.findall(r"<\w+>?", plain))
