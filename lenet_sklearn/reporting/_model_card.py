"""make_model_card: what a model is, for whom, and how good, in Markdown."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lenet_sklearn._files.atomic import check_target, write_atomically
from lenet_sklearn._files.fingerprint import package_versions
from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._runs.tables import markdown_table
from lenet_sklearn.reporting._evaluation import (
    Evaluation,
    check_data,
    describe_images,
    n_parameters,
)
from lenet_sklearn.reporting._markdown import (
    code_block,
    escape_cell,
    escape_line,
    escape_paragraphs,
)
from lenet_sklearn.reporting._tables import Table, layer_table, score_table

if TYPE_CHECKING:
    from skops.card import Card

_UNKNOWN = "Not stated."


def make_model_card(
    model: Any,
    X_test: Any,
    y_test: Any,
    *,
    X_train: Any = None,
    y_train: Any = None,
    name: str | None = None,
    intended_use: str | None = None,
    out_of_scope_use: str | None = None,
    ethical_considerations: str | None = None,
    license: str | None = None,  # noqa: A002 - its public name
    authors: str | Sequence[str] | None = None,
    path: str | os.PathLike[str] | None = None,
) -> Card:
    """Make a model card: what a model is, what it is for, and how good it is.

    Measures, shapes and layers come from the model and the data. What nobody has stated is marked
    as "Not stated.", and nothing else is added. The card can be changed before it is saved.

    Parameters
    ----------
    model : classifier
        Fitted, of scikit-learn or of this library. The layers are listed if it is a
        LeNet5Classifier or a Pipeline that ends with one.
    X_test : array-like of shape (n, features), (n, H, W) …
        Images as the model takes them. It must not have been fitted on them.
    y_test : array-like of shape (n,)
        Their true labels.
    X_train : array-like of the shape of X_test, default=None
        What the model was fitted on; described in the card, and not used otherwise.
    y_train : array-like of shape (n_train,), default=None
        The labels of `X_train`.
    name : str, default=None
        Name of the model. None: the name of its class.
    intended_use, out_of_scope_use, ethical_considerations : str, default=None
        What the model is for, what it is not for, and whom it may harm. Paragraphs and lists of
        Markdown; headings, fences and HTML tags in them are written as text.
    license : str, default=None
        Licence of the model.
    authors : str or sequence of str, default=None
        Who made it.
    path : str or path-like, default=None
        A file to write the card to, as Markdown.

    Returns
    -------
    card : skops.card.Card
        Its text is Markdown; ``card.save(path)`` writes it.

    Raises
    ------
    ImportError
        If skops is not installed.
    NotFittedError
        If the model is not fitted.
    TypeError
        If it is no classifier, or a text is no str.
    ValueError
        If X holds no images, y does not have one label for each image, or the model does not know
        a label in `y_test`.
    OSError
        If the file cannot be written.

    See Also
    --------
    write_report : An HTML page with pictures.

    References
    ----------
    M. Mitchell et al. (2019). Model Cards for Model Reporting. FAT*. The sections are those of the
    template of the George Washington University (P. Hall).

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.reporting import make_model_card
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> card = make_model_card(model, X[900:], y[900:], intended_use="Digits in forms.")
    >>> print(card.select("Intended use").format())
    Digits in forms.
    >>> print(card.select("Ethical considerations").format())
    Not stated.
    """
    skops = import_optional("skops.card", extra="skops", purpose="make_model_card")
    texts = {
        "name": name, "intended_use": intended_use, "out_of_scope_use": out_of_scope_use,
        "ethical_considerations": ethical_considerations, "license": license,
    }  # fmt: skip
    for argument, text in texts.items():
        _check_text(argument, text)
    if path is not None:
        check_target(path)
    training = _check_training(X_train, y_train)
    evaluation = Evaluation.of(model, X_test, y_test, name=name)
    sections = {
        "Model card": escape_line(evaluation.name),
        "Basic information": _basic_information(evaluation, authors, license),
        "Intended use": _stated(intended_use),
        "Out-of-scope use": _stated(out_of_scope_use),
        "Training data": _describe_data(*training),
        "Test data": _describe_data(evaluation.images, evaluation.y),
        **_model_details(evaluation),
        **_quantitative_analysis(evaluation),
        "Ethical considerations": _stated(ethical_considerations),
    }
    card = skops.Card(model, template=None, model_diagram=False).add(**sections)
    if path is not None:
        write_atomically(path, card.render())
    return card


def _check_text(argument: str, text: Any) -> None:
    if text is not None and not isinstance(text, str):
        raise TypeError(f"{argument} must be a str, or None. Got {text!r}.")


def _stated(text: str | None) -> str:
    return escape_paragraphs(text or "") or _UNKNOWN


def _check_training(X: Any, y: Any) -> tuple[np.ndarray | None, np.ndarray | None]:
    if X is None and y is None:
        return None, None
    if X is None or y is None:
        given, missing = ("y_train", "X_train") if X is None else ("X_train", "y_train")
        raise ValueError(
            f"X_train and y_train must be given together. Got {given} alone. Pass {missing} too."
        )
    return check_data("train", X, y)


def _basic_information(
    evaluation: Evaluation, authors: str | Sequence[str] | None, licence: str | None
) -> str:
    people = [authors] if isinstance(authors, str) else list(authors or [])
    for person in people:
        if not isinstance(person, str):
            raise TypeError(f"authors must hold strings. Got {person!r}.")
    versions = ", ".join(f"{package} {text}" for package, text in package_versions().items())
    rows = {
        "Name": escape_line(evaluation.name),
        "Authors": ", ".join(map(escape_line, people)) or _UNKNOWN,
        "Licence": escape_line(licence or "") or _UNKNOWN,
        "Kind": escape_line(type(evaluation.model).__name__),
        "Software": f"The card was made with {versions}.",
    }
    return "\n".join(f"- {what}: {text}" for what, text in rows.items())


def _describe_data(images: np.ndarray | None, labels: np.ndarray | None) -> str:
    if images is None or labels is None:
        return _UNKNOWN
    classes, counts = np.unique(labels, return_counts=True)
    rows = [[escape_cell(str(label)), f"{n:,}"] for label, n in zip(classes, counts, strict=True)]
    table = _markdown(Table("", ["class", "images"], rows))
    return f"{describe_images(images)} {len(classes)} classes, labels {labels.dtype}.\n\n{table}"


def _model_details(evaluation: Evaluation) -> dict[str, str]:
    classes = ", ".join(escape_line(str(label)) for label in evaluation.model.classes_)
    number = n_parameters(evaluation.model)
    learned = "" if np.isnan(number) else f"It has {number:,.0f} learned parameters. "
    details = {
        "Model details": (
            f"{learned}It predicts the classes {classes}.\n\n" + code_block(repr(evaluation.model))
        )
    }
    network = evaluation.network
    if network is not None:
        channels, height, width = network.image_shape_
        taken = f"Images of {channels}×{height}×{width} pixels (channels, height, width)."
        details["Model details/Layers"] = _markdown(layer_table(network)._replace(note=taken))
    return details


def _quantitative_analysis(evaluation: Evaluation) -> dict[str, str]:
    result = evaluation.audited
    table = score_table([evaluation])
    by_class = Table(*result._tables()[0])
    by_class = by_class._replace(
        rows=[[escape_cell(label), *cells] for label, *cells in by_class.rows],
        note=escape_cell(by_class.note),
    )
    return {
        "Quantitative analysis": "On the test data. " + result._summary(),
        "Quantitative analysis/Measures": _markdown(
            Table("", ["measure", "value"], table.rows[:-1], table.note)
        ),
        "Quantitative analysis/By class": _markdown(by_class),
    }


def _markdown(table: Table) -> str:
    return markdown_table(table.header, table.rows, table.note).rstrip()
