"""Look at data, at training and at models: pictures in scikit-learn's Display style."""

from lenet_sklearn.inspection.plots import (
    BenchmarkDisplay,
    ImageGridDisplay,
    TrainingCurveDisplay,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
)

__all__ = [
    "BenchmarkDisplay",
    "ImageGridDisplay",
    "TrainingCurveDisplay",
    "plot_feature_maps",
    "plot_filters",
    "plot_mistakes",
    "plot_samples",
]
