import pytest
from sklearn.base import clone

from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn._network.architecture import CHOICES
from lenet_sklearn.reproductions import REPRODUCTIONS
from lenet_sklearn.reproductions.verdicts import CLAIMS

# The shapes are counted by hand from the sources' descriptions.
SHAPES = {
    "model-card-sigmoid": [
        *((6, 27, 27), (6, 13, 13), (16, 9, 9), (16, 4, 4), (120, 1, 1), (84,), (10,)),
    ],
    "keras-relu-avg": [
        *((6, 24, 24), (6, 12, 12), (16, 8, 8), (16, 4, 4), (120,), (84,), (10,)),
    ],
    "pytorch-tanh-csv": [
        *((6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,), (10,)),
    ],
    "keras-tanh-same": [
        *((6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)),
    ],
    "feedforward": [(64,), (64,), (10,)],
    "keras-relu-max": [
        *((6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120,), (84,), (10,)),
    ],
    "fashion-cnn": [(32, 30, 30), (32, 15, 15), (64, 13, 13), (64, 6, 6), (128,), (10,)],
    "lecun1998": [
        *((6, 28, 28), (6, 14, 14), (16, 10, 10), (16, 5, 5), (120, 1, 1), (84,), (10,)),
    ],
}
SHAPES["fashion-cnn-ours"] = SHAPES["fashion-cnn"]
SHAPES["lenet-sklearn"] = SHAPES["lenet-sklearn-fashion"] = SHAPES["keras-relu-max"]

PARAMETERS = {
    "model-card-sigmoid": 30 + 2_416 + 30_840 + 10_164 + 850,
    "keras-relu-avg": 156 + 2_416 + 30_840 + 10_164 + 850,
    "pytorch-tanh-csv": 61_706,
    "keras-tanh-same": 61_706,
    "feedforward": 50_240 + 4_160 + 650,
    "keras-relu-max": 61_706,
    "fashion-cnn": 320 + 18_496 + 295_040 + 1_290,
    "fashion-cnn-ours": 320 + 18_496 + 295_040 + 1_290,
    "lecun1998": 60_000,
    "lenet-sklearn": 61_706,
    "lenet-sklearn-fashion": 61_706,
}


def network(record):
    return LeNet5(10, (1, 28, 28), **{k: record.estimator.get_params()[k] for k in CHOICES})


def test_all_are_there_and_in_order():
    assert list(REPRODUCTIONS) == [
        "model-card-sigmoid",
        "keras-relu-avg",
        "pytorch-tanh-csv",
        "keras-tanh-same",
        "feedforward",
        "keras-relu-max",
        "fashion-cnn",
        "fashion-cnn-ours",
        "lecun1998",
        "lenet-sklearn",
        "lenet-sklearn-fashion",
    ]


@pytest.mark.parametrize("id_", REPRODUCTIONS)
def test_each_network_is_a_configuration_of_the_estimator(id_):
    record = REPRODUCTIONS[id_]
    assert type(record.estimator) is LeNet5Classifier
    layers = network(record).architecture.layers
    assert [layer.output_shape for layer in layers] == SHAPES[id_]
    assert sum(layer.n_parameters for layer in layers) == PARAMETERS[id_]


@pytest.mark.parametrize("id_", REPRODUCTIONS)
def test_each_record_is_complete(id_):
    record = REPRODUCTIONS[id_]
    assert record.id == id_
    assert record.title
    assert record.source
    assert record.stated
    assert record.data == ("fashion-mnist" if "fashion" in id_ else "mnist")
    assert record.claimed.keys() <= CLAIMS.keys()
    assert record.unstated or record.source == "this library"
    assert record.estimator.random_state is None
    clone(record.estimator)._validate_params()
    trained, *_ = record.split.split(" training")
    assert int(trained.replace(",", "")) == round(60_000 * (1 - record.validation_fraction))


def test_the_claims_are_those_of_the_sources():
    claimed = {id_: record.claimed for id_, record in REPRODUCTIONS.items() if record.claimed}
    assert claimed == {
        "model-card-sigmoid": {
            "train_accuracy": 0.9563,
            "validation_accuracy": 0.9640,
            "test_accuracy": 0.9619,
        },
        "keras-relu-avg": {"test_accuracy": 0.9448, "validation_accuracy": 0.9525},
        "pytorch-tanh-csv": {
            "train_accuracy": 0.9916,
            "validation_accuracy": 0.9850,
            "test_accuracy": 0.9847,
        },
        "feedforward": {"test_accuracy": 0.965, "test_loss": 0.166},
        "keras-relu-max": {"test_accuracy": 0.986, "test_loss": 0.039},
        "fashion-cnn": {"test_accuracy": 0.920, "test_loss": 0.244},
        "lecun1998": {"test_accuracy": 0.9905},
    }


def test_validation_accuracies_are_claimed_where_there_is_validation():
    for record in REPRODUCTIONS.values():
        if "validation_accuracy" in record.claimed:
            assert record.validation_fraction > 0


@pytest.mark.parametrize("id_", ["model-card-sigmoid", "keras-relu-avg", "feedforward"])
def test_the_projects_train_with_plain_adam(id_):
    params = REPRODUCTIONS[id_].estimator.get_params()
    assert (params["optimizer"], params["lr"], params["lr_schedule"]) == ("adam", 0.001, "constant")
    assert (params["weight_decay"], params["label_smoothing"]) == (0, 0)


def test_the_resized_network_sees_32_pixels_and_the_csv_is_read():
    record = REPRODUCTIONS["pytorch-tanh-csv"]
    assert network(record).architecture.network_input == (32, 32)
    assert [id_ for id_, record in REPRODUCTIONS.items() if record.via_csv] == ["pytorch-tanh-csv"]
