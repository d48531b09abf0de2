"""The classifiers that people use on small images today, set up as an expert would."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted


class PixelScaler(TransformerMixin, BaseEstimator):
    """Flatten images to rows, and give all pixels together mean 0 and a common scale.

    One mean and one factor serve all pixels. Scaling each pixel for itself, as StandardScaler
    does, would divide the border's rare ink by a deviation near zero, and make it the loudest
    feature. Pixels in 0-1, 0-16 and 0-255 come out the same.

    Parameters
    ----------
    unit : {"pixel", "image"}, default="pixel"
        What has unit variance afterwards: the pixels, as gradient descent likes it; or the image,
        whose mean squared length is then 1 whatever its size, so that one kernel width suits all
        sizes.

    Attributes
    ----------
    mean_, scale_ : float
        What is subtracted from each pixel, and what it is then divided by.
    n_features_in_ : int
        Pixels per image.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn.comparison.baselines import PixelScaler
    >>> images = np.array([[[0, 255], [255, 0]]], dtype=np.uint8)
    >>> PixelScaler().fit_transform(images)
    array([[-1.,  1.,  1., -1.]], dtype=float32)
    >>> PixelScaler(unit="image").fit_transform(images)
    array([[-0.5,  0.5,  0.5, -0.5]], dtype=float32)
    """

    def __init__(self, unit: str = "pixel") -> None:
        self.unit = unit

    def fit(self, X: ArrayLike, y: Any = None) -> PixelScaler:
        """Learn the mean and the standard deviation of all pixels.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Images or rows.
        y : ignored

        Returns
        -------
        self : PixelScaler

        Raises
        ------
        ValueError
            If `unit` is unknown, or a pixel is NaN or infinite.
        """
        if self.unit not in ("pixel", "image"):
            raise ValueError(
                "The 'unit' parameter of PixelScaler must be 'pixel' or 'image'. "
                f"Got {self.unit!r}."
            )
        rows = self._to_rows(X)
        self.n_features_in_ = rows.shape[1]
        self.mean_ = float(rows.mean(dtype=np.float64))
        deviation = float(rows.std(dtype=np.float64)) or 1.0  # 1 where all pixels are the same
        self.scale_ = deviation * (self.n_features_in_**0.5 if self.unit == "image" else 1.0)
        return self

    def transform(self, X: ArrayLike) -> np.ndarray:
        """Flatten and scale.

        Parameters
        ----------
        X : array-like of shape (n, ...)
            Images or rows with as many pixels as in `fit`.

        Returns
        -------
        rows : ndarray of shape (n, n_features_in_)
            float64 if `X` is, else float32.

        Raises
        ------
        ValueError
            If the number of pixels is another, or one is NaN or infinite.
        """
        check_is_fitted(self)
        rows = self._to_rows(X)
        if rows.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {rows.shape[1]} features, but PixelScaler is expecting "
                f"{self.n_features_in_} features as input."
            )
        return (rows - rows.dtype.type(self.mean_)) / rows.dtype.type(self.scale_)

    @staticmethod
    def _to_rows(X: ArrayLike) -> np.ndarray:
        # float32 holds every 8-bit pixel exactly, at half the memory.
        images = check_array(X, dtype=[np.float32, np.float64], allow_nd=True, input_name="X")
        return images.reshape(len(images), -1)


def make_baselines(random_state: int | None = None) -> dict[str, Pipeline]:
    """Make the classifiers that LeNet-5 has to beat, each with settings that do it justice.

    All take pixels in any range (0-1, 0-16, 0-255), as rows or as images, and scale them by
    ``PixelScaler``, the first step of each. The settings were chosen within training data alone,
    by validation: on scikit-learn's digits (5 folds of 1,437 images), and on 6,000 and 20,000
    images of MNIST and of Fashion-MNIST.

    ``"SVM"``
        RBF kernel, ``C=10``, ``gamma=2`` on images of unit variance, which is twice what
        ``gamma="scale"`` gives: a little better on MNIST and Fashion-MNIST (0.977 against 0.973,
        0.894 against 0.892 with 20,000 images) and the same within the error on the digits. Any C
        from 3 to 30 does as well. It has no probabilities, and so no log loss; for these wrap it:
        ``CalibratedClassifierCV(make_baselines()["SVM"], ensemble=False)``.
    ``"Random forest"``
        300 trees; 100 are up to half a point worse.
    ``"MLP"``
        One layer of 256 units (100 are half a point worse on all three), trained until ten passes
        in a row have not lowered the loss by 0.001. No early stopping: the tenth of the data that
        it would hold back costs 2 points on the digits.
    ``"k-NN"``
        5 neighbours, weighted by their nearness. Of 1, 3 and 5 none is the best on all three.
    ``"Logistic regression"``
        ``C=0.1``: with 1.0, MNIST and Fashion-MNIST lose 1 to 4 points, the digits gain 0.6.
    ``"Dummy"``
        Always the most frequent class, with the class shares as probabilities: what a score is
        worth that comes without looking.

    Parameters
    ----------
    random_state : int, default=None
        Seed of the forest and the MLP.

    Returns
    -------
    baselines : dict of str to Pipeline
        Unfitted.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from lenet_sklearn.comparison import make_baselines
    >>> X, y = load_digits(return_X_y=True)
    >>> svm = make_baselines()["SVM"].fit(X[:1000], y[:1000])
    >>> round(svm.score(X[1000:], y[1000:]), 3)
    0.967
    """
    # Here, not above: they would add a tenth of a second to each import of the package.
    from sklearn.dummy import DummyClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.svm import SVC

    classifiers = {
        "SVM": SVC(C=10.0, gamma=2.0, cache_size=500),
        "Random forest": RandomForestClassifier(n_estimators=300, random_state=random_state),
        "MLP": MLPClassifier(
            hidden_layer_sizes=(256,), tol=1e-3, max_iter=1000, random_state=random_state
        ),
        "k-NN": KNeighborsClassifier(n_neighbors=5, weights="distance"),
        "Logistic regression": LogisticRegression(C=0.1, max_iter=1000),
        "Dummy": DummyClassifier(),
    }
    return {
        name: make_pipeline(PixelScaler(unit="image" if name == "SVM" else "pixel"), classifier)
        for name, classifier in classifiers.items()
    }
