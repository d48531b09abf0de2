"""The sections of the report. What a model does not have is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np

from lenet_sklearn._messages import count
from lenet_sklearn._runs.environment import describe_environment
from lenet_sklearn._runs.figures import Figure
from lenet_sklearn.inspection import (
    AuditDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
    plot_explanation,
    plot_mistakes,
)
from lenet_sklearn.inspection._labels import shorten_names
from lenet_sklearn.reporting._evaluation import Evaluation, describe_images
from lenet_sklearn.reporting._figures import (
    draw,
    draw_confusion_matrix,
    legend_below,
)
from lenet_sklearn.reporting._tables import (
    Table,
    audit_tables,
    corruption_table,
    layer_table,
    score_table,
)
from lenet_sklearn.robustness import RobustnessDisplay, RobustnessResult

_MOST_EXPLAINED = 5


@dataclass
class Section:
    """A part of the page."""

    id: str
    title: str
    texts: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    code: str = ""


def measures(main: Evaluation, others: Sequence[Evaluation]) -> Section:
    """Return the measures of all models."""
    texts = [
        main.audited._summary(),
        f"Test data: {describe_images(main.images)} {len(np.unique(main.y))} classes.",
    ]
    table = score_table([main, *others])._replace(title="")
    return Section("measures", "Measures", texts, tables=[table])


def mistakes(main: Evaluation, n: int) -> Section:
    """Return the n most confident mistakes."""
    section = Section("mistakes", "Mistakes")
    n_wrong = int((main.predicted != main.y).sum())
    section.texts.append(f"{count(n_wrong, 'mistake')} in {count(len(main.y), 'image')}.")
    if main.proba is None:
        section.texts.append(
            f"Not drawn: {_kind(main)} has no predict_proba to tell how confident it is."
        )
        return section
    most_probable = np.asarray(main.model.classes_)[main.proba.argmax(axis=1)]
    if n and (most_probable != main.y).any():
        figure = draw(
            lambda: plot_mistakes(main.model, main.X, main.y, n=n),
            "Mistakes made with the greatest confidence, with predicted and true class",
        )
        section.figures.append(figure)
        if differ := int((most_probable != main.predicted).sum()):
            section.texts.append(
                f"The picture takes the most probable class as the prediction. For "
                f"{count(differ, 'image')} predict says another one."
            )
    return section


def confusions(main: Evaluation) -> Section:
    """Return the confusion matrix."""
    figure = draw(
        lambda: draw_confusion_matrix(main.y, main.predicted),
        "Confusion matrix: images of each true and predicted class",
    )
    text = "Number of images. The right predictions stand on the diagonal."
    return Section("confusions", "Confusion matrix", [text], [figure])


def explanations(main: Evaluation) -> Section:
    """Return the pixels that mattered to some of the mistakes."""
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


def reliability(main: Evaluation, others: Sequence[Evaluation]) -> Section:
    """Return how often each model is right when it is so confident."""
    section = Section("reliability", "Reliability of the probabilities")
    models = [main, *others]
    names = shorten_names([each.name for each in models])
    shown = [
        (each, each.proba, name)
        for each, name in zip(models, names, strict=True)
        if each.proba is not None
    ]
    if shown:

        def make() -> Any:
            display = None
            for each, proba, name in shown:
                display = ReliabilityDisplay.from_predictions(
                    each.y, proba, classes=each.model.classes_, name=name,
                    ax=display and display.ax_,
                )  # fmt: skip
            return legend_below(display)

        section.texts.append(
            "Of the images with a confidence of 80 %, 80 % should be predicted rightly: the dotted "
            "line. Below it, a model is too confident. Vertical lines: 95 % intervals."
        )
        section.figures.append(draw(make, "Accuracy against confidence"))
    missing = [each.name for each in models if each.proba is None]
    if missing:
        section.texts.append(f"Not drawn, for want of predict_proba: {', '.join(missing)}.")
    return section


def audited(main: Evaluation) -> Section:
    """Return the accuracy by class and by style."""
    result = main.audited
    if result.n_mistakes:
        row = result.by_class.loc[result.worst_class]
        share, low, high = (
            f"{100 * row[k]:.1f}" for k in ("accuracy", "accuracy_low", "accuracy_high")
        )
        text = (
            f"The class of the lowest accuracy: {result.worst_class}, {share} % ({low} to {high})."
        )
    else:
        text = "No mistake."
    texts = [
        text,
        f"In brackets: the {100 * result.confidence:g} % interval, of each row alone. Among many "
        "rows, a few lie outside by chance.",
    ]
    figure = draw(
        lambda: AuditDisplay.from_result(result), "Accuracy by class and by style, with intervals"
    )
    return Section("audit", "For whom it fails", texts, [figure], audit_tables(result))


def robustness(result: RobustnessResult) -> Section:
    """Return the accuracy under corruptions."""
    section = Section("robustness", "Accuracy under corruptions")
    table = result.table()[["clean", *result.corruptions]]
    table.index = shorten_names(list(table.index))
    _try_to_draw(
        section,
        lambda: RobustnessDisplay(table=table).plot(),
        "Accuracy of each model under each corruption",
    )
    section.tables.append(corruption_table(result))
    return section


def training(main: Evaluation) -> Section:
    """Return loss and accuracy of each epoch."""
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
            lambda: TrainingCurveDisplay.from_estimator(
                network, name=shorten_names([main.name])[0]
            ),
            "Loss and accuracy of each epoch",
        )
    return section


def layers(main: Evaluation) -> Section:
    """Return the layers of the network."""
    section = Section("layers", "Layers")
    network = main.network
    if network is None:
        section.texts.append(f"Not known of the class {_kind(main)}.")
    else:
        channels, height, width = network.image_shape_
        section.texts.append(
            f"For images of {channels}×{height}×{width} (channels, height, width). Output shape: "
            "maps×height×width, or units."
        )
        section.tables.append(layer_table(network)._replace(title=""))
    return section


def origin(main: Evaluation) -> Section:
    """Return the model's parameters, and when and with what the report was written."""
    environment = describe_environment(None)
    date = datetime.fromisoformat(environment["date"]).strftime("%Y-%m-%d %H:%M %Z")
    machine = f"{environment['processor']}, {count(environment['cpu_count'], 'CPU')}"
    versions = [[name, version] for name, version in environment["versions"].items()]
    return Section(
        "versions",
        "Versions",
        [f"Written {date}, on {machine}. The model:"],
        tables=[Table("Packages", ["package", "version"], versions)],
        code=repr(main.model),
    )


def _kind(main: Evaluation) -> str:
    return type(main.model).__name__
