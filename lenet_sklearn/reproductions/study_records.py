"""The studies that the public projects left open, as records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.comparison.baselines import make_baselines
from lenet_sklearn.reproductions.answers import (
    Answer,
    answer_ablation,
    answer_comparison,
    answer_efficiency,
    answer_transfer,
)
from lenet_sklearn.reproductions.verdicts import TOLERANCE


@dataclass(frozen=True)
class Case:
    """One model of a study, and what it is trained on.

    Parameters
    ----------
    factors : dict of str to (str or int)
        What tells it from the other cases.
    data : {"mnist", "fashion-mnist", "digits"}
        The data set.
    estimator : classifier
        Unfitted; each run fits a clone with its seed.
    n_per_class : int, default=None
        Images of each class that it is trained on, drawn by the seed; all others are for the test.
        None: the data set's own training and test images.
    stochastic : bool, default=True
        Whether seeds make a difference; if not, only the first is run.
    new_labels : bool, default=False
        Whether the labels are renamed, so that shipped weights lend no output layer.
    """

    factors: dict[str, str | int]
    data: str
    estimator: Any
    n_per_class: int | None = None
    stochastic: bool = True
    new_labels: bool = False


@dataclass(frozen=True)
class Study:
    """A question, and the cases that answer it.

    Parameters
    ----------
    name : str
        On the command line.
    title, question, method : str
        For the page.
    make_cases : callable
        Returns the cases.
    answer : callable
        Takes the rows and `least`, and returns the answer in two sentences.
    x : str
        What the picture has on its horizontal axis: a factor, or "parameters".
    series : str, default=None
        The factor that has a colour each.
    published : sequence of (str, float), default=()
        Test errors in per cent that stand beside ours, each after its name.
    least : float, default=0.0
        A difference of accuracy that is never more than level, however little the seeds spread.

    Examples
    --------
    >>> from lenet_sklearn.reproductions import STUDIES
    >>> STUDIES["efficiency"].question
    'What do more parameters buy?'
    """

    name: str
    title: str
    question: str
    method: str
    make_cases: Callable[[], list[Case]]
    answer: Answer
    x: str
    series: str | None = None
    published: Sequence[tuple[str, float]] = ()
    least: float = 0.0


def _ablation() -> list[Case]:
    return [
        Case(
            {"activation": activation, "pooling": pooling},
            "mnist",
            LeNet5Classifier(activation=activation, pooling=pooling, max_epochs=4),
        )
        for activation, pooling in product(
            ("relu", "tanh", "sigmoid", "gelu", "silu"), ("max", "avg", "subsample")
        )
    ]


# Maps and hidden units: LeNet-1's size without hidden layers, then LeNet-5 × 1/4, 1/2, 1, 2 and 4
# in parameters, as the widths grow by the root of 2.
_SIZES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "LeNet-1's size": ((4, 10), ()),
    "LeNet-5 / 16": ((2, 4), (30, 21)),
    "LeNet-5 / 4": ((3, 8), (60, 42)),
    "LeNet-5 / 2": ((4, 11), (85, 59)),
    "LeNet-5": ((6, 16), (120, 84)),
    "LeNet-5 × 2": ((8, 23), (170, 119)),
    "LeNet-5 × 4": ((12, 32), (240, 168)),
}


def _efficiency() -> list[Case]:
    cases = []
    for name, (channels, hidden) in _SIZES.items():
        model = LeNet5Classifier(conv_channels=channels, hidden_layer_sizes=hidden)
        if not hidden:
            model.set_params(padding="valid")  # as LeNet-1: 28 → 24 → 12 → 8 → 4
        cases.append(Case({"network": name}, "mnist", model))
    return cases


def _comparison() -> list[Case]:
    baselines = make_baselines()
    models: dict[str, Any] = {
        "LeNet-5": LeNet5Classifier(),
        **{name: baselines[name] for name in ("SVM", "Random forest", "MLP", "k-NN")},
    }
    return [
        Case({"model": name, "data": data}, data, model, stochastic=name not in ("SVM", "k-NN"))
        for data, (name, model) in product(("mnist", "fashion-mnist"), models.items())
    ]


def _transfer() -> list[Case]:
    starts = {
        "from scratch": LeNet5Classifier(),
        "MNIST, convolutions kept": LeNet5Classifier(pretrained="mnist", freeze="conv"),
        "MNIST, all trained on": LeNet5Classifier(pretrained="mnist"),
    }
    return [
        Case(
            {"start": start, "images_per_class": n}, "digits", model, n_per_class=n, new_labels=True
        )
        for n, (start, model) in product((5, 10, 50), starts.items())
    ]


# LeCun et al. (1998), figure 9 and the results page: test errors on MNIST in per cent.
_PAPER_1998 = (
    ("linear", 12.0),
    ("k-NN, Euclidean", 5.0),
    ("k-NN, Euclidean, deskewed", 2.4),
    ("40 PCA + quadratic", 3.3),
    ("1000 RBF + linear", 3.6),
    ("SVM, polynomial of degree 4, deskewed", 1.1),
    ("reduced-set SVM, polynomial of degree 5, deskewed", 1.0),
    ("virtual SVM, polynomial of degree 9, distortions", 0.8),
    ("MLP 784-300-10", 4.7),
    ("MLP 784-1000-10", 4.5),
    ("MLP 784-300-100-10", 3.05),
    ("LeNet-1", 1.7),
    ("LeNet-4", 1.1),
    ("LeNet-5", 0.95),
    ("LeNet-5, huge distortions", 0.85),
    ("LeNet-5, distortions", 0.8),
    ("boosted LeNet-4, distortions", 0.7),
)

_RECORDS = [
    Study(
        name="ablation",
        title="Activations and pooling",
        question="Which squashing function, and which pooling, suits LeNet-5 best?",
        method=(
            "MNIST, 60,000 training images; the default network and recipe, but for the two "
            "factors, and 4 epochs each. The peak rate of 0.02 and the smoothing of 0.1 were "
            "chosen for silu with avg, the default, on the last 10,000 training images: another "
            "pair may do better with others."
        ),
        make_cases=_ablation,
        answer=answer_ablation,
        x="activation",
        series="pooling",
    ),
    Study(
        name="efficiency",
        title="Accuracy against parameters",
        question="What do more parameters buy?",
        method=(
            "MNIST, 60,000 training images; the default recipe, whatever the size. The smallest "
            "network has the shape of LeNet-1: 4 and 10 maps, no hidden layer, no padding. From "
            "LeNet-5 / 16 to LeNet-5 × 4 all widths grow together; the names say how many "
            "parameters there are beside LeNet-5's, roughly."
        ),
        make_cases=_efficiency,
        answer=answer_efficiency,
        x="parameters",
    ),
    Study(
        name="comparison",
        title="LeNet-5 and other classifiers",
        question="How far ahead of the models that people use on pixels is LeNet-5?",
        method=(
            "60,000 training and 10,000 test images each of MNIST and Fashion-MNIST; the settings "
            "of make_baselines, and all defaults for LeNet-5. Models without chance in them (SVM, "
            "k-NN) run once."
        ),
        make_cases=_comparison,
        answer=answer_comparison,
        x="model",
        series="data",
        published=_PAPER_1998,
        least=TOLERANCE,
    ),
    Study(
        name="transfer",
        title="From MNIST to other digits",
        question="Do layers that were trained on MNIST help where there are few images?",
        method=(
            "The digits of scikit-learn (8×8 pixels), 5, 10 or 50 training images per class, drawn "
            "anew with each seed; all others are for the test. The shipped weights are for 28×28 "
            "pixels, to which the digits are enlarged; from scratch they are enlarged to 16×16, "
            "the default for such small images, which takes fewer parameters. The shipped weights "
            "lend the convolutions and the full layers; the output layer always starts afresh. "
            "“Convolutions kept” trains the full layers alone, “all trained on” all layers."
        ),
        make_cases=_transfer,
        answer=answer_transfer,
        x="images_per_class",
        series="start",
    ),
]

STUDIES: dict[str, Study] = {study.name: study for study in _RECORDS}
