"""
A grid search on a Dask cluster
===============================

The fits of a search do not need one another. On a Dask cluster they run in several processes, on
this machine or on many. Only the cluster's address changes; the search is the same, and so are its
scores.
"""

# %%
# 900 digits for the search, and the others for the test. The grid has six candidates, each fitted
# on three folds: 18 fits.
import logging

import matplotlib.pyplot as plt
import pandas as pd
from dask.distributed import Client, LocalCluster
from joblib import parallel_config
from sklearn.model_selection import GridSearchCV, train_test_split

from lenet_sklearn import LeNet5Classifier
from lenet_sklearn.datasets import load_digits_images

X, y = load_digits_images(return_X_y=True)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=900, stratify=y, random_state=0
)
grid = {"lr": [0.001, 0.005, 0.02], "activation": ["relu", "tanh"]}
search = GridSearchCV(LeNet5Classifier(max_epochs=4, random_state=0), grid, cv=3)

# %%
# A cluster of two processes
# --------------------------
# Each worker has one thread, so that two fits do not wait for each other. The processes of Dask
# import this script again, so what it does must stand below `if __name__ == "__main__":`. In a
# notebook that line is not needed. For a cluster of other machines write `Client("address:8786")`.
#
# `scatter` sends the images to each worker once, instead of with each of the 18 fits. The `with`
# closes client and cluster, also after an error. A process with torch takes seconds to end on a
# busy machine: `silence_logs` keeps Dask from warning of that.
if __name__ == "__main__":
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=":0",
            silence_logs=logging.ERROR,
        ) as cluster,
        Client(cluster) as client,
        parallel_config(backend="dask", client=client, scatter=[X_train, y_train]),
    ):
        search.fit(X_train, y_train)
        print(len(client.scheduler_info()["workers"]), "workers")
    print("best:", search.best_params_)

# %%
# What the search found
# ---------------------
# A dot is the mean accuracy of three folds, a line their standard deviation.
if __name__ == "__main__":
    table = pd.DataFrame(search.cv_results_)
    figure, ax = plt.subplots(figsize=(6, 3.5), layout="constrained")
    for name, rows in table.groupby("param_activation"):
        ax.errorbar(
            rows["param_lr"], rows["mean_test_score"], rows["std_test_score"],
            marker="o", capsize=4, label=name,
        )  # fmt: skip
    ax.set(
        xscale="log",
        xlabel="learning rate",
        ylabel="accuracy",
        title="Mean ± sd of 3 folds",
    )
    ax.legend()
    plt.show()

# %%
# The same in this process: every score is equal, bit for bit.
if __name__ == "__main__":
    best = search.best_params_
    alone = GridSearchCV(search.estimator, {name: [best[name]] for name in best}, cv=3)
    alone.fit(X_train, y_train)
    of_dask = table["mean_test_score"].max()
    print("same score:", alone.best_score_ == of_dask)
    print(f"accuracy on {len(X_test)} other digits: {search.score(X_test, y_test):.3f}")

# %%
# **What we learned.** A cluster changes where the fits run, and nothing else: the candidate that
# won has the same score in one process. For so few images the start of the cluster costs more than
# it saves; with fits of minutes it is nothing.
