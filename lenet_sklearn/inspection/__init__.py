"""Pictures of data, training and models, in scikit-learn's Display style."""

from lenet_sklearn.inspection._benchmark import BenchmarkDisplay
from lenet_sklearn.inspection._image_grid import ImageGridDisplay
from lenet_sklearn.inspection._networks import plot_feature_maps, plot_filters
from lenet_sklearn.inspection._samples import plot_mistakes, plot_samples
from lenet_sklearn.inspection._training_curve import TrainingCurveDisplay

__all__ = [
    "BenchmarkDisplay",
    "ImageGridDisplay",
    "TrainingCurveDisplay",
    "plot_feature_maps",
    "plot_filters",
    "plot_mistakes",
    "plot_samples",
]
