"""
LeNet-5 beside SVM and random forest
====================================

One cross-validated table: the same folds for all, and a test of each difference.
"""

# %%
# `make_baselines` gives pipelines on raw pixels that an expert would defend. Here two of them, on
# a part of the digits, so that the example stays short; `lenet-sklearn benchmark` runs all.
from lenet_sklearn import LeNet5Classifier, make_baselines, run_benchmark
from lenet_sklearn.datasets import load_digits_images

X, y = load_digits_images(return_X_y=True)
baselines = make_baselines(random_state=0)
models = {
    "LeNet-5": LeNet5Classifier(random_state=0),
    "SVM": baselines["SVM"],
    "Random forest": baselines["Random forest"],
}
result = run_benchmark(models, X[:600], y[:600], cv=5, random_state=0, progress=False)

# %%
# Best first. The p-value is that of the corrected resampled t-test against the reference, after
# Holm's correction.
table = result.table()
print(table[["accuracy", "accuracy_sd", "fit_seconds", "difference", "p_value_holm"]].round(4))

# %%
import matplotlib.pyplot as plt

figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.errorbar(table["accuracy"], table.index, xerr=table["accuracy_sd"], fmt="o", capsize=4)
axes.invert_yaxis()
axes.set(xlabel="accuracy (mean ± sd of 3 folds)", title="600 digits")
plt.show()
