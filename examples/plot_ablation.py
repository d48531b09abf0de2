"""
Ablation: activation and pooling
================================

Change one thing of the network at a time, keep all else, and see what it was worth.
"""

# %%
# The first model is the default network, with SiLU and average pooling. The others differ in one
# choice, and the last one in two: it is how LeNet-5 is mostly built today. All are trained for
# 15 epochs on the same folds of 300 images of MNIST.
from lenet_sklearn import LeNet5Classifier, run_benchmark
from lenet_sklearn.datasets import fetch_mnist

X, y = (part[:300] for part in fetch_mnist(subset="train", return_X_y=True))
changes = {
    "default": {},
    "activation: relu": {"activation": "relu"},
    "activation: tanh": {"activation": "tanh"},
    "pooling: max": {"pooling": "max"},
    "both: relu, max": {"activation": "relu", "pooling": "max"},
}
models = {
    name: LeNet5Classifier(max_epochs=15, **change) for name, change in changes.items()
}
result = run_benchmark(
    models, X, y, cv=5, random_state=0, reference="default", progress=False
)

# %%
# "difference" is to the default, in accuracy. The p-value is of the corrected resampled t-test,
# after Holm's correction.
print(result.table()[["accuracy", "difference", "p_value_holm"]].round(3).to_string())

# %%
# The intervals show how little 300 images and 5 folds can tell: whoever changes an activation and
# sees one point more has seen nothing yet.
import matplotlib.pyplot as plt

from lenet_sklearn.inspection import BenchmarkDisplay

BenchmarkDisplay.from_result(result, name="300 images of MNIST")
plt.show()

# %%
# **What we learned.** None of the changes is better than the default by more than chance. How much
# each is worth can only be said with more images and more seeds, as in the study of
# :doc:`activation and pooling </studies/ablation>`.
