"""Compare classifiers honestly: baselines, one cross-validated table, paired tests."""

from ._result import BenchmarkResult
from .baselines import make_baselines
from .benchmark import run_benchmark
from .statistics import compare_models

__all__ = ["BenchmarkResult", "compare_models", "make_baselines", "run_benchmark"]
