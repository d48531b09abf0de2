"""Pictures of data, training and models, in scikit-learn's Display style."""

from lenet_sklearn.inspection._audit import audit
from lenet_sklearn.inspection._audit_display import AuditDisplay
from lenet_sklearn.inspection._audit_result import AuditResult
from lenet_sklearn.inspection._benchmark import BenchmarkDisplay
from lenet_sklearn.inspection._embedding import EmbeddingDisplay, plot_embedding
from lenet_sklearn.inspection._image_grid import ImageGridDisplay
from lenet_sklearn.inspection._networks import plot_feature_maps, plot_filters
from lenet_sklearn.inspection._samples import plot_mistakes, plot_samples
from lenet_sklearn.inspection._training_curve import TrainingCurveDisplay

__all__ = [
    "AuditDisplay",
    "AuditResult",
    "BenchmarkDisplay",
    "EmbeddingDisplay",
    "ImageGridDisplay",
    "TrainingCurveDisplay",
    "audit",
    "plot_embedding",
    "plot_feature_maps",
    "plot_filters",
    "plot_mistakes",
    "plot_samples",
]
