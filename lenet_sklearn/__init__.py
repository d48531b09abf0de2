"""LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""

from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.comparison import (
    BenchmarkResult,
    compare_models,
    make_baselines,
    run_benchmark,
)
from lenet_sklearn.networks import LeNet5
from lenet_sklearn.persistence import export_onnx, load_model, save_model
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

__all__ = [
    "BenchmarkResult",
    "Deskewer",
    "ImagePreprocessor",
    "LeNet5",
    "LeNet5Classifier",
    "MassCenterer",
    "compare_models",
    "export_onnx",
    "load_model",
    "make_baselines",
    "run_benchmark",
    "save_model",
]

__version__ = "0.1.0.dev0"
