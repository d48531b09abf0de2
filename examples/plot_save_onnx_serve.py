"""
Save, export and serve a model
==============================

A trained network is a file of 250 kB. This example writes it as safetensors, for Python with this
library, and as ONNX, for everything else. It checks that both predict the same, and measures how
long an answer takes.
"""

# %%
# The labels are words. Both files keep them.
import tempfile
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import onnxruntime

from lenet_sklearn import LeNet5Classifier, export_onnx, load_model, save_model
from lenet_sklearn.datasets import fetch_mnist
from lenet_sklearn.inspection import plot_samples

names = np.array(
    ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
)
X, y = fetch_mnist(return_X_y=True)
X_test, y_test = fetch_mnist(subset="test", return_X_y=True)
X_test, y_test = X_test[:2000], names[y_test[:2000]]
model = LeNet5Classifier(max_epochs=5, random_state=0).fit(X[:2000], names[y[:2000]])
print(f"accuracy on {len(X_test)} test images: {model.score(X_test, y_test):.3f}")

# %%
# One file without pickle
# -----------------------
# A pickle executes code when it is loaded. This file holds numbers and settings only, and
# `load_model` checks them. The model that comes back gives the same probabilities, bit for bit.
folder = tempfile.TemporaryDirectory()
path = Path(folder.name) / "digits.safetensors"
save_model(model, path)
again = load_model(path)
print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")
print(
    "same probabilities:",
    np.array_equal(again.predict_proba(X_test), model.predict_proba(X_test)),
)

# %%
# A graph for other runtimes
# --------------------------
# The machine that serves needs `onnxruntime` alone: no torch, and not this library.
# `dtype="uint8"` says that the graph takes pixels as bytes, as files and cameras give them. The
# runtime rounds otherwise than torch, so compare once, on real images, before you rely on it.
graph = Path(folder.name) / "digits.onnx"
export_onnx(model, graph, dtype="uint8")
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1  # a small graph: threads would wait for each other
session = onnxruntime.InferenceSession(graph, options)
labels, probabilities = session.run(None, {"X": X_test})
print(f"{graph.name}: {graph.stat().st_size / 1000:.0f} kB")
print("same labels:", np.array_equal(labels, model.predict(X_test)))
print(
    f"largest difference: {np.abs(probabilities - model.predict_proba(X_test)).max():.0e}"
)


# %%
# A function that serves
# ----------------------
# What a server does with a request is one function: check the bytes, run the graph, answer in
# plain types. Below a probability that you choose on images kept aside, it says that it does not
# know.
def answer(body: bytes, *, least: float = 0.6) -> dict[str, object]:
    """Read one image of 28 × 28 bytes."""
    if len(body) != 28 * 28:
        return {"error": f"An image must be 784 bytes. Got {len(body)}."}
    image = np.frombuffer(body, dtype=np.uint8)[np.newaxis]
    label, probability = session.run(None, {"X": image})
    sure = float(probability.max())
    return {
        "label": str(label[0]) if sure >= least else None,
        "probability": round(sure, 3),
    }


print(answer(X_test[0].tobytes()))
print(answer(b"not an image"))

# %%
# Some of the images that it leaves to a person:
unsure = probabilities.max(axis=1) < 0.6
print(f"{unsure.sum()} of {len(X_test)} images; accuracy on the others: "
      f"{(labels == y_test)[~unsure].mean():.3f}")  # fmt: skip
rows = plot_samples(X_test[unsure], y_test[unsure], per_class=6, random_state=0)
rows.ax_.set_title("Left to a person")
plt.show()


# %%
# Milliseconds
# ------------
# The median of 50 calls, with one image and with 100. A single image costs `predict` more than the
# runtime, because `predict` checks its input and builds its tensors in Python. With many images in
# a call this share becomes small.
def milliseconds(predict, images):
    """Return the median time of a call."""
    times = []
    for _ in range(50):
        start = perf_counter()
        predict(images)
        times.append(1000 * (perf_counter() - start))
    return np.median(times)


calls = {
    "predict": model.predict,
    "ONNX": lambda images: session.run(None, {"X": images}),
}
sizes = (1, 100)
table = {
    name: [milliseconds(call, X_test[:n]) / n for n in sizes]
    for name, call in calls.items()
}
figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for i, (name, times) in enumerate(table.items()):
    bars = ax.barh(np.arange(len(sizes)) + 0.38 * i, times, height=0.36, label=name)
    ax.bar_label(bars, fmt="%.3f", padding=3)
ax.set_yticks(
    np.arange(len(sizes)) + 0.19, ["1 image in a call", "100 images in a call"]
)
ax.set(xlabel="milliseconds per image", title="Time of an answer")
ax.margins(x=0.12)
ax.invert_yaxis()
ax.legend()
plt.show()
folder.cleanup()

# %%
# **What we learned.** The safetensors file gives back the same model. The ONNX graph gives the
# same labels without torch, and answers a single image sooner. A service that uses `predict` gains
# most by asking for many images at once.
