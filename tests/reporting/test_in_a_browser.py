"""The report as a reader opens it: in a browser, on a desk and on a phone, by day and by night."""

import pytest

from lenet_sklearn.reporting import write_report

TITLE = 'Digits | <i> & "quotes"'


@pytest.fixture(scope="module")
def report(model, svm, named, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(
        model, named[1][:100], named[3][:100], path, title=TITLE, models={"SVM <b>": svm},
        robustness=["fog"], random_state=0, n_mistakes=4,
    )  # fmt: skip
    return path


@pytest.mark.parametrize("width", [390, 1280])
def test_the_page_shows_itself_and_asks_for_nothing(report, browser_page, width):
    page, complaints, requests = browser_page(report.as_uri(), width=width)
    assert page.title() == TITLE
    assert complaints == []
    assert [url for url in requests if not url.startswith("data:image/png")] == [report.as_uri()]
    assert (
        page.evaluate(
            "[...document.images].filter(image => !image.complete || !image.naturalWidth).length"
        )
        == 0
    )
