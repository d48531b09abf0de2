"""Compare classifiers honestly: baselines, one cross-validated table, paired tests, re-runs."""

from ._result import BenchmarkResult
from .baselines import make_baselines
from .benchmark import run_benchmark
from .reproductions import (
    REPRODUCTIONS,
    Reproduction,
    ReproductionResult,
    make_lenet5_1998,
    run_reproductions,
)
from .statistics import compare_models

__all__ = [
    "REPRODUCTIONS",
    "BenchmarkResult",
    "Reproduction",
    "ReproductionResult",
    "compare_models",
    "make_baselines",
    "make_lenet5_1998",
    "run_benchmark",
    "run_reproductions",
]
