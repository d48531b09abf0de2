"""Adversarial images: small changes of the pixels that the gradient of the loss suggests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_consistent_length
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from lenet_sklearn._images.checks import check_images, check_labels, encode_labels
from lenet_sklearn._images.layout import layout_for
from lenet_sklearn._training.batches import to_tensor
from lenet_sklearn._training.data import draw_seed
from lenet_sklearn.inspection._models import find_classifier
from lenet_sklearn.networks import LeNet5
from lenet_sklearn.robustness.corruptions import like

_METHODS = ("fgsm", "pgd")
_AT_ONCE = 256  # images of one gradient
# A step of "pgd" is this many times eps / n_steps, so that n_steps can cross the whole range.
_STEP = 2.5


def attack(
    model: Any,
    X: Any,
    y: Any,
    *,
    method: str = "fgsm",
    eps: float = 0.1,
    n_steps: int = 10,
    random_state: int | np.random.RandomState | None = None,
) -> Any:
    """Change images a little, so that a LeNet5Classifier takes them for another class.

    The network is not changed. It computes the gradients in the mode in which it predicts.

    Parameters
    ----------
    model : LeNet5Classifier
        Fitted; or a Pipeline of this one step.
    X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
        Images as the model takes them.
    y : array-like of shape (n,)
        Their true labels, of which the model must know each.
    method : {"fgsm", "pgd"}, default="fgsm"
        "fgsm" takes one step of size `eps` along the sign of the gradient. "pgd" starts at a
        random point within `eps`, takes `n_steps` smaller steps, and goes back within `eps` after
        each.
    eps : float, default=0.1
        Greatest change of a pixel, as a share of the range of X (maximum minus minimum).
    n_steps : int, default=10
        Steps of "pgd".
    random_state : int, RandomState instance or None, default=None
        Seed of the start of "pgd".

    Returns
    -------
    adversarial : ndarray of the shape of X, or DataFrame
        Of the shape and range of X. The dtype is that of X if it is a float32 or float64,
        else float32: the changes would be lost in integers.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model is not a LeNet5Classifier, or a Pipeline has steps before it.
    ValueError
        If `method`, `eps` or `n_steps` is not valid, X does not fit the model, X and y have
        different lengths, or the model does not know a label.

    References
    ----------
    Goodfellow, Shlens, Szegedy (2015). Explaining and Harnessing Adversarial Examples. ICLR.
    (fgsm, equation 3.1)

    Madry, Makelov, Schmidt, Tsipras, Vladu (2018). Towards Deep Learning Models Resistant to
    Adversarial Attacks. ICLR. (pgd)

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.robustness import attack
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:900], y[:900])
    >>> adversarial = attack(model, X[900:], y[900:], eps=0.2)
    >>> model.score(adversarial, y[900:]) < model.score(X[900:], y[900:])
    True
    """
    if isinstance(model, Pipeline) and len(model.steps) > 1:
        raise TypeError(
            "model must be a LeNet5Classifier: an attack needs the gradients of all steps. Got a "
            f"Pipeline with {[name for name, _ in model.steps[:-1]]} before it. Apply these steps "
            "to X first, and pass model[-1]."
        )
    classifier = find_classifier(model)
    _check_choices(method, eps, n_steps)
    images = check_images(classifier, X, reset=False)
    target = encode_labels(check_labels(y), classifier.classes_)
    check_consistent_length(images, target)
    layout = layout_for(images, classifier._layout)
    network = classifier.module_
    device = network.pixel_mean.device
    dtype = images.dtype if images.dtype in (np.float32, np.float64) else np.dtype(np.float32)
    low, high = float(images.min()), float(images.max())
    reach = eps * (high - low)
    generator = torch.Generator().manual_seed(draw_seed(random_state))
    adversarial = np.empty(images.shape, dtype)
    with _as_it_predicts(network):
        for start in range(0, len(images), _AT_ONCE):
            rows = slice(start, start + _AT_ONCE)
            clean = to_tensor(layout.to_images(images[rows])).float()
            of_rows = torch.from_numpy(target[rows]).to(device)
            shift = 2 * torch.rand(clean.shape, generator=generator) - 1
            clean = clean.to(device)

            def gradient(x: Tensor, target: Tensor = of_rows) -> Tensor:
                return _gradient_of_loss(network, x, target)

            if method == "fgsm":
                moved = clean + reach * gradient(clean).sign()
            else:
                begin = (clean + reach * shift.to(device)).clamp(low, high)
                moved = _descend(clean, begin, gradient, reach, n_steps, (low, high))
            values = layout.from_images(moved.cpu().numpy().astype(dtype))
            if layout.flat:  # a row may have fewer values than its square
                values = values[:, : layout.n_features]
            adversarial[rows] = values.reshape(adversarial[rows].shape)
    given = images.astype(dtype, copy=False)
    # After the rounding to single precision, too.
    np.clip(adversarial, given - dtype.type(reach), given + dtype.type(reach), out=adversarial)
    return like(X, np.clip(adversarial, low, high).astype(dtype))


def _descend(
    clean: Tensor,
    x: Tensor,
    gradient: Callable[[Tensor], Tensor],
    reach: float,
    n_steps: int,
    limits: tuple[float, float],
) -> Tensor:
    """Take steps that increase the loss, and stay within `reach` of the clean images."""
    for _ in range(n_steps):
        x = x + (_STEP * reach / n_steps) * gradient(x).sign()
        x = torch.maximum(torch.minimum(x, clean + reach), clean - reach).clamp(*limits)
    return x


def _gradient_of_loss(network: LeNet5, x: Tensor, target: Tensor) -> Tensor:
    """Return the gradient of the cross-entropy of each image with respect to its pixels."""
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        loss = F.cross_entropy(network(x), target, reduction="sum")
        # Not backward(): the gradients of the weights stay as they are.
        return torch.autograd.grad(loss, x)[0]


@contextmanager
def _as_it_predicts(network: LeNet5) -> Iterator[None]:
    """Put the network into evaluation mode, and back."""
    training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(training)


def _check_choices(method: Any, eps: Any, n_steps: Any) -> None:
    if method not in _METHODS:
        raise ValueError(f"method must be among {_METHODS}. Got {method!r}.")
    if not isinstance(eps, Real) or isinstance(eps, bool) or not 0 <= float(eps) <= 1:
        raise ValueError(
            f"eps must be a number from 0 to 1, a share of the range of X. Got {eps!r}. For pixels "
            "from 0 to 255, write eps=8 / 255 for a change of 8."
        )
    if not isinstance(n_steps, Integral) or isinstance(n_steps, bool) or n_steps < 1:
        raise ValueError(f"n_steps must be an integer of 1 or more. Got {n_steps!r}.")
