"""Pictures of data, training and models, and maps of what matters to a prediction."""

from lenet_sklearn.inspection._benchmark import BenchmarkDisplay
from lenet_sklearn.inspection._explanation_pictures import plot_explanation
from lenet_sklearn.inspection._explanations import explain
from lenet_sklearn.inspection._image_grid import ImageGridDisplay
from lenet_sklearn.inspection._networks import plot_feature_maps, plot_filters
from lenet_sklearn.inspection._samples import plot_mistakes, plot_samples
from lenet_sklearn.inspection._training_curve import TrainingCurveDisplay

__all__ = [
    "BenchmarkDisplay",
    "ImageGridDisplay",
    "TrainingCurveDisplay",
    "explain",
    "plot_explanation",
    "plot_feature_maps",
    "plot_filters",
    "plot_mistakes",
    "plot_samples",
]
