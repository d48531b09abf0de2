"""write_report: all that can be seen of a model, in one HTML file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from numbers import Integral
from typing import Any

import numpy as np

from lenet_sklearn._files.atomic import check_target, write_atomically
from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._messages import count
from lenet_sklearn._runs.environment import describe_environment
from lenet_sklearn._runs.tables import describe_run
from lenet_sklearn.inspection import (
    AuditDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
    plot_explanation,
    plot_mistakes,
)
from lenet_sklearn.reporting._evaluation import (
    Evaluation,
    Table,
    check_classifier,
    describe_images,
    layer_table,
    score_table,
)
from lenet_sklearn.reporting._figures import Figure, draw, draw_confusion_matrix
from lenet_sklearn.robustness import RobustnessDisplay, RobustnessResult, evaluate_robustness

_MOST_MISTAKES = 200
_MOST_EXPLAINED = 5


@dataclass
class Section:
    """A part of the page."""

    id: str
    title: str
    texts: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


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
        _measures(main, others),
        _mistakes(main, n_mistakes),
        _confusions(main),
        *([_explanations(main)] if explain else []),
        _reliability(main, others),
        _audit(main),
        *([_robustness(result)] if result is not None else []),
        _training(main),
        _layers(main),
        _origin(main),
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


# The sections


def _measures(main: Evaluation, others: list[Evaluation]) -> Section:
    texts = [
        main.audited._summary(),
        f"Test data: {describe_images(main.images)} {len(np.unique(main.y))} classes.",
    ]
    return Section(
        "measures", "Measures", texts, tables=[score_table([main, *others])._replace(title="")]
    )


def _mistakes(main: Evaluation, n: int) -> Section:
    section = Section("mistakes", "Mistakes")
    number = count(int((main.predicted != main.y).sum()), "mistake")
    section.texts.append(f"{number} in {count(len(main.y), 'image')}.")
    if main.proba is None:
        section.texts.append(
            f"Not drawn: {_kind(main)} has no predict_proba to tell how confident it is."
        )
    elif n:
        figure = draw(
            lambda: plot_mistakes(main.model, main.X, main.y, n=n),
            "Mistakes made with the greatest confidence, with predicted and true class",
        )
        section.figures.append(figure)
        most_probable = np.asarray(main.model.classes_)[main.proba.argmax(axis=1)]
        if differ := int((most_probable != main.predicted).sum()):
            section.texts.append(
                f"The picture takes the most probable class as the prediction. For "
                f"{count(differ, 'image')} predict says another one."
            )
    return section


def _confusions(main: Evaluation) -> Section:
    figure = draw(
        lambda: draw_confusion_matrix(main.y, main.predicted),
        "Confusion matrix: images of each true and predicted class",
    )
    return Section("confusions", "Confusion matrix", figures=[figure])


def _explanations(main: Evaluation) -> Section:
    section = Section("explanations", "Explanations of mistakes")
    wrong = np.flatnonzero(main.predicted != main.y)
    network = main.network
    if network is None or main.proba is None:
        section.texts.append(
            "Not drawn: explanations need a LeNet5Classifier, or a Pipeline that ends with one. "
            f"The model is of the class {_kind(main)}."
        )
    elif len(wrong) == 0:
        section.texts.append("There is no mistake to explain.")
    else:
        confident = np.argsort(-main.proba[wrong].max(axis=1), kind="stable")
        rows = wrong[confident][:_MOST_EXPLAINED]
        images = main.X.iloc[rows] if hasattr(main.X, "iloc") else main.images[rows]
        methods = ["gradcam", "integrated_gradients", "occlusion"]
        if not network.module_.architecture.conv_channels:
            methods.remove("gradcam")  # it needs a convolution
        section.texts.append(
            "The most confident mistakes, and the pixels that speak for the class that was "
            "predicted. The maps say what the network reacts to, not why. The true classes, from "
            f"the top: {', '.join(map(str, main.y[rows]))}."
        )
        _try_to_draw(
            section,
            lambda: plot_explanation(
                getattr(main.model, "best_estimator_", main.model),
                images,
                methods=methods,
                n=len(rows),
            ),
            "Images that were predicted wrongly, and maps of the pixels that mattered",
        )
    return section


def _try_to_draw(section: Section, make: Callable[[], Any], alt: str) -> None:
    """Draw, or say why that is not possible."""
    try:
        section.figures.append(draw(make, alt))
    except (ImportError, TypeError, ValueError) as error:
        section.texts[:] = [f"Not drawn: {error}"]


def _reliability(main: Evaluation, others: list[Evaluation]) -> Section:
    section = Section("reliability", "Reliability of the probabilities")
    shown = [(each, each.proba) for each in (main, *others) if each.proba is not None]
    missing = [each.name for each in (main, *others) if each.proba is None]
    if missing:
        section.texts.append(f"Not drawn, for want of predict_proba: {', '.join(missing)}.")
    if shown:

        def make() -> Any:
            display = None
            for each, proba in shown:
                display = ReliabilityDisplay.from_predictions(
                    each.y, proba, classes=each.model.classes_, name=each.name,
                    ax=display and display.ax_,
                )  # fmt: skip
            return display

        section.figures.append(draw(make, "Accuracy against confidence"))
    return section


def _audit(main: Evaluation) -> Section:
    result = main.audited
    figure = draw(
        lambda: AuditDisplay.from_result(result), "Accuracy by class and by style, with intervals"
    )
    tables = [Table(*table) for table in result._tables()]
    return Section("audit", "For whom it fails", [result._summary()], [figure], tables)


def _robustness(result: RobustnessResult) -> Section:
    section = Section("robustness", "Accuracy under corruptions")
    _try_to_draw(
        section,
        lambda: RobustnessDisplay.from_result(result),
        "Accuracy of each model under each corruption",
    )
    section.tables.append(Table("Mean accuracy", *result._cells()))
    return section


def _training(main: Evaluation) -> Section:
    section = Section("training", "Training")
    network = main.network
    if network is None:
        section.texts.append(f"Not known of the class {_kind(main)}.")
    elif not network.history_:
        section.texts.append("The model has no history of its training.")
    else:
        section.texts.append(f"{count(len(network.history_), 'epoch')}.")
        _try_to_draw(
            section,
            lambda: TrainingCurveDisplay.from_estimator(network, name=main.name),
            "Loss and accuracy of each epoch",
        )
    return section


def _layers(main: Evaluation) -> Section:
    section = Section("layers", "Layers")
    network = main.network
    if network is None:
        section.texts.append(f"Not known of the class {_kind(main)}.")
    else:
        section.tables.append(layer_table(network)._replace(title=""))
    return section


def _origin(main: Evaluation) -> Section:
    environment = describe_environment(None)
    versions = [[name, version] for name, version in environment["versions"].items()]
    texts = [f"Written {describe_run({**environment, 'versions': {}}).rstrip('; .')}.",
             f"The model: {main.model!r}"]  # fmt: skip
    return Section(
        "versions", "Versions", texts, tables=[Table("", ["package", "version"], versions)]
    )


def _kind(main: Evaluation) -> str:
    return type(main.model).__name__
