"""Sections: a sentence where there is nothing to draw, and no empty picture or table."""

import numpy as np
import pytest

from lenet_sklearn.reporting import _sections
from lenet_sklearn.reporting._evaluation import Evaluation
from lenet_sklearn.robustness import evaluate_robustness


@pytest.fixture(scope="module")
def main(model, named):
    return Evaluation.of(model, named[1][:80], named[3][:80])


@pytest.fixture(scope="module")
def right(model, named):
    """Images that the model knows."""
    rows = np.flatnonzero(model.predict(named[1]) == named[3])[:40]
    return Evaluation.of(model, named[1][rows], named[3][rows])


@pytest.fixture
def drawn(monkeypatch):
    """Displays that were drawn; nothing becomes a PNG."""
    displays = []
    monkeypatch.setattr(_sections, "draw", lambda make, alt: displays.append(make()))
    return displays


def test_without_a_mistake_nothing_is_empty(right, drawn):
    section = _sections.mistakes(right, 5)
    assert (section.texts, section.figures) == (["0 mistakes in 40 images."], [])
    assert _sections.explanations(right).texts == ["There is no mistake to explain."]
    audit = _sections.audited(right)
    assert audit.texts[0] == "No mistake."
    assert all(table.rows for table in audit.tables)


def test_the_worst_class_is_named(main, drawn):
    worst = main.audited.worst_class
    share = 100 * main.audited.by_class.loc[worst, "accuracy"]
    text = _sections.audited(main).texts[0]
    assert text.startswith(f"The class of the lowest accuracy: {worst}, {share:.1f} % (")


def test_long_names_of_models_are_shortened_in_pictures_alone(main, svm, drawn):
    names = ["n" * 80, "n" * 79 + "m"]
    others = [Evaluation.of(main.model, main.X, main.y, name=name) for name in names]
    _sections.reliability(main, others)
    (legend,) = drawn[0].figure_.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert len(set(labels)) == 4
    assert max(map(len, labels)) < 70
    assert drawn[0].ax_.get_legend() is None

    result = evaluate_robustness(
        {names[0]: svm, names[1]: main.model}, main.X, main.y,
        corruptions=["impulse_noise"], random_state=0, progress=False,
    )  # fmt: skip
    section = _sections.robustness(result)
    assert max(map(len, drawn[1].lines_)) < 40
    assert sorted(section.tables[0].header[1:]) == sorted(names)


def test_the_origin_has_date_model_and_versions(main):
    section = _sections.origin(main)
    assert section.texts[0].startswith("Written 20")
    assert " UTC, on " in section.texts[0]
    assert section.code == repr(main.model)
    assert "torch" in [row[0] for row in section.tables[0].rows]


def test_the_shape_of_the_images_stands_above_the_layers(main):
    assert "images of 1×8×8 (channels, height, width)" in _sections.layers(main).texts[0]
