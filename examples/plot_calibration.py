"""
Honest probabilities
====================

A model that says 90 % should be right in nine of ten cases. Measure that, repair it with
temperature scaling, and let the model say which classes are possible.
"""

# %%
# Few images and many epochs make a model that is too sure of itself. 400 images are kept aside to
# repair that. The rest is for the test.
from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from mapie.classification import SplitConformalClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import train_test_split

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images
from lenet_sklearn.inspection import (
    CoverageDisplay,
    ReliabilityDisplay,
    expected_calibration_error,
    plot_samples,
    predict_uncertainty,
)

X, y = load_digits_images(return_X_y=True)
X_train, X_rest, y_train, y_rest = train_test_split(
    X, y, train_size=120, stratify=y, random_state=0
)
X_held_out, X_test, y_held_out, y_test = train_test_split(
    X_rest, y_rest, train_size=400, stratify=y_rest, random_state=0
)
model = LeNet5Classifier(
    dropout=0.2, label_smoothing=0.0, weight_decay=0.0, max_epochs=40, random_state=0
)
model.fit(X_train, y_train)
proba = model.predict_proba(X_test)
confidence = proba.max(axis=1).mean()
print(f"accuracy {model.score(X_test, y_test):.3f}, mean confidence {confidence:.3f}")

# %%
# Temperature scaling divides the logits by one number, which is chosen on the images that were
# kept aside. The predictions stay the same, and the confidence changes. `FrozenEstimator` says
# that the model is not to be fitted again.
calibrated = CalibratedClassifierCV(FrozenEstimator(model), method="temperature")
calibrated.fit(X_held_out, y_held_out)
for name, fitted in {"before": model, "after": calibrated}.items():
    error = expected_calibration_error(y_test, fitted.predict_proba(X_test))
    print(f"calibration error {name}: {error:.3f}")

# %%
# The reliability diagram shows how often the model is right when it is so confident. On the
# diagonal it is honest, below it too confident. The vertical lines are 95 % intervals, and the
# strip at the bottom says how many images a point stands for.
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5), layout="constrained")
ReliabilityDisplay.from_estimator(
    model, X_test, y_test, n_bins=10, name="before", ax=left
)
ReliabilityDisplay.from_estimator(
    calibrated, X_test, y_test, n_bins=10, name="after", ax=right
)
plt.show()

# %%
# A person can look at the images that the model is least sure of. The coverage curve shows the
# accuracy on the others: go left from the right end until the accuracy is what you need, and read
# off the share of images that the model may answer. Monte-Carlo dropout lets the network vote with
# other units left out each time, which gives another measure of confidence.
uncertainty = predict_uncertainty(model, X_test, random_state=0)
display = CoverageDisplay.from_estimator(calibrated, X_test, y_test, name="calibrated")
CoverageDisplay.from_predictions(
    y_test,
    uncertainty.proba,
    confidence=-uncertainty.entropy,
    name="Monte-Carlo dropout",
    ax=display.ax_,
)
plt.show()

# %%
# Conformal prediction gives a set of classes for each image. The set holds the true class in 95 %
# of the cases, whatever the model, if the images kept aside are like those of the test. They must
# not have changed the model before, so the model here is the one without temperature. MAPIE
# computes the sets: `pip install "lenet-sklearn[conformal]"`.
conformal = SplitConformalClassifier(model, confidence_level=0.95, prefit=True)
conformal.conformalize(X_held_out, y_held_out)
_, sets = conformal.predict_set(X_test)
sets = sets[:, :, 0]  # of the one confidence level
print(f"true class in the set: {sets[np.arange(len(y_test)), y_test].mean():.3f}")
print(f"classes per set: {sets.sum(axis=1).mean():.2f}")

# %%
# Most images need one class.
sizes, n_images = np.unique(sets.sum(axis=1), return_counts=True)
figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
ax.bar([str(size) for size in sizes], 100 * n_images / len(sets))
ax.set(xlabel="classes in the set", ylabel="images (%)", title="Conformal sets at 95 %")
plt.show()

# %%
# A set of two classes says between which the model cannot decide. Each row shows images with the
# same set. Some of these digits a person would not be sure of either.
pairs = sets[sets.sum(axis=1) == 2]
names = np.array([" or ".join(map(str, np.flatnonzero(pair))) for pair in pairs])
frequent = [name for name, _ in Counter(names).most_common(4)]
shown = np.isin(names, frequent)
rows = plot_samples(
    X_test[sets.sum(axis=1) == 2][shown], names[shown], per_class=6, random_state=0
)
rows.ax_.set_title("Images with two possible classes")
plt.show()

# %%
# **What we learned.** A network that was trained for long on few images is too sure of itself;
# one number, chosen on images kept aside, repairs that and changes no prediction. Coverage curves
# and conformal sets turn honest probabilities into a rule for whom to ask: the model, or a person.
