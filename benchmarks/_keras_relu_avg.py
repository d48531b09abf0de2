"""The `keras-relu-avg` project as published: 5 epochs, batch 64, Adam, 10 % validation.

fit_vs_keras.py runs this with a Python that has TensorFlow, and neither torch nor this library:

    python _keras_relu_avg.py DATA.npz N_FITS [THREADS]

The last line printed is JSON: the seconds of each `model.fit`, its accuracies, the versions.
Imports, preparing the pixels and building the model are not timed.
"""

from __future__ import annotations

import json
import platform
import sys
import time

import numpy as np
import tensorflow as tf  # type: ignore
from tensorflow.keras import layers, models  # type: ignore

path, n_fits = sys.argv[1], int(sys.argv[2])
if len(sys.argv) > 3:
    tf.config.threading.set_intra_op_parallelism_threads(int(sys.argv[3]))
tf.config.set_visible_devices([], "GPU")
with np.load(path) as data:
    y, y_test = data["y"], data["y_test"]
    X, X_test = (data[k].reshape(-1, 28, 28, 1).astype("float32") / 255.0 for k in ("X", "X_test"))

fits = []
for _ in range(n_fits):
    model = models.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Conv2D(6, (5, 5), activation="relu"),
            layers.AveragePooling2D((2, 2)),
            layers.Conv2D(16, (5, 5), activation="relu"),
            layers.AveragePooling2D((2, 2)),
            layers.Flatten(),
            layers.Dense(120, activation="relu"),
            layers.Dense(84, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    start = time.perf_counter()
    history = model.fit(X, y, epochs=5, batch_size=64, validation_split=0.1, verbose=0)
    seconds = time.perf_counter() - start
    fits.append(
        {
            "seconds": seconds,
            "valid_accuracy": float(history.history["val_accuracy"][-1]),
            "test_accuracy": float(model.evaluate(X_test, y_test, verbose=0)[1]),
        }
    )
versions = {"python": platform.python_version(), "tensorflow": tf.__version__,
            "keras": tf.keras.__version__, "numpy": np.__version__}  # fmt: skip
print(json.dumps({"fits": fits, "versions": versions}))
