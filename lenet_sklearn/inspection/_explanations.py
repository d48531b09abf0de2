"""explain: which pixels matter to the prediction of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.pipeline import Pipeline
from sklearn.utils import gen_batches

from lenet_sklearn._files.optional import import_optional
from lenet_sklearn._images.checks import check_images
from lenet_sklearn._images.layout import layout_for
from lenet_sklearn._images.statistics import PixelStatistics
from lenet_sklearn._training.batches import to_tensor
from lenet_sklearn.classifier import LeNet5Classifier
from lenet_sklearn.inspection._attributions import METHODS, ready
from lenet_sklearn.inspection._models import find_classifier
from lenet_sklearn.preprocessing._base import ImageTransformer

# Images at once. Integrated gradients makes 50 of each.
_AT_ONCE = {"gradcam": 128, "integrated_gradients": 16, "occlusion": 128, "saliency": 128}
_LEAST_SHARE = 1e-6


def explain(model: Any, X: Any, *, method: str = "gradcam", target: Any = None) -> np.ndarray:
    """Map which pixels of each image matter to the logit of a class.

    A map has one value for each pixel of the image as it was given, also if the network or the
    steps of a Pipeline resize, shift or shear the image. Maps are evidence of what the network
    reacts to. They do not say why, and two methods may disagree.

    Parameters
    ----------
    model : LeNet5Classifier or Pipeline
        Fitted. A Pipeline ends with the classifier; its other steps are ImagePreprocessor,
        MassCenterer or Deskewer.
    X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
        Images as the model takes them.
    method : str, default="gradcam"
        - "gradcam": Grad-CAM [1]_, the maps of the last convolution after their activation,
          weighted by the mean gradient of the logit. Negative sums are 0. Coarse: a value stands
          for several pixels. Pixels near the border that no unit of these maps has at its centre
          are 0.
        - "integrated_gradients": the parts of the difference between the logits of the image and
          of an empty image, one for each pixel [2]_. Positive pixels speak for the class, and
          negative ones against it. Without steps before the classifier, the sum of a map is that
          difference, but for an error of a sum with 50 terms.
        - "occlusion": by how much the logit falls if a window over the pixel is empty [3]_; the
          mean of all windows over the pixel. The sides of a window are a seventh of the image's,
          and at least 2 pixels. Positive pixels speak for the class.
        - "saliency": size of the logit's gradient with respect to the pixel [4]_.
    target : label or array-like of shape (n,), default=None
        The class to explain: one of the model's `classes_` for all images, or one for each. None:
        the predicted class of each image.

    Returns
    -------
    maps : ndarray of shape (n, height, width), dtype float32
        The channels of colour images are added up; for "occlusion" a window empties all of them.

    Raises
    ------
    ImportError
        If captum is not installed.
    NotFittedError
        If the model is not fitted.
    TypeError
        If the model is not a LeNet5Classifier, or a step of the Pipeline is of another kind.
    ValueError
        If `method` is not valid or needs a convolution that the network lacks, the model does not
        know a class of `target`, or `target` is not one label for each image.

    See Also
    --------
    plot_explanation : Show these maps over the images.

    Notes
    -----
    An empty pixel has the end of the training pixels' range that is nearer to their mean: 0 for
    MNIST, 255 for dark digits on white paper.

    References
    ----------
    .. [1] Selvaraju et al., "Grad-CAM: Visual explanations from deep networks via gradient-based
       localization", ICCV 2017.
    .. [2] Sundararajan, Taly and Yan, "Axiomatic attribution for deep networks", ICML 2017.
    .. [3] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014.
    .. [4] Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks", ICLR workshop
       2014.

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> from lenet_sklearn.inspection import explain
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=2, random_state=0).fit(X[:300], y[:300])
    >>> explain(model, X[300:305]).shape
    (5, 8, 8)
    >>> explain(model, X[300:305], method="occlusion", target=3).dtype
    dtype('float32')
    """
    import_optional("captum.attr", extra="explain", purpose="explain")
    classifier = find_classifier(model)
    _check_method(method, classifier)
    steps = _image_steps(model)
    given = []  # what each step gets
    for step in steps:
        given.append(X)
        X = step.transform(X)
    codes = encode_target(target, classifier.classes_, classifier.predict(X))
    maps = _explain_images(classifier, X, method, codes)
    for step, X_given in zip(reversed(steps), reversed(given), strict=True):
        maps = _bring_back(maps, step, X_given, keep_sum=method == "integrated_gradients")
    return maps


def _explain_images(
    classifier: LeNet5Classifier, X: Any, method: str, codes: np.ndarray
) -> np.ndarray:
    """Return maps over what the classifier gets."""
    X = check_images(classifier, X, reset=False)
    layout = layout_for(X, classifier._layout)
    module = classifier.module_
    device = module.pixel_mean.device
    background = _background(classifier._pixels)
    target = torch.from_numpy(codes).to(device)
    maps = np.empty((len(X), layout.height, layout.width), np.float32)
    with ready(module):
        for rows in gen_batches(len(X), _AT_ONCE[method]):
            images = to_tensor(layout.to_images(X[rows])).to(device, torch.float32)
            maps[rows] = METHODS[method](module, images, target[rows], background).cpu().numpy()
    return maps


def _bring_back(maps: np.ndarray, step: ImageTransformer, X: Any, *, keep_sum: bool) -> np.ndarray:
    """Bring maps back to the pixels that a step was given."""
    back = step._bring_back(maps, X)
    if keep_sum:
        return back
    shares = step._bring_back(np.ones_like(maps), X)  # a pixel that the step cuts off has none
    return np.divide(back, shares, out=np.zeros_like(back), where=shares > _LEAST_SHARE)


def _image_steps(model: Any) -> list[ImageTransformer]:
    """Return the steps before the classifier, or raise if one moves pixels in an unknown way."""
    if not isinstance(model, Pipeline):
        return []
    steps = []
    for name, step in model.steps[:-1]:
        if step is None or step == "passthrough":
            continue
        if not isinstance(step, ImageTransformer):
            raise TypeError(
                "explain knows where ImagePreprocessor, MassCenterer and Deskewer move pixels, but "
                f"not the step {name!r}, a {type(step).__name__}. Explain what the classifier "
                "gets: explain(model[-1], model[:-1].transform(X))."
            )
        steps.append(step)
    return steps


def _check_method(method: str, classifier: LeNet5Classifier) -> None:
    if method not in METHODS:
        raise ValueError(f"method must be among {tuple(METHODS)}. Got {method!r}.")
    if method == "gradcam" and not len(classifier.module_.convolutional):
        others = tuple(name for name in METHODS if name != "gradcam")
        raise ValueError(
            "method='gradcam' needs a convolution, but the network was fitted with "
            f"conv_channels=(). These methods work without one: {others}."
        )


def encode_target(target: Any, classes: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """Return the index of the class to explain, for each image."""
    target = predicted if target is None else np.asarray(target)
    if target.ndim and target.shape != predicted.shape:
        raise ValueError(
            "target must be None, one label, or one label for each of the "
            f"{len(predicted)} images. Got an array of shape {target.shape}."
        )
    codes = {label: code for code, label in enumerate(classes.tolist())}
    labels = np.broadcast_to(target, predicted.shape).tolist()
    unknown = [label for label in labels if label not in codes]
    if unknown:
        raise ValueError(
            f"target must be among the classes that the model knows, {list(codes)}. "
            f"Got {unknown[0]!r}."
        )
    return np.array([codes[label] for label in labels], dtype=np.int64)


def _background(pixels: PixelStatistics | None) -> float:
    """Return the value of an empty pixel."""
    if pixels is None:  # a model from an old file
        return 0.0
    mean = float(np.mean(pixels.mean))
    return pixels.low if mean - pixels.low <= pixels.high - mean else pixels.high
