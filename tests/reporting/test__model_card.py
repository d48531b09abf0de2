"""The card says what is known, and what is not stated."""

import re

import pytest
from markdown_it import MarkdownIt

from lenet_sklearn.reporting import make_model_card

HEADINGS = [
    "Model card",
    "Basic information",
    "Intended use",
    "Out-of-scope use",
    "Training data",
    "Test data",
    "Model details",
    "Quantitative analysis",
    "Ethical considerations",
]


def section(text, title):
    """Text under a heading, up to the next of any level."""
    (found,) = re.findall(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    return found.strip()


@pytest.fixture(scope="module")
def card(model, named):
    X, X_test, y, y_test = named
    return make_model_card(
        model,
        X_test,
        y_test,
        X_train=X,
        y_train=y,
        name="Digits <b>",
        intended_use="Reading *digits*.",
        out_of_scope_use="Cheques.",
        ethical_considerations="Few writers.",
        license="BSD-3-Clause",
        authors=["A. One", "B. Two"],
    )


def test_the_sections_are_those_of_the_template(card):
    assert re.findall(r"^# (.*)$", card.render(), re.M) == HEADINGS


def test_what_was_stated_is_there(card):
    text = card.render()
    assert section(text, "Model card") == "Digits &lt;b>"
    assert section(text, "Intended use") == "Reading *digits*."
    assert section(text, "Out-of-scope use") == "Cheques."
    assert section(text, "Ethical considerations") == "Few writers."
    basic = section(text, "Basic information")
    assert "- Authors: A. One, B. Two\n- Licence: BSD-3-Clause\n" in basic
    assert "Not stated." not in text


def test_what_was_not_stated_is_not_invented(svm, named):
    text = make_model_card(svm, named[1], named[3]).render()
    for title in ("Intended use", "Out-of-scope use", "Training data", "Ethical considerations"):
        assert section(text, title) == "Not stated."
    basic = section(text, "Basic information")
    assert "- Name: SVC\n- Authors: Not stated.\n- Licence: Not stated.\n- Kind: SVC\n" in basic
    assert "## Layers" not in text
    assert "log loss" not in text


def test_the_data_is_described(card, named):
    text = card.render()
    for title, y in (("Training data", named[2]), ("Test data", named[3])):
        described = section(text, title)
        assert described.startswith("300 images, each of shape 64, float32, with values from 0 to")
        assert "10 classes, labels object" in described
        assert re.search(rf"\| 7 +\| +{(y == '7').sum()} \|", described)


def test_layers_and_measures_are_the_models(card, model, named):
    text = card.render()
    assert f"It has {model.n_parameters_:,} learned parameters." in text
    layers = section(text, "Layers")
    for name in model.summary().index:
        assert re.search(rf"^\| {name} ", layers, re.M)
    measures = section(text, "Measures")
    assert f"{model.score(named[1], named[3]):.4f}" in measures
    for measure in ("recall (macro)", "log loss", "calibration error"):
        assert f"| {measure} " in measures
    assert section(text, "By class").count("\n") == 11


def test_names_of_classes_are_text(card):
    text = card.render()
    assert "<script" not in text
    assert "&lt;script>" in text
    assert "a\\|b" in text


def test_no_text_breaks_the_card(svm, named):
    text = "Reading.\n# Test data\n<b>\n---\n```\na|b"
    card = make_model_card(
        svm, named[1], named[3], name="a\n# b | *c*", license="<i>\n# x", authors=["# y", "z\n# z"],
        intended_use=text, out_of_scope_use=text, ethical_considerations=text,
    ).render()  # fmt: skip
    parsed = MarkdownIt("commonmark").enable("table").parse(card[card.index("# Model card") :])
    headings = [
        parsed[i + 1].content
        for i, token in enumerate(parsed)
        if token.type == "heading_open" and token.tag == "h1"
    ]
    assert headings == HEADINGS
    assert not {token.type for token in parsed} & {"html_block", "hr"}
    assert "html_inline" not in {c.type for token in parsed for c in token.children or []}
    tables = [len(row) for row in card.splitlines() if row.startswith("| a\\|b ")]
    assert len(tables) == 2  # test data, and by class


def test_the_card_is_written_as_it_is_rendered(model, named, tmp_path):
    path = tmp_path / "card.md"
    card = make_model_card(model, named[1], named[3], path=path)
    assert path.read_text("utf-8") == card.render()
    assert [file.name for file in tmp_path.iterdir()] == ["card.md"]


def test_the_card_can_be_changed(model, named):
    card = make_model_card(model, named[1], named[3])
    card.add(**{"Intended use": "Changed."})
    assert section(card.render(), "Intended use") == "Changed."


def test_a_folder_is_refused_before_the_work(tmp_path):
    with pytest.raises(IsADirectoryError):
        make_model_card(None, None, None, path=tmp_path)


def test_bad_arguments(model, named):
    X, X_test, y, y_test = named
    with pytest.raises(TypeError, match=r"intended_use must be a str, or None. Got 3"):
        make_model_card(model, X_test, y_test, intended_use=3)
    with pytest.raises(TypeError, match=r"authors must hold strings. Got 3"):
        make_model_card(model, X_test, y_test, authors=["A", 3])
    with pytest.raises(ValueError, match=r"Got X_train alone. Pass y_train too"):
        make_model_card(model, X_test, y_test, X_train=X)
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        make_model_card(model, X_test, y_test, X_train=X, y_train=y[:5])


def test_without_skops_the_error_names_the_extra(without):
    without("skops", "skops.card")
    with pytest.raises(ImportError, match=r"make_model_card needs .*lenet-sklearn\[skops\]"):
        make_model_card(None, None, None)
