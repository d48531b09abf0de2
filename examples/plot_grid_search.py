"""
Search for a better network
===========================

A pipeline with the classifier in it, and a grid over two of its parameters.
"""

# %%
# Parameters of a step are reached by its name, as everywhere in scikit-learn.
import pandas as pd
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from lenet_sklearn import ImagePreprocessor, LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images

X, y = load_digits_images(return_X_y=True)
pipe = make_pipeline(
    ImagePreprocessor(size=16, resize="bilinear"),
    LeNet5Classifier(input_size=16, kernel_size=3, max_epochs=20, random_state=0),
)
grid = {
    "lenet5classifier__activation": ["tanh", "relu"],
    "lenet5classifier__pooling": ["avg", "max"],
}
search = GridSearchCV(pipe, grid, cv=3).fit(X[:900], y[:900])

# %%
# Each combination with its mean accuracy over three folds:
results = pd.DataFrame(search.cv_results_)
names = {f"param_{name}": name.partition("__")[2] for name in grid}
table = results.rename(columns=names).sort_values("rank_test_score")
print(table[[*names.values(), "mean_test_score", "std_test_score"]].to_string(index=False))

# %%
# The best one is fitted on all 900 digits, and ready:
print(f"accuracy on the other digits: {search.score(X[900:], y[900:]):.3f}")

# %%
import matplotlib.pyplot as plt

labels = [f"{a}, {p}" for a, p in zip(table["activation"], table["pooling"], strict=True)]
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.errorbar(table["mean_test_score"], labels, xerr=table["std_test_score"], fmt="o", capsize=4)
axes.invert_yaxis()
axes.set(xlabel="accuracy (mean ± sd of 3 folds)", title="Activation and pooling")
plt.show()
