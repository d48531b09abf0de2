"""How unsure is a network? Monte-Carlo dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.special import entr
from sklearn.pipeline import Pipeline
from sklearn.utils import Bunch
from torch import Tensor

from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import layout_for
from lenet_sklearn._network.layers import Dropout, dropout_from
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn._training.losses import to_proba
from lenet_sklearn._training.predict import infer
from lenet_sklearn.inspection._models import find_classifier
from lenet_sklearn.inspection._predictions import check_count
from lenet_sklearn.networks import LeNet5


def predict_uncertainty(
    model: Any,
    X: Any,
    *,
    n_samples: int = 30,
    random_state: int | np.random.RandomState | None = None,
) -> Bunch:
    """Predict with Monte-Carlo dropout: let many thinned networks vote.

    Dropout stays active. A sample is a network without a random part of its units, and it predicts
    all images. If these networks disagree about an image, the model is unsure of it.

    The samples are the same for all images. So the result of an image does not depend on the
    other images of X. Only dropout is random, and the model is not changed. X is predicted in
    batches, so that memory does not grow with ``n × n_samples``.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted with `dropout` above 0; a Pipeline ends with the classifier.
    X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
        Images.
    n_samples : int, default=30
        Number of samples.
    random_state : int, RandomState instance or None, default=None
        Seed of the samples. The same int gives the same result.

    Returns
    -------
    uncertainty : Bunch
        With the attributes

        ``proba`` : ndarray of shape (n, n_classes)
            Mean of the probabilities of the samples, in the order of `classes_`.
        ``entropy`` : ndarray of shape (n,)
            Entropy of `proba` in nats, from 0 to log(n_classes): the whole uncertainty.
        ``mutual_information`` : ndarray of shape (n,)
            Part of the entropy that comes from the disagreement of the samples, in nats: `entropy`
            minus the mean entropy of the samples.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If there is no LeNet5Classifier.
    ValueError
        If the model has no dropout, `n_samples` is not a positive integer, or X does not hold
        images as in training.

    References
    ----------
    Y. Gal, Z. Ghahramani (2016). Dropout as a Bayesian Approximation: Representing Model
    Uncertainty in Deep Learning. ICML.

    N. Houlsby, F. Huszár, Z. Ghahramani, M. Lengyel (2011). Bayesian Active Learning for
    Classification and Preference Learning. arXiv:1112.5745, equation 2.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import predict_uncertainty
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(dropout=0.2, max_epochs=5, random_state=0).fit(X[:900], y[:900])
    >>> digits = predict_uncertainty(model, X[900:], random_state=0)
    >>> inverted = predict_uncertainty(model, X[900:, ::-1], random_state=0)
    >>> digits.proba.shape, digits.entropy.shape
    ((897, 10), (897,))
    >>> bool(inverted.mutual_information.mean() > digits.mutual_information.mean())
    True
    """
    check_count("n_samples", n_samples)
    classifier = find_classifier(model)
    network = classifier.module_
    masks = _draw_masks(network, n_samples, draw_seed(random_state))
    if isinstance(model, Pipeline) and len(model.steps) > 1:
        X = model[:-1].transform(X)
    X = check_images(classifier, X, reset=False)

    def predict(images: Tensor) -> Tensor:
        """Return the mean probabilities of some images and, in the last column, mean entropies."""
        return _vote(network, network.flat_maps(images), masks, classifier._smoothing)

    layout, device = layout_for(X, classifier._layout), network.pixel_mean.device
    votes = infer(predict, X, layout, device, classifier._pixels)
    proba, entropy_of_samples = votes[:, :-1], votes[:, -1]
    entropy = entr(proba).sum(axis=1)
    return Bunch(
        proba=proba,
        entropy=entropy,
        # Never negative but for rounding.
        mutual_information=np.maximum(entropy - entropy_of_samples, 0.0),
    )


def _draw_masks(network: LeNet5, n_samples: int, seed: int) -> dict[str, Tensor]:
    """Return the factors of each sample, ``(n_samples, width)``, for each layer with dropout."""
    generator = torch.Generator().manual_seed(seed)
    widths = {layer.name: layer.output_shape[0] for layer in network.architecture.layers}
    masks = {}
    with dropout_from(generator):
        for name, layer in network.hidden.named_children():
            if isinstance(layer, Dropout) and layer.p > 0:
                width = widths[name.removesuffix("_dropout")]
                drawn = layer.mask(torch.empty(n_samples, width))
                masks[name] = drawn.to(network.pixel_mean.device)
    if not masks:
        raise ValueError(
            "model must have been fitted with dropout above 0 in its full layers. "
            f"Got dropout={network.architecture.dropout!r}. Set dropout=0.2 and fit it again."
        )
    return masks


def _vote(network: LeNet5, maps: Tensor, masks: dict[str, Tensor], smoothing: float) -> Tensor:
    """Return the mean over the samples of probabilities and entropy, ``(n, n_classes + 1)``."""
    layers = list(network.hidden.named_children())
    first = next(place for place, (name, _) in enumerate(layers) if name in masks)
    for _, layer in layers[:first]:  # the same for all samples
        maps = layer(maps)
    n_samples = len(masks[layers[first][0]])
    total = np.zeros((len(maps), network.architecture.n_classes + 1))
    for sample in range(n_samples):
        values = maps
        for name, layer in layers[first:]:
            # Not by layer.train(): the network stays as it is, whatever happens.
            values = values * masks[name][sample] if name in masks else layer(values)
        logits = network.output(values).to(network.pixel_mean.dtype).cpu().numpy()
        with np.errstate(invalid="ignore"):  # `infer` finds what overflows
            proba = to_proba(logits.astype(np.float64), smoothing)
        total += np.column_stack([proba, entr(proba).sum(axis=1)])
    return torch.from_numpy(total / n_samples)
