"""The report as a reader opens it: in a browser, on a desk and on a phone, by day and by night."""

import pytest

from lenet_sklearn.reporting import write_report

TITLE = 'Digits | <i> & "quotes"'
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def report(model, svm, named, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(
        model, named[1][:100], named[3][:100], path, title=TITLE,
        models={SCRIPT + "m" * 60: svm}, robustness=["fog"], random_state=0, n_mistakes=4,
    )  # fmt: skip
    return path


@pytest.fixture(params=[(390, True), (1280, False)], ids=["phone, dark", "desk, light"])
def visit(report, browser_page, request):
    width, dark = request.param
    return browser_page(report.as_uri(), width=width, dark=dark)


def test_the_page_asks_for_nothing_and_complains_of_nothing(visit, report):
    assert visit.page.title() == TITLE
    assert visit.complaints == []
    asked = [url for url in visit.requests if not url.startswith("data:image/png;base64,")]
    assert asked == [report.as_uri()]
    assert report.stat().st_size < 5e6


def test_all_images_are_shown(visit):
    widths = visit.page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) == 7
    assert min(widths) > 100


def test_the_page_does_not_scroll_sideways(visit):
    scroll, client = visit.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert scroll <= client
    # Nothing sticks out, but for what its own box scrolls.
    assert visit.page.evaluate(
        """[...document.querySelectorAll("h1, h2, h3, nav, p, pre, figure, .table")]
           .filter(box => box.getBoundingClientRect().right > innerWidth + 1)
           .map(box => box.outerHTML.slice(0, 80))"""
    ) == []  # fmt: skip


def test_names_are_text(visit):
    assert visit.page.locator("script").count() == 0
    assert visit.page.locator("#audit td", has_text=SCRIPT).count() >= 1
    assert visit.page.locator("#measures th", has_text=SCRIPT).count() == 1
    assert visit.page.locator("h1").inner_text() == TITLE


def test_the_colours_follow_the_room(report, browser_page):
    shade = "getComputedStyle(document.body).backgroundColor"
    light = browser_page(report.as_uri()).page.evaluate(shade)
    dark = browser_page(report.as_uri(), dark=True).page.evaluate(shade)
    assert light == "rgb(255, 255, 255)"
    assert dark == "rgb(22, 25, 29)"


def test_each_link_leads_to_its_section(visit):
    links = visit.page.locator("nav a").evaluate_all("all => all.map(a => a.hash.slice(1))")
    sections = visit.page.locator("section").evaluate_all("all => all.map(s => s.id)")
    assert links == sections
