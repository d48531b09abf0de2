"""write_report: all that can be seen of a model, in one HTML file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.resources import files
from numbers import Integral
from typing import Any

import numpy as np

from lenet_sklearn._files.atomic import check_target, write_atomically
from lenet_sklearn._files.optional import import_optional
from lenet_sklearn.reporting import _sections
from lenet_sklearn.reporting._evaluation import Evaluation, check_classifier
from lenet_sklearn.robustness import evaluate_robustness

_MOST_MISTAKES = 200


def write_report(
    model: Any,
    X_test: Any,
    y_test: Any,
    path: str | os.PathLike[str],
    *,
    title: str | None = None,
    models: Mapping[str, Any] | None = None,
    n_mistakes: int = 20,
    explain: bool = True,
    robustness: bool | str | Sequence[str] = False,
    random_state: int | None = None,
) -> None:
    """Write a report on a fitted classifier: one HTML file that loads nothing else.

    It has the measures, the mistakes, the confusion matrix, the pixels that matter to some of the
    mistakes, the reliability of the probabilities, the accuracy by class and by style, the
    accuracy under corruptions, the training and the layers. What the model does not have is said
    in a sentence in its place.

    Parameters
    ----------
    model : classifier
        Fitted, of scikit-learn or of this library. Layers, training and explanations need a
        LeNet5Classifier or a Pipeline that ends with one.
    X_test : array-like of shape (n, features), (n, H, W) …
        Images as the model takes them. It must not have been fitted on them.
    y_test : array-like of shape (n,)
        Their true labels.
    path : str or path-like
        The file. An existing one is replaced when the report is complete.
    title : str, default=None
        Of the page. None: "Report on" and the name of the model's class.
    models : dict of str to classifier, default=None
        Other fitted classifiers, which take the same images. They stand beside the model in the
        table of measures and under corruptions.
    n_mistakes : int, default=20
        Number of mistakes to show: from 0 to 200.
    explain : bool, default=True
        Whether to show which pixels matter to some of the mistakes. It needs captum.
    robustness : bool or str or sequence of str, default=False
        Corruptions to test under, each in five severities; True means all of `CORRUPTIONS`.
    random_state : int, default=None
        Seed of the corruptions.

    Raises
    ------
    ImportError
        If Jinja2 or matplotlib is not installed.
    NotFittedError
        If a model is not fitted.
    TypeError
        If a model is no classifier.
    ValueError
        If X holds no images, y does not have one label for each image, a model does not know a
        label in `y_test`, or a parameter is not valid.
    OSError
        If the file cannot be written.

    See Also
    --------
    make_model_card : A short description in Markdown.

    Examples
    --------
    >>> import os, tempfile
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.reporting import write_report
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> path = os.path.join(tempfile.mkdtemp(), "report.html")
    >>> write_report(model, X[900:], y[900:], path, explain=False)
    >>> os.path.getsize(path) < 5e6
    True
    """
    jinja2 = import_optional("jinja2", extra="report", purpose="write_report")
    import_optional("matplotlib.pyplot", extra="report", purpose="write_report")
    _check_options(title, n_mistakes, explain)
    check_target(path)
    main = Evaluation.of(model, X_test, y_test)
    others = _evaluate_others(models, main, X_test, y_test)
    corruptions = _corruptions(robustness)
    result = None
    if corruptions is not None:
        compared = {each.name: each.model for each in (main, *others)}
        result = evaluate_robustness(
            compared, X_test, y_test,
            corruptions=corruptions, random_state=random_state, progress=False,
        )  # fmt: skip
    sections = [
        _sections.measures(main, others),
        _sections.mistakes(main, n_mistakes),
        _sections.confusions(main),
        *([_sections.explanations(main)] if explain else []),
        _sections.reliability(main, others),
        _sections.audited(main),
        *([_sections.robustness(result)] if result is not None else []),
        _sections.training(main),
        _sections.layers(main),
        _sections.origin(main),
    ]
    template = (
        files("lenet_sklearn.reporting").joinpath("_templates/report.html").read_text("utf-8")
    )
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(template).render(
        title=title or f"Report on {main.name}", sections=sections
    )
    write_atomically(path, page)


def _check_options(title: Any, n_mistakes: Any, explain: Any) -> None:
    if title is not None and not isinstance(title, str):
        raise TypeError(f"title must be a str, or None. Got {title!r}.")
    is_count = isinstance(n_mistakes, Integral) and not isinstance(n_mistakes, bool)
    if not is_count or not 0 <= n_mistakes <= _MOST_MISTAKES:
        raise ValueError(
            f"n_mistakes must be an integer from 0 to {_MOST_MISTAKES}. Got {n_mistakes!r}."
        )
    if not isinstance(explain, bool | np.bool_):
        raise ValueError(f"explain must be True or False. Got {explain!r}.")


def _evaluate_others(models: Any, main: Evaluation, X: Any, y: Any) -> list[Evaluation]:
    if models is None:
        return []
    if not isinstance(models, Mapping):
        raise TypeError(
            "models must be a dict of names to fitted classifiers, e.g. {'SVM': svm}. Got "
            f"{type(models).__name__}."
        )
    for name in models:
        if not isinstance(name, str) or not name.strip() or name == main.name:
            raise ValueError(
                "models must have names that are not empty and differ from the name of the model, "
                f"{main.name!r}. Got {name!r}. Choose another."
            )
    for name, model in models.items():
        check_classifier(f"models[{name!r}]", model)
    return [Evaluation.of(model, X, y, name=name) for name, model in models.items()]


def _corruptions(robustness: Any) -> Any:
    """Return what evaluate_robustness is to be given; None for no evaluation."""
    if robustness is True:
        return "all"
    if robustness is False:
        return None
    if robustness is None or (not isinstance(robustness, str) and len(robustness) == 0):
        raise ValueError(
            f"robustness must be True, False, or names of corruptions. Got {robustness!r}."
        )
    return robustness
