"""LeNet5Classifier: the convolutional network that scikit-learn never had."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pandas as pd
from scipy.special import log_softmax
from sklearn.base import (
    BaseEstimator,
    ClassifierMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
)
from sklearn.callback import CallbackSupportMixin
from sklearn.utils._param_validation import HasMethods, Interval, Options, StrOptions
from sklearn.utils.multiclass import _check_partial_fit_first_call
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from lenet_sklearn._decorators import checks_parameters, with_callbacks
from lenet_sklearn._images.checks import (
    check_images,
    check_labels,
    check_validation_set,
    combine_weights,
    encode_labels,
    find_classes,
)
from lenet_sklearn._images.layout import infer_layout, layout_for
from lenet_sklearn._network.layers import ACTIVATIONS, POOLINGS
from lenet_sklearn._training.callbacks import MONITORS, SklearnCallbacks
from lenet_sklearn._training.data import Given, Samples
from lenet_sklearn._training.losses import to_proba
from lenet_sklearn._training.optimizers import OPTIMIZERS
from lenet_sklearn._training.plan import Earlier, plan_fit
from lenet_sklearn._training.predict import infer
from lenet_sklearn._training.schedule import SCHEDULES
from lenet_sklearn._training.shipped_weights import PRETRAINED
from lenet_sklearn._training.train import train
from lenet_sklearn.augmentation import AUGMENTATIONS
from lenet_sklearn.networks import LeNet5

if TYPE_CHECKING:
    from lenet_sklearn._training.net import TrainingNet

_SIZES = ["array-like", Interval(Integral, 1, None, closed="left")]


class LeNet5Classifier(
    CallbackSupportMixin,
    ClassNamePrefixFeaturesOutMixin,
    TransformerMixin,
    ClassifierMixin,
    BaseEstimator,
):
    """LeNet-5 as a scikit-learn classifier of small images.

    The defaults are the modern network of 61,706 parameters (for 28×28 pixels and 10 classes)
    and a recipe that was chosen on validation data, for a hundred images as for 60,000. Pixels
    may have any range: they are standardised inside the network.

    Parameters
    ----------
    conv_channels : sequence of int, default=(6, 16)
        Maps of each convolution; ``()`` gives a feed-forward network.
    kernel_size : int or one per convolution, default=5
        Side of the kernels, in pixels.
    padding : {"auto", "same", "valid"}, int, or one per convolution, default="auto"
        Zeros around the maps. "auto" pads the first convolution by half a kernel unless images
        are 32 pixels or larger, as LeCun put digits of 28 pixels into 32. If the network's input
        has less than 28 pixels, it pads all of them.
    pooling : {"max", "avg", "subsample", "none"} or one per convolution, default="avg"
        How the maps are halved after each convolution; "subsample" is the 1998 layer, with a
        trainable coefficient and bias per map.
    activation : str or one per convolution and hidden layer, default="silu"
        Activation functions: "relu", "tanh", "scaled_tanh" (1.7159 tanh(2a/3)), "sigmoid", "gelu"
        or "silu".
    hidden_layer_sizes : int or sequence of int, default=(120, 84)
        Units of each full layer before the output.
    dropout : float or one per hidden layer, default=0.0
        Probability that a unit of a full layer is left out of a training step.
    connectivity : {"full", "lecun1998"}, default="full"
        "lecun1998" joins the second convolution to the first as Table I of the paper does.
    output : {"linear", "rbf"}, default="linear"
        "linear" is a full layer. "rbf" gives minus the squared distance to a fixed ±1 code per
        class, trained by the paper's MAP criterion.
    image_shape : tuple, default=None
        Shape of one image: ``(H, W)``, ``(C, H, W)`` or ``(H, W, C)``. None: a flat row is a
        square of grey pixels. For colour images it says which axis holds the channels.
    input_size : int or (int, int), default=None
        Height and width that the network sees. None: those of the image. If there are
        convolutions, images of up to 8×8 pixels are enlarged to 16×16, and other sides shorter
        than 28 pixels to 28.
    resize : {"bilinear", "pad"}, default="bilinear"
        How images get that size.
    pixel_levels : (float, float), default=None
        Values that the least and the greatest training pixel get inside the network: ``(0, 1)``
        as after a division by 255, ``(-0.1, 1.175)`` in the 1998 paper. None: the pixels of a
        channel get a mean of 0 and a variance of 1.
    optimizer : {"adamw", "adam", "sgd"}, default="adamw"
        "sgd" has a Nesterov momentum of 0.9.
    lr : float, default=0.02
        Peak learning rate.
    weight_decay : float, default=0.1
        Decay of the weights.
    lr_schedule : {"one-cycle", "cosine", "constant", "lecun1998"}, default="one-cycle"
        How the learning rate changes over the steps of a fit; "lecun1998" has the five steps of
        the paper.
    max_epochs : int or "auto", default="auto"
        Passes over the data. "auto": 540 / sqrt(n_samples), at least 4 and at most 60. For a
        network whose input has a side below 28, that is multiplied by side / 28.
    batch_size : int or "auto", default="auto"
        Number of images in one step. "auto": the power of two nearest to sqrt(n_samples), at
        least 16 and at most 128.
    label_smoothing : float, default=0.1
        Share of each target that is spread over all classes. `predict_proba` undoes it.
    augmentation : {"digits", "objects"} or callable, default=None
        Changes each training batch. "digits" turns, shifts, stretches, shears and bends, and
        worsens light and sharpness; "objects" shifts and mirrors. A callable gets a tensor
        ``(n, C, H, W)`` of pixels as in X, and returns one. If it takes a ``generator``, it gets
        the fit's; else its randomness is its own, and `random_state` does not seed it. With a
        preset, "auto" makes six times the epochs, and at least 30.
    class_weight : dict or "balanced", default=None
        Weights of the classes, as everywhere in scikit-learn.
    early_stopping : bool, default=False
        Whether to hold out data, stop when `monitor` no longer improves, and restore the best
        weights. The learning rate then falls within the epochs of ``max_epochs="auto"``, even if
        `max_epochs` is larger. False: the model is trained on all data.
    monitor : {"valid_acc", "valid_loss", "train_acc", "train_loss"}, default="valid_acc"
        The value that early stopping watches.
    validation_fraction : float, default=0.1
        Share of the data that early stopping holds out, stratified. Nothing is held out if X_val
        is given, or if `monitor` watches the training data.
    n_iter_no_change : int or inf, default=10
        Stop after this many epochs without improvement; inf never stops. Epochs in which the
        learning rate still rises do not count.
    tol : float, default=1e-4
        Least change of `monitor` that counts as an improvement.
    pretrained : {"mnist", "fashion-mnist"}, default=None
        Shipped weights from which a first `fit` starts: on grey images of 28×28 pixels or less,
        or of any size with ``input_size=28``. The output layer starts afresh unless the classes
        are the same. The architecture must be the default one; dropout may differ. The peak rate
        of `fit` is then half of `lr`, since a higher one loses what the weights have learned. For
        a model that predicts at once, see :func:`~lenet_sklearn.load_pretrained`.
    freeze : {"conv"}, default=None
        Layers that `fit` and `partial_fit` do not change: "conv", the convolutions and the layers
        between them. They need weights to start from: `pretrained`, or those of the last fit.
    warm_start : bool, default=False
        Whether `fit` continues from the weights of the last fit.
    checkpoint_dir : str or path-like, default=None
        Folder to which `fit` writes its state after each epoch. If `fit` is killed and called again
        with the same data, parameters, callbacks and versions, it continues there, to the same
        weights bit for bit. Any other fit is refused.
    callbacks : list of skorch callbacks, default=None
        Called at the beginning and end of training, epochs and batches.
    device : str, default="auto"
        "auto" (CUDA, else MPS, else CPU), "cpu", "cuda", "cuda:N" or "mps".
    random_state : int, RandomState instance or None, default=None
        Seed of weights, order, dropout and hold-out. An int gives the same weights bit for bit
        on one machine, with any number of threads; None draws a fresh seed from the operating
        system. Global random states are left alone.
    verbose : int, default=0
        Whether to print a line per epoch.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    n_features_in_ : int
        Values of one image.
    feature_names_in_ : ndarray of shape (n_features,)
        Column names, where X is a DataFrame that has them.
    image_shape_ : tuple of int
        Channels, height and width of the images.
    n_iter_ : int
        Epochs trained.
    loss_curve_ : list of float
        Mean training loss of each epoch.
    validation_scores_ : list of float or None
        Accuracy on the validation data after each epoch, where there is any.
    history_ : list of dict
        "epoch", "train_loss", "train_acc", "valid_loss", "valid_acc", "lr", "dur" (seconds) …
    n_parameters_ : int
        Trainable parameters of the network, also those that `freeze` keeps.
    module_ : LeNet5
        The network.
    net_ : skorch.NeuralNet
        The skorch net that trained the network.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner (1998). Gradient-Based Learning Applied to Document
    Recognition. Proceedings of the IEEE 86(11).

    Examples
    --------
    >>> from lenet_sklearn import LeNet5Classifier
    >>> from lenet_sklearn.datasets import load_digits_images
    >>> X, y = load_digits_images(return_X_y=True)
    >>> model = LeNet5Classifier(max_epochs=5, random_state=0).fit(X[:1000], y[:1000])
    >>> model.score(X[1000:], y[1000:]) > 0.9
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        "conv_channels": _SIZES,
        "kernel_size": _SIZES,
        "padding": [
            StrOptions({"auto", "same", "valid"}),
            Interval(Integral, 0, None, closed="left"),
            "array-like",
        ],
        "pooling": [StrOptions(set(POOLINGS)), "array-like", None],
        "activation": [StrOptions(set(ACTIVATIONS)), "array-like"],
        "hidden_layer_sizes": _SIZES,
        "dropout": [Interval(Real, 0, 1, closed="left"), "array-like"],
        "connectivity": [StrOptions({"full", "lecun1998"})],
        "output": [StrOptions({"linear", "rbf"})],
        "image_shape": ["array-like", None],
        "input_size": [*_SIZES, None],
        "resize": [StrOptions({"bilinear", "pad"})],
        "pixel_levels": ["array-like", None],
        "optimizer": [StrOptions(set(OPTIMIZERS))],
        "lr": [Interval(Real, 0, None, closed="neither")],
        "weight_decay": [Interval(Real, 0, None, closed="left")],
        "lr_schedule": [StrOptions(set(SCHEDULES))],
        "max_epochs": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "batch_size": [StrOptions({"auto"}), Interval(Integral, 1, None, closed="left")],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "augmentation": [StrOptions(set(AUGMENTATIONS)), callable, None],
        "class_weight": [dict, StrOptions({"balanced"}), None],
        "early_stopping": ["boolean"],
        "monitor": [StrOptions(set(MONITORS))],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [
            Interval(Integral, 1, None, closed="left"),
            Options(Real, {np.inf}),
        ],
        "tol": [Interval(Real, 0, None, closed="left")],
        "pretrained": [StrOptions(set(PRETRAINED)), None],
        "freeze": [StrOptions({"conv"}), None],
        "warm_start": ["boolean"],
        "checkpoint_dir": [str, HasMethods("__fspath__"), None],
        "callbacks": [list, tuple, None],
        "device": [str],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    classes_: np.ndarray
    n_features_in_: int
    feature_names_in_: np.ndarray
    image_shape_: tuple[int, ...]
    net_: TrainingNet

    def __init__(
        self,
        *,
        conv_channels: int | Sequence[int] = (6, 16),
        kernel_size: int | Sequence[int] = 5,
        padding: int | str | Sequence[int | str] = "auto",
        pooling: str | Sequence[str | None] | None = "avg",
        activation: str | Sequence[str] = "silu",
        hidden_layer_sizes: int | Sequence[int] = (120, 84),
        dropout: float | Sequence[float] = 0.0,
        connectivity: str = "full",
        output: str = "linear",
        image_shape: Sequence[int] | None = None,
        input_size: int | tuple[int, int] | None = None,
        resize: str = "bilinear",
        pixel_levels: tuple[float, float] | None = None,
        optimizer: str = "adamw",
        lr: float = 0.02,
        weight_decay: float = 0.1,
        lr_schedule: str = "one-cycle",
        max_epochs: int | str = "auto",
        batch_size: int | str = "auto",
        label_smoothing: float = 0.1,
        augmentation: str | Callable | None = None,
        class_weight: dict | str | None = None,
        early_stopping: bool = False,
        monitor: str = "valid_acc",
        validation_fraction: float = 0.1,
        n_iter_no_change: int | float = 10,
        tol: float = 1e-4,
        pretrained: str | None = None,
        freeze: str | None = None,
        warm_start: bool = False,
        checkpoint_dir: str | os.PathLike[str] | None = None,
        callbacks: list | None = None,
        device: str = "auto",
        random_state: int | np.random.RandomState | None = None,
        verbose: int = 0,
    ) -> None:
        self.conv_channels = conv_channels
        self.kernel_size = kernel_size
        self.padding = padding
        self.pooling = pooling
        self.activation = activation
        self.hidden_layer_sizes = hidden_layer_sizes
        self.dropout = dropout
        self.connectivity = connectivity
        self.output = output
        self.image_shape = image_shape
        self.input_size = input_size
        self.resize = resize
        self.pixel_levels = pixel_levels
        self.optimizer = optimizer
        self.lr = lr
        self.weight_decay = weight_decay
        self.lr_schedule = lr_schedule
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.label_smoothing = label_smoothing
        self.augmentation = augmentation
        self.class_weight = class_weight
        self.early_stopping = early_stopping
        self.monitor = monitor
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self.pretrained = pretrained
        self.freeze = freeze
        self.warm_start = warm_start
        self.checkpoint_dir = checkpoint_dir
        self.callbacks = callbacks
        self.device = device
        self.random_state = random_state
        self.verbose = verbose

    # Fitting

    @with_callbacks
    @checks_parameters
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        X_val: Any = None,
        y_val: Any = None,
    ) -> Self:
        """Train the network on images and their labels.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images of any real dtype and range. Never copied whole where it is an array.
        y : array-like of shape (n,)
            Labels of any kind that sorts: strings, numbers, booleans.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images. An integer weight has the effect of as many repetitions.
        X_val : array-like of the shape of X, default=None
            Validation images, scored after each epoch, and watched by early stopping.
        y_val : array-like of shape (n_val,), default=None
            Their labels.

        Returns
        -------
        self : LeNet5Classifier
            Itself, fitted.

        Raises
        ------
        ValueError
            If X holds NaN or infinity, fits no image, is shorter or longer than y, or y does not
            hold at least two classes; the message says what to do.
        KeyboardInterrupt
            On Ctrl-C. The model keeps the weights of the finished epochs, if there are any.
        """
        going_on = self.warm_start and hasattr(self, "net_")
        images = check_images(self, X, reset=not going_on, min_samples=2)
        labels = check_labels(y, estimator=self)
        check_consistent_length(images, labels)
        classes = self.classes_ if going_on else find_classes(labels, self)
        given = Given(X, y, sample_weight, X_val, y_val)
        return self._train(given, images, labels, classes, going_on=going_on)

    @with_callbacks
    @checks_parameters
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """Train for one pass over a chunk of the data, at a tenth of the peak rate.

        The first chunk decides the layout of the images, and the mean and standard deviation with
        which pixels are standardised.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images.
        y : array-like of shape (n,)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; needed at the first call.
        sample_weight : array-like of shape (n,), default=None
            Weights of the images.

        Returns
        -------
        self : LeNet5Classifier
            Itself, fitted.

        Raises
        ------
        ValueError
            If `classes` is missing in the first call or is not that of the first call, or X and y
            are not as in `fit`.
        """
        going_on = hasattr(self, "net_")
        images = check_images(self, X, reset=not going_on)
        labels = check_labels(y, estimator=self)
        check_consistent_length(images, labels)
        _check_partial_fit_first_call(self, classes)
        find_classes(self.classes_, self)
        return self._train(
            Given(X, y, sample_weight), images, labels, self.classes_,
            going_on=going_on, one_pass=True,
        )  # fmt: skip

    def _train(
        self,
        given: Given,
        images: np.ndarray,
        labels: np.ndarray,
        classes: np.ndarray,
        *,
        going_on: bool,
        one_pass: bool = False,
    ) -> Self:
        """Train on checked data, and only then touch the fitted attributes."""
        layout = self._layout if going_on else infer_layout(images.shape, self.image_shape)
        samples = Samples(
            images,
            layout_for(images, layout),
            encode_labels(labels, classes),
            combine_weights(given.sample_weight, self.class_weight, images, labels, classes),
        )
        validation = check_validation_set(self, given.X_val, given.y_val, classes)
        checked = replace(given, X=images, y=labels)
        plan = plan_fit(
            self.get_params(deep=False), checked, samples, validation, classes,
            earlier=Earlier(self.net_, self._pixels) if going_on else None, one_pass=one_pass,
        )  # fmt: skip
        fitted = {
            "classes_": classes,
            "image_shape_": layout.image_shape,
            "_layout": layout,
            "_pixels": plan.data.pixels,
            "_smoothing": plan.recipe.undone_smoothing,
        }
        context = self._init_callback_context(max_subtasks=plan.recipe.n_epochs)
        metadata = None if given.sample_weight is None else {"sample_weight": given.sample_weight}
        about = {"estimator": self, "X": given.X, "y": given.y, "metadata": metadata}
        context.call_on_fit_task_begin(**about)
        fitted["net_"] = net = train(
            plan.network, plan.data, plan.recipe,
            previous=self.net_ if going_on else None,
            checkpoint=plan.checkpoint,
            watcher=SklearnCallbacks(context, about, fitted),
            callbacks=self.callbacks or (),
            verbose=int(self.verbose),
        )  # fmt: skip
        if net.n_finished or not net.interrupted:  # after Ctrl-C, too: a notebook has its model
            self.__dict__.update(fitted)
        if net.interrupted:
            raise KeyboardInterrupt
        context.call_on_fit_task_end(**about, reconstruction_attributes=fitted)
        return self

    # Predicting

    def _infer(self, X: Any, layer: str) -> np.ndarray:
        """Return what the network makes of images, up to a layer: "forward" or "features"."""
        network = self.module_
        X = check_images(self, X, reset=False)
        layout = layout_for(X, self._layout)
        apply = getattr(network, layer)
        return infer(apply, X, layout, network.pixel_mean.device, self._pixels)

    def _logits(self, X: Any) -> np.ndarray:
        return self._infer(X, "forward").astype(np.float64)

    def decision_function(self, X: Any) -> np.ndarray:
        """Return the logits, or their difference where there are two classes.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images.

        Returns
        -------
        logits : ndarray of shape (n, n_classes), or (n,) for two classes
            Float64, in the order of `classes_`; for two classes, positive for the second.
        """
        logits = self._logits(X)
        return logits[:, 1] - logits[:, 0] if logits.shape[1] == 2 else logits

    def predict_log_proba(self, X: Any) -> np.ndarray:
        """Return the logarithms of the class probabilities.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images.

        Returns
        -------
        log_proba : ndarray of shape (n, n_classes)
            Float64, in the order of `classes_`.
        """
        logits = self._logits(X)
        if self._smoothing:
            return np.log(to_proba(logits, self._smoothing))
        return log_softmax(logits, axis=1)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return the class probabilities.

        What `label_smoothing` does to them is undone: the targets of training were too cautious on
        purpose, and the probabilities need not be.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images.

        Returns
        -------
        proba : ndarray of shape (n, n_classes)
            Float64, in the order of `classes_`. Each row sums to 1.
        """
        logits = self._logits(X)
        return to_proba(logits, self._smoothing)

    def predict(self, X: Any) -> np.ndarray:
        """Return the most probable label of each image.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images.

        Returns
        -------
        labels : ndarray of shape (n,)
            Each is one of `classes_`.
        """
        logits = self._logits(X)
        return self.classes_[logits.argmax(axis=1)]

    def transform(self, X: Any) -> np.ndarray:
        """Return the values of the last full layer (F6).

        Any other classifier can stand on them: ``make_pipeline(LeNet5Classifier(), SVC())``.

        Parameters
        ----------
        X : array-like of shape (n, features), (n, H, W), (n, C, H, W) or (n, H, W, C)
            Images.

        Returns
        -------
        features : ndarray of shape (n, n_features_out)
            Float32. By default 84 values for each image.
        """
        return self._infer(X, "features")

    # Looking at the model

    @property
    def module_(self) -> LeNet5:
        """The network."""
        check_is_fitted(self)
        return self.net_.module_

    @property
    def history_(self) -> list[dict[str, Any]]:
        """One dict per epoch."""
        check_is_fitted(self)
        return self.net_.plain_history()

    @property
    def n_iter_(self) -> int:
        """Epochs trained."""
        return len(self.history_)

    @property
    def loss_curve_(self) -> list[float]:
        """Mean training loss of each epoch."""
        return [row["train_loss"] for row in self.history_]

    @property
    def validation_scores_(self) -> list[float] | None:
        """Accuracy on the validation data after each epoch, where there is any."""
        return [row["valid_acc"] for row in self.history_ if "valid_acc" in row] or None

    @property
    def n_parameters_(self) -> int:
        """Trainable parameters of the network, also those that `freeze` keeps."""
        return self.module_.architecture.n_parameters

    @property
    def _n_features_out(self) -> int:
        return self.module_.n_features

    def summary(self) -> pd.DataFrame:
        """Return a table of the layers: output shape, parameters and connections.

        Returns
        -------
        summary : DataFrame
            One row for each layer, named as in the paper, and their total.
        """
        columns = ["name", "kind", "output_shape", "n_parameters", "n_connections"]
        layers = self.module_.architecture.layers
        rows = [[getattr(layer, column) for column in columns] for layer in layers]
        table = pd.DataFrame(rows, columns=["layer", *columns[1:]]).set_index("layer")
        table["output_shape"] = ["×".join(map(str, shape)) for shape in table["output_shape"]]
        sums = table[["n_parameters", "n_connections"]].sum()
        table.loc["total"] = ["", "", *sums]
        return table

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags
