"""Compare classifiers honestly: baselines, one cross-validated table, paired tests."""

from lenet_sklearn.comparison._result import BenchmarkResult
from lenet_sklearn.comparison.baselines import make_baselines
from lenet_sklearn.comparison.benchmark import run_benchmark
from lenet_sklearn.comparison.statistics import compare_models

__all__ = ["BenchmarkResult", "compare_models", "make_baselines", "run_benchmark"]
