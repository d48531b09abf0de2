"""
Pipeline and grid search
========================

A pipeline with LeNet-5 in it, a grid over one of its steps and one of its parameters, and what the
search is worth on images that it has not seen.
"""

# %%
# Two hundred images to search and train on, and others that the search never sees.
import pandas as pd
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import Pipeline

from lenet_sklearn import Deskewer, LeNet5Classifier
from lenet_sklearn.datasets import fetch_mnist

X, y = fetch_mnist(subset="train", return_X_y=True)
X, _, y, _ = train_test_split(X, y, train_size=200, stratify=y, random_state=0)
X_test, y_test = (part[:3000] for part in fetch_mnist(subset="test", return_X_y=True))

# %%
# A grid can switch a step of a pipeline on and off, and set parameters of a step by its name, as
# everywhere in scikit-learn. Is it worth to set slanted digits upright? To distort the images?
pipe = Pipeline(
    [
        ("deskew", "passthrough"),
        ("lenet", LeNet5Classifier(max_epochs=40, random_state=0)),
    ]
)
grid = {"deskew": ["passthrough", Deskewer()], "lenet__augmentation": [None, "digits"]}
search = GridSearchCV(pipe, grid, cv=3, n_jobs=2).fit(X, y)

# %%
# Each combination with its mean accuracy over three folds, best first. The standard deviation says
# how far apart the folds are: smaller differences may be luck.
import matplotlib.pyplot as plt


def describe(params):
    """Name a combination of the grid."""
    upright = "as drawn" if params["deskew"] == "passthrough" else "upright"
    return f"{upright}, {'distorted' if params['lenet__augmentation'] else 'not distorted'}"


results = pd.DataFrame(search.cv_results_).sort_values("rank_test_score")
results["images"] = [describe(params) for params in results["params"]]
columns = ["images", "mean_test_score", "std_test_score"]
print(results[columns].round(3).to_string(index=False))

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
mean, deviation = 100 * results["mean_test_score"], 100 * results["std_test_score"]
ax.errorbar(mean, results["images"], xerr=deviation, fmt="o", capsize=4)
ax.invert_yaxis()
ax.set(xlabel="accuracy (%, mean ± sd of 3 folds)", title=f"{len(X)} images of MNIST")
plt.show()

# %%
# The best score of a search is too good: it was chosen because it is high. So we compare with the
# defaults on the images that neither has seen. The search has already fitted its best pipeline to
# all 200 images.
default = LeNet5Classifier(random_state=0).fit(X, y)
print(f"defaults:         {default.score(X_test, y_test):.3f}")
print(f"after the search: {search.score(X_test, y_test):.3f}")

# %%
# **What we learned.** The search finds a pipeline that is clearly better than the defaults on
# unseen images. Distorted images and upright digits each help, and both together most. Distortions
# take more time, so they are not the default.
