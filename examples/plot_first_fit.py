"""
A first fit
===========

Fit LeNet-5 to the digits that ship with scikit-learn, score it on others, and look at its mistakes.
"""

# %%
# The images are a table of 64 columns. Nothing has to be scaled, reshaped or encoded: a flat row
# is laid out as a square, pixels are standardised inside the network, and labels may be of any
# kind.
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images

X, y = load_digits_images(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)

model = LeNet5Classifier(random_state=0).fit(X_train, y_train)
print(f"accuracy on {len(X_test)} unseen digits: {model.score(X_test, y_test):.3f}")

# %%
# What was built. The layers carry the names of the 1998 paper.
print(model.summary())

# %%
# The training curve has a point for each epoch, that is for each pass over the training images.
# The loss falls fast at first, then slowly while the learning rate goes to zero. These are training
# images, so the curve says that the network learns; only unseen images say how good it is.
import matplotlib.pyplot as plt

from lenet_sklearn.inspection import TrainingCurveDisplay, plot_mistakes

TrainingCurveDisplay.from_estimator(model)
plt.show()

# %%
# In the confusion matrix of the unseen digits, rows are true labels and columns are predictions.
# What stands off the diagonal is a mistake.
from sklearn.metrics import ConfusionMatrixDisplay

display = ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, colorbar=False)
display.ax_.set_title(f"{len(X_test)} unseen digits")
plt.show()

# %%
# And here are the mistakes, the most confident first. ✗ is what the model says and ✓ what is true,
# each with the probability that the model gives it.
plot_mistakes(model, X_test, y_test, n=5)
plt.show()

# %%
# **What we learned.** With the defaults and without any preparation, LeNet-5 reads almost all of
# the small digits that it has not seen. Most of the few that it misreads are hard for people, too.
