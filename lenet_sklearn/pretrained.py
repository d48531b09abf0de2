"""Models that are trained already."""

from __future__ import annotations

from lenet_sklearn._training.devices import resolve_device
from lenet_sklearn._training.net import TrainingNet
from lenet_sklearn._training.recipe import make_recipe
from lenet_sklearn._training.shipped_weights import PRETRAINED, read_shipped
from lenet_sklearn.classifier import LeNet5Classifier


def load_pretrained(name: str, *, device: str = "auto") -> LeNet5Classifier:
    """Return a fitted classifier with the weights that ship with the library.

    Parameters
    ----------
    name : {"mnist", "fashion-mnist"}
        The data set that it was trained on, by ``tools/train_weights.py``.
    device : str, default="auto"
        As of `LeNet5Classifier`.

    Returns
    -------
    model : LeNet5Classifier
        Predicts images as `fetch_mnist` gives them: 28×28 grey pixels from 0 to 255, bright on
        dark. A call of its `fit` starts from the shipped weights again.

    Raises
    ------
    ValueError
        If there is no such model or no such device, or the file is damaged.

    Examples
    --------
    >>> import numpy as np
    >>> from lenet_sklearn import load_pretrained
    >>> model = load_pretrained("mnist")
    >>> model.predict(np.zeros((1, 784))).shape
    (1,)
    """
    if name not in PRETRAINED:
        raise ValueError(f"name must be among {PRETRAINED}. Got {name!r}.")
    resolve_device(device)
    shipped = read_shipped(name)
    model = LeNet5Classifier(pretrained=name, device=device)
    recipe = make_recipe(model.get_params(deep=False), n_samples=1)
    net = TrainingNet.restore(shipped.architecture, shipped.weights, recipe, shipped.history)
    model.__setstate__(
        {
            "classes_": shipped.classes.copy(),
            "n_features_in_": shipped.layout.n_features,
            "image_shape_": shipped.layout.image_shape,
            "_layout": shipped.layout,
            "_pixels": shipped.pixels,
            "_smoothing": shipped.smoothing,
            "net_": net,
        }
    )
    return model
