"""A program of a user. `mypy --strict` accepts it, and knows the types (tests/test_typing.py)."""

from pathlib import Path
from typing import assert_type

import numpy as np
import pandas as pd
from sklearn.utils import Bunch

from lenet_sklearn import (
    BenchmarkResult,
    Deskewer,
    ImagePreprocessor,
    LeNet5,
    LeNet5Classifier,
    MassCenterer,
    ReproductionResult,
    compare_models,
    default_search_space,
    export_onnx,
    load_model,
    load_pretrained,
    make_baselines,
    run_benchmark,
    run_reproductions,
    save_model,
    search_lenet5,
)
from lenet_sklearn.datasets import (
    fetch_mnist,
    load_digits_images,
    prepare_drawing,
    read_csv_images,
    read_idx,
    read_images,
)
from lenet_sklearn.inspection import (
    AuditDisplay,
    AuditResult,
    CoverageDisplay,
    ReliabilityDisplay,
    TrainingCurveDisplay,
    audit,
    expected_calibration_error,
    explain,
    plot_explanation,
    plot_mistakes,
    predict_uncertainty,
)
from lenet_sklearn.reporting import make_model_card, write_report
from lenet_sklearn.robustness import (
    CORRUPTIONS,
    RobustnessResult,
    attack,
    corrupt,
    evaluate_robustness,
)
from lenet_sklearn.search import SearchResult


def data() -> None:
    X, y = load_digits_images(return_X_y=True)
    assert_type(X, np.ndarray)
    assert_type(y, np.ndarray)
    assert_type(load_digits_images(), Bunch)
    frame, target = load_digits_images(return_X_y=True, as_frame=True)
    assert_type(frame, pd.DataFrame)
    assert_type(target, pd.Series)
    images, _ = fetch_mnist(subset="test", return_X_y=True)
    assert_type(images, np.ndarray)
    assert_type(fetch_mnist(data_home=Path("data")), Bunch)
    table, _ = read_csv_images("images.csv", return_X_y=True)
    assert_type(table, np.ndarray)
    assert_type(read_idx("train-images-idx3-ubyte"), np.ndarray)
    assert_type(read_images("pictures", size=28).data, np.ndarray)
    assert_type(prepare_drawing("seven.png"), np.ndarray)


def model(X: np.ndarray, y: np.ndarray) -> None:
    fitted = LeNet5Classifier(activation="tanh", random_state=0).fit(X, y)
    assert_type(fitted, LeNet5Classifier)
    assert_type(fitted.predict(X), np.ndarray)
    assert_type(fitted.predict_proba(X), np.ndarray)
    assert_type(fitted.decision_function(X), np.ndarray)
    assert_type(fitted.transform(X), np.ndarray)
    assert_type(fitted.summary(), pd.DataFrame)
    assert_type(fitted.classes_, np.ndarray)
    assert_type(fitted.n_iter_, int)
    assert_type(fitted.loss_curve_, list[float])
    assert_type(fitted.module_, LeNet5)
    assert_type(fitted.partial_fit(X, y), LeNet5Classifier)
    assert_type(load_pretrained("mnist"), LeNet5Classifier)
    save_model(fitted, Path("model.safetensors"))
    print(load_model("model.safetensors").predict(X), fitted.score(X, y))
    export_onnx(fitted, "model.onnx")
    for step in (ImagePreprocessor(size=32), MassCenterer(), Deskewer()):
        assert_type(step.fit(X).transform(X), np.ndarray)


def comparison(X: np.ndarray, y: np.ndarray) -> None:
    result = run_benchmark({"LeNet-5": LeNet5Classifier(), **make_baselines()}, X, y, cv=5)
    assert_type(result, BenchmarkResult)
    assert_type(result.table(), pd.DataFrame)
    assert_type(result.to_markdown(), str)
    assert_type(compare_models(result, reference="LeNet-5"), pd.DataFrame)
    assert_type(run_reproductions(["keras-relu-max"]), ReproductionResult)
    found = search_lenet5(X, y, budget_minutes=1, space=default_search_space())
    assert_type(found, SearchResult)


def inside(fitted: LeNet5Classifier, X: np.ndarray, y: np.ndarray) -> None:
    assert_type(explain(fitted, X, method="saliency"), np.ndarray)
    plot_explanation(fitted, X[:4])
    plot_mistakes(fitted, X, y)
    assert_type(TrainingCurveDisplay.from_estimator(fitted), TrainingCurveDisplay)
    assert_type(ReliabilityDisplay.from_estimator(fitted, X, y), ReliabilityDisplay)
    assert_type(CoverageDisplay.from_estimator(fitted, X, y), CoverageDisplay)
    assert_type(expected_calibration_error(y, fitted.predict_proba(X)), float)
    assert_type(predict_uncertainty(fitted, X), Bunch)
    result = audit(fitted, X, y)
    assert_type(result, AuditResult)
    assert_type(result.by_class, pd.DataFrame)
    make_model_card(fitted, X, y).save("card.md")
    assert_type(result.plot(), AuditDisplay)
    write_report(fitted, X, y, "report.html")


def robustness(fitted: LeNet5Classifier, X: np.ndarray, y: np.ndarray) -> None:
    assert_type(sorted(CORRUPTIONS), list[str])
    noisy = corrupt(X, "fog", severity=3, random_state=0)
    result = evaluate_robustness({"LeNet-5": fitted}, X, y, severities=(1, 3))
    assert_type(result, RobustnessResult)
    assert_type(result.table(), pd.DataFrame)
    print(fitted.score(attack(fitted, noisy, y, method="pgd", eps=0.1), y))
