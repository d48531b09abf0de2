"""
Learning curve: how many images are enough
==========================================

The accuracy of LeNet-5 and of an SVM over the number of training images.
"""

# %%
# For each number of images, both models are fitted to images of MNIST that are drawn three times,
# and scored on 600 others.
import matplotlib.pyplot as plt
from sklearn.model_selection import LearningCurveDisplay, ShuffleSplit

from lenet_sklearn import LeNet5Classifier, make_baselines
from lenet_sklearn.datasets import fetch_mnist

X, y = (part[:1000] for part in fetch_mnist(subset="train", return_X_y=True))
models = {"LeNet-5": LeNet5Classifier(random_state=0), "SVM": make_baselines()["SVM"]}
draws = ShuffleSplit(n_splits=3, train_size=400, test_size=600, random_state=0)

# %%
# scikit-learn's display draws the mean, and a band of one standard deviation over the draws.
figure, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
displays = {
    name: LearningCurveDisplay.from_estimator(
        model, X, y, train_sizes=[50, 100, 200, 400], cv=draws, n_jobs=2,
        score_type="test", score_name="accuracy", ax=ax,
    )
    for name, model in models.items()
}  # fmt: skip
ax.set(xscale="log", xlabel="images to train on", ylabel="accuracy on 600 others")
ax.set_xticks([50, 100, 200, 400], ["50", "100", "200", "400"])
ax.set_xticks([], minor=True)
ax.legend(
    [display.lines_[0] for display in displays.values()], displays, loc="lower right"
)
plt.show()

# %%
# The same in numbers. Read a row from left to right to see what more images are worth, and a column
# to compare the models.
print("images  " + "".join(f"{size:8}" for size in displays["SVM"].train_sizes))
for name, display in displays.items():
    print(
        f"{name:8}"
        + "".join(f"{mean:8.3f}" for mean in display.test_scores.mean(axis=1))
    )

# %%
# **What we learned.** Both models gain from each doubling, and the curves still rise at the end, so
# more images are worth their labels. LeNet-5 reaches the accuracy of the SVM with fewer images.
