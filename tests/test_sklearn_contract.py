"""What scikit-learn expects of an estimator: its own checks, tags, routing and callbacks."""

import re
import warnings
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone, is_classifier
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.exceptions import UnsetMetadataPassedError
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import check_estimator

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.preprocessing import ImagePreprocessor

# scikit-learn's own checks


def checks(estimator):
    """Names of the checks by status: passed, failed, skipped, xfail."""
    with warnings.catch_warnings():
        # The checks' data are no square images, and the MLP has no time to converge.
        warnings.simplefilter("ignore", UserWarning)
        results = check_estimator(estimator, on_skip=None, on_fail=None)
    names = {"passed": [], "failed": [], "skipped": [], "xfail": []}
    for result in results:
        names[result["status"]].append(result["check_name"])
    return names


def test_check_estimator():
    done, of_mlp = checks(LeNet5Classifier()), checks(MLPClassifier(max_iter=50))
    assert done["failed"] == []
    assert done["xfail"] == []
    assert set(done["skipped"]) <= set(of_mlp["skipped"])
    # Of what scikit-learn's own network passes, only what asks for sparse X or several labels
    # is not asked of a network of images.
    missing = set(of_mlp["passed"]) - set(done["passed"])
    assert [name for name in missing if not re.search("sparse_data|multilabel", name)] == []
    assert len(done["passed"]) >= len(of_mlp["passed"]) > 60


def test_no_tag_opens_a_way_out_of_the_checks():
    tags, of_mlp = get_tags(LeNet5Classifier()), get_tags(MLPClassifier())
    assert tags.input_tags.two_d_array
    assert replace(tags.input_tags, sparse=True) == of_mlp.input_tags
    assert tags.target_tags.required
    assert tags.classifier_tags.multi_class
    assert not tags.classifier_tags.multi_label
    assert not tags.classifier_tags.poor_score
    assert not tags.non_deterministic
    assert not tags.no_validation
    assert not tags._skip_test
    assert tags.requires_fit
    assert is_classifier(LeNet5Classifier())


# Parameters and representations


def test_params_round_trip():
    changed = {
        "conv_channels": [4, 8],
        "lr": 0.5,
        "class_weight": {0: 2.0},
        "callbacks": [],
        "random_state": np.random.RandomState(3),
    }
    model = LeNet5Classifier().set_params(**changed)
    params = model.get_params()
    assert {name: params[name] for name in changed} == changed
    assert set(params) == set(LeNet5Classifier._parameter_constraints)
    again = LeNet5Classifier(**params)
    assert all(again.get_params()[name] is value for name, value in params.items())
    copied = clone(model)
    assert copied.conv_channels == [4, 8]
    assert copied.conv_channels is not model.conv_channels
    assert clone(copied).get_params()["class_weight"] == {0: 2.0}


def test_fit_changes_no_parameter_and_is_not_cloned(digits, small):
    X, _, y, _ = digits
    model = small(conv_channels=[4, 8], max_epochs=1)
    before = dict(model.get_params())
    model.fit(X, y)
    assert all(model.get_params()[name] is value for name, value in before.items())
    assert not hasattr(clone(model), "net_")


def test_repr_shows_what_was_changed():
    assert repr(LeNet5Classifier()) == "LeNet5Classifier()"
    assert repr(LeNet5Classifier(lr=0.5)) == "LeNet5Classifier(lr=0.5)"


