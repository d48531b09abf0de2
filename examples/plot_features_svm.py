"""
Features of LeNet-5 under an SVM
================================

`transform` gives the last hidden layer of the network, 84 numbers for each image. In a Pipeline
these numbers feed any model of scikit-learn. So a network that was trained on one task serves
another one, for which there are few images.
"""

# %%
# The network learns to tell the digits 0 to 6 apart. It never sees a 7, 8 or 9.
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import EmbeddingDisplay

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y = X[:6000], y[:6000]
network = LeNet5Classifier(max_epochs=8, random_state=0).fit(X[y < 7], y[y < 7])
print(f"{network.transform(X[:5]).shape}: five images, 84 features each")

# %%
# The new task: 7, 8 and 9, from 5 to 40 images of each. An SVM stands on the features, another one
# on the pixels. `FrozenEstimator` keeps the network as it is: without it, the Pipeline would fit
# the network anew, on the few images.
new, test = np.flatnonzero(y >= 7), np.flatnonzero(y_test >= 7)[:1000]
pipes = {
    "features": make_pipeline(FrozenEstimator(network), StandardScaler(), SVC()),
    "pixels": make_pipeline(MinMaxScaler(), SVC()),
}
rows = []
for per_class in (5, 10, 20, 40):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        few = np.concatenate(
            [rng.permutation(new[y[new] == c])[:per_class] for c in (7, 8, 9)]
        )
        for name, pipe in pipes.items():
            accuracy = pipe.fit(X[few], y[few]).score(X_test[test], y_test[test])
            rows.append(
                {"images per class": per_class, "SVM on": name, "accuracy": accuracy}
            )
scores = pd.DataFrame(rows)
axes = {"index": "images per class", "columns": "SVM on", "values": "accuracy"}
means = scores.pivot_table(**axes, aggfunc="mean")
spreads = scores.pivot_table(**axes, aggfunc="std")
print(means.round(3).to_string())

# %%
# A dot is the mean over five draws of the few images, a line their standard deviation.
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for name, marker in zip(pipes, "os", strict=True):
    ax.errorbar(
        means.index, 100 * means[name], yerr=100 * spreads[name], marker=marker, capsize=3,
        label=f"SVM on {name}",
    )  # fmt: skip
ax.set(
    xlabel="training images of each class",
    ylabel="accuracy (%)",
    title="7, 8 or 9, for a network that knows 0 to 6",
)
ax.set_xscale("log")
ax.set_xticks(means.index, means.index.astype(str))
ax.minorticks_off()
ax.legend()
plt.show()

# %%
# Why it works: the features separate the new classes to some degree, although nobody told the
# network that they exist. Each point is a test image at the two main directions of its features,
# and its colour is its true digit. Where colours mix here, the other 82 directions help the SVM.
features = PCA(2).fit_transform(network.transform(X_test[test]))
EmbeddingDisplay(
    points=features,
    classes=y_test[test] - 7,
    wrong=np.zeros(len(test), dtype=bool),
    names=["7", "8", "9"],
    title=f"Features of {len(test):,} test images of classes the network does not know",
    xlabel="first direction",
    ylabel="second direction",
).plot()
plt.show()

# %%
# **What we learned.** With few images of each class the SVM is better on the features than on the
# pixels: what the network learned from other digits takes the place of training images. The
# advantage shrinks as images are added.
