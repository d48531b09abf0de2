"""The site, built without running the gallery: no warning, no dead link, an entry for each name."""

import inspect
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

for package in (
    "sphinx", "myst_nb", "sphinx_copybutton", "sphinx_design", "sphinx_gallery", "numpydoc",
):  # fmt: skip
    pytest.importorskip(package, reason=f"the site needs the package {package}")

from sphinx.util.inventory import InventoryFile  # noqa: E402

import lenet_sklearn  # noqa: E402

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Build a copy of the docs; a warning is an error, also for a link that leads nowhere."""
    folder = tmp_path_factory.mktemp("site")
    unbuilt = shutil.ignore_patterns("_build", "generated", "auto_examples", "__pycache__")
    for name in ("docs", "examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=unbuilt)
    for name in ("CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder)
    command = [
        sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-D", "plot_gallery=0",
        "-D", "nb_execution_mode=off",  # tests/test_notebook.py runs it
        "-b", "html", folder / "docs", folder / "html",
    ]  # fmt: skip
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    # Nothing may be downloaded.
    offline = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    done = subprocess.run(
        command,
        env={**os.environ, **offline, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "html"


@pytest.fixture(scope="module")
def entries(site):
    found = InventoryFile.loads((site / "objects.inv").read_bytes(), uri="").data
    return {
        name: item.uri
        for kind in found
        if kind.startswith("py:")
        for name, item in found[kind].items()
    }


def test_each_method_parameter_and_attribute_has_an_entry(entries):
    cls = lenet_sklearn.LeNet5Classifier
    wanted = [f"LeNet5Classifier.{name}" for name in inspect.signature(cls).parameters]
    wanted += [f"LeNet5Classifier.{name}" for name in dir(cls) if not name.startswith("_")]
    for name, value in inspect.getmembers(lenet_sklearn, callable):
        if name in lenet_sklearn.__all__ and not inspect.isclass(value):
            wanted += [name, *(f"{name}.{each}" for each in inspect.signature(value).parameters)]
    wanted += [
        "BenchmarkResult.to_csv.path",
        "LeNet5.forward.x",
        "LeNet5Classifier.fit.sample_weight",
        "LeNet5Classifier.partial_fit",
        "LeNet5Classifier.validation_scores_",
        "inspection.TrainingCurveDisplay.from_estimator",
        "inspection.AuditResult.by_class",
    ]
    assert [name for name in wanted if f"lenet_sklearn.{name}" not in entries] == []


def test_an_entry_has_one_link_to_itself(site):
    page = (site / "generated/lenet_sklearn.LeNet5Classifier.html").read_text(encoding="utf-8")
    terms = re.findall(r'<dt id="(lenet_sklearn[^"]+)">(.*?)</dt>', page, re.S)
    assert len(terms) > 70
    assert [name for name, term in terms if term.count("headerlink") != 1] == []


def test_torch_does_not_fill_the_page_of_the_network(entries):
    found = [name for name in entries if re.fullmatch(r"lenet_sklearn\.LeNet5\.\w+", name)]
    assert 8 < len(found) < 20
    assert "lenet_sklearn.LeNet5.cuda" not in entries


def test_the_search_finds_a_parameter(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert '"sample_weight' in index
    assert "search-results" in (site / "search.html").read_text(encoding="utf-8")
    assert "search_lenet5" in (site / "parameter_search.html").read_text(encoding="utf-8")


def test_no_link_within_the_site_is_dead(site):
    pages = {
        path: path.read_text(encoding="utf-8")
        for path in site.rglob("*.html")
        if "_static" not in path.parts
    }
    targets = {
        path: {unescape(each) for each in re.findall(r'\bid="([^"]+)"', text)}
        for path, text in pages.items()
    }
    dead = set()
    for path, text in pages.items():
        for link in re.findall(r'<(?:a|img|link|script)\b[^>]*?(?:href|src)="([^"]+)"', text):
            parts = urlsplit(unescape(link))
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            known = targets.get(target)
            missing = parts.fragment and known is not None and unquote(parts.fragment) not in known
            if not target.exists() or missing:
                dead.add(f"{path.relative_to(site)}: {link}")
    assert len(pages) > 70
    assert sorted(dead) == []


# One page of each kind; the widest tables are on those of the evidence.
LOOKED_AT = (
    "index", "start", "quickstart", "guide/index", "guide/comparison", "few_images", "report",
    "reproductions", "performance", "paper_vs_code", "studies/comparison", "studies/transfer",
    "command_line", "architecture", "api", "troubleshooting", "coming_from",
    "generated/lenet_sklearn.LeNet5Classifier", "auto_examples/index", "genindex", "search",
)  # fmt: skip
STICKS_OUT = """
() => {
  const scrolls = box => box.closest("dialog, nav") ||
    ["auto", "scroll", "hidden"].includes(getComputedStyle(box).overflowX) ||
    (!box.matches(".bd-article") && box.parentElement && scrolls(box.parentElement));
  const cut = box => box.scrollWidth > box.clientWidth + 1 && !scrolls(box);
  const page = document.documentElement;
  return [...document.querySelectorAll(".bd-article *")]
    .filter(box => box.getBoundingClientRect().right > page.clientWidth + 1)
    .filter(box => box.parentElement && !scrolls(box.parentElement))
    .concat([...document.querySelectorAll(".bd-article :is(h1, h2, h3)")].filter(cut))
    .map(box => box.outerHTML.slice(0, 80))
    .concat(page.scrollWidth > page.clientWidth ? [`${page.scrollWidth} pixels`] : []);
}
"""
# A table that is wider than its column scrolls in a box of its own, and its first column stays.
CUT_TABLES = """
() => [...document.querySelectorAll(".bd-article table")]
  .filter(table => table.getBoundingClientRect().width > table.parentElement.clientWidth + 1)
  .filter(table => getComputedStyle(table.parentElement).overflowX != "auto" ||
    getComputedStyle(table.querySelector("tbody td, tbody th")).position != "sticky")
  .map(table => table.outerHTML.slice(0, 80))
