"""LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""

from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.networks import LeNet5
from lenet_sklearn.preprocessing import Deskewer, ImagePreprocessor, MassCenterer

__all__ = ["Deskewer", "ImagePreprocessor", "LeNet5", "LeNet5Classifier", "MassCenterer"]

__version__ = "0.1.0.dev0"
