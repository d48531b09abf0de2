"""LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""

from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.comparison import (
    REPRODUCTIONS,
    BenchmarkResult,
    ReproductionResult,
    compare_models,
    make_baselines,
    make_lenet5_1998,
    run_benchmark,
    run_reproductions,
)
from lenet_sklearn.networks import LeNet5
from lenet_sklearn.persistence import export_onnx, load_model, save_model
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

__all__ = [
    "REPRODUCTIONS",
    "BenchmarkResult",
    "Deskewer",
    "ImagePreprocessor",
    "LeNet5",
    "LeNet5Classifier",
    "MassCenterer",
    "ReproductionResult",
    "compare_models",
    "export_onnx",
    "load_model",
    "make_baselines",
    "make_lenet5_1998",
    "run_benchmark",
    "run_reproductions",
    "save_model",
]

__version__ = "0.1.0.dev0"
