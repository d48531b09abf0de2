"""LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""

from lenet_sklearn.networks import LeNet5

__all__ = ["LeNet5"]

__version__ = "0.1.0.dev0"
