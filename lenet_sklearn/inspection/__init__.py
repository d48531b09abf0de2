"""Pictures of data, training and models; what matters to a prediction; honest probabilities."""

from lenet_sklearn.inspection._audit import audit
from lenet_sklearn.inspection._audit_display import AuditDisplay
from lenet_sklearn.inspection._audit_result import AuditResult
from lenet_sklearn.inspection._benchmark import BenchmarkDisplay
from lenet_sklearn.inspection._calibration import expected_calibration_error
from lenet_sklearn.inspection._coverage import CoverageDisplay
from lenet_sklearn.inspection._embedding import EmbeddingDisplay, plot_embedding
from lenet_sklearn.inspection._explanation_pictures import plot_explanation
from lenet_sklearn.inspection._explanations import explain
from lenet_sklearn.inspection._image_grid import ImageGridDisplay
from lenet_sklearn.inspection._networks import plot_feature_maps, plot_filters
from lenet_sklearn.inspection._reliability import ReliabilityDisplay
from lenet_sklearn.inspection._samples import plot_mistakes, plot_samples
from lenet_sklearn.inspection._training_curve import TrainingCurveDisplay
from lenet_sklearn.inspection._uncertainty import predict_uncertainty

__all__ = [
    "AuditDisplay",
    "AuditResult",
    "BenchmarkDisplay",
    "CoverageDisplay",
    "EmbeddingDisplay",
    "ImageGridDisplay",
    "ReliabilityDisplay",
    "TrainingCurveDisplay",
    "audit",
    "expected_calibration_error",
    "explain",
    "plot_embedding",
    "plot_explanation",
    "plot_feature_maps",
    "plot_filters",
    "plot_mistakes",
    "plot_samples",
    "predict_uncertainty",
]