def shown(html):
    """The text of a page."""
    html = re.sub(r"<(style|script).*?</\1>", "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_html_representation(digits, small):
    X, _, y, _ = digits
    model = small(max_epochs=30)
    fresh = shown(model._repr_html_())
    assert "LeNet5Classifier" in fresh
    assert "Not fitted" in fresh
    fitted = shown(model.fit(X, y)._repr_html_())
    assert "Not fitted" not in fitted
    assert "classes_ ndarray[int64](10,)" in fitted
    assert len(fitted) < 4000  # parameters and attributes, no dump of weights or histories


# Metadata routing


@pytest.fixture
def weighted(digits):
    """Images, labels of which a third are wrong, and weights that leave those out."""
    X, _, y, _ = digits
    weight = np.where(np.arange(len(y)) % 3, 1.0, 0.0)
    return X, np.where(weight, y, (y + 1) % 10), weight


def test_routing_through_a_grid_search(weighted, small):
    X, y, weight = weighted
    with config_context(enable_metadata_routing=True):
        model = small().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        search = GridSearchCV(model, {"lr": [0.01, 0.02]}, cv=2).fit(X, y, sample_weight=weight)
    best = small(**search.best_params_)
    np.testing.assert_array_equal(
        search.predict_proba(X), best.fit(X, y, sample_weight=weight).predict_proba(X)
    )
    assert np.abs(search.predict_proba(X) - best.fit(X, y).predict_proba(X)).max() > 0.1


def test_routing_through_a_pipeline(weighted, small):
    X, y, weight = weighted
    with config_context(enable_metadata_routing=True):
        ignored = small().set_fit_request(sample_weight=False)
        asked = small().set_fit_request(sample_weight=True)
        scale = partial(ImagePreprocessor, scale=None)
        with_weight = make_pipeline(scale(), asked).fit(X, y, sample_weight=weight)
        assert "sample_weight" in asked.get_metadata_routing().fit.requests
        with pytest.raises(TypeError, match=r"unexpected argument.*sample_weight"):
            make_pipeline(scale(), ignored).fit(X, y, sample_weight=weight)
    direct = small().fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(with_weight.predict_proba(X), direct.predict_proba(X))


def test_weights_that_nobody_asked_for_are_refused(weighted, small):
    X, y, weight = weighted
    refused = pytest.raises(UnsetMetadataPassedError, match=r"sample_weight.*not explicitly set")
    with config_context(enable_metadata_routing=True), refused:
        GridSearchCV(small(), {"lr": [0.01]}, cv=2).fit(X, y, sample_weight=weight)


# Callbacks of scikit-learn 1.9


class Recorder:
    """A callback that keeps all it is told, and stops where it is asked to."""

    def __init__(self, stop_after=None):
        self.stop_after, self.told, self.fitted = stop_after, [], []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None):
        self.told.append(f"begin {context.task_name}")
        assert len(X) == len(y)

    def on_fit_task_end(
        self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None
    ):
        self.told.append(f"end {context.task_name}")
        self.fitted.append(fitted_estimator)
        self.metadata = metadata
        return context.task_name == "epoch" and context.task_id + 1 == self.stop_after


def test_hooks_come_in_order(digits, small):
    X, _, y, _ = digits
    recorder = Recorder()
    small(max_epochs=2).set_callbacks(recorder).fit(X, y)
    epoch = ["begin epoch", "end epoch"]
    assert recorder.told == ["setup", "begin fit", *epoch, *epoch, "end fit", "teardown"]
    assert recorder.metadata is None


