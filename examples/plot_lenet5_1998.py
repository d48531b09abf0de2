"""
LeNet-5 as it was in 1998
=========================

`make_lenet5_1998` builds the network of LeCun, Bottou, Bengio and Haffner: subsampling with
weights, a table of connections, and outputs that compare with drawn characters. This example
trains it for a moment, and looks at these three.
"""

# %%
# 2,000 digits of MNIST to train on, and 500 others to watch it. The paper trains on 60,000 for 20
# epochs and reaches 0.95 % test errors; the page on reproductions does it again.
import matplotlib.pyplot as plt
import numpy as np

from lenet_sklearn import make_lenet5_1998
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import (
    TrainingCurveDisplay,
    plot_feature_maps,
    plot_filters,
)

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X_train, y_train, X_val, y_val = X[:2000], y[:2000], X[2000:2500], y[2000:2500]
X_test, y_test = X_test[:1000], y_test[:1000]
model = make_lenet5_1998(max_epochs=8, batch_size=16, random_state=0)
model.fit(X_train, y_train, X_val=X_val, y_val=y_val)
print(model.summary())

# %%
# The names are those of the paper: C1, C3 and C5 are convolutions, S2 and S4 subsample, F6 is a
# full layer. The paper counts 60,000 trainable parameters.
print(f"trainable parameters: {model.n_parameters_:,}")

# %%
# A table of connections
# ----------------------
# Each of the 16 maps of C3 sees only some of the six maps of S2: Table I of the paper. This saves
# weights, and different maps must find different things. The picture shows each kernel at its
# place; where there is no connection, there is none. The last map alone sees all six.
plot_filters(model, layer="C3")
plt.show()

# %%
# Outputs that are characters
# ---------------------------
# Today a network ends with one weighted sum for each class. In 1998 it ended with a comparison:
# the 84 values of F6 are compared with a drawing of each character, 7 pixels wide and 12 high,
# black as +1 and white as −1. The smaller the squared distance, the more likely the class. Above
# are the drawings. Beneath each is the mean of F6 over the test images that were read as this
# digit. The network has learned to draw: it answers a handwritten digit with a printed one.
codes = model.module_.output.codes.numpy()
f6, predicted = model.transform(X_test), model.predict(X_test)
drawn = np.stack([f6[predicted == digit].mean(axis=0) for digit in model.classes_])
figure, axes = plt.subplots(2, 10, figsize=(9, 3.4), layout="constrained")
for row, pictures in zip(axes, (codes, drawn), strict=True):
    for ax, picture in zip(row, pictures, strict=True):
        ax.imshow(picture.reshape(12, 7), cmap="gray_r", vmin=-1, vmax=1)
        ax.set(xticks=[], yticks=[])
axes[0, 0].set_ylabel("target")
axes[1, 0].set_ylabel("mean of F6")
figure.suptitle("What the outputs compare")
plt.show()

# %%
# A digit on its way
# ------------------
# C1 and S2 show strokes, C3 and S4 parts of them, without their exact place. C5 and F6 are values
# without a place at all.
plot_feature_maps(model, X_test[0])
plt.show()

# %%
# A short training
# ----------------
# The learning rate falls in steps, as in the paper. The curves should become flat at the end, and
# the validation curve should not rise again.
TrainingCurveDisplay.from_estimator(model)
plt.show()
print(f"accuracy on {len(X_test)} test images: {model.score(X_test, y_test):.3f}")

# %%
# **What we learned.** The original is a `LeNet5Classifier` with other parameters, so all tools of
# the library work on it. Its outputs are drawings that F6 learns to reproduce. 2,000 images and a
# few seconds are enough to see them; to read digits as well as in the paper, it needs all images.
