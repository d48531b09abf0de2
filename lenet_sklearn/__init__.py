"""LeNet-5 as a scikit-learn estimator, compared honestly with the models people use."""

__version__ = "0.1.0.dev0"