def test_hooks_get_the_model_as_it_is_after_each_epoch(digits, small):
    X, X_test, y, y_test = digits
    recorder = Recorder()
    weight = np.ones(len(y))
    model = small(max_epochs=6).set_callbacks(recorder).fit(X, y, sample_weight=weight)
    *epochs, last = recorder.fitted
    assert [fitted.n_iter_ for fitted in epochs] == [1, 2, 3, 4, 5, 6]
    scores = [fitted.score(X_test, y_test) for fitted in epochs]
    assert scores[0] < 0.5 < scores[-1]
    for fitted in (epochs[-1], last):
        np.testing.assert_array_equal(fitted.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(recorder.metadata["sample_weight"], weight)


def test_watching_does_not_change_the_training(digits, small):
    X, _, y, _ = digits
    for params in ({"dropout": 0.3}, {"batch_size": len(X)}):
        watched = small(**params).set_callbacks(Recorder()).fit(X, y)
        np.testing.assert_array_equal(
            watched.predict_proba(X), small(**params).fit(X, y).predict_proba(X)
        )


def test_a_callback_stops_the_training(digits, small):
    X, _, y, _ = digits
    recorder = Recorder(stop_after=3)
    model = small(max_epochs=8).set_callbacks(recorder).fit(X, y)
    assert model.n_iter_ == len(model.loss_curve_) == 3
    assert recorder.told[-2:] == ["end fit", "teardown"]
    assert recorder.told.count("end epoch") == 3
    assert model.predict(X).shape == y.shape


def test_teardown_comes_after_an_error_too(digits, small):
    X, _, y, _ = digits

    def broken(images):
        raise RuntimeError("no such distortion")

    recorder = Recorder()
    model = small(augmentation=broken).set_callbacks(recorder)
    with pytest.raises(RuntimeError, match="no such distortion"):
        model.fit(X, y)
    assert recorder.told == ["setup", "begin fit", "begin epoch", "teardown"]
    assert not hasattr(model, "net_")


def test_partial_fit_has_callbacks_too(digits, small):
    X, _, y, _ = digits
    recorder = Recorder()
    model = small().set_callbacks(recorder).partial_fit(X, y, classes=range(10))
    model.partial_fit(X, y)
    once = ["setup", "begin fit", "begin epoch", "end epoch", "end fit", "teardown"]
    assert recorder.told == 2 * once
    assert [fitted.n_iter_ for fitted in recorder.fitted] == [1, 1, 2, 2]


def test_scoring_monitor(digits, small):
    X, _, y, _ = digits
    monitor = ScoringMonitor(scoring=["accuracy", "neg_log_loss"])
    model = small(max_epochs=6).set_callbacks(monitor).fit(X, y)
    logs = monitor.get_logs()
    assert logs.estimator_name == "LeNet5Classifier"
    epochs = logs.data_as_pandas.query("task_name == 'epoch'")
    assert epochs["task_id"].tolist() == [0, 1, 2, 3, 4, 5]
    assert epochs["accuracy"].iloc[0] < 0.5 < epochs["accuracy"].iloc[-1]
    assert epochs["neg_log_loss"].iloc[0] < epochs["neg_log_loss"].iloc[-1]
    assert epochs["accuracy"].iloc[-1] == model.score(X, y)


def test_scoring_monitor_sees_every_epoch_of_an_early_stop(digits, small):
    X, _, y, _ = digits
    monitor = ScoringMonitor(scoring="accuracy")
    params = {"early_stopping": True, "n_iter_no_change": 2, "lr_schedule": "constant"}
    model = small(**params, monitor="train_loss", tol=10)
    model.set_callbacks(monitor).fit(X, y)
    epochs = monitor.get_logs().data_as_pandas.query("task_name == 'epoch'")
    assert model.n_iter_ == len(epochs) == 3


def test_scoring_monitor_through_a_grid_search(digits, small):
    X, _, y, _ = digits
    monitor = ScoringMonitor(scoring="accuracy")
    model = small(max_epochs=6).set_callbacks(monitor)
    GridSearchCV(model, {"lr": [0.005, 0.02]}, cv=2).fit(X, y)
    logs = monitor.get_logs()
    assert logs.estimator_name == "GridSearchCV"
    epochs = logs.data_as_pandas.query("task_name == 'epoch'")
    # Two candidates on two folds and the refit, six epochs each, with rising scores.
    runs = epochs.groupby("parent_task_id_path")["accuracy"].apply(list)
    assert [len(scores) for scores in runs] == [6] * 5
    assert all(scores[0] < scores[-1] for scores in runs)


def test_progress_bar(digits, small, capsys):
    X, _, y, _ = digits
    small(max_epochs=3).set_callbacks(ProgressBar()).fit(X, y)
    out = capsys.readouterr().out
    assert "LeNet5Classifier - fit" in out
    assert "100%" in out


def test_progress_bar_through_a_grid_search(digits, small, capsys):
    X, _, y, _ = digits
    search = GridSearchCV(small(max_epochs=2), {"lr": [0.005, 0.02]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, y)
    out = capsys.readouterr().out
    assert "GridSearchCV - fit" in out
    assert out.count("LeNet5Classifier - fit") >= 5
    assert not re.search(r"\b[0-9]{1,2}%", out)  # none of the bars stays behind


def test_progress_bar_of_the_search_alone(digits, small, capsys):
    X, _, y, _ = digits
    search = GridSearchCV(small(max_epochs=2), {"lr": [0.005, 0.02]}, cv=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=0)).fit(X, y)
    lines = [line.split("━")[0].strip() for line in capsys.readouterr().out.splitlines()]
    assert lines == ["GridSearchCV - fit", "GridSearchCV - search #0"]
