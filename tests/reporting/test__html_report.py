"""The report: one file, which holds all it shows, and shows names as text."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from lenet_sklearn.reporting import _html_report, write_report

SECTIONS = [
    *("measures", "mistakes", "confusions", "explanations", "reliability", "audit"),
    *("robustness", "training", "layers", "versions"),
]
VOID = {"meta", "img"}


class Page(HTMLParser):
    """The tags and the text of a page; fails where tags are not closed."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.words, self.section = [], [], {}, None
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "section":
            self.section = dict(attrs)["id"]
            self.words[self.section] = ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.section:
            self.words[self.section] += data

    def images(self):
        return [attrs for tag, attrs in self.tags if tag == "img"]


@pytest.fixture(scope="module")
def report(model, svm, named, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(
        model, named[1][:150], named[3][:150], path, title="Digits <i>", models={"SVM <b>": svm},
        robustness=["fog"], random_state=0, n_mistakes=4,
    )  # fmt: skip
    return path


@pytest.fixture
def write(model, named, tmp_path):
    """Return a function that writes a short report, and returns its page."""

    def write(of=model, **options):
        path = tmp_path / "report.html"
        write_report(
            of, named[1][:60], named[3][:60], path, **{"explain": False, "n_mistakes": 0, **options}
        )
        return Page(path.read_text("utf-8"))

    return write


def test_the_page_has_all_its_sections(report, model, named):
    page = Page(report.read_text("utf-8"))
    assert list(page.words) == SECTIONS
    links = [attrs["href"] for tag, attrs in page.tags if tag == "a"]
    assert links == [f"#{section}" for section in SECTIONS]
    assert len(page.images()) == 7
    assert all(image["alt"] for image in page.images())
    wrong = int((model.predict(named[1][:150]) != named[3][:150]).sum())
    assert f"{wrong} mistakes in 150 images" in page.words["mistakes"]
    assert f"{model.score(named[1][:150], named[3][:150]):.4f}" in page.words["measures"]
    assert f"{model.n_parameters_:,}" in page.words["layers"]
    assert "4 epochs" in page.words["training"]
    assert "fog" in page.words["robustness"]
    assert "torch" in page.words["versions"]
    for section in ("measures", "robustness"):
        assert "SVM <b>" in page.words[section]
    assert "for want of predict_proba: SVM <b>" in page.words["reliability"]


def test_the_page_loads_nothing(report):
    text = report.read_text("utf-8")
    assert "http://" not in text
    assert "https://" not in text
    assert "url(" not in text
    assert "@import" not in text
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "svg"} == set()
    sources = [attrs[key] for _, attrs in page.tags for key in ("src", "href") if key in attrs]
    assert all(source.startswith(("data:image/png;base64,", "#")) for source in sources)
    assert not [key for _, attrs in page.tags for key in attrs if key.startswith("on")]


