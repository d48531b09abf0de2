"""
Ablation: activation and pooling
================================

Change one thing of the network at a time, keep all else, and see what it was worth.
"""

# %%
# The first model is the default network. Each other one differs in one choice. All are trained for
# 15 epochs on the same folds of 200 images of MNIST.
from lenet_sklearn import LeNet5Classifier, run_benchmark
from lenet_sklearn.datasets import fetch_mnist

X, y = (part[:200] for part in fetch_mnist(subset="train", return_X_y=True))
changes = {
    "default": {},
    "activation: tanh": {"activation": "tanh"},
    "activation: sigmoid": {"activation": "sigmoid"},
    "pooling: max": {"pooling": "max"},
    "no pooling": {"pooling": "none"},
}
models = {name: LeNet5Classifier(max_epochs=15, **change) for name, change in changes.items()}
result = run_benchmark(models, X, y, cv=5, random_state=0, reference="default", progress=False)

# %%
# "difference" is to the default, in accuracy. The p-value is of the corrected resampled t-test,
# after Holm's correction.
print(result.table()[["accuracy", "difference", "p_value_holm"]].round(3).to_string())

# %%
# The intervals show how little 200 images and 5 folds can tell: whoever changes an activation and
# sees one point more has seen nothing yet.
import matplotlib.pyplot as plt

from lenet_sklearn.inspection import BenchmarkDisplay

BenchmarkDisplay.from_result(result, name="200 images of MNIST")
plt.show()

# %%
# What a change costs in time. A network without pooling has larger maps, and so more to compute.
BenchmarkDisplay.from_result(result, kind="fit_seconds", name="200 images of MNIST")
plt.show()

# %%
# **What we learned.** Pooling matters most: without it the network is slower and less accurate. Of
# the other changes none is better than the default by more than chance; to tell such differences
# apart, one needs more images and more seeds.
