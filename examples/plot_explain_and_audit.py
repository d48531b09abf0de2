"""
What the network looks at, and for whom it fails
================================================

One accuracy says how often a model is right. It does not say why, nor for which handwriting it is
wrong. `plot_explanation` answers the first question for single images, `audit` the second one for
groups of images.
"""

# %%
# 3,000 images of MNIST to train on, and 3,000 of its test images, which others have written.
import matplotlib.pyplot as plt

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import audit, explain, plot_explanation, plot_mistakes

X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X, y, X_test, y_test = X[:3000], y[:3000], X_test[:3000], y_test[:3000]
model = LeNet5Classifier(random_state=0).fit(X, y)
print(f"accuracy on {len(X_test)} test images: {model.score(X_test, y_test):.3f}")

# %%
# Why it is right
# ---------------
# Each row is one image. Yellow marks the pixels that speak most for the predicted class. Grad-CAM
# is coarse: it shows the region. Integrated gradients are fine, and show strokes only: they
# compare the image with one without ink. Occlusion covers a patch, and measures how far the logit
# falls. Believe what several methods agree on.
right = model.predict(X_test) == y_test
plot_explanation(model, X_test[right], n=5)
plt.show()

# %%
# Why it is wrong
# ---------------
# `target` explains another class than the predicted one. Here are four of the most confident
# mistakes, and the pixels that speak for the *true* class.
proba = model.predict_proba(X_test)
confident = (proba.max(axis=1) * ~right).argsort()[::-1][:4]
plot_explanation(
    model, X_test[confident], target=y_test[confident], methods="gradcam", n=4
)
plt.show()

# %%
# The maps are arrays, too, of one value for each pixel. Here they answer how much of what speaks
# for the class is ink, and how much is paper that must be empty.
maps = explain(model, X_test[:100], method="occlusion").clip(min=0)
ink = X_test[:100].reshape(-1, 28, 28) > 0
print(f"{(maps * ink).sum() / maps.sum():.0%} of the importance is on ink,")
print(f"and {ink.mean():.0%} of the pixels are ink")

# %%
# For whom it fails
# -----------------
# The audit groups the test images by class, and by thickness, slant, size and darkness of the
# writing. A dot is the accuracy of a group, a vertical line its 95 % interval, and the dashed line
# the accuracy on all images. A group whose interval ends below the dashed line is one that the
# model reads less well. Intervals that cross it may be chance.
result = audit(model, X_test, y_test)
result.plot()
plt.show()

# %%
# The same as tables. Look at the number of images before you believe a difference.
styles = result.by_style[
    ["low", "high", "n_images", "accuracy", "accuracy_low", "accuracy_high"]
]
print(styles.loc[["thickness", "slant"]].round(3).to_string())
print(result.confusions.head(3).to_string(index=False))

# %%
# The mistakes on the worst class show what is missing in the training images.
of_worst = y_test == result.worst_class
plot_mistakes(model, X_test[of_worst], y_test[of_worst], n=5)
plt.show()

# %%
# **What we learned.** The network looks at the strokes and at the paper close to them. Its
# mistakes are not spread evenly: wide digits, and those that lean far to one side, are read less
# well than upright ones, so this handwriting is what more training images should show.
