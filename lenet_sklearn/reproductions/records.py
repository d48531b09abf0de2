"""The public LeNet-5 projects, the 1998 paper and this library's own rows, as records."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.reproductions.lenet5_1998 import make_lenet5_1998


@dataclass(frozen=True)
class Reproduction:
    """One network that somebody published figures of, and how it is trained again.

    Parameters
    ----------
    id : str
        Its name in tables and on the command line.
    title : str
        What it is, in a few words.
    source : str
        Where the claims come from.
    data : {"mnist", "fashion-mnist"}
        The data set. Scores are always those of its 10,000 test images.
    estimator : LeNet5Classifier
        Unfitted; each run fits a clone whose `random_state` is its seed.
    stated : str
        The training as the source states it.
    claimed : dict of str to float, default={}
        Figures by metric: "test_accuracy", "test_loss", "validation_accuracy", "train_accuracy".
    validation_fraction : float, default=0.0
        Share of the training images, the last of them, that is held out and scored after each
        epoch. The rest is trained on.
    via_csv : bool, default=False
        Whether the images go through CSV files of 785 columns, the label first.
    unstated : tuple of str, default=()
        What it leaves unstated, or is done otherwise here, and what was chosen.

    Attributes
    ----------
    split : str
        How the 70,000 images are used.

    Examples
    --------
    >>> from lenet_sklearn.reproductions import REPRODUCTIONS
    >>> record = REPRODUCTIONS["keras-relu-max"]
    >>> record.claimed
    {'test_accuracy': 0.986, 'test_loss': 0.039}
    >>> record.split
    '60,000 training, 10,000 test images'
    """

    id: str
    title: str
    source: str
    data: Literal["mnist", "fashion-mnist"]
    estimator: LeNet5Classifier
    stated: str
    claimed: dict[str, float] = field(default_factory=dict)
    validation_fraction: float = 0.0
    via_csv: bool = False
    unstated: tuple[str, ...] = ()

    @property
    def split(self) -> str:
        """How the 70,000 images are used."""
        held_out = round(60_000 * self.validation_fraction)
        validation = f"{held_out:,} validation, " if held_out else ""
        return f"{60_000 - held_out:,} training, {validation}10,000 test images"


# Adam as Keras and PyTorch have it by default, Keras's default batch, pixels divided by 255.
_plain = partial(
    LeNet5Classifier,
    activation="relu",
    pooling="max",
    dropout=0.0,
    optimizer="adam",
    lr=0.001,
    lr_schedule="constant",
    weight_decay=0.0,
    label_smoothing=0.0,
    batch_size=32,
    pixel_levels=(0.0, 1.0),
)

_LAST = "which images are for validation: the last, as Keras's validation_split takes them"
_RATE = "learning rate: 0.001, the default of Adam"
_ADAM = "optimiser: Adam with its default rate of 0.001"
_BATCH = "batch: 32, the default of Keras"
_NO_SPREAD = "no seed, no spread, no interval is given"
_MODEL_CARD = f"model card of GWU, June 2025 (TensorFlow 2.18 / Keras); {_NO_SPREAD}"
_COMPARISON = (
    "README of a project that compares MNIST and Fashion-MNIST (TensorFlow / Keras); " + _NO_SPREAD
)

# The best recipe for the network of `fashion-cnn`, as chosen on validation data.
_FASHION_RECIPE: dict[str, Any] = {
    "augmentation": "objects",
    "dropout": 0.25,
    "label_smoothing": 0.05,
    "lr": 0.005,
    "batch_size": 128,
    "max_epochs": 24,
}

_fashion_network: dict[str, Any] = {
    "activation": "relu",
    "pooling": "max",
    "conv_channels": (32, 64),
    "kernel_size": 3,
    "padding": "valid",
    "hidden_layer_sizes": (128,),
    "input_size": 32,
    "resize": "pad",
}

_RECORDS = [
    Reproduction(
        id="model-card-sigmoid",
        title="Sigmoid network with 2×2 and 4×4 kernels",
        source=_MODEL_CARD,
        data="mnist",
        estimator=_plain(
            conv_channels=(6, 16, 120),
            kernel_size=(2, 5, 4),
            padding="valid",
            pooling=("max", "max", "none"),
            activation=("sigmoid", "sigmoid", "sigmoid", "tanh"),
            hidden_layer_sizes=(84,),
            max_epochs=10,
        ),
        stated="90 / 10 % training / validation split",
        claimed={
            "train_accuracy": 0.9563,
            "validation_accuracy": 0.9640,
            "test_accuracy": 0.9619,
        },
        validation_fraction=0.1,
        unstated=(_ADAM, _BATCH, "epochs: 10", _LAST),
    ),
    Reproduction(
        id="keras-relu-avg",
        title="ReLU, average pooling, no padding",
        source=f"README of a LeNet-5 project (TensorFlow / Keras); {_NO_SPREAD}",
        data="mnist",
        estimator=_plain(padding="valid", pooling="avg", batch_size=64, max_epochs=5),
        stated="Adam, 5 epochs, batch 64, 10 % validation",
        claimed={"test_accuracy": 0.9448, "validation_accuracy": 0.9525},
        validation_fraction=0.1,
        unstated=(_RATE, _LAST),
    ),
    Reproduction(
        id="pytorch-tanh-csv",
        title="Three convolutions with tanh, from CSV files, resized to 32×32",
        source=f"README of a LeNet-5 project (PyTorch); {_NO_SPREAD}",
        data="mnist",
        estimator=_plain(
            conv_channels=(6, 16, 120),
            pooling=("avg", "avg", "none"),
            activation="tanh",
            hidden_layer_sizes=(84,),
            input_size=32,
            resize="bilinear",
            batch_size=64,
            max_epochs=10,
        ),
        stated="CSV files, resized 28→32, Adam with lr 0.001, batch 64, 10 epochs",
        claimed={
            "train_accuracy": 0.9916,
            "validation_accuracy": 0.9850,
            "test_accuracy": 0.9847,
        },
        validation_fraction=0.1,
        via_csv=True,
        unstated=(
            "size of the validation set: a tenth",
            _LAST,
            "initial weights: Glorot's uniform, not PyTorch's default",
        ),
    ),
    Reproduction(
        id="keras-tanh-same",
        title="Tanh, same padding, early stopping on training accuracy",
        source=(
            "README of a LeNet-5 project with early stopping (TensorFlow / Keras); no figure is "
            "given"
        ),
        data="mnist",
        estimator=_plain(
            padding=("same", "valid"),
            pooling="avg",
            activation="tanh",
            max_epochs=20,
            early_stopping=True,
            monitor="train_acc",
            n_iter_no_change=3,
            tol=0.0,
        ),
        stated='Adam, 20 % validation, early stopping on training accuracy, "limited" epochs',
        validation_fraction=0.2,
        unstated=(
            _RATE,
            _BATCH,
            "epochs: 20 at most",
            "patience: 3 epochs, then the best weights are restored",
            _LAST,
        ),
    ),
    Reproduction(
        id="feedforward",
        title="Two layers of 64 units with dropout 0.5",
        source=_COMPARISON,
        data="mnist",
        estimator=_plain(conv_channels=(), hidden_layer_sizes=(64, 64), dropout=0.5, max_epochs=15),
        stated="about 30 s; overfits after about 15 epochs",
        claimed={"test_accuracy": 0.965, "test_loss": 0.166},
        unstated=(_ADAM, _BATCH, "epochs: 15, after which it is said to overfit"),
    ),
    Reproduction(
        id="keras-relu-max",
        title="ReLU, max pooling, 32×32",
        source=_COMPARISON,
        data="mnist",
        estimator=_plain(input_size=32, resize="pad", max_epochs=10),
        stated="about 2 min",
        claimed={"test_accuracy": 0.986, "test_loss": 0.039},
        unstated=(_ADAM, _BATCH, "epochs: 10", "28→32 pixels: by a border of zeros"),
    ),
    Reproduction(
        id="fashion-cnn",
        title="32 and 64 maps of 3×3, on Fashion-MNIST",
        source=_COMPARISON,
        data="fashion-mnist",
        estimator=_plain(**_fashion_network, batch_size=64, max_epochs=10),
        stated="about 3 min",
        claimed={"test_accuracy": 0.920, "test_loss": 0.244},
        unstated=(
            _ADAM,
            "batch: 64, and epochs: 10, the best of 12 on validation images",
            "28→32 pixels: by a border of zeros",
        ),
    ),
    Reproduction(
        id="fashion-cnn-ours",
        title="The network of fashion-cnn under this library's best recipe",
        source="this library",
        data="fashion-mnist",
        estimator=LeNet5Classifier(**_fashion_network, **_FASHION_RECIPE),
        stated="chosen on validation data",
    ),
    Reproduction(
        id="lecun1998",
        title="The 1998 original, without distortions",
        source="LeCun, Bottou, Bengio, Haffner, Proc. IEEE 86(11), 1998",
        data="mnist",
        estimator=make_lenet5_1998(),
        stated="20 passes, stochastic diagonal Levenberg–Marquardt, falling global rates",
        claimed={"test_accuracy": 0.9905},
        unstated=("each departure from the paper stands in docs/paper_vs_code.md",),
    ),
    Reproduction(
        id="lenet-sklearn",
        title="This library's default",
        source="this library",
        data="mnist",
        estimator=LeNet5Classifier(),
        stated="all defaults",
    ),
    Reproduction(
        id="lenet-sklearn-fashion",
        title="This library's default, on Fashion-MNIST",
        source="this library",
        data="fashion-mnist",
        estimator=LeNet5Classifier(),
        stated="all defaults",
    ),
]

REPRODUCTIONS: dict[str, Reproduction] = {record.id: record for record in _RECORDS}
