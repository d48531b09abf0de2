"""Tables as HTML: a fragment for a notebook's cell, and a whole page that needs no other file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from lenet_sklearn._runs.figures import Figure

# Of the fragment: it also stands in pages of others, so it takes their colours.
_CSS = """\
.lenet-benchmark { font: 14px/1.4 system-ui, sans-serif; }
.lenet-benchmark .scrolls { overflow-x: auto; }
.lenet-benchmark table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.lenet-benchmark th, .lenet-benchmark td { padding: 4px 8px; text-align: right;
  border-bottom: 1px solid #8884; }
.lenet-benchmark td { white-space: nowrap; }
.lenet-benchmark td small { display: block; font-size: 85%; opacity: 0.75; }
.lenet-benchmark th:first-child, .lenet-benchmark td:first-child,
.lenet-benchmark td.text { text-align: left; }
.lenet-benchmark td.text { white-space: normal; min-width: 16em; }
.lenet-benchmark thead th { border-bottom: 2px solid #888; vertical-align: bottom; }
.lenet-benchmark p { opacity: 0.75; max-width: 60em; }
"""

# The first column stays in sight. A chart has dark text, and so a white ground at night too.
_PAGE_CSS = """\
:root { --paper: #fff; --ink: #1d2126; --line: #d5d9de; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16191d; --ink: #e4e7ea; --line: #3a4149; }
  figure { filter: brightness(0.88); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0; }
td:first-child, th:first-child { position: sticky; left: 0; padding-left: 0 !important;
  background: var(--paper); }
td:first-child { white-space: normal !important; min-width: 5.5rem; max-width: 16rem; }
.figures { display: flex; flex-wrap: wrap; gap: 1rem; align-items: start; }
figure { margin: 0; flex: 0 1 38rem; max-width: 100%; overflow-x: auto; background: #fff;
  border: 1px solid var(--line); border-radius: 4px; }
img { display: block; max-width: 100%; height: auto; }
.wide img { min-width: 32rem; }
@media print { tr, figure { break-inside: avoid; } }
"""
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def html_table(header: Sequence[str], rows: Sequence[Sequence[str]], note: str) -> str:
    """Write an HTML table with its own style, to stand in a page or a notebook's cell."""
    kinds = [' class="text"' if name == "error" else "" for name in header]
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in header)
    body = "\n".join(
        "<tr>"
        + "".join(f"<td{kind}>{_cell(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="lenet-benchmark">\n<style>\n{_CSS}</style>\n'
        '<div class="scrolls" tabindex="0" role="region" aria-label="Table">\n'
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>\n"
        f"<p>{html.escape(note)}</p>\n</div>\n"
    )


def _cell(text: str) -> str:
    """Write a cell; a standard deviation stands below its mean, which halves the column."""
    mean, sign, sd = text.partition(" ± ")
    if not sign:
        return html.escape(text)
    return f"{html.escape(mean)} <small>± {html.escape(sd)}</small>"


def html_page(title: str, body: str, *, lead: str = "", figures: Iterable[Figure] = ()) -> str:
    """Wrap a fragment into a complete page that needs no other file, with figures below it."""
    said = f"<p>{html.escape(lead)}</p>\n" if lead else ""
    drawn = "".join(map(_figure, figures))
    below = f'<div class="figures">\n{drawn}</div>\n' if drawn else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{html.escape(title)}</title>\n<style>\n{_PAGE_CSS}</style>\n</head>\n<body>\n"
        f"<h1>{html.escape(title)}</h1>\n{said}{body}{below}</body>\n</html>\n"
    )


def _figure(figure: Figure) -> str:
    # What is scrolled sideways must take the keyboard's focus.
    wide = ' class="wide" tabindex="0"' if figure.is_wide else ""
    return (
        f'<figure{wide}><img src="data:image/png;base64,{figure.png}" '
        f'alt="{html.escape(figure.alt)}" width="{figure.width}" height="{figure.height}">'
        "</figure>\n"
    )
