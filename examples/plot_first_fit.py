"""
A first fit
===========

LeNet-5 on the digits that ship with scikit-learn: fit, score, and look at what it confuses.
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
# What was built: the layers carry the names of the 1998 paper.
print(model.summary())

# %%
# The loss falls epoch by epoch, and few digits are taken for others.
import matplotlib.pyplot as plt
from sklearn.metrics import ConfusionMatrixDisplay

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
left.plot(range(1, model.n_iter_ + 1), model.loss_curve_)
left.set(xlabel="epoch", ylabel="training loss", title="Learning curve", ylim=0)
ConfusionMatrixDisplay.from_estimator(model, X_test, y_test, ax=right, colorbar=False)
right.set_title("Test digits")
plt.show()
