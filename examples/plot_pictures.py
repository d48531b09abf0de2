"""
Pictures of data, training and model
====================================

Look at the images before training, at the curves after it, and then into the network.
"""

# %%
# Some images of each class. The ink alone, that is the pixels that are not zero, shows how much of
# a picture is paper, and whether there is dirt that one does not see otherwise.
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import (
    TrainingCurveDisplay,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
)

X, y = (part[:1500] for part in fetch_mnist(subset="train", return_X_y=True))
X_test, y_test = (part[:2000] for part in fetch_mnist(subset="test", return_X_y=True))
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 5), layout="constrained")
plot_samples(X, y, per_class=8, random_state=0, ax=left)
plot_samples(X, y, per_class=8, kind="mask", random_state=0, ax=right)
plt.show()

# %%
# A part of the training images is kept aside to watch the training. In each epoch the display
# has the loss and the accuracy on the images that are trained on and on those kept aside. The gap
# between the two lines is what the network has learned by heart.
X_train, X_val, y_train, y_val = train_test_split(
    X, y, test_size=500, stratify=y, random_state=0
)
model = LeNet5Classifier(max_epochs=12, random_state=0)
model.fit(X_train, y_train, X_val=X_val, y_val=y_val)
TrainingCurveDisplay.from_estimator(model)
plt.show()

# %%
# The test images took no part in that. Which digits are taken for which? Rows are true labels,
# columns are predictions. scikit-learn has this display.
print(f"accuracy on {len(X_test)} test digits: {model.score(X_test, y_test):.3f}")
display = ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, colorbar=False)
display.ax_.set_title("Test digits")
plt.show()

# %%
# The mistakes that were made with the greatest confidence: ✗ is the prediction, ✓ the truth, each
# with its probability.
plot_mistakes(model, X_test, y_test, n=10)
plt.show()

# %%
# The kernels of the first convolution, C1, are what it looks for: a dark side beside a light one is
# an edge of that direction. C3 looks at the maps that C1 has made, after pooling, so each of its
# maps has one kernel for each of those.
plot_filters(model, layer="C1")
plot_filters(model, layer="C3")
plt.show()

# %%
# What becomes of one digit on its way through the network. The maps get smaller, and each says
# where its feature was found.
plot_feature_maps(model, X_test[0])
plt.show()

# %%
# **What we learned.** The network reads most digits after a few epochs, and it does a little better
# on images that it was trained on than on others. Many of its confident mistakes are odd drawings.
# Its first maps still show the digit; the last ones say only where a feature was found.
