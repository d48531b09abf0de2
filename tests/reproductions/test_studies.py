import numpy as np
import pandas as pd
import pytest

from lenet_sklearn import LeNet5, LeNet5Classifier
from lenet_sklearn._network.architecture import CHOICES
from lenet_sklearn.reproductions import studies
from lenet_sklearn.reproductions.page import make_study_page
from lenet_sklearn.reproductions.studies import STUDIES, run_study

N_CASES = {"ablation": 15, "efficiency": 7, "comparison": 10, "transfer": 9}


@pytest.fixture
def fits(monkeypatch):
    """What LeNet-5 is trained on: number of images, labels."""
    seen = []
    fit = LeNet5Classifier.fit

    def record(self, X, y, **more):
        seen.append((self, len(X), y))
        return fit(self, X, y, **more)

    monkeypatch.setattr(LeNet5Classifier, "fit", record)
    return seen


def test_the_studies_are_those_that_were_asked_for():
    assert {name: len(study.make_cases()) for name, study in STUDIES.items()} == N_CASES
    for name, study in STUDIES.items():
        assert study.name == name
        factors = [tuple(case.factors) for case in study.make_cases()]
        assert len(set(factors)) == 1
        assert study.x in (*factors[0], "parameters")
        assert study.series is None or study.series in factors[0]
        assert len({tuple(case.factors.values()) for case in study.make_cases()}) == N_CASES[name]


def test_the_ablation_crosses_activations_and_pooling():
    pairs = {tuple(case.factors.values()) for case in STUDIES["ablation"].make_cases()}
    assert {a for a, _ in pairs} == {"relu", "tanh", "sigmoid", "gelu", "silu"}
    assert {p for _, p in pairs} == {"max", "avg", "subsample"}
    for case in STUDIES["ablation"].make_cases():
        assert case.estimator.activation == case.factors["activation"]
        assert case.estimator.pooling == case.factors["pooling"]
        assert case.estimator.max_epochs == 4


def test_the_networks_grow_from_lenet1_to_four_times_lenet5():
    counts = []
    for case in STUDIES["efficiency"].make_cases():
        network = LeNet5(10, (1, 28, 28), **{k: case.estimator.get_params()[k] for k in CHOICES})
        counts.append(sum(layer.n_parameters for layer in network.architecture.layers))
    assert counts == sorted(counts)
    assert counts[0] == pytest.approx(2_600, rel=0.1)
    assert 61_706 in counts
    assert counts[-1] == pytest.approx(4 * 61_706, rel=0.02)


@pytest.mark.parametrize("name", ["ablation", "efficiency"])
def test_a_quick_study_runs_and_is_kept(name, data_home, tmp_path, fits):
    options = {"seeds": [0], "data_home": data_home, "quick": True, "progress": False}
    result = run_study(name, out_dir=tmp_path, **options)
    assert len(result.runs) == len(fits) == N_CASES[name]
    assert (result.runs["n_test"] == 200).all()
    again = run_study(name, out_dir=tmp_path, **options)
    assert len(fits) == N_CASES[name]
    pd.testing.assert_frame_equal(result.runs, again.runs)
    assert len(pd.read_csv(tmp_path / "runs.csv")) == N_CASES[name]
    assert len(pd.read_csv(tmp_path / "table.csv")) == N_CASES[name]
    assert (tmp_path / "table.md").read_text(encoding="utf-8").startswith("| ")


def test_models_without_chance_run_once(data_home):
    result = run_study("comparison", seeds=[3, 4], data_home=data_home, quick=True, progress=False)
    counts = result.table()["n_seeds"]
    assert (counts.xs("mnist", level="data") == counts.xs("fashion-mnist", level="data")).all()
    assert counts.xs("mnist", level="data").to_dict() == {
        "LeNet-5": 2,
        "SVM": 1,
        "Random forest": 2,
        "MLP": 2,
        "k-NN": 1,
    }
    assert result.runs["parameters"].notna().all()
    page = make_study_page(result, command="the command", rows="rows.csv")
    assert "| boosted LeNet-4, distortions" in page
    assert "| LeNet-5 " in page


def test_transfer_trains_on_a_few_digits_and_tests_on_the_rest(fits):
    result = run_study("transfer", seeds=[0], quick=True, progress=False)
    assert sorted(set(result.runs["n_train"])) == [50, 100, 500]
    assert (result.runs["n_train"] + result.runs["n_test"] == 1797).all()
    for model, n_images, y in fits:
        assert y.dtype.kind == "U"  # no output of the shipped weights fits
        assert (np.unique(y, return_counts=True)[1] == n_images // 10).all()
        assert (model.freeze is None) or model.pretrained == "mnist"
    accuracy = result.table()["test_accuracy"]
    lent, own = (accuracy.xs(start, level="start") for start in ("MNIST, convolutions kept",
                                                                 "from scratch"))  # fmt: skip
    assert (lent > own).all()


@pytest.mark.parametrize(
    ("name", "message"),
    [("ablaton", "'ablaton'. Did you mean 'ablation'"), (3, "name must be one of .'ablation'")],
)
def test_unknown_studies(name, message):
    with pytest.raises(ValueError, match=message):
        run_study(name)


def test_seeds_are_checked():
    with pytest.raises(ValueError, match="seeds must be one or more"):
        run_study("ablation", seeds=[])


def test_the_modules_names():
    assert set(studies.__all__) == {"STUDIES", "Study", "StudyResult", "run_study"}
