"""
Pictures of data, training and model
====================================

Look at the images before training, at the curves after it, and at the mistakes last.
"""

# %%
# Some images of each class. The ink alone, the pixels that are not zero, shows how much of a
# picture is paper.
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images
from lenet_sklearn.inspection import (
    TrainingCurveDisplay,
    plot_feature_maps,
    plot_filters,
    plot_mistakes,
    plot_samples,
)

X, y = load_digits_images(return_X_y=True)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 5), layout="constrained")
plot_samples(X, y, per_class=8, random_state=0, ax=left)
plot_samples(X, y, per_class=8, kind="mask", random_state=0, ax=right)
plt.show()

# %%
# Loss and accuracy of each epoch, on the data that is trained on and on data that is not.
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
model = LeNet5Classifier(max_epochs=12, random_state=0)
model.fit(X_train, y_train, X_val=X_test, y_val=y_test)
print(f"accuracy on {len(X_test)} digits: {model.score(X_test, y_test):.3f}")
TrainingCurveDisplay.from_estimator(model)
plt.show()

# %%
# Which digits are taken for which: scikit-learn has that display.
display = ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, colorbar=False)
display.ax_.set_title("Test digits")
plt.show()

# %%
# The mistakes that were made with the greatest confidence.
plot_mistakes(model, X_test, y_test, n=5)
plt.show()

# %%
# What the first convolution looks for, and what the second makes of the maps of the first.
plot_filters(model, layer="C1")
plot_filters(model, layer="C3")
plt.show()

# %%
# What becomes of one digit on its way through the network.
plot_feature_maps(model, X_test[0])
plt.show()
