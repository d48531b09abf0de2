"""
A rare class, and class weights
===============================

One class has 15 images and the other 300. What does the model make of the rare one, and what helps?
"""

# %%
# 300 images of the digit 3 and 15 of the digit 5. In the test both are about equally common, so
# that the rare class is seen as clearly as the other.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.metrics import (
    ConfusionMatrixDisplay,
    balanced_accuracy_score,
    recall_score,
)

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.augmentation import Distortion
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import plot_mistakes

COMMON, RARE = 3, 5
X, y = fetch_mnist(subset="train", return_X_y=True)
rows = np.concatenate(
    [np.flatnonzero(y == COMMON)[:300], np.flatnonzero(y == RARE)[:15]]
)
X_train, y_train = X[rows], y[rows]
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
rows = np.flatnonzero(np.isin(y_test, [COMMON, RARE]))
X_test, y_test = X_test[rows], y_test[rows]
share = np.mean(y_train == COMMON)
print(f"always saying {COMMON} is right for {share:.1%} of the training images")

# %%
# `class_weight="balanced"` gives both classes the same total weight in the loss. Distortions make
# more of the few images: mild ones here, since with 15 images of a class strong ones leave too
# little to learn from. We try each of the two, and both.
weights = {"class_weight": "balanced"}
mild = Distortion(degrees=10, translation=0.07, scale=0.1, shear=0.15, elastic=0.025)
distortions = {"augmentation": mild, "max_epochs": 40}
changes = {
    "nothing": {},
    "weights": weights,
    "distortions": distortions,
    "both": {**weights, **distortions},
}
models = {
    name: LeNet5Classifier(random_state=0, **change) for name, change in changes.items()
}
for name, model in models.items():
    predicted = model.fit(X_train, y_train).predict(X_test)
    recall = recall_score(y_test, predicted, pos_label=RARE)
    balanced = balanced_accuracy_score(y_test, predicted)
    print(
        f"{name:12} recall of {RARE}: {recall:.3f}, balanced accuracy: {balanced:.3f}"
    )

# %%
# Each row of a confusion matrix is a true class, in percent. The lower left corner has the images
# of the rare class that are taken for the common one, the upper right corner the opposite.
figure, axes = plt.subplots(1, 4, figsize=(12, 3.4), layout="constrained")
for ax, (name, model) in zip(axes, models.items(), strict=True):
    ConfusionMatrixDisplay.from_estimator(
        model,
        X_test,
        y_test,
        normalize="true",
        values_format=".1%",
        colorbar=False,
        ax=ax,
    )
    ax.set_title(name)
plt.show()

# %%
# The most confident mistakes that are left.
plot_mistakes(models["both"], X_test, y_test, n=10)
plt.show()

# %%
# **What we learned.** Without help, a rare class is missed often, although almost all images of the
# common one are right. Recall and balanced accuracy show that. Distortions find more of the rare
# class, and together with weights they find most of it; the common class pays little for that.
