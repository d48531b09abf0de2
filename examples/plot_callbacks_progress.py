"""
Watch a training: callbacks and progress
========================================

A fit tells what it does, epoch by epoch. This example listens in three ways: the history that every
fit keeps, the callbacks of scikit-learn, which also see through a search, and the callbacks of
skorch, which see the network.
"""

# %%
# A quarter of the digits for the test, a fifth of the rest to watch the training.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.callback import ProgressBar, ScoringMonitor
from sklearn.model_selection import GridSearchCV, train_test_split
from skorch.callbacks import Callback

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images
from lenet_sklearn.inspection import TrainingCurveDisplay

X, y = load_digits_images(return_X_y=True)
X_rest, X_test, y_rest, y_test = train_test_split(X, y, stratify=y, random_state=0)
X_train, X_val, y_train, y_val = train_test_split(
    X_rest, y_rest, test_size=0.2, stratify=y_rest, random_state=0
)

# %%
# The history of a fit
# --------------------
# The left picture shows the loss, the right one the accuracy. If the validation loss rises while
# the training loss falls, the network learns its images by heart. `verbose=1` prints the same
# numbers while they come.
model = LeNet5Classifier(max_epochs=12, random_state=0)
model.fit(X_train, y_train, X_val=X_val, y_val=y_val)
TrainingCurveDisplay.from_estimator(model)
plt.show()

# %%
# Callbacks of scikit-learn
# -------------------------
# `set_callbacks` of scikit-learn 1.9 takes callbacks that work with any estimator that supports
# them. `ProgressBar` shows the epochs, and in a search the fits as well.
search = GridSearchCV(
    LeNet5Classifier(max_epochs=4, random_state=0), {"lr": [0.003, 0.02]}, cv=2
)
search.set_callbacks(ProgressBar(max_propagation_depth=0)).fit(X_train, y_train)

# %%
# `ScoringMonitor` computes any score of scikit-learn after each epoch, on the *training* images.
# Set on the classifier, it also listens to each fit of a search around it.
monitor = ScoringMonitor(scoring="neg_log_loss")
watched = LeNet5Classifier(max_epochs=8, random_state=0).set_callbacks(monitor)
search = GridSearchCV(watched, {"lr": [0.0005, 0.005, 0.02]}, cv=2, refit=False)
search.fit(X_train, y_train)
logs = monitor.get_logs().data_as_pandas
epochs = logs[logs["task_name"] == "epoch"]
print(
    epochs[["parent_task_id_path", "task_id", "neg_log_loss"]]
    .head(3)
    .to_string(index=False)
)

# %%
# One line for each fit of the search, three learning rates on two folds each. The lowest learning
# rate has not come far when the epochs are over: it needs more of them, or is too low.
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
tried = [
    (params["lr"], fold) for params in search.cv_results_["params"] for fold in (0, 1)
]
colours = {0.0005: "C0", 0.005: "C1", 0.02: "C2"}
for (_, fit), (lr, fold) in zip(
    epochs.groupby("parent_task_id_path"), tried, strict=True
):
    style = {"color": colours[lr], "linestyle": ["-", "--"][fold]}
    ax.plot(
        fit["task_id"] + 1, -fit["neg_log_loss"], label=f"lr={lr}, fold {fold}", **style
    )
ax.set(xlabel="epoch", ylabel="log loss on training images", yscale="log")
ax.legend()
plt.show()


# %%
# Callbacks of skorch
# -------------------
# A callback of your own is a class with methods for the moments that it wants to hear of. It gets
# skorch's net, and so the module of torch. This one keeps how far each layer has moved from its
# start.
class Distance(Callback):
    """Keep the distance of the kernels from where they started, relative to their size."""

    def on_train_begin(self, net, **kwargs):
        """Remember the start."""
        self.start_ = self._weights(net)
        self.moved_ = []

    def on_epoch_end(self, net, **kwargs):
        """Measure each layer."""
        now = self._weights(net)
        self.moved_.append(
            {
                name: np.linalg.norm(now[name] - start) / np.linalg.norm(start)
                for name, start in self.start_.items()
            }
        )

    def _weights(self, net):
        tensors = net.module_.named_parameters()
        return {
            name.split(".")[-2]: tensor.detach().cpu().numpy().copy()
            for name, tensor in tensors
            if name.endswith("weight")
        }


distance = Distance()
moving = LeNet5Classifier(max_epochs=12, callbacks=[distance], random_state=0)
moving.fit(X_train, y_train)
figure, ax = plt.subplots(figsize=(6, 4), layout="constrained")
for name in distance.start_:
    ax.plot(
        range(1, 13), [moved[name] for moved in distance.moved_], marker="o", label=name
    )
ax.set(
    xlabel="epoch", ylabel="distance from the start / size at the start", ylim=(0, None)
)
ax.set_title("How far each layer has moved")
ax.legend()
plt.show()
print(f"accuracy on {len(X_test)} test images: {moving.score(X_test, y_test):.3f}")

# %%
# **What we learned.** Look at validation curves to choose the epochs, at a monitor of a search to
# see why a candidate is worse, and write a callback of skorch for what only the network knows. A
# callback does not change what is learned: with the same seed the weights are the same.
