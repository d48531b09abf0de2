"""The page of a benchmark, as a colleague opens it: on a desk and on a phone, by day and night."""

import numpy as np
import pandas as pd
import pytest

from lenet_sklearn._runs.metrics import METRICS
from lenet_sklearn.comparison import BenchmarkResult

MODELS = (
    "LeNet-5", "SVM", "Random forest", "MLP", "k-NN", "Logistic regression", "Dummy",
    "<b>of $x$</b>",
)  # fmt: skip


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    rng = np.random.default_rng(0)
    large = dict.fromkeys(("fit_seconds", "predict_microseconds", "parameters", "size_bytes"), 1e6)
    rows = [
        {name: large.get(name, 1) * rng.uniform(0.9, 0.99) for name in METRICS}
        | {"model": model, "fold": fold, "n_train": 80, "n_test": 20, "status": "ok", "error": ""}
        for model in MODELS
        for fold in range(5)
    ]
    path = tmp_path_factory.mktemp("benchmark") / "table.html"
    BenchmarkResult(pd.DataFrame(rows), random_state=0, name="Fashion-MNIST").to_html(path)
    return path


@pytest.fixture(params=[(390, True), (1280, False)], ids=["phone, dark", "desk, light"])
def visit(page, browser_page, request):
    width, dark = request.param
    return browser_page(page.as_uri(), width=width, dark=dark)


def test_the_page_is_whole_in_one_file(visit, page):
    assert visit.page.title() == "Benchmark on Fashion-MNIST"
    assert visit.page.locator("h1").inner_text() == "Benchmark on Fashion-MNIST"
    assert visit.complaints == []
    asked = [url for url in visit.requests if not url.startswith("data:image/png;base64,")]
    assert asked == [page.as_uri()]
    widths = visit.page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(widths) == 2
    assert min(widths) > 300


def test_the_page_fits(visit):
    scroll, client = visit.page.evaluate(
        "[document.documentElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert scroll <= client
    assert visit.page.evaluate(
        """[...document.querySelectorAll("h1, p, figure, img, .scrolls")]
           .filter(box => box.getBoundingClientRect().right > innerWidth + 1)
           .map(box => box.outerHTML.slice(0, 80))"""
    ) == []  # fmt: skip
    table, box = visit.page.evaluate(
        """[document.querySelector("table"), document.querySelector(".scrolls")]
           .map(each => each.getBoundingClientRect().width)"""
    )
    if client > 1000:
        assert table <= box  # all columns at once
    else:
        assert table > box


def test_difference_and_p_stand_after_the_accuracy(visit):
    header = visit.page.locator("thead th").all_inner_texts()
    assert [" ".join(text.split()) for text in header[:5]] == [
        "model", "accuracy", "difference in accuracy", "p (Holm)", "balanced accuracy",
    ]  # fmt: skip


def test_the_models_stay_in_sight(visit):
    cell = visit.page.locator("tbody td").first
    before = cell.bounding_box()["x"]
    visit.page.locator(".scrolls").evaluate("box => { box.scrollLeft = 200 }")
    assert cell.bounding_box()["x"] == before
    # Opaque, or the numbers below would shine through.
    colour = "cell => getComputedStyle(cell).backgroundColor"
    paper = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert cell.evaluate(colour) == paper
    assert paper in ("rgb(255, 255, 255)", "rgb(22, 25, 29)")


def test_names_are_text(visit):
    assert visit.page.locator("tbody td", has_text="<b>of $x$</b>").count() == 1
    assert visit.page.locator("b, script").count() == 0


def test_no_strip_beside_a_chart_is_lighter_than_its_ground(visit):
    dimmed = "each => getComputedStyle(each).filter"
    for figure, image in zip(
        visit.page.locator("figure").all(), visit.page.locator("figure img").all(), strict=True
    ):
        assert image.evaluate(dimmed) == "none"  # what dims the image dims all of its figure
        assert (figure.evaluate(dimmed) != "none") == visit.page.evaluate(
            "matchMedia('(prefers-color-scheme: dark)').matches"
        )
