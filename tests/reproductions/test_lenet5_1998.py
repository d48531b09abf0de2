import numpy as np
import pytest
from sklearn.datasets import load_digits

from lenet_sklearn import LeNet5Classifier, make_lenet5_1998
from lenet_sklearn._network.character_codes import character_codes


@pytest.fixture(scope="module")
def fitted():
    X, y = load_digits(return_X_y=True)
    images = np.kron(X.reshape(-1, 8, 8)[:100], np.ones((3, 3)))
    images = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    return make_lenet5_1998(max_epochs=3, random_state=0).fit(images, y[:100])


def test_it_is_a_configuration_of_the_estimator(fitted):
    assert type(fitted) is LeNet5Classifier


def test_the_papers_counts(fitted):
    summary = fitted.summary()
    assert summary["n_parameters"].to_dict() == {
        "C1": 156,
        "S2": 12,
        "C3": 1_516,
        "S4": 32,
        "C5": 48_120,
        "F6": 10_164,
        "output": 0,
        "total": 60_000,
    }
    assert summary["n_connections"].to_dict() == {
        "C1": 122_304,
        "S2": 5_880,
        "C3": 151_600,
        "S4": 2_000,
        "C5": 48_120,
        "F6": 10_164,
        "output": 840,
        "total": 340_908,
    }
    assert fitted.n_parameters_ == 60_000


def test_digits_of_28_pixels_stand_in_a_border(fitted):
    assert fitted.image_shape_ == (1, 28, 28)
    assert fitted.module_.architecture.network_input == (32, 32)
    seen = fitted.module_.prepare(fitted.module_.pixel_mean.new_ones(1, 1, 28, 28))
    assert seen[0, 0, 0, 0] < seen[0, 0, 2, 2]  # background around it


def test_the_outputs_are_distances_to_the_characters(fitted):
    codes = fitted.module_.output.codes
    assert codes.shape == (10, 84)
    assert (codes == character_codes(np.arange(10))).all()
    assert not [p for p in fitted.module_.output.parameters() if p.requires_grad]
    X = np.zeros((3, 28, 28))
    features = fitted.transform(X)
    squared = ((features[:, None] - codes.numpy()[None]) ** 2).sum(-1)
    np.testing.assert_allclose(fitted.decision_function(X), -squared, rtol=1e-4)


def test_the_loss_is_the_map_criterion_and_the_rates_fall_in_stairs(fitted):
    assert fitted.net_.recipe.loss == "map"
    rates = [row["lr"] for row in fitted.history_]
    assert rates[-1] == pytest.approx(0.02 * fitted.lr)


def test_parameters_can_be_replaced():
    model = make_lenet5_1998(max_epochs=1, random_state=3)
    assert (model.max_epochs, model.random_state, model.output) == (1, 3, "rbf")