"""
EMPTY_SIDEBARS = """
() => [...document.querySelectorAll(".bd-sidebar-primary, .bd-sidebar-secondary")]
  .filter(bar => bar.getBoundingClientRect().width > 0 && !bar.querySelector("nav a"))
  .map(bar => bar.className)
"""


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_no_page_scrolls_sideways_and_no_table_is_cut(site, browser_page, width, dark):
    page = browser_page((site / "index.html").as_uri(), width=width, dark=dark).page
    found = {}
    for name in LOOKED_AT:
        page.goto((site / f"{name}.html").as_uri(), wait_until="load")
        found[name] = [
            *page.evaluate(STICKS_OUT),
            *page.evaluate(CUT_TABLES),
            *(page.evaluate(EMPTY_SIDEBARS) if width > 1000 else []),
        ]
    assert {name: boxes for name, boxes in found.items() if boxes} == {}


def test_a_phone_leads_to_the_other_pages(site, browser_page):
    page = browser_page((site / "guide" / "index.html").as_uri(), width=390).page
    page.locator("button.primary-toggle").click()
    drawer = page.locator("dialog[open]")
    drawer.wait_for()
    assert drawer.get_by_role("link", name="Evidence").is_visible()
    drawer.get_by_role("link", name="Training").click()
    page.wait_for_url("**/training.html")
    assert page.locator("h1").inner_text().startswith("Training")


def test_code_has_a_button_that_copies_it_and_outputs_have_none(site, browser_page):
    page = browser_page((site / "quickstart.html").as_uri()).page
    assert page.locator(".highlight-python button.copybtn").count() > 10
    assert page.locator(".highlight-text pre").count() > 10
    assert page.locator(".highlight-text button.copybtn").count() == 0


def test_the_colours_follow_the_room(site, browser_page):
    shade = "getComputedStyle(document.body).backgroundColor"
    address = (site / "index.html").as_uri()
    light = browser_page(address).page.evaluate(shade)
    dark = browser_page(address, dark=True).page.evaluate(shade)
    assert light == "rgb(255, 255, 255)"
    assert max(map(int, re.findall(r"\d+", dark)[:3])) < 60
