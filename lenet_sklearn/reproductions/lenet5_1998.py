"""The 1998 original as a configuration of the estimator."""

from __future__ import annotations

from typing import Any

from lenet_sklearn.classifier import LeNet5Classifier


def make_lenet5_1998(**params: Any) -> LeNet5Classifier:
    """Make LeNet-5 as LeCun, Bottou, Bengio and Haffner described it in 1998.

    Digits stand in 32×32 pixels; C1 and C3 are followed by trainable subsampling, C3 sees S2
    through Table I, C5 is a convolution, F6 has 84 units, and the outputs are Euclidean RBF units
    on characters of 7×12 pixels, trained by the MAP criterion. Units squash by 1.7159 tanh(2a/3).
    It has 60,000 trainable parameters. What differs from the paper, and why, stands in
    the page :doc:`/paper_vs_code`.

    Parameters
    ----------
    **params
        Parameters of :class:`LeNet5Classifier` that replace those of the original.

    Returns
    -------
    model : LeNet5Classifier
        Unfitted.

    References
    ----------
    LeCun, Bottou, Bengio, Haffner (1998). Gradient-Based Learning Applied to Document
    Recognition. Proceedings of the IEEE 86(11), sections II.B, III.A and III.B.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from lenet_sklearn import make_lenet5_1998
    >>> X, y = load_digits(return_X_y=True)
    >>> model = make_lenet5_1998(input_size=32, resize="bilinear", max_epochs=1, random_state=0)
    >>> model.fit(X[:100], y[:100]).n_parameters_
    60000
    """
    original: dict[str, Any] = {
        "conv_channels": (6, 16, 120),
        "kernel_size": 5,
        "padding": "valid",
        "pooling": ("subsample", "subsample", "none"),
        "activation": "scaled_tanh",
        "hidden_layer_sizes": (84,),
        "connectivity": "lecun1998",
        "output": "rbf",
        "pixel_levels": (-0.1, 1.175),
        "input_size": 32,
        "resize": "pad",
        "lr_schedule": "lecun1998",
        "max_epochs": 20,
        # PAPER: stochastic diagonal Levenberg–Marquardt on one image at a time, global rate 5e-4.
        # Adam scales each weight's rate too; its rate and batch were chosen on validation data.
        "optimizer": "adamw",
        "lr": 0.005,
        "batch_size": 64,
        # PAPER: no decay. Batches are less noisy than single images, and without decay the network
        # learns its training images too well, as the last 10,000 of them showed.
        "weight_decay": 0.1,
        "label_smoothing": 0.0,
    }
    return LeNet5Classifier(**{**original, **params})