def test_names_are_text(report):
    text = report.read_text("utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "$x$ {{ 1 }}" in text
    assert "<title>Digits &lt;i&gt;</title>" in text


def test_the_page_suits_phones_and_dark_rooms(report):
    text = report.read_text("utf-8")
    assert "prefers-color-scheme: dark" in text
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in text
    assert len(re.findall(r'<div class="table"[^>]*>\s*<table>', text)) == text.count("<table>") > 5
    assert re.search(r"\.table \{[^}]*overflow-x: auto", text)
    assert re.search(r"img \{[^}]*max-width: 100%", text)


def test_the_file_is_small_and_alone(report):
    assert report.stat().st_size < 5e6
    assert [file.name for file in report.parent.iterdir()] == ["report.html"]


def test_any_classifier_has_a_report(write, svm):
    page = write(svm, explain=True, n_mistakes=20)
    assert len(page.images()) == 2
    for section in ("mistakes", "explanations", "training", "layers"):
        assert "SVC" in page.words[section]
    assert "predict_proba" in page.words["mistakes"]
    assert "robustness" not in page.words


def test_what_can_be_left_out_is_left_out(write):
    page = write()
    assert "explanations" not in page.words
    assert len(page.images()) == 4


def test_no_mistake(write, named):
    class Right(DummyClassifier):
        def predict(self, X):
            return named[3][: len(X)]

    page = write(Right().fit(named[0], named[2]))
    assert "0 mistakes in 60 images" in page.words["mistakes"]
    assert "No mistake." in page.words["audit"]


def test_where_predict_is_not_the_most_probable(write, named):
    class Other(DummyClassifier):
        def predict(self, X):
            return np.repeat(self.classes_[3], len(X))

    other = Other(strategy="constant", constant="7").fit(named[0], named[2])
    page = write(other, n_mistakes=2)
    assert "For 60 images predict says another one." in page.words["mistakes"]


def test_without_captum_a_sentence_says_so(write, without):
    without("captum", "captum.attr")
    words = write(explain=True).words["explanations"]
    assert "Not drawn: " in words
    assert "lenet-sklearn[explain]" in words
    assert "true classes" not in words


def test_a_step_that_cannot_be_explained(write, named, small):
    pipe = make_pipeline(FunctionTransformer(), small(max_epochs=1)).fit(named[0], named[2])
    assert "Not drawn: " in write(pipe, explain=True).words["explanations"]


def test_robustness_is_true_or_names(monkeypatch, write):
    seen = []

    def record(models, X, y, *, corruptions, random_state, progress):
        seen.append((list(models), corruptions, random_state))
        raise ValueError("recorded")

    monkeypatch.setattr(_html_report, "evaluate_robustness", record)
    for given in (True, "fog", ["fog", "rotate"]):
        with pytest.raises(ValueError, match="recorded"):
            write(robustness=given, random_state=3)
    assert seen == [(["LeNet5Classifier"], given, 3) for given in ("all", "fog", ["fog", "rotate"])]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"n_mistakes": -1}, ValueError, "n_mistakes must be an integer from 0 to 200. Got -1"),
        ({"n_mistakes": 2.5}, ValueError, "n_mistakes must be .* Got 2.5"),
        ({"n_mistakes": True}, ValueError, "n_mistakes must be .* Got True"),
        ({"explain": "gradcam"}, ValueError, "explain must be True or False. Got 'gradcam'"),
        ({"title": 3}, TypeError, "title must be a str, or None. Got 3"),
        ({"models": [1]}, TypeError, "models must be a dict .* Got list"),
        ({"models": {"": None}}, ValueError, "models must have names .* Got ''"),
        ({"models": {"LeNet5Classifier": None}}, ValueError, "differ from the name of the model"),
        (
            {"models": {"SVM": 3}},
            TypeError,
            r"models\['SVM'\] must be a fitted classifier. Got int",
        ),
        ({"robustness": []}, ValueError, r"robustness must be True, False, or .* Got \[\]"),
        ({"robustness": None}, ValueError, "robustness must be .* Got None"),
        ({"robustness": "frog"}, ValueError, "frog"),
    ],
)
def test_bad_options(write, tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        write(**options)
    assert list(tmp_path.iterdir()) == []


def test_the_old_file_stays_after_an_error(model, named, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")
    with pytest.raises(ValueError, match="y_test must hold labels that the model knows"):
        write_report(model, named[1], np.repeat("zebra", 300), path)
    assert path.read_text() == "old"


def test_a_path_that_cannot_be_written_is_refused_before_the_work(tmp_path):
    with pytest.raises(FileNotFoundError, match="folder that exists"):
        write_report(None, None, None, tmp_path / "absent" / "report.html")


@pytest.mark.parametrize("package", ["jinja2", "matplotlib"])
def test_without_a_package_the_error_names_the_extra(without, tmp_path, package):
    without(package, f"{package}.pyplot")
    with pytest.raises(ImportError, match=rf"write_report .*{package}.*lenet-sklearn\[report\]"):
        write_report(None, None, None, tmp_path / "report.html")
