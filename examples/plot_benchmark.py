"""
LeNet-5 beside the baselines
============================

One cross-validated table: the same folds for all models, and a test of each difference.
"""

# %%
# `make_baselines` gives pipelines on raw pixels that an expert would defend. All models have the
# same 400 images of MNIST; `lenet-sklearn benchmark --data mnist` takes more.
from lenet_sklearn import LeNet5Classifier, make_baselines, run_benchmark
from lenet_sklearn.datasets import fetch_mnist

X, y = (part[:400] for part in fetch_mnist(subset="train", return_X_y=True))
models = {"LeNet-5": LeNet5Classifier(random_state=0), **make_baselines(random_state=0)}
result = run_benchmark(
    models, X, y, cv=5, random_state=0, reference="LeNet-5", progress=False
)

# %%
# Best first. "difference" is to LeNet-5. Its p-value is that of the corrected resampled t-test,
# after Holm's correction for the number of comparisons: a small one says that the difference is
# hardly luck.
table = result.table()
print(
    table[["accuracy", "accuracy_sd", "difference", "p_value_holm"]]
    .round(3)
    .to_string()
)

# %%
# The same as a picture. The intervals are wide, since each fold tests on 80 images only. Intervals
# that overlap do not say that two models are level: the test looks at the differences in each fold.
import matplotlib.pyplot as plt

from lenet_sklearn.inspection import BenchmarkDisplay

BenchmarkDisplay.from_result(result, name="400 images of MNIST")
plt.show()

# %%
# What does the accuracy cost? Further up is better, further left is faster.
BenchmarkDisplay.from_result(result, kind="fit_seconds", name="400 images of MNIST")
plt.show()

# %%
# **What we learned.** On few images of MNIST, LeNet-5 is the most accurate of these models, and it
# takes the longest to fit. Read the last column before you say so: over the forest and k-NN the
# lead is clear (p < 0.05). Over the SVM it is four points, and 400 images cannot quite tell it from
# luck.
